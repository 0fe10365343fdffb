"""Days of a warm-up with a real sender: those who confirmed last come first, steps hold, and a no in between wins.

A relay that several customers share: one customer's own mail server cannot end its day.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connections

from apps.delivery import test_relays
from apps.delivery.test_relays import OTTO, add
from estate import Estate, build_estate, release
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import Bucket, Chunk, ChunkState, Delivery, DeliveryState, Plan, WarmUp
from mailflatrate.apps.delivery.planning import plan, warm_up
from mailflatrate.apps.delivery.relays import warm_up_limits
from mailflatrate.apps.delivery.relays.relay_cache import PoolKey
from mailflatrate.apps.delivery.send import allowance, routes
from mailflatrate.apps.delivery.send.allowance import Allowance, settle
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.sending.relays import RelayPool
from mailflatrate.settings.schema import Settings, load_settings
from support.fake_relay import ANY, FakeRelay, Step
from support.scope import within
from support.sql import by_owner

PEOPLE = 400
two = test_relays.two


class Days:
    """The clock of the warm-ups, in days from now."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def now(self) -> datetime:
        return clock.now() + self.passed

    def sleep(self) -> None:
        self.passed += timedelta(days=1, minutes=1)


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    made = Days()
    monkeypatch.setattr(warm_up_limits, "clock", made)
    monkeypatch.setattr(warm_up, "clock", made)
    monkeypatch.setattr(allowance, "clock", made)
    monkeypatch.setattr(routes, "SILENT_SECONDS", float("inf"))  # on a busy machine a job would leave its chunk early
    _forget()
    yield made
    _forget()


@pytest.fixture
def estate(days: Days) -> Estate:
    """People whose confirmations are a minute apart, the last of them the newest."""
    estate = build_estate(PEOPLE, lambda account_id, n: f"p{account_id}x{n}@lindenhof.example")
    by_owner(
        "UPDATE subscription SET confirmed_at = now() - interval '100 days' + contact_id * interval '1 minute'"
        " WHERE account_id = %s",
        [estate.account_id],
    )
    return estate


def _forget() -> None:
    test_relays._forget()
    with tenancy.platform(PlatformReason.RELAYS):
        WarmUp.objects.all().delete()
        Bucket.objects.all().delete()


def send_today(estate: Estate, campaign_id: int, settings: Settings) -> None:
    """Offer every open chunk once or twice, as the workers of a day do."""

    def chunks() -> list[int]:
        with tenancy.account(estate.account_id):
            rows = Chunk.objects.filter(campaign_id=campaign_id).exclude(state=ChunkState.DONE)
            rows.update(not_before=None)
            found = list(rows.order_by("number").values_list("id", flat=True))
        connections.close_all()
        return found

    async def work() -> None:
        sender = Sender(settings)
        try:
            for _ in range(2):
                for chunk_id in await asyncio.to_thread(chunks):
                    await sender.work_chunk(estate.account_id, chunk_id)
        finally:
            await sender.close()

    asyncio.run(work())


def got(relay: FakeRelay) -> Counter[str]:
    return Counter(letter.recipient for letter in relay.received)


def by_recency(estate: Estate) -> list[str]:
    with tenancy.account(estate.account_id):
        rows = Subscription.objects.order_by("-confirmed_at").values_list("contact__email", flat=True)
        return [str(email) for email in rows]


def warm_settings(monkeypatch: pytest.MonkeyPatch, *, domains: bool) -> Settings:
    settings = load_settings().model_copy(update={"warm_up_domains": domains})
    for module in (warm_up, plan):
        monkeypatch.setattr(module, "load_settings", lambda: settings)
    return settings


@pytest.mark.slow
@pytest.mark.parametrize("subject", ["relay", "domain"])
def test_three_days(
    estate: Estate, days: Days, two: tuple[FakeRelay, FakeRelay], monkeypatch: pytest.MonkeyPatch, subject: str
) -> None:
    relay = two[0]
    settings = warm_settings(monkeypatch, domains=subject == "domain")
    relay_id = add(relay, "new")
    if subject == "relay":
        with tenancy.platform(PlatformReason.RELAYS):
            warm_up_limits.start(warm_up_limits.relay_key(relay_id), by=OTTO)
    order = by_recency(estate)
    with tenancy.account(estate.account_id):
        expected = warm_up.plan_of(Campaign(account_id=estate.account_id, sender_id=estate.sender_id), PEOPLE)
    assert expected is not None
    assert [day.people for day in expected.days] == [50, 100, 250]
    assert (expected.new_domain, expected.new_relays) == (subject == "domain", subject == "relay")
    campaign_id = release(estate)
    sent = 0
    for number in (50, 100, 250):
        send_today(estate, campaign_id, settings)
        received = [letter.recipient for letter in relay.received]
        assert len(received) == min(sent + number, PEOPLE), "no more than the day's step"
        assert set(received[sent:]) == set(order[sent : sent + number]), "who confirmed last comes first"
        sent += number
        send_today(estate, campaign_id, settings)
        assert len(relay.received) == sent, "the day is used up"
        days.sleep()
    assert set(got(relay).values()) == {1}


@pytest.mark.slow
def test_a_no_between_the_days_wins(
    estate: Estate, days: Days, two: tuple[FakeRelay, FakeRelay], monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = two[0]
    settings = warm_settings(monkeypatch, domains=True)
    add(relay, "any")
    order = by_recency(estate)
    campaign_id = release(estate)
    send_today(estate, campaign_id, settings)
    gone = order[60]
    with tenancy.account(estate.account_id):
        contact = Contact.objects.get(email=gone)
        consent.unsubscribe(contact.id, list_id=None, by="test", source="test")
    days.sleep()
    send_today(estate, campaign_id, settings)
    assert gone not in got(relay)
    assert set(order[50:60]) <= set(got(relay))
    with tenancy.account(estate.account_id):
        state = Delivery.objects.get(campaign_id=campaign_id, contact_id=contact.id).state
    assert state == DeliveryState.WITHHELD


def test_deferrals_stop_the_day_and_its_step_comes_again(
    estate: Estate, days: Days, two: tuple[FakeRelay, FakeRelay], monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = two[0]
    settings = warm_settings(monkeypatch, domains=True)
    add(relay, "any")
    campaign_id = release(estate)
    relay.on(Step.RCPT, ANY, lambda _to, number: "451 4.7.1 not so fast" if number % 2 else None)
    send_today(estate, campaign_id, settings)
    accepted = len(relay.received)
    assert 0 < accepted <= 25
    with tenancy.account(estate.account_id):
        told = warm_up.plan_of(Campaign.objects.get(id=campaign_id), 300)
    assert told is not None
    assert told.is_stopped
    assert [day.people for day in told.days][:2] == [50, 100]
    relay.forget()
    send_today(estate, campaign_id, settings)
    assert len(relay.received) == accepted, "nothing more today"
    days.sleep()
    with tenancy.platform(PlatformReason.RELAYS):
        (day,) = warm_up_limits.warming(WarmUp.objects.values_list("key", flat=True)).values()
    assert (day.step, day.left) == (0, 50)


def test_a_complaint_holds_the_step(
    estate: Estate, days: Days, two: tuple[FakeRelay, FakeRelay], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = warm_settings(monkeypatch, domains=True)
    relay_id = add(two[0], "new")
    with tenancy.platform(PlatformReason.RELAYS):
        warm_up_limits.start(warm_up_limits.relay_key(relay_id), by=OTTO)
    campaign_id = release(estate)
    send_today(estate, campaign_id, settings)
    within(estate, warm_up.note_complaint, campaign_id)
    days.sleep()
    with tenancy.platform(PlatformReason.RELAYS):
        steps = {
            row: day.step for row, day in warm_up_limits.warming(WarmUp.objects.values_list("key", flat=True)).items()
        }
    assert set(steps.values()) == {0}
    assert len(steps) == 2, "domain and relay"


def test_a_known_relay_beside_a_new_one_takes_the_rest(
    estate: Estate, days: Days, two: tuple[FakeRelay, FakeRelay], monkeypatch: pytest.MonkeyPatch
) -> None:
    new, known = two
    settings = warm_settings(monkeypatch, domains=False)
    relay_id = add(new, "new")
    add(known, "known")
    with tenancy.platform(PlatformReason.RELAYS):
        warm_up_limits.start(warm_up_limits.relay_key(relay_id), by=OTTO)
    with tenancy.account(estate.account_id):
        campaign = Campaign(account_id=estate.account_id, sender_id=estate.sender_id)
        assert warm_up.plan_of(campaign, PEOPLE) is None, "nothing takes days"
    campaign_id = release(estate)
    send_today(estate, campaign_id, settings)
    assert len(new.received) == 50
    assert len(new.received) + len(known.received) == PEOPLE


@pytest.mark.slow
def test_a_domain_that_is_known_and_an_installation_without_the_setting_are_not_held(
    estate: Estate, days: Days, two: tuple[FakeRelay, FakeRelay], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = warm_settings(monkeypatch, domains=False)
    add(two[0], "any")
    first = release(estate)
    send_today(estate, first, settings)
    assert len(two[0].received) == PEOPLE
    with tenancy.account(estate.account_id):
        assert Plan.objects.get(campaign_id=first).planned == PEOPLE
    settings = warm_settings(monkeypatch, domains=True)
    second = release(estate)
    send_today(estate, second, settings)
    assert len(two[0].received) == 2 * PEOPLE, "mail was sent from it before"


RELAY, DOMAIN = warm_up_limits.relay_key(7_001), warm_up_limits.domain_key(7_001)


@pytest.mark.parametrize(("provider", "stops_relay"), [("other", False), ("google", True)])
def test_deferrals_of_small_servers_count_for_the_domain_alone(provider: str, stops_relay: bool) -> None:
    with tenancy.platform(PlatformReason.RELAYS):
        for key in (RELAY, DOMAIN):
            warm_up_limits.start(key, by=audit.machine("test"))
    taken = Allowance(caps={7_001: 50}, most=50, warm_ups={RELAY: 50, DOMAIN: 50})
    settle(PoolKey(RelayPool.TRUSTED), taken, {(provider, "deferred"): 20, (provider, "sent"): 30}, {7_001: 0})
    days = within(PlatformReason.RELAYS, warm_up_limits.warming, [RELAY, DOMAIN])
    assert days[DOMAIN].is_stopped
    assert days[RELAY].is_stopped is stops_relay
    assert days[RELAY].answered == 50
