"""The desk reviews an automation as a whole: its flow and all its messages on one page, with one decision."""

import re
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Membership, Notice
from mailflatrate.apps.automations.actions import release
from mailflatrate.apps.automations.models import VersionState
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.automations import Journey
from support.customers import WHERE, Customer, sending_customer
from support.desk import desk

pytestmark = pytest.mark.usefixtures("database")
STEPS: tuple[dict[str, Any], ...] = (
    {"id": "a", "do": "send", "campaign": "new"},
    {"id": "w", "do": "wait", "for": {"days": 4}},
    {"id": "b", "do": "send", "campaign": "new"},
)


@pytest.fixture
def waiting() -> Journey:
    """An automation of a supervised customer, with two messages that wait for a reviewer."""
    return waiting_for_a_reviewer()


@pytest.fixture(scope="module")
def still_waiting(database: str) -> Journey:
    """The same for tests that decide nothing."""
    assert database
    return waiting_for_a_reviewer()


def waiting_for_a_reviewer() -> Journey:
    carla = Customer.vetted("Watched", watched=True).with_imprint().with_sender().with_list().with_people(2)
    journey = Journey.drafted(carla, *STEPS)
    shown = journey.shown_hash()
    with tenancy.account(carla.account_id):
        release.activate(journey.automation_id, by=carla.owner, shown_hash=shown, where=WHERE)
    return journey


def url(journey: Journey, page: str = "") -> str:
    return f"/desk/automations/{journey.automation_id}/{page}"


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def hashes(page: str) -> dict[str, str]:
    """What the form of the decision says was shown."""
    return dict(re.findall(r'name="(hash_\d+)"\s+value="([0-9a-f]{64})"', page))


def states(journey: Journey) -> set[str]:
    with tenancy.account(journey.customer.account_id):
        return set(Campaign.objects.filter(automation_id=journey.automation_id).values_list("state", flat=True))


def told(journey: Journey) -> list[str]:
    """The subjects of the owner's notices about the automation."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        members = Membership.objects.filter(account_id=journey.customer.account_id).values("user__email")
        rows = Notice.objects.filter(recipient__in=members, subject__contains="Welcome").order_by("id")
        return list(rows.values_list("subject", flat=True))


@pytest.mark.slow
def test_it_is_one_row_of_the_queue_and_shows_everything(still_waiting: Journey) -> None:
    otto = desk().client
    queue = text(otto, "/desk/campaigns/")
    assert queue.count(f'href="{url(still_waiting)}"') == 1
    page = text(otto, url(still_waiting))
    assert "Wait 4 days" in page and "Starts when a sign-up" in page
    assert len(hashes(page)) == 2 and page.count("srcdoc=") == 2
    with tenancy.account(still_waiting.customer.account_id):
        campaign = Campaign.objects.filter(automation_id=still_waiting.automation_id)[0]
    one = text(otto, f"/desk/campaigns/{campaign.id}/")
    assert f'href="{url(still_waiting)}"' in one and 'data-opens="go"' not in one


@pytest.mark.slow
def test_one_decision_approves_all_and_it_begins(waiting: Journey) -> None:
    otto = desk().client
    shown = hashes(text(otto, url(waiting)))
    assert otto.post(url(waiting, "review/"), {"word": "go", **shown}).status_code == 303
    assert CampaignState.REVIEW not in states(waiting)
    waiting.run_release()
    assert waiting.version().state == VersionState.CURRENT
    assert told(waiting) == ["“Welcome” starts now"]
    assert otto.post(url(waiting, "review/"), {"word": "go", **shown}).status_code == 422


@pytest.mark.slow
def test_it_is_returned_as_a_whole_with_a_reason(waiting: Journey) -> None:
    otto = desk().client
    shown = hashes(text(otto, url(waiting)))
    assert otto.post(url(waiting, "review/"), {"word": "back", **shown}).status_code == 422
    assert states(waiting) == {CampaignState.REVIEW}, "nothing without a reason"
    assert otto.post(url(waiting, "review/"), {"word": "back", "text": "Say who you are.", **shown}).status_code == 303
    assert states(waiting) == {CampaignState.DRAFT}
    assert waiting.version(VersionState.DRAFT).state == VersionState.DRAFT
    assert told(waiting) == ["“Welcome” was returned to you"]
    assert otto.get(url(waiting)).status_code == 404


@pytest.mark.slow
def test_a_decision_is_for_exactly_what_was_shown(still_waiting: Journey) -> None:
    otto = desk().client
    shown = hashes(text(otto, url(still_waiting)))
    first, *_rest = shown
    partly = {name: value for name, value in shown.items() if name != first}
    changed = {**shown, first: "0" * 64}
    for posted in ({}, partly, changed):
        assert otto.post(url(still_waiting, "review/"), {"word": "go", **posted}).status_code == 422
        assert states(still_waiting) == {CampaignState.REVIEW}


def test_it_is_hidden_from_everyone_else(still_waiting: Journey) -> None:
    anna = sending_customer()
    for client in (anna.client, Client()):
        assert client.get(url(still_waiting)).status_code in (302, 404)
        assert client.post(url(still_waiting, "review/"), {"word": "go"}).status_code in (302, 403, 404)
    draft = Journey.drafted(anna, *STEPS)
    otto = desk().client
    assert otto.get(url(draft)).status_code == 404, "a draft is the customer's own"
