"""Limits of messages an hour hold over all senders, within five percent, and follow a provider's deferrals."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from apps.delivery import test_relays
from apps.delivery.test_relays import PEOPLE, add, send_all
from estate import Estate
from mailflatrate.apps.delivery.models import Bucket, DeliveryState, Relay
from mailflatrate.apps.delivery.relays.relay_cache import PoolKey, read_book
from mailflatrate.apps.delivery.send import allowance
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.sending.relays import RelayPool
from mailflatrate.rules.sending.shaping import LEAST_FACTOR, RECOVER_SECONDS, next_factor, per_hour, recovery_seconds
from mailflatrate.settings.schema import load_settings
from support.fake_relay import ANY, FakeRelay, Step
from support.scope import rows

POOL = PoolKey(RelayPool.QUARANTINE)
anna, estate, two = test_relays.anna, test_relays.estate, test_relays.two


class Clock:
    """The time of this test."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 27, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(allowance, "clock", made)
    _forget()
    yield made
    _forget()


def _forget() -> None:
    with tenancy.platform(PlatformReason.RELAYS):
        Bucket.objects.all().delete()
        Relay.objects.all().delete()


def ask(count: int, provider: str = "google") -> allowance.Allowance:
    return allowance.ask(load_settings(), POOL, {provider: count}, [])


@pytest.mark.slow
def test_four_senders_together_hold_the_number_within_five_percent(clock: Clock) -> None:
    rate = per_hour("google", RelayPool.QUARANTINE, {})
    assert rate
    sent = 0
    for turn in range(240):
        clock.wait(15)
        given = ask(1000)
        got = given.providers["google"]
        used = got - 3 if turn % 5 == 0 and got > 3 else got  # three were skipped by a rule
        sent += used
        assert len(given.allowed(["google"] * 1000)) == got
        allowance.settle(POOL, given, {("google", "sent"): used, ("google", "withheld"): got - used}, {})
    assert sent == pytest.approx(rate, rel=0.05)


def test_deferrals_of_one_provider_slow_it_and_no_other_and_it_recovers(clock: Clock) -> None:
    ask(1), ask(1, "yahoo")
    clock.wait(60)
    for _ in range(10):
        given = ask(50)
        got = given.providers["google"]
        allowance.settle(POOL, given, {("google", "deferred"): got}, {})
        clock.wait(60)
    factors = dict(rows(PlatformReason.RELAYS, Bucket).values_list("key", "factor"))
    assert factors == {"quarantine/google": pytest.approx(LEAST_FACTOR, abs=0.05), "quarantine/yahoo": 1.0}
    for _ in range(20):
        clock.wait(RECOVER_SECONDS)
        given = ask(50)
        allowance.settle(POOL, given, {("google", "sent"): given.providers["google"]}, {})
    assert rows(PlatformReason.RELAYS, Bucket).get(key="quarantine/google").factor == 1.0


def test_the_time_until_full_speed_is_that_of_the_rule() -> None:
    for halved in range(1, 7):
        factor, waited = 0.5**halved, 0.0
        while factor < 1.0:
            factor = next_factor(factor, 10, 0, RECOVER_SECONDS)
            waited += RECOVER_SECONDS
        assert recovery_seconds(0.5**halved) == waited
    assert recovery_seconds(1.0) == 0


def test_what_is_left_out_waits_and_other_providers_go_on(clock: Clock) -> None:
    given = allowance.ask(load_settings(), POOL, {"google": 3, "other": 2}, [])
    assert given.allowed(["google", "other", "google", "other", "google"]) == [0, 1, 3]
    assert 0 < given.pause_seconds <= 60


def test_a_clock_that_is_behind_counts_no_time_twice(clock: Clock) -> None:
    clock.wait(600)
    ask(1000)
    clock.wait(-300)
    assert ask(1000).providers["google"] == 0
    clock.wait(300)
    assert ask(1000).providers["google"] == 0


@pytest.mark.slow
@pytest.mark.usefixtures("clock")
def test_a_relay_takes_no_more_than_its_hour(
    estate: Estate,
    two: tuple[FakeRelay, FakeRelay],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    rate = 180_000
    relay = two[0]
    arrived: list[float] = []
    relay.on(Step.DATA_END, ANY, lambda *_: arrived.append(time.monotonic()))
    began = time.monotonic()
    add(relay, "limited", per_hour=rate)
    sent = send_all(estate, relay, seconds=60)
    assert sent.states == {DeliveryState.SENT: PEOPLE}
    assert set(sent.got.values()) == {1}
    for number, at in enumerate(arrived, 1):
        assert number <= 1 + (at - began) * rate / 3600 * 1.05


def test_the_book_names_the_limit(clock: Clock, two: tuple[FakeRelay, FakeRelay]) -> None:
    add(two[0], "one", per_hour=3600)
    add(two[1], "other")
    relays = read_book(load_settings()).members(PoolKey(RelayPool.TRUSTED))
    given = allowance.ask(load_settings(), PoolKey(RelayPool.TRUSTED), {"other": 10}, relays)
    number = next(relay.number for relay in relays if relay.name == "one")
    assert given.caps == {number: 1}
    assert given.most is None, "the other takes the rest"
    clock.wait(30)
    allowance.settle(PoolKey(RelayPool.TRUSTED), given, {("other", "sent"): 10}, {number: 1})
    assert allowance.ask(load_settings(), PoolKey(RelayPool.TRUSTED), {"other": 100}, relays).caps == {number: 31}
