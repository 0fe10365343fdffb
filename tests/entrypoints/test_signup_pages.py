"""The public form: what it takes and refuses, from which page, and what it costs a machine (R-25, R-26, R-35)."""

import base64
import hashlib
import itertools
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from mailflatrate.apps.forms.actions import form_edits
from mailflatrate.apps.forms.defence import new_task, shown_now
from mailflatrate.apps.forms.models import Form, SignupCounter
from mailflatrate.apps.forms.queries import forget_published
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.forms import FieldKind, FormField, content_from_json
from mailflatrate.rules.limits import value
from support.forms import FormCustomer, customer_with_form, fresh_address, send_queued

pytestmark = pytest.mark.usefixtures("database")

PAGE_BUDGET_BYTES, SCRIPT_BUDGET_BYTES = 30_000, 15_000
NAME = FormField("first_name", FieldKind.FIRST_NAME, {"en": "First name"})
CITY = FormField("city", FieldKind.TEXT, {"en": "City"}, required=True)


@pytest.fixture
def lindenhof() -> FormCustomer:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        SignupCounter.objects.all().delete()
    return customer_with_form()


@pytest.fixture
def stranger() -> Client:
    return Client(enforce_csrf_checks=True)


def as_script(lindenhof: FormCustomer, email: str, **data: Any) -> tuple[HttpResponse, dict[str, Any]]:
    """Post as the script on another website's page does."""
    origin = {"Accept": "application/json", "Origin": "https://lindenhof.example"}
    answer = lindenhof.post(email, headers=origin, **data)
    return answer, json.loads(answer.content)


def solved(code: str) -> dict[str, str]:
    """What a browser hands in after its work."""
    task = new_task(code)
    for number in itertools.count():
        if hashlib.sha256(f"{task['salt']}{number}".encode()).hexdigest() == task["challenge"]:
            solution = {key: task[key] for key in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
            return {"altcha": base64.b64encode(json.dumps(solution).encode()).decode()}
    raise AssertionError


def stored(lindenhof: FormCustomer, email: str) -> int:
    return len(lindenhof.requests(email))


def test_the_page_is_small_sets_no_cookie_and_never_ticks_for_anybody(
    lindenhof: FormCustomer, stranger: Client
) -> None:
    page = stranger.get(lindenhof.url)
    text = page.content.decode()
    assert not page.cookies
    assert "checked" not in text.partition('id="consent"')[2].partition(">")[0]
    assert "Yes, Lindenhof GmbH may send me news and offers about plants by email, about twice a month." in text
    assert "Your rights" in text
    assert "https://lindenhof.example/privacy" in text
    assert len(page.content) < PAGE_BUDGET_BYTES
    assert "first_name" not in text, "the address alone is asked for (R-97)"
    script = stranger.get(f"{lindenhof.url}form.js")
    assert len(script.content) < SCRIPT_BUDGET_BYTES
    assert not script.cookies
    assert b"cookie" not in script.content


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_stores_nothing(lindenhof: FormCustomer, stranger: Client, method: str) -> None:
    for path in ("", "?sent=1", "task", "form.js", "?email=dora@x.de&consent=yes"):
        assert getattr(stranger, method)(f"{lindenhof.url}{path}").status_code == 200
    with tenancy.account(lindenhof.account_id):
        assert Form.objects.get().state == "published"
    assert send_queued(lindenhof.account_id) == []


def test_a_code_that_is_none_is_not_found(stranger: Client) -> None:
    assert stranger.get("/f/abcdefghij/").status_code == 404
    assert stranger.post("/f/abcdefghij/", {"email": "a@b.de"}).status_code == 404


def test_plain_html_of_another_page_posts_without_script_or_cookie(lindenhof: FormCustomer) -> None:
    dora = fresh_address()
    lindenhof.sign_up(dora)
    (request,) = lindenhof.requests(dora)
    assert (request.page_url, request.proof, request.ticked) == ("https://lindenhof.example/news", "none", ["consent"])


def test_only_scripts_are_told_that_other_origins_may_read(lindenhof: FormCustomer, stranger: Client) -> None:
    """CORS where it is right: answers to scripts and tasks, without credentials; not the pages."""
    answer, said = as_script(lindenhof, fresh_address())
    assert (answer.status_code, said["outcome"]) == (200, "taken")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert stranger.get(f"{lindenhof.url}task").headers["Access-Control-Allow-Origin"] == "*"
    for plain in (
        stranger.get(lindenhof.url),
        lindenhof.post(fresh_address()),
        stranger.get(f"{lindenhof.url}form.js"),
    ):
        assert "Access-Control-Allow-Origin" not in plain.headers


def test_only_the_frame_may_stand_on_other_pages_for_reading(lindenhof: FormCustomer, stranger: Client) -> None:
    framed = stranger.get(f"{lindenhof.url}?frame=1")
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed.headers
    assert "frame-ancestors 'self'" in stranger.get(lindenhof.url).headers["Content-Security-Policy"]


def _consent_box(page: str) -> str:
    """The tag of the box, as a browser reads it."""
    found = re.search(r'<input class="checkbox[^>]*name="consent"[^>]*>', page)
    assert found, page
    return found[0]


def test_without_a_tick_there_is_no_sign_up(lindenhof: FormCustomer) -> None:
    """R-26."""
    dora = fresh_address()
    answer, said = as_script(lindenhof, dora, consent="")
    assert (answer.status_code, list(said["errors"])) == (422, ["consent"])
    page = lindenhof.post(dora, consent="")
    assert page.status_code == 422
    assert "checked" not in _consent_box(page.content.decode())
    assert stored(lindenhof, dora) == 0


@pytest.mark.parametrize("email", ["", "dora", "info@briefkasten-lindenhof.de", "dora@mailinator.com", "a@b.example"])
def test_an_address_that_is_none_or_nobodys_own_is_refused_alike_everywhere(
    lindenhof: FormCustomer, email: str
) -> None:
    answer, said = as_script(lindenhof, email)
    assert answer.status_code == 422
    assert said["errors"]["email"]
    page = lindenhof.post(email)
    assert page.status_code == 422
    assert "id_email_error" in page.content.decode()
    assert stored(lindenhof, email) == 0


def test_a_typing_mistake_is_asked_about_and_never_mended_silently(lindenhof: FormCustomer) -> None:
    """R-24."""
    typed, meant = fresh_address().replace("@briefkasten-lindenhof.de", "@gmial.com"), ""
    answer, said = as_script(lindenhof, typed)
    assert answer.status_code == 422
    meant = said["suggestion"]
    assert meant == typed.replace("gmial", "gmail")
    assert meant in said["question"]
    assert stored(lindenhof, typed) + stored(lindenhof, meant) == 0
    asked = lindenhof.post(typed).content.decode()
    assert "Did you mean" in asked
    assert _consent_box(asked).endswith(" checked>")  # the visitor's check is kept: either answer is one click
    lindenhof.sign_up(typed, use=meant)
    assert (stored(lindenhof, typed), stored(lindenhof, meant)) == (0, 1)
    lindenhof.sign_up(typed, checked=typed)
    assert stored(lindenhof, typed) == 1


def test_further_fields_reach_the_contact_only_by_the_confirmation(lindenhof: FormCustomer) -> None:
    with tenancy.account(lindenhof.account_id):
        form = Form.objects.get()
        written = replace(content_from_json(form.draft), fields=(NAME, CITY))
        form_edits.save_draft(
            form.id, name="x", list_id=form.mailing_list_id, sender_id=lindenhof.anna.sender_id, content=written
        )
        assert form_edits.publish_form(form.id, by=None).allowed
    forget_published(lindenhof.code)
    dora = fresh_address()
    _answer, said = as_script(lindenhof, dora, version="2")
    assert list(said["errors"]) == ["city"]
    mail = lindenhof.asked(dora, version="2", first_name="Dora\0 ", city="Kiel", unknown="x")
    (request,) = lindenhof.requests(dora)
    assert request.values == {"first_name": "Dora", "city": "Kiel"}
    assert "Lindenhof" in str(mail.message["From"]) or "Gärtnerei" in str(mail.message["From"])
    lindenhof.confirm(mail)
    (_requested, _sent, confirmed) = lindenhof.events(dora)
    assert confirmed.evidence.details["form_version"] == 2


def test_a_page_with_an_older_version_is_believed_about_what_it_showed(lindenhof: FormCustomer) -> None:
    """R-28: the consent names the version the person saw."""
    with tenancy.account(lindenhof.account_id):
        form = Form.objects.get()
        draft = content_from_json(form.draft)
        language = draft.languages[0]
        texts = {language: replace(draft.texts[language], frequency="once a year")}
        form_edits.save_draft(
            form.id,
            name="x",
            list_id=form.mailing_list_id,
            sender_id=form.sender_id,
            content=replace(draft, texts=texts),
        )
        assert form_edits.publish_form(form.id, by=None).allowed
    forget_published(lindenhof.code)
    dora, emil = fresh_address(), fresh_address()
    lindenhof.sign_up(dora, version="1")
    lindenhof.sign_up(emil, version="99")
    versions = [lindenhof.requests(email)[0].version for email in (dora, emil)]
    assert [version.number for version in versions if version] == [1, 2]


def test_a_machine_that_fills_in_everything_learns_nothing(lindenhof: FormCustomer) -> None:
    dora = fresh_address()
    lindenhof.sign_up(dora, topic_note="cheap pills")
    assert stored(lindenhof, dora) == 0


def test_whoever_is_faster_than_a_person_is_asked_again(lindenhof: FormCustomer) -> None:
    dora = fresh_address()
    answer, said = as_script(lindenhof, dora, shown=shown_now(lindenhof.code))
    assert (answer.status_code, said["outcome"]) == (422, "step")
    page = lindenhof.post(dora, shown=shown_now(lindenhof.code))
    assert page.status_code == 422
    assert dora in page.content.decode(), "what was typed is still there"
    assert stored(lindenhof, dora) == 0
    early = shown_now(lindenhof.code)
    with clock.frozen_at(clock.now() + timedelta(seconds=4)):
        lindenhof.sign_up(dora, shown=early)
    assert lindenhof.requests(dora)[0].proof == "time"


def test_the_proof_of_work_serves_once_and_for_its_own_form(lindenhof: FormCustomer) -> None:
    other = customer_with_form()
    work = solved(lindenhof.code)
    dora, emil, frieda = fresh_address(), fresh_address(), fresh_address()
    lindenhof.sign_up(dora, **work)
    assert lindenhof.requests(dora)[0].proof == "work"
    assert as_script(lindenhof, emil, **work)[1]["outcome"] == "step", "a second time it proves nothing"
    spelled = json.loads(base64.b64decode(work["altcha"]))
    spelled["salt"] = spelled["salt"].rstrip("&")
    again = {"altcha": base64.b64encode(json.dumps(spelled).encode()).decode()}
    assert as_script(lindenhof, emil, **again)[1]["outcome"] == "step", "nor in another spelling"
    other.sign_up(frieda, **solved(lindenhof.code))
    assert other.requests(frieda)[0].proof == "none"
    for nonsense in ("x", "bnVsbA==", base64.b64encode(b'{"salt": "a?b?c?d"}').decode(), "W10="):
        lindenhof.sign_up(fresh_address(), altcha=nonsense)


def test_unproven_sign_ups_have_a_budget_and_then_one_step_more(lindenhof: FormCustomer) -> None:
    """Under attack the form stays up: people with a browser, or a few seconds of time, still get through."""
    most = int(value("sign_ups_unproven_per_form_hour"))
    for _number in range(most):
        lindenhof.sign_up(fresh_address("hanna"))
    dora = fresh_address()
    page = lindenhof.post(dora)
    assert page.status_code == 422
    assert 'name="shown"' in page.content.decode()
    assert stored(lindenhof, dora) == 0
    early = shown_now(lindenhof.code)
    with clock.frozen_at(clock.now() + timedelta(seconds=4)):
        lindenhof.sign_up(dora, shown=early)
    lindenhof.sign_up(fresh_address(), **solved(lindenhof.code))


def test_one_network_has_a_limit_that_says_nothing_about_addresses(lindenhof: FormCustomer) -> None:
    browser = Client(REMOTE_ADDR="203.0.113.77")
    most = int(value("sign_ups_per_ip_hour"))
    early = shown_now(lindenhof.code)
    with clock.frozen_at(clock.now() + timedelta(seconds=4)):
        for number in range(most):
            answer = lindenhof.post(fresh_address(f"n{number}x"), client=browser, shown=early)
            assert answer.status_code == 303
        refused = lindenhof.post(fresh_address(), client=browser, shown=early)
        assert refused.status_code == 429
        assert "your network" in refused.content.decode()
        other = lindenhof.post(fresh_address(), client=Client(REMOTE_ADDR="203.0.113.78"), shown=early)
        assert other.status_code == 303


def test_a_closed_form_says_so(lindenhof: FormCustomer, stranger: Client) -> None:
    with tenancy.account(lindenhof.account_id):
        form_edits.close_form(lindenhof.form_id)
    forget_published(lindenhof.code)
    assert "no longer accepts sign-ups" in stranger.get(lindenhof.url).content.decode()
    assert lindenhof.post(fresh_address()).status_code == 410


def test_ten_thousand_posts_for_one_victim_store_one_row_and_cost_no_counter(lindenhof: FormCustomer) -> None:
    """The load itself is bench/signup.py's; here, that repeats are answered from one look-up (R-35)."""
    victim = fresh_address("victim")
    lindenhof.sign_up(victim)
    before = list(SignupCounter.objects.values_list("key", "count").order_by("key"))
    for _number in range(20):
        lindenhof.sign_up(victim)
    assert list(SignupCounter.objects.values_list("key", "count").order_by("key")) == before
    assert stored(lindenhof, victim) == 1
