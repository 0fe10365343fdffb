"""A draft's texts go to the operator's model, without anything about contacts, and back only by a click."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.actions.writing import KEPT, WritingRunner
from mailflatrate.apps.campaigns.jobs import forget_fetches
from mailflatrate.apps.campaigns.models import Campaign, CampaignVersion, WritingRequest, WritingState
from mailflatrate.apps.campaigns.writing.writing_help import agree
from mailflatrate.base import clock, tenancy
from support.customers import Customer, sending_customer
from support.language_model import LanguageModel, chat_answer, installed_model
from support.people import browser, followed, person
from support.scope import rows, within

CONTENT = """\
# Bulbs for {{ contact.first_name | default: "you" }}

Plant [tulips](https://shop.example/?id={{ contact.id }}) in autumn, and write to ask@shop.example.

![](https://shop.example/red_tulip.png)
"""
SECRET = ("{{", "contact", "first_name", "city", "shop.example", "ask@", "Dora", "@")


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[LanguageModel]:
    with installed_model(monkeypatch) as made:
        yield made


@pytest.fixture
def anna(model: LanguageModel) -> Customer:
    made = sending_customer(people=1)
    within(made, agree, by=made.owner, shown_host=model.host)
    return made


def help_url(draft: Campaign, end: str = "") -> str:
    return f"/studio/campaigns/{draft.id}/edit/writing-help/{end}"


def ask(anna: Customer, draft: Campaign, **posted: object) -> WritingRequest:
    """Ask in the editor, and let the worker do it."""
    answer = anna.client.post(help_url(draft), posted)
    assert answer.status_code == 200, answer.content
    made = rows(anna, WritingRequest).order_by("-id")[0]
    WritingRunner().run(anna.account_id, made.id)
    return rows(anna, WritingRequest).get(id=made.id)


def take(anna: Customer, draft: Campaign, row: WritingRequest, *, variant: int = 0, **texts: str) -> str:
    """Use suggestions in the compose form, which saves first."""
    posted = {name[1:].replace("_", "-"): text for name, text in texts.items()}
    form: dict[str, Any] = {"name": draft.name, "subject": draft.subject, "sender": anna.sender_id, "language": "en"}
    form |= {"list_ids": [anna.list_id], "content_kind": draft.content_kind, "content": draft.content}
    form |= {"suggestion": row.id, "take": list(posted), "variant": variant}
    form |= {f"suggested-{number}": text for number, text in posted.items()}
    return followed(anna.client, f"/studio/campaigns/{draft.id}/edit/", form)


def test_what_goes_out_is_masked_words_and_what_comes_back_waits_for_a_click(
    anna: Customer, model: LanguageModel
) -> None:
    draft = anna.draft(content=CONTENT, subject="Bulbs for {{ contact.city }}")
    assert "Text 2" in anna.page(f"campaigns/{draft.id}/edit/writing-help/?task=shorten")
    model.answer = lambda text: chat_answer("Plant <1>tulips</1> now. [[2]]" if "autumn" in text else "Bulbs [[1]]")
    row = ask(anna, draft, task="shorten", text=["subject", "text:2"])
    sent = b"".join(model.received).decode()
    assert "Bulbs for [[1]]" in sent and "Plant <1>tulips</1> in autumn, and write to [[2]]." in sent
    for word in (*SECRET, anna.owner.email, draft.name):
        assert word not in sent, word
    assert all(set(one) == {"model", "messages", "stream", "max_tokens"} for one in model.questions)
    assert anna.again(draft).content == CONTENT, "nothing is written without a click"
    page = anna.page(f"campaigns/{draft.id}/edit/writing-help/{row.id}/")
    assert "Plant tulips now" in page.replace("[tulips](https://shop.example/?id=‹id›)", "tulips")
    done = take(anna, draft, row, _0_0="Bulbs {{ contact.city }}", _1_0="Plant <1>tulips</1> in fall. [[2]]")
    assert "Suggested by a model: subject, 1 text" in done
    now = anna.again(draft)
    assert now.subject == "Bulbs {{ contact.city }}"
    link = "[tulips](https://shop.example/?id={{ contact.id }})"
    assert f"Plant {link} in fall. ask@shop.example" in now.content
    assert "Suggested by a model: subject, 1 text" in anna.page(f"campaigns/{draft.id}/versions/")
    take(anna, now, row, _1_0="Again <1>tulips</1> [[2]]")
    assert anna.again(draft).content == now.content, "the text it was about is gone"


def test_ideas_pictures_and_checks(anna: Customer, model: LanguageModel) -> None:
    draft = anna.draft(content=CONTENT)
    model.answer = lambda _text: chat_answer("One", "Two", "Three", "Four", "Five")
    row = ask(anna, draft, task="ideas")
    assert "Bulbs for" in model.questions[-1]["messages"][1]["content"]
    take(anna, draft, row, _0_3="Four {{ contact.city }}")
    assert anna.again(draft).subject == "Four {{ contact.city }}", "a person edited it before"
    model.answer = lambda _text: chat_answer('A red "tulip" {{ evil }} https://evil.example')
    row = ask(anna, draft, task="alt", text=["picture:1"])
    asked = model.questions[-1]["messages"][1]["content"]
    assert "File name: red tulip" in asked and "autumn" in asked and "https" not in asked
    assert row.answers == [['A red "tulip" evil']]
    model.answer = lambda _text: chat_answer("Confirm the policy [[1]].")
    row = ask(anna, draft, task="explain", check="policy-acknowledged")
    assert row.state == WritingState.DONE and "shop.example" not in model.received[-1].decode()
    assert "Confirm the policy" in anna.page(f"campaigns/{draft.id}/edit/writing-help/{row.id}/")
    assert anna.client.post(help_url(draft), {"task": "explain", "check": "nothing"}).status_code == 422


def test_a_text_is_translated_into_the_language_of_the_text_that_is_edited(
    anna: Customer, model: LanguageModel
) -> None:
    german = {"language": "de", "subject": "Winter bulbs", "preheader": "", "content": CONTENT, "text_override": ""}
    draft = anna.draft(content=CONTENT, translations=[german])
    model.answer = lambda _text: chat_answer("Blumenzwiebeln")
    row = ask(anna, draft, task="translate", variant=1, text=["subject"])
    assert "into German" in model.questions[-1]["messages"][1]["content"]
    take(anna, draft, row, _0_0="Blumenzwiebeln")
    assert anna.again(draft).translations == [german], "it's for the other text"
    draft.subject = german["subject"]
    take(anna, draft, row, variant=1, _0_0="Blumenzwiebeln")
    now = anna.again(draft)
    assert now.translations[0]["subject"] == "Blumenzwiebeln" and now.subject == "Winter bulbs are here"


def test_a_request_is_canceled_while_the_model_thinks_and_errors_say_what_to_do(
    anna: Customer, model: LanguageModel
) -> None:
    draft = anna.draft(content=CONTENT)
    model.hold = threading.Event()
    assert anna.client.post(help_url(draft), {"task": "plain", "text": ["text:1"]}).status_code == 200
    with tenancy.account(anna.account_id):
        row = WritingRequest.objects.get()
        job = ProcrastinateJob.objects.filter(task_name=WritingRequest.JOB).order_by("-id")[0]
    assert (job.queue_name, job.lock) == ("writing", f"writing-{anna.account_id}")
    assert "every 1s" in anna.page(f"campaigns/{draft.id}/edit/writing-help/{row.id}/")

    def suggest() -> None:
        WritingRunner().run(anna.account_id, row.id)
        connection.close()

    worker = threading.Thread(target=suggest)
    worker.start()
    assert model.asked.wait(10)
    assert anna.client.post(help_url(draft, f"{row.id}/")).status_code == 200
    worker.join(10)
    assert not worker.is_alive(), "the connection is cut"
    assert rows(anna, WritingRequest).values_list("state", "texts").get() == (WritingState.CANCELLED, [])
    model.hold.set()
    model.hold = None
    for answer, words in ((b"no", "answer couldn"), (chat_answer("Hi {{"), "Suggestion")):
        model.answer = lambda _text, answer=answer: answer
        row = ask(anna, draft, task="plain", text=["text:1"])
        assert words in anna.page(f"campaigns/{draft.id}/edit/writing-help/{row.id}/")
    model.status = 500
    row = ask(anna, draft, task="plain", text=["text:1"])
    assert "Your text is unchanged" in anna.page(f"campaigns/{draft.id}/edit/writing-help/{row.id}/")


def test_strangers_and_lesser_roles_ask_nothing_and_see_nothing(anna: Customer, model: LanguageModel) -> None:
    draft, carla = anna.draft(content=CONTENT), sending_customer(people=0)
    row = ask(anna, draft, task="plain", text=["text:1"])
    viewer = browser(person(anna.account_id, "Ben", Role.VIEWER))
    with tenancy.account(carla.account_id):
        agree(by=carla.owner, shown_host=model.host)
        assert not WritingRequest.objects.exists()
    asked = len(model.received)
    for end in ("", "agree/", f"{row.id}/"):
        assert carla.client.post(help_url(draft, end), {"task": "plain"}).status_code == 404, end
        assert viewer.post(help_url(draft, end), {"task": "plain"}).status_code == 403, end
    own = carla.draft(content=CONTENT)
    assert carla.client.get(help_url(own, f"{row.id}/")).status_code == 404
    take(carla, own, row, _0_0="Stolen words")
    assert carla.again(own).content == CONTENT
    WritingRunner().run(carla.account_id, row.id)
    assert len(model.received) == asked
    assert viewer.post("/studio/settings/writing-help/", {"switch": "off"}).status_code == 403
    with tenancy.account(carla.account_id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM writing_request")
        assert cursor.fetchone() == (0,)
        for change in ("UPDATE writing_help SET used = 0, day = '2020-01-01'", "DELETE FROM writing_help"):
            cursor.execute("UPDATE writing_help SET used = 3, day = '2026-11-28'")
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(change)


def test_old_requests_are_forgotten_and_copies_keep_what_a_model_wrote(anna: Customer, model: LanguageModel) -> None:
    draft = anna.draft(content=CONTENT)
    model.answer = lambda _text: chat_answer("A new line of words")
    kept = ask(anna, draft, task="shorten", text=["subject"])
    take(anna, draft, kept, _0_0="A new line of words")
    ask(anna, draft, task="shorten", text=["text:1"])
    rows(anna, WritingRequest).update(created_at=clock.now() - KEPT - timedelta(days=1))
    forget_fetches(0)
    anna.client.post(f"/studio/campaigns/{draft.id}/copy/")
    with tenancy.account(anna.account_id):
        assert set(WritingRequest.objects.values_list("state", flat=True)) == {WritingState.TAKEN}
        copied = Campaign.objects.order_by("-id")[0]
        assert CampaignVersion.objects.get(campaign=copied).suggested == {"subject": 1}
