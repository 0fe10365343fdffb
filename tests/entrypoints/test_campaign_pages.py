"""The compose page."""

import re
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from mailflatrate.apps.accounts.models import Notice, Role
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.segments.actions.segments import save_segment
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.panel import href_of
from mailflatrate.mail.author_mistakes import as_param, mistake
from mailflatrate.rules.gate.chains import CAMPAIGN_CHAIN
from support.api import program_of
from support.customers import Customer, sending_customer
from support.people import browser, followed, person

pytestmark = pytest.mark.usefixtures("database")
HTMX = {"HTTP_HX_REQUEST": "true"}


def text(client: Client, url: str, status: int = 200, **headers: Any) -> str:
    answer = client.get(url, **headers)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def values(anna: Customer, campaign: Campaign, **changes: Any) -> dict[str, Any]:
    """What the compose form posts."""
    whole: dict[str, Any] = {
        "name": campaign.name, "subject": campaign.subject, "preheader": "", "sender": anna.sender_id, "reply_to": "",
        "language": "en", "list_ids": [anna.list_id], "content_kind": campaign.content_kind,
        "content": campaign.content, "text_override": "", "track_clicks": "on",
    }  # fmt: skip
    return whole | changes


def edit_url(campaign: Campaign) -> str:
    return f"/studio/campaigns/{campaign.id}/edit/"


# -- compose ----------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_draft_its_checks_and_a_preview_of_a_real_reader() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    page = text(anna.client, edit_url(campaign))
    assert 'data-editor="markdown"' in page
    assert "1 open" in page
    assert "Send to 3 people now" not in page, "the policy is not ticked"
    assert "as Dora Meyer sees it" in page
    assert "sandbox srcdoc=" in page
    assert "Hello Dora" in page
    assert "Lindenhof GmbH" in page, "the imprint is part of the preview"


def test_it_saves_while_writing_and_answers_with_what_changed() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    answer = anna.client.post(edit_url(campaign), values(anna, campaign, subject="Tulips"), **HTMX)
    part = answer.content.decode()
    assert answer.headers["HX-Trigger"] == "saved"
    assert "Saved " in part
    for place in ("saved", "checks", "audience-note", "content-problems", "release-buttons", "shown_hash"):
        assert f'id="{place}"' in part
    assert part.count('hx-swap-oob="true"') == 18
    assert anna.again(campaign).subject == "Tulips"


@pytest.mark.slow
def test_what_is_in_order_is_saved_beside_what_is_not() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    faulty = values(anna, campaign, subject="Tulips", reply_to="nobody", name="")
    answer = anna.client.post(edit_url(campaign), faulty, **HTMX)
    assert "Not saved:" in answer.content.decode()
    kept = anna.again(campaign)
    assert (kept.subject, kept.reply_to, kept.name) == ("Tulips", "", "Winter bulbs")
    page = anna.client.post(edit_url(campaign), faulty)
    assert page.status_code == 422
    assert "2 fields need fixing" in page.content.decode()


def test_without_script_it_saves_too() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    answer = anna.client.post(edit_url(campaign), values(anna, campaign, subject="Tulips"))
    assert answer.status_code == 303
    assert anna.again(campaign).subject == "Tulips"


def test_mistakes_are_named_with_their_line() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    broken = values(anna, campaign, content="# Hi\n\n{{ contact.nonsense }}\n")
    part = anna.client.post(edit_url(campaign), broken, **HTMX).content.decode()
    assert 'data-goto-line="3"' in part
    assert "Line 3: the variable contact.nonsense doesn&#x27;t exist" in part
    assert "The content has errors" in text(anna.client, f"{edit_url(campaign)}preview/")


def test_another_way_of_writing_keeps_what_was_written() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    anna.client.post(edit_url(campaign), values(anna, campaign, kind="html"))
    assert anna.again(campaign).content_kind == "html"
    assert "Winter bulbs" in anna.again(campaign).content
    fresh = anna.client.post("/studio/campaigns/new/", {"name": "Fresh"}).headers["Location"]
    with tenancy.account(anna.account_id):
        beginning = Campaign.objects.get(name="Fresh")
    anna.client.post(fresh, values(anna, beginning, kind="mjml"))
    assert anna.again(beginning).content.startswith("<mjml>")
    assert 'data-editor="mjml"' in text(anna.client, fresh)


@pytest.mark.slow
def test_conditions_are_built_row_by_row_and_counted() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    row = {"node": "c0", "0-field": "first_name", "0-op": "equals", "0-value": "Dora"}
    part = anna.client.post(edit_url(campaign), values(anna, campaign, **row), **HTMX).content.decode()
    assert "1 confirmed contact would receive it." in part
    assert anna.again(campaign).conditions == [{"field": "first_name", "op": "equals", "value": "Dora"}]
    rows = anna.client.post(f"{edit_url(campaign)}audience/", row | {"row": "add:"}, **HTMX).content.decode()
    assert rows.count('-field"') == 4, "two menus, by id and name"
    fewer = anna.client.post(f"{edit_url(campaign)}audience/", row | {"row": "remove:0"}, **HTMX).content.decode()
    assert '0-field"' not in fewer
    faulty = values(anna, campaign, **(row | {"0-value": ""}))
    part = anna.client.post(edit_url(campaign), faulty, **HTMX).content.decode()
    assert "condition 1: enter a value" in part
    assert anna.again(campaign).conditions, "a half-written row does not undo the stored ones"
    page = anna.client.post(edit_url(campaign), values(anna, campaign, **row, row="add:")).content.decode()
    assert page.count('0-field"') + page.count('1-field"') == 4, "without script the page has one row more"


def test_a_saved_segment_can_be_taken_over() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    with tenancy.account(anna.account_id):
        segment = save_segment("Doras", [{"field": "first_name", "op": "equals", "value": "Dora"}])
    anna.client.post(edit_url(campaign), values(anna, campaign, use_segment="1", segment=str(segment.id)))
    assert anna.again(campaign).conditions == segment.conditions


def test_somebody_elses_list_and_sender_cannot_be_chosen() -> None:
    anna, other = sending_customer(), sending_customer()
    campaign = anna.draft()
    foreign = values(anna, campaign, list_ids=[other.list_id], sender=other.sender_id, subject="Kept")
    part = anna.client.post(edit_url(campaign), foreign, **HTMX).content.decode()
    assert "Not saved:" in part
    kept = anna.again(campaign)
    assert (kept.list_ids, kept.sender_id, kept.subject) == ([anna.list_id], anna.sender_id, "Kept")


def test_the_preview_walks_from_reader_to_reader() -> None:
    anna = sending_customer()
    campaign = anna.draft(content="# {{ contact.first_name }}")
    first = text(anna.client, f"{edit_url(campaign)}preview/")
    assert "as Dora Meyer sees it" in first
    assert "Previous contact" not in first
    following = re.search(r'hx-get="([^"]+)" hx-target="#preview" hx-swap="outerHTML" aria-label="Next contact"', first)
    assert following is not None
    second = text(anna.client, following[1].replace("&amp;", "&"))
    assert "as Emil Meyer sees it" in second
    assert "Previous contact" in second
    bare = text(anna.client, f"{edit_url(campaign)}preview/?bare=1")
    assert "This contact would be skipped" in bare
    assert "contact.first_name" in bare
    plain = text(anna.client, f"{edit_url(campaign)}preview/?part=text")
    assert "<iframe" not in plain
    assert "Lindenhof GmbH" in plain


def test_script_in_a_mailing_is_text_on_our_page() -> None:
    anna = sending_customer()
    campaign = anna.draft(content='</textarea><script>alert("x")</script>', subject="<script>alert(1)</script>")
    page = text(anna.client, edit_url(campaign))
    assert "<script>alert" not in page


# -- release ----------------------------------------------------------------------------------------------------------


def shown_hash(page: str) -> str:
    found = re.search(r'id="shown_hash" name="shown_hash" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


@pytest.mark.slow
def test_the_policy_is_ticked_for_what_was_shown_and_asked_again_after_an_edit() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    page = text(anna.client, edit_url(campaign))
    assert 'name="confirm"' in page
    assert not re.search(r'name="confirm"[^>]*checked', page)
    shown = shown_hash(page)
    anna.client.post(f"{edit_url(campaign)}policy/", {"shown_hash": shown})
    assert anna.again(campaign).policy_hash == "", "the box was not ticked"
    anna.client.post(edit_url(campaign), values(anna, campaign, subject="Edited meanwhile"), **HTMX)
    anna.client.post(f"{edit_url(campaign)}policy/", {"shown_hash": shown, "confirm": "on"})
    assert anna.again(campaign).policy_hash == "", "not for content that was not shown"
    shown = shown_hash(text(anna.client, edit_url(campaign)))
    anna.client.post(f"{edit_url(campaign)}policy/", {"shown_hash": shown, "confirm": "on"})
    assert "Send to 3 people now" in text(anna.client, edit_url(campaign))
    part = anna.client.post(edit_url(campaign), values(anna, campaign, subject="Again"), **HTMX).content.decode()
    assert "1 check hasn't passed yet." in part


def test_sending_now_and_a_refusal() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    refused = anna.client.post(f"/studio/campaigns/{campaign.id}/release/", {"when": "now"})
    assert refused.headers["Location"] == edit_url(campaign)
    assert anna.again(campaign).state == CampaignState.DRAFT
    anna.ticked(campaign)
    sent = anna.client.post(f"/studio/campaigns/{campaign.id}/release/", {"when": "now"})
    assert sent.headers["Location"] == f"/studio/campaigns/{campaign.id}/"
    assert anna.again(campaign).state == CampaignState.PLANNING


def test_a_time_is_meant_on_the_clock_of_its_place() -> None:
    anna = sending_customer()
    campaign = anna.ticked(anna.draft())
    later = {"when": "later", "at": "2027-07-01T09:00", "time_zone": "Europe/Berlin"}
    anna.client.post(f"/studio/campaigns/{campaign.id}/release/", later)
    kept = anna.again(campaign)
    assert kept.state == CampaignState.SCHEDULED
    assert kept.scheduled_at is not None
    assert kept.scheduled_at.isoformat() == "2027-07-01T07:00:00+00:00"
    page = text(anna.client, f"/studio/campaigns/{campaign.id}/")
    assert "1 July 2027, 09:00" in page
    assert "Europe/Berlin" in page
    back = anna.client.post(f"/studio/campaigns/{campaign.id}/take-back/")
    assert back.headers["Location"] == edit_url(campaign)
    assert anna.again(campaign).state == CampaignState.DRAFT


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2020-01-01T09:00", "This time has passed"),
        ("2027-03-28T02:30", "The clocks change on that day"),
        ("2040-01-01T09:00", "more than a year away"),
        ("soon", "Enter a valid date/time"),
    ],
)
def test_times_that_cannot_be(at: str, words: str) -> None:
    anna = sending_customer(people=1)
    campaign = anna.ticked(anna.draft())
    later = {"when": "later", "at": at, "time_zone": "Europe/Berlin"}
    assert words in followed(anna.client, f"/studio/campaigns/{campaign.id}/release/", later)
    assert anna.again(campaign).state == CampaignState.DRAFT


def test_a_test_goes_to_members_only() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    url = f"{edit_url(campaign)}test/"
    anna.client.post(url, {"recipients": ["stranger@example.org"]})
    with tenancy.account(anna.account_id):
        assert not Notice.objects.exists()
    page = followed(anna.client, url, {"recipients": [anna.owner.email], "contact": ""})
    assert "1 test message sent." in page
    with tenancy.account(anna.account_id):
        assert Notice.objects.get().recipient == anna.owner.email


# -- who may -----------------------------------------------------------------------------------------------------------


def test_ben_who_only_looks_may_not_write() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    page = text(ben, edit_url(campaign))
    assert "t edit it." in page
    assert f'hx-post="{edit_url(campaign)}"' not in page
    assert ben.post(edit_url(campaign), values(anna, campaign, subject="Mine")).status_code == 403
    assert anna.again(campaign).subject == "Winter bulbs are here"


GETS = ("", "edit/", "edit/preview/", "progress/", "recipients/", "recipients.csv", "recipients/1/", "figures.csv",
        "report.pdf", "links/", "clicks/", "clicks/map/", "decision/", "edition/", "edition/html/", "edit/pulse/",
        "versions/", "versions/1/", "versions/1/message/", "approval/", "comments/", "edit/links/",
        "edit/writing-help/", "edit/writing-help/1/", "answers/", "answers.csv", "answers/comments.csv")  # fmt: skip
POSTS = ("copy/", "delete/", "edit/", "edit/audience/", "edit/policy/", "edit/test/", "release/", "take-back/",
         "speed/", "pause/", "resume/", "cancel/", "versions/1/take/", "versions/1/forget/", "ask/", "approval/",
         "approval/back/", "comments/", "comments/1/settle/", "comments/1/delete/",
         "edit/waves/", "choose/", "send-unsent/", "draft-review/", "move/", "follow-up/", "unlock/",
         "answers/comments/1/delete/", "links/1/revoke/", "edit/links/visit/",
         "edit/writing-help/agree/")  # fmt: skip


def test_carla_finds_nothing_at_annas_addresses() -> None:
    anna = sending_customer()
    campaigns = [anna.draft(), anna.sending()]
    carla = Customer.registered("Carla's Cafe").owner
    client = browser(carla)
    for campaign in campaigns:
        before = anna.again(campaign)
        for path in GETS:
            assert client.get(f"/studio/campaigns/{campaign.id}/{path}").status_code == 404, path
        for path in POSTS:
            assert client.post(f"/studio/campaigns/{campaign.id}/{path}", {"name": "x"}).status_code == 404, path
        after = anna.again(campaign)
        assert (before.state, before.name, before.updated_at) == (after.state, after.name, after.updated_at)
    assert client.get("/studio/campaigns/99999999999999999999/").status_code == 404


def test_every_address_of_the_area_is_among_those_carla_tried() -> None:
    from mailflatrate.entrypoints.studio.urls import urlpatterns

    pages = [each for each in urlpatterns if ".studio.campaigns." in each.callback.__module__]
    paths = {re.sub(r"<int:(?!campaign)\w+>", "1", str(each.pattern)[10:]) for each in pages}
    tried = {f"<int:campaign_id>/{path}" for path in (*GETS, *POSTS)}
    assert {path for path in paths - tried if not path.startswith("digests/")} == {"", "new/", "calendar/", "labels/"}


def test_names_as_long_as_they_may_be() -> None:
    anna = sending_customer(people=0)
    name = "W" * 120
    campaign = anna.draft(name)
    with tenancy.account(anna.account_id):
        copied = drafts.copy_campaign(campaign.id, by=anna.owner)
    assert len(copied.name) <= 120
    assert name in text(anna.client, "/studio/campaigns/")


def test_every_open_check_leads_to_the_field_that_mends_it() -> None:
    for check in CAMPAIGN_CHAIN:
        assert href_of(check.anchor) or check.anchor == "campaign.release", check.key


@pytest.mark.slow
def test_mistakes_are_said_in_the_reader_s_language() -> None:
    """At their line in the editor, in the checks, and where a test is refused."""
    anna = sending_customer(people=1)
    draft = anna.draft(content="Dear\n\n{{ contact.frist_name }}")
    anna.client.cookies["language"] = "de"
    page = text(anna.client, edit_url(draft))
    assert "Zeile 3: die Variable contact.frist_name gibt es nicht" in page
    assert "Zeile 3: die Variable contact.frist_name gibt es nicht" in page.split('id="checks"')[1]
    assert "the variable" not in page
    page = followed(anna.client, f"{edit_url(draft)}test/", {"recipients": [anna.owner.email]})
    assert "Der Test wurde nicht gesendet" in page and "Zeile 3: die Variable contact.frist_name" in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Angaben beim Filter slice fehlen oder sind falsch"),
        ("en", "The filter slice has missing or invalid arguments"),
    ],
)
def test_what_shows_only_in_a_letter_is_said_in_the_reader_s_language(language: str, words: str) -> None:
    """In the preview, in the checks, by API, and as the reason why a campaign is stopped."""
    anna = sending_customer(people=1)
    draft = anna.draft(content="Dear {{ contact.email | slice }}")
    anna.client.cookies["language"] = language
    page = text(anna.client, edit_url(draft))
    checks, preview = page.split('id="checks"')[1].split('id="preview"')
    assert words.lower() in checks.lower()
    assert words.lower() in preview.lower()
    shop = program_of(anna)
    found = shop.get(f"/campaigns/{draft.id}/preview", Accept_Language=language)
    assert (found["problem"], found["detail"].lower()) == ("render", words.lower())
    with tenancy.account(anna.account_id):
        reason = as_param(mistake(0, "filter-arguments", "slice"))
        Campaign.objects.filter(id=draft.id).update(state=CampaignState.PAUSED, state_reason=reason)
    assert shop.get(f"/campaigns/{draft.id}", Accept_Language=language)["state_reason"].lower() == words.lower()
    for address in (f"/studio/campaigns/{draft.id}/", "/studio/"):
        assert words.lower() in text(anna.client, address).lower()


def test_a_filter_that_finds_nothing_is_no_fault_of_the_page() -> None:
    """python-liquid lets an IndexError of Python's through there."""
    anna = sending_customer(people=1)
    draft = anna.draft(content='Dear {{ "x" | compact: 1 }}')
    assert "a filter gets a value it can" in text(anna.client, edit_url(draft)).lower()


@pytest.mark.parametrize(
    ("language", "minutes", "words"),
    [
        ("en", 30, "(at most 500) on their own. The rest follows after 30 minutes if nothing looks wrong."),
        ("en", 0, "(at most 500) on their own. The rest follows if nothing looks wrong."),
        ("de", 0, "(höchstens 500) versenden wir allein. Der Rest folgt, wenn nichts auffällt."),
    ],
)
def test_where_the_canary_does_not_wait_no_minutes_are_told(language: str, minutes: int, words: str) -> None:
    told = {"recipients": 1000, "canary_size": 500, "canary_percent": 5, "canary_minutes": minutes}
    with translation.override(language):
        assert words in render_to_string("studio/campaigns/release_buttons.html", told)
