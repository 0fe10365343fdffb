"""After confirmation send ...: the series of a form on its pages, and who may change it."""

import re
from html import unescape
from typing import Any

import pytest

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.automations.welcome_series import SeriesRow, series_of
from mailflatrate.apps.campaigns.actions.templates import save_as_template
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer, sending_customer
from support.forms import add_form
from support.people import browser, person

FIRST = {"m0-days": "0", "m0-subject": "Hello", "m0-begin": "hello"}


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=1)


@pytest.fixture
def form_id(anna: Customer) -> int:
    return add_form(anna)[0]


def fields(page: str) -> dict[str, str]:
    """What a browser would send from the page as it is."""
    inputs = re.findall(r'<input[^>]*? name="(m\d-\w+)"[^>]*? value="([^"]*)"', page)
    found = {name: unescape(value) for name, value in inputs}
    for name, inner in re.findall(r'<select[^>]*? name="(m\d-begin)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[name] = chosen[1] if chosen else "text"
    return found


def rows(anna: Customer, form_id: int) -> list[SeriesRow]:
    with tenancy.account(anna.account_id):
        series = series_of(form_id)
    assert series is not None
    assert series.rows is not None
    return list(series.rows)


def post(anna: Customer, form_id: int, **values: Any) -> Any:
    return anna.client.post(
        f"/studio/forms/{form_id}/series/", {key.replace("__", "-"): said for key, said in values.items()}
    )


def test_the_suggested_series_is_created_as_it_is(anna: Customer, form_id: int) -> None:
    assert "Set up welcome series" in anna.page(f"forms/{form_id}/")
    sent = fields(anna.page(f"forms/{form_id}/series/"))
    assert (sent["m1-days"], sent["m1-begin"]) == ("3", "interests")
    answer = anna.client.post(f"/studio/forms/{form_id}/series/", sent)
    assert answer.status_code == 303, answer.content.decode()[-2000:]
    assert [(row.days, row.campaign.name) for row in rows(anna, form_id)] == [
        (0, "Welcome: here's what happens next"),
        (3, "One question: what would you like to read about?"),
        (4, "Three tips for reading our emails"),
    ]
    with tenancy.account(anna.account_id):
        automation = Automation.objects.get()
    assert str(automation.id) in answer.headers["Location"]
    page = anna.page(f"forms/{form_id}/")
    assert "At once" in page
    assert "3 days later" in page
    assert "Nothing is sent from this draft" in page


def test_messages_are_changed_removed_and_added(anna: Customer, form_id: int) -> None:
    with tenancy.account(anna.account_id):
        template = save_as_template(anna.draft("Winter").id, "Winter", by=anna.owner)
    assert post(anna, form_id, **FIRST, **{"m1-days": "2", "m1-subject": "Two", "m1-begin": "tips"}).status_code == 303
    first, second = rows(anna, form_id)
    changed = {
        "m0-step": first.step, "m0-subject": "Hello", "m0-remove": "on",
        "m1-step": second.step, "m1-days": "0", "m1-subject": "Two, again",
        "m2-days": "5", "m2-subject": "Words", "m2-begin": "text", "m2-text": "Our garden is open.",
        "m3-days": "6", "m3-subject": "From a template", "m3-begin": f"template:{template.id}",
    }  # fmt: skip
    assert post(anna, form_id, **changed).status_code == 303
    found = [(row.days, row.campaign.subject, row.own_words is not None) for row in rows(anna, form_id)]
    assert found == [(0, "Two, again", False), (5, "Words", True), (6, "From a template", True)]


def test_what_is_missing_is_said_at_its_field(anna: Customer, form_id: int) -> None:
    answer = post(anna, form_id, **{"m0-begin": "text", "m0-text": "Hello", "m0-days": "0"})
    assert (answer.status_code, "Write the subject line." in answer.content.decode()) == (422, True)
    answer = post(anna, form_id, **{"m0-begin": "text", "m0-subject": "Hello", "m0-days": "0"})
    assert (answer.status_code, "Write the text of" in answer.content.decode()) == (422, True)
    assert post(anna, form_id, **{**FIRST, "m0-days": "4000"}).status_code == 422
    assert post(anna, form_id).status_code == 422
    with tenancy.account(anna.account_id):
        assert not Automation.objects.exists()


def test_an_automation_with_other_steps_is_edited_in_its_flow(anna: Customer, form_id: int) -> None:
    post(anna, form_id, **FIRST)
    with tenancy.account(anna.account_id):
        automation = Automation.objects.get()
        draft = drafts.draft_of(automation.id)
        graph = {**draft.graph, "steps": [*draft.graph["steps"], {"id": "e", "do": "end"}]}
        drafts.save_graph(automation.id, graph, based_on=draft.saves, by=anna.owner)
    answer = anna.client.get(f"/studio/forms/{form_id}/series/")
    assert answer.headers["Location"] == f"/studio/automations/{automation.id}/flow/"
    assert "more than messages and waits" in anna.page(f"forms/{form_id}/")


def test_a_released_series_says_that_it_becomes_a_new_version(anna: Customer, form_id: int) -> None:
    post(anna, form_id, **FIRST)
    with tenancy.account(anna.account_id):
        automation = Automation.objects.get()
    Journey(anna, automation.id).activate()
    page = anna.page(f"forms/{form_id}/series/")
    assert "becomes a new version" in page
    assert "Active" in anna.page(f"forms/{form_id}/")


def test_viewers_and_strangers_change_nothing(anna: Customer, form_id: int) -> None:
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    stranger = sending_customer(people=1)
    assert ben.post(f"/studio/forms/{form_id}/series/", FIRST).status_code == 403
    assert "Set up welcome series" not in ben.get(f"/studio/forms/{form_id}/").content.decode()
    for method in (stranger.client.get, stranger.client.post):
        assert method(f"/studio/forms/{form_id}/series/", FIRST).status_code == 404
    with tenancy.account(anna.account_id):
        assert not Automation.objects.exists()
