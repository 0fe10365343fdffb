"""Sending by local time and best hour: chunks of one moment each, whatever crashes, is late or goes first."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.campaigns.actions.drafts import unschedule
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.local_time import Wave, waves_of
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.consent.ledger import EventEvidence, append
from mailflatrate.apps.delivery.models import Chunk, Delivery, Plan
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.gate.actions import release_campaign, release_due
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.contacts.audience_states import ConsentKind
from mailflatrate.settings.schema import load_settings
from support.contact_files import HEADER, line
from support.customers import Customer, sending_customer
from support.scope import rows, within

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
def anna() -> Customer:
    """Her account with six people who live in four zones; two are nowhere in particular."""
    anna = sending_customer(people=len(ZONES))
    with tenancy.account(anna.account_id):
        for contact, attributes in zip(Contact.objects.order_by("id"), ZONES, strict=True):
            Contact.objects.filter(id=contact.id).update(attributes=attributes)
    return anna


def nine(days: int) -> datetime:
    day = clock.now().astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=days)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


def hour_in(at: datetime, zone: str) -> datetime:
    return at.replace(tzinfo=ZoneInfo(zone))


def released(anna: Customer, at: datetime) -> Campaign:
    campaign = anna.ticked(anna.draft("By the clock"))
    decision = within(anna, release_campaign, campaign.id, by=anna.owner, at=at, on_own_clocks=True)
    assert decision.allowed, decision.findings
    return anna.again(campaign)


def begun(anna: Customer, campaign: Campaign) -> Campaign:
    within(anna, release_due, campaign.id)
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
    chunks = {chunk.id: chunk.not_before for chunk in rows(anna, Chunk).filter(campaign=campaign)}
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
    assert within(anna, release_campaign, campaign.id, by=anna.owner, at=at, on_own_clocks=True).allowed
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
    own = set(rows(anna, Chunk).filter(campaign=campaign).values_list("id", flat=True))
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
    posted = {"at": nine(3).strftime("%Y-%m-%dT%H:%M"), "time_zone": "Europe/Berlin", "waves": "zones"}
    address = f"/studio/campaigns/{draft.id}/edit/waves/"
    page = anna.client.post(address, posted).content.decode()
    assert page.count("<tr") == 5
    assert anna.client.post(address, {**posted, "waves": ""}).content.decode().count("<tr") == 0
    assert anna.client.post(address, {**posted, "at": "nonsense"}).content.decode().count("<tr") == 0
    anna.ticked(draft)
    answer = anna.client.post(f"/studio/campaigns/{draft.id}/release/", {**posted, "when": "later"})
    assert answer.status_code == 303
    report = anna.client.get(f"/studio/campaigns/{draft.id}/").content.decode()
    assert "in each recipient" in report
    assert anna.again(draft).local_at == nine(3)


BERLIN = ZoneInfo("Europe/Berlin")
CONFIRMED = ["2026-01-12 09:20", "2026-07-06 09:59", "2026-03-02 23:05", "2026-02-03 08:00"]
"""When her people confirmed, on clocks in Berlin; two more were imported."""


@pytest.fixture(scope="module")
def carla() -> Customer:
    carla = Customer.vetted().with_imprint().with_sender().with_list(known=True).with_people(len(CONFIRMED)).signed_in()
    with tenancy.account(carla.account_id):
        for contact, at in zip(Contact.objects.order_by("id"), CONFIRMED, strict=True):
            moment, evidence = datetime.fromisoformat(at).replace(tzinfo=BERLIN), EventEvidence(email=contact.email)
            event = append(contact.id, carla.list_id, ConsentKind.CONFIRMED, moment, evidence)
            Subscription.objects.filter(contact=contact).update(consent_event_id=event)
    done = carla.bring("\n".join([HEADER, line("dora@dora.example.com"), line("erik@dora.example.com")]))
    assert done.accepted == 2, done.refused
    return carla


def test_each_recipient_gets_it_at_the_hour_at_which_they_confirmed(carla: Customer) -> None:
    """From nine on: those of nine o'clock and the imported ones first, whatever the season was, eight the day after."""
    at, campaign = nine(2), carla.ticked(carla.draft("At your hour"))
    late, early = at.replace(hour=23), (at + timedelta(days=1)).replace(hour=8)
    waves = [Wave(at, 4, 2), Wave(late, 1, 1), Wave(early, 1, 1)]
    with tenancy.account(carla.account_id):
        with pytest.raises(CampaignError, match="either"):
            release_campaign(campaign.id, by=carla.owner, at=at, on_own_clocks=True, at_best_hour=True)
        assert release_campaign(campaign.id, by=carla.owner, at=at, at_best_hour=True).allowed
        campaign = carla.again(campaign)
        assert (campaign.state, campaign.scheduled_at, campaign.local_at) == ("scheduled", at, at)
        assert waves_of(campaign, at, clock.now()) == waves
    page = carla.page(f"campaigns/{campaign.id}/")
    assert "2 recipients have no known hour" in page
    with clock.frozen_at(at):
        assert planned(carla, begun(carla, campaign)) == {None: {0, 1, 4, 5}, late: {2}, early: {3}}


def test_a_late_start_moves_the_24_hours(carla: Customer) -> None:
    """Released at half past nine in the evening, the hours of the day are those of tomorrow, and none is skipped."""
    begin = nine(2).replace(hour=21, minute=30)
    campaign = carla.ticked(carla.draft("Late"))
    with clock.frozen_at(begin), tenancy.account(carla.account_id):
        assert release_campaign(campaign.id, by=carla.owner, at_best_hour=True).allowed
        tomorrow = nine(1)
    with clock.frozen_at(begin):
        found = planned(carla, carla.again(campaign))
    late = begin.replace(hour=23, minute=0)
    assert found == {None: {4, 5}, late: {2}, tomorrow.replace(hour=8): {3}, tomorrow: {0, 1}}


def test_the_page_shows_the_hours_and_an_ab_test_has_none(carla: Customer) -> None:
    draft = carla.draft("Preview")
    posted = {"at": nine(3).strftime("%Y-%m-%dT%H:%M"), "time_zone": "Europe/Berlin", "waves": "hours"}
    page = carla.client.post(f"/studio/campaigns/{draft.id}/edit/waves/", posted).content.decode()
    assert page.count("<tr") == 4 and "2 recipients have no known hour" in page
    carla.ticked(draft)
    assert carla.client.post(f"/studio/campaigns/{draft.id}/release/", {**posted, "when": "later"}).status_code == 303
    draft = carla.again(draft)
    assert (draft.local_at, draft.at_best_hour) == (nine(3), True)
    assert "best hour" in carla.page("campaigns/calendar/?day=" + nine(3).date().isoformat())
    tested = carla.draft("Test", variants=[{"subject": "B", "preheader": "", "content": "B", "text_override": ""}])
    with tenancy.account(carla.account_id), pytest.raises(CampaignError, match="A/B test"):
        release_campaign(tested.id, by=carla.owner, at=nine(3), at_best_hour=True)
