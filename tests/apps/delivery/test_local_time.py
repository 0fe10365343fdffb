"""Sending by local time: chunks of one moment each, whatever crashes, is late or goes first."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.campaigns.actions.drafts import unschedule
from mailflatrate.apps.campaigns.local_time import Wave, waves_of
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery import plan
from mailflatrate.apps.delivery.models import Chunk, Delivery, Plan
from mailflatrate.apps.delivery.plan import plan_campaign
from mailflatrate.apps.gate.actions import release_campaign, release_due
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer

ZONES = [
    {"time_zone": "Asia/Tokyo"},
    {"timezone": " america/new york "},
    {"tz": "Nowhere/Else"},
    {"city": "Kiel"},
    {"time_zone": "", "zeitzone": "Europe/Berlin"},
    {"time_zone": "Pacific/Auckland"},
]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings().model_copy(update={"chunk_size": 2})
    monkeypatch.setattr(plan, "load_settings", lambda: settings)
    monkeypatch.setattr(plan, "SLICE_CONTACTS", 4)


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    """Her account with six people who live in four zones; two are nowhere in particular."""
    assert database
    anna = sending_customer(people=len(ZONES))
    with tenancy.account(anna.account_id):
        for contact, attributes in zip(Contact.objects.order_by("id"), ZONES, strict=True):
            Contact.objects.filter(id=contact.id).update(attributes=attributes)
    return anna


def nine(days: int) -> datetime:
    """Nine in the morning in Berlin, some days from now."""
    day = clock.now().astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=days)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


def hour_in(at: datetime, zone: str) -> datetime:
    return at.replace(tzinfo=ZoneInfo(zone))


def released(anna: Customer, at: datetime) -> Campaign:
    campaign = anna.ticked(anna.draft("By the clock"))
    with tenancy.account(anna.account_id):
        decision = release_campaign(campaign.id, by=anna.owner, at=at, on_own_clocks=True)
    assert decision.allowed, decision.findings
    return anna.again(campaign)


def begun(anna: Customer, campaign: Campaign) -> Campaign:
    """Its time has come."""
    with tenancy.account(anna.account_id):
        release_due(campaign.id)
    campaign = anna.again(campaign)
    assert campaign.state == "planning"
    return campaign


def planned(anna: Customer, campaign: Campaign) -> dict[datetime | None, set[int]]:
    """Moment -> places in `ZONES` of the people who get it then."""
    with tenancy.account(anna.account_id):
        decision = campaign.decisions.exclude(edition=None).get()
    assert decision.edition_id is not None
    plan_campaign(anna.account_id, campaign.id, decision.edition_id, decision.id)
    with tenancy.account(anna.account_id):
        first = Contact.objects.order_by("id").values_list("id", flat=True)[0]
        found: dict[datetime | None, set[int]] = {}
        for at, contact_id in Delivery.objects.filter(campaign=campaign).values_list("chunk__not_before", "contact_id"):
            found.setdefault(at, set()).add(contact_id - first)
        return found


def test_it_begins_with_the_first_wave_and_everybody_has_his_hour(anna: Customer) -> None:
    at = nine(3)
    campaign = released(anna, at)
    first = hour_in(at, "Pacific/Auckland")
    assert (campaign.state, campaign.scheduled_at, campaign.local_at) == ("scheduled", first, at)
    with tenancy.account(anna.account_id):
        release_due(campaign.id)  # too early
        assert waves_of(campaign, at, clock.now()) == [
            Wave(first, 1, 1),
            Wave(hour_in(at, "Asia/Tokyo"), 1, 1),
            Wave(at, 3, 1),
            Wave(hour_in(at, "America/New_York"), 1, 1),
        ]
    with clock.frozen_at(first):
        campaign = begun(anna, campaign)
        found = planned(anna, campaign)
    assert found == {None: {5}, hour_in(at, "Asia/Tokyo"): {0}, at: {2, 3, 4}, hour_in(at, "America/New_York"): {1}}
    with tenancy.account(anna.account_id):
        chunks = {chunk.id: chunk.not_before for chunk in Chunk.objects.filter(campaign=campaign)}
    jobs = ProcrastinateJob.objects.filter(task_name="delivery.send_chunk", status="todo")
    waiting = {job.args["chunk_id"]: job.scheduled_at for job in jobs if job.args["chunk_id"] in chunks}
    assert waiting == chunks
    page = anna.client.get(f"/studio/campaigns/{campaign.id}/").content.decode()
    assert "by everybody" not in page
    assert page.count("<tr") >= 4


def test_whose_hour_has_passed_gets_it_at_once(anna: Customer) -> None:
    """One hour before nine in Berlin it is late in Tokyo and Auckland: both go now, with the first wave."""
    campaign = anna.ticked(anna.draft("Late"))
    at = clock.now() + timedelta(hours=1)
    with tenancy.account(anna.account_id):
        assert release_campaign(campaign.id, by=anna.owner, at=at, on_own_clocks=True).allowed
    campaign = anna.again(campaign)
    assert campaign.state == "planning"
    found = planned(anna, campaign)
    assert found[None] == {0, 5}
    assert found[at] == {2, 3, 4}


def test_the_canary_is_of_the_first_wave_even_if_its_people_come_last(
    anna: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contact in Auckland appears in the second slice, and goes alone as the canary of their wave."""
    settings = load_settings().model_copy(update={"chunk_size": 2, "canary_size": 3})
    monkeypatch.setattr(plan, "load_settings", lambda: settings)
    campaign = released(anna, nine(2))
    assert campaign.scheduled_at is not None
    with clock.frozen_at(campaign.scheduled_at):
        found = planned(anna, begun(anna, campaign))
    assert sum(len(people) for people in found.values()) == len(ZONES)
    with tenancy.account(anna.account_id):
        assert Plan.objects.get(campaign=campaign).canary_size == 1
        zero = Chunk.objects.get(campaign=campaign, number=0)
        assert zero.not_before is None
        assert list(Delivery.objects.filter(chunk=zero).values_list("contact__attributes", flat=True)) == [ZONES[5]]
    jobs = ProcrastinateJob.objects.filter(task_name="delivery.send_chunk", status="todo")
    with tenancy.account(anna.account_id):
        own = set(Chunk.objects.filter(campaign=campaign).values_list("id", flat=True))
    assert {job.args["chunk_id"] for job in jobs} & own == {zero.id}


def test_taken_back_it_forgets_the_waves(anna: Customer) -> None:
    campaign = released(anna, nine(4))
    with tenancy.account(anna.account_id):
        unschedule(campaign.id)
        assert release_campaign(campaign.id, by=anna.owner).allowed
    campaign = anna.again(campaign)
    assert campaign.local_at is None
    assert set(planned(anna, campaign)) == {None}


def test_the_page_shows_the_waves_before_it_is_scheduled(anna: Customer) -> None:
    draft = anna.draft("Preview")
    posted = {"at": nine(3).strftime("%Y-%m-%dT%H:%M"), "time_zone": "Europe/Berlin", "on_own_clocks": "on"}
    address = f"/studio/campaigns/{draft.id}/edit/waves/"
    page = anna.client.post(address, posted).content.decode()
    assert page.count("<tr") == 5
    assert anna.client.post(address, {**posted, "on_own_clocks": ""}).content.decode().count("<tr") == 0
    assert anna.client.post(address, {**posted, "at": "nonsense"}).content.decode().count("<tr") == 0
    anna.ticked(draft)
    answer = anna.client.post(f"/studio/campaigns/{draft.id}/release/", {**posted, "when": "later"})
    assert answer.status_code == 303
    report = anna.client.get(f"/studio/campaigns/{draft.id}/").content.decode()
    assert "in each recipient" in report
    assert anna.again(draft).local_at == nine(3)
