"""The series of a sign-up form: created in one go, edited row by row, and left alone once it is more than that."""

from typing import Any

import pytest

from mailflatrate.apps.automations.actions import drafts, running
from mailflatrate.apps.automations.actions.welcome_series import SeriesMessage, save_series
from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.models import Automation, AutomationVersion
from mailflatrate.apps.automations.welcome_series import FormSeries, SeriesRow, series_of
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer, sending_customer
from support.forms import add_form
from support.scope import within

HELLO = SeriesMessage(0, "Hello", begin="hello")
OWN = SeriesMessage(3, "Our own words", text="Hi {{ contact.first_name | default: 'there' }}, this is our garden.")
TIPS = SeriesMessage(4, "Tips", begin="tips")


@pytest.fixture
def form_id(anna: Customer) -> int:
    """A published form of Anna's list."""
    return add_form(anna)[0]


@pytest.fixture(scope="module")
def without_series() -> tuple[Customer, int]:
    """A customer whose published form has no series, for what is refused."""
    customer = sending_customer()
    return customer, add_form(customer)[0]


def save(anna: Customer, form_id: int, *messages: SeriesMessage) -> Journey:
    return Journey(anna, within(anna, save_series, form_id, "Welcome", messages, by=anna.owner).id)


def series(anna: Customer, form_id: int) -> FormSeries:
    found = within(anna, series_of, form_id)
    assert found is not None
    return found


def rows(anna: Customer, form_id: int) -> list[SeriesRow]:
    found = series(anna, form_id).rows
    assert found is not None
    return list(found)


def said(anna: Customer, form_id: int) -> list[tuple[int, str]]:
    return [(row.days, row.campaign.subject) for row in rows(anna, form_id)]


def kept(row: SeriesRow, **changes: Any) -> SeriesMessage:
    values = {"days": row.days, "subject": row.campaign.subject, "step": row.step, "text": row.own_words or ""}
    return SeriesMessage(**(values | changes))


def test_a_new_series_is_an_automation_that_starts_with_the_form(anna: Customer, form_id: int) -> None:
    journey = save(anna, form_id, HELLO, OWN, TIPS)
    assert said(anna, form_id) == [(0, "Hello"), (3, "Our own words"), (4, "Tips")]
    first, second, _third = rows(anna, form_id)
    assert first.own_words is None
    assert second.own_words == OWN.text
    with tenancy.account(anna.account_id):
        draft = drafts.draft_of(journey.automation_id)
        assert draft.graph["entry"] == {"on": "confirmed", "form": form_id}
        assert problems_of(draft) == []
        assert series_of(form_id + 1) is None
    journey.activate()
    dora = journey.contacts()[0]
    journey.arrive(dora)
    journey.advance()
    assert journey.at() == {}, "only people who confirmed on this form"


def test_a_draft_is_edited_in_place(anna: Customer, form_id: int) -> None:
    save(anna, form_id, HELLO, OWN, TIPS)
    first, second, third = rows(anna, form_id)
    save(
        anna, form_id, kept(third, days=0), kept(second, days=5, text="Other words."), SeriesMessage(1, "New", text="X")
    )
    assert said(anna, form_id) == [(0, "Tips"), (5, "Our own words"), (1, "New")]
    again = rows(anna, form_id)
    assert [again[0].step, again[1].step, again[1].wait] == [third.step, second.step, second.wait]
    assert again[1].own_words == "Other words."
    with tenancy.account(anna.account_id):
        assert Automation.objects.count() == 1
        assert not Campaign.objects.filter(id=first.campaign.id).exists(), "a removed draft is deleted"


def test_a_released_series_gets_a_next_version_with_copies(anna: Customer, form_id: int) -> None:
    journey = save(anna, form_id, HELLO, TIPS)
    before = rows(anna, form_id)
    journey.activate()
    save(anna, form_id, kept(before[0], subject="Hello again"))
    assert said(anna, form_id) == [(0, "Hello again")]
    (row,) = rows(anna, form_id)
    assert row.step == before[0].step, "people under way can continue at the same step"
    assert row.campaign.id != before[0].campaign.id
    with tenancy.account(anna.account_id):
        assert AutomationVersion.objects.filter(automation_id=journey.automation_id).count() == 2
        assert Campaign.objects.get(id=before[0].campaign.id).subject == "Hello"
        assert Campaign.objects.get(id=before[1].campaign.id).state == "sending"


def test_one_with_other_steps_is_left_alone(anna: Customer, form_id: int) -> None:
    journey = save(anna, form_id, HELLO)
    (row,) = rows(anna, form_id)
    with tenancy.account(anna.account_id):
        draft = drafts.draft_of(journey.automation_id)
        graph = {**draft.graph, "steps": [*draft.graph["steps"], {"id": "e", "do": "end"}]}
        drafts.save_graph(journey.automation_id, graph, based_on=draft.saves, by=anna.owner)
    assert series(anna, form_id).rows is None
    with pytest.raises(AutomationError, match="other steps"):
        save(anna, form_id, kept(row))


def test_an_ended_one_makes_room_for_another(anna: Customer, form_id: int) -> None:
    journey = save(anna, form_id, HELLO)
    journey.activate()
    with tenancy.account(anna.account_id):
        running.end_automation(journey.automation_id, by=anna.owner)
        assert series_of(form_id) is None
    assert save(anna, form_id, HELLO).automation_id != journey.automation_id


@pytest.mark.parametrize(
    "messages", [(), (HELLO,) * 6, (SeriesMessage(0, "Empty"),), (SeriesMessage(0, "Gone", begin="template:99"),)]
)
def test_what_is_empty_or_too_much_is_refused_whole(
    without_series: tuple[Customer, int], messages: tuple[SeriesMessage, ...]
) -> None:
    anna, form_id = without_series
    with pytest.raises(AutomationError):
        save(anna, form_id, *messages)
    with tenancy.account(anna.account_id):
        assert Automation.objects.count() == 0
        assert not Campaign.objects.filter(automation_id__isnull=False).exists()
