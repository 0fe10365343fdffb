"""Which pool a message leaves through, and how a pool deals messages to its relays.

The shaping table, and the arithmetic of its limits.
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.sending.providers import OTHER, PROVIDERS
from mailflatrate.rules.sending.relays import (
    NEW_FOR,
    TAGGED,
    RelayKind,
    RelayPool,
    SendingAccount,
    Stream,
    choose_pool,
    shares,
    tag_header,
)
from mailflatrate.rules.sending.shaping import (
    BURST_SECONDS,
    LEAST_FACTOR,
    RECOVER_SECONDS,
    SHAPES,
    next_factor,
    per_hour,
    read_shaping,
    refilled,
    wait_seconds,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
OLD = NOW - NEW_FOR - timedelta(days=1)
ALL = frozenset(RelayPool)

accounts = st.builds(
    SendingAccount,
    is_throttled=st.booleans(),
    activated_at=st.one_of(st.none(), st.integers(0, 3000).map(lambda days: NOW - timedelta(days=days))),
    has_dedicated=st.booleans(),
    is_operator=st.booleans(),
)


@pytest.mark.parametrize(
    ("stream", "account", "pool"),
    [
        (Stream.CAMPAIGN, SendingAccount(False, OLD, False), RelayPool.TRUSTED),
        (Stream.CAMPAIGN, SendingAccount(False, NOW, False), RelayPool.NEW),
        (Stream.CAMPAIGN, SendingAccount(False, None, False), RelayPool.NEW),
        (Stream.CAMPAIGN, SendingAccount(False, None, False, is_operator=True), RelayPool.TRUSTED),
        (Stream.CAMPAIGN, SendingAccount(True, OLD, False), RelayPool.QUARANTINE),
        (Stream.CAMPAIGN, SendingAccount(True, NOW, True), RelayPool.DEDICATED),
        (Stream.EXPRESS, SendingAccount(True, NOW, True), RelayPool.EXPRESS),
    ],
)
def test_each_account_has_its_pool(stream: Stream, account: SendingAccount, pool: RelayPool) -> None:
    assert choose_pool(stream, account, ALL, NOW) is pool


def test_a_pool_that_is_not_set_up_is_replaced_by_the_next_wider_one() -> None:
    throttled = SendingAccount(True, OLD, False)
    assert choose_pool(Stream.CAMPAIGN, throttled, frozenset({RelayPool.NEW, RelayPool.TRUSTED}), NOW) is RelayPool.NEW
    assert choose_pool(Stream.CAMPAIGN, throttled, frozenset({RelayPool.TRUSTED}), NOW) is RelayPool.TRUSTED
    assert choose_pool(Stream.EXPRESS, throttled, frozenset({RelayPool.QUARANTINE}), NOW) is RelayPool.TRUSTED


@given(st.sampled_from(Stream), accounts, st.frozensets(st.sampled_from(RelayPool)))
def test_mail_goes_to_a_pool_that_is_set_up_or_the_trusted_one_and_never_to_a_foreign_one(
    stream: Stream, account: SendingAccount, set_up: frozenset[RelayPool]
) -> None:
    pool = choose_pool(stream, account, set_up, NOW)
    assert pool in set_up or pool is RelayPool.TRUSTED
    if pool is RelayPool.DEDICATED:
        assert account.has_dedicated and stream is Stream.CAMPAIGN
    if pool is RelayPool.EXPRESS:
        assert stream is Stream.EXPRESS
    if pool is RelayPool.QUARANTINE:
        assert account.is_throttled
    if (
        RelayPool.QUARANTINE in set_up
        and account.is_throttled
        and stream is Stream.CAMPAIGN
        and not account.has_dedicated
    ):
        assert pool is RelayPool.QUARANTINE, "a throttled account never leaves quarantine while there is one"


weights = st.lists(st.integers(1, 100), min_size=1, max_size=6)


@given(st.integers(0, 5000), weights)
def test_shares_add_up_and_are_within_one_of_the_weight(count: int, given_weights: list[int]) -> None:
    dealt = shares(count, given_weights)
    assert sum(dealt) == count
    for got, weight in zip(dealt, given_weights, strict=True):
        assert abs(got - count * weight / sum(given_weights)) < 1


@given(st.lists(st.integers(1, 40), min_size=20, max_size=60), weights)
def test_small_batches_even_out(batches: list[int], given_weights: list[int]) -> None:
    total = [0] * len(given_weights)
    for count in batches:
        dealt = shares(count, given_weights, total)
        assert sum(dealt) == count
        assert min(dealt) >= 0
        total = [a + b for a, b in zip(total, dealt, strict=True)]
    for got, weight in zip(total, given_weights, strict=True):
        assert abs(got - sum(batches) * weight / sum(given_weights)) <= len(given_weights)


def test_shares_need_weights() -> None:
    for wrong in ([], [0, 1]):
        with pytest.raises(ValueError, match="weight"):
            shares(10, wrong)


@pytest.mark.parametrize("kind", RelayKind)
def test_a_provider_gets_our_token_in_one_header_line(kind: RelayKind) -> None:
    token = "0a" * 20
    line = tag_header(kind, token)
    assert bool(line) == (kind in TAGGED)
    if line:
        assert token.encode() in line
        assert line.endswith(b"\r\n")
        assert line.count(b"\n") == 1
        assert b": " in line


def test_every_provider_has_a_row_and_pools_of_less_trust_are_slower() -> None:
    assert {shape.provider for shape in SHAPES} == {provider.key for provider in PROVIDERS}
    for shape in SHAPES:
        trusted, new, quarantine = (
            per_hour(shape.provider, pool, {}) for pool in (RelayPool.TRUSTED, RelayPool.NEW, RelayPool.QUARANTINE)
        )
        assert trusted and new and quarantine
        assert trusted > new > quarantine > 0
    assert per_hour(OTHER, RelayPool.QUARANTINE, {}) is None
    assert per_hour("google", RelayPool.NEW, {"google": 1000}) == 250
    assert per_hour("google", RelayPool.NEW, {"google": 0}) is None


@pytest.mark.parametrize("wrong", ["gogle=5", "google", "google=", "google=-5", "google=many", "other=5"])
def test_a_setting_that_makes_no_sense_is_named(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"provider|expected"):
        read_shaping(wrong)
    assert read_shaping(" google = 100000, yahoo=0 ,") == {"google": 100_000, "yahoo": 0}


@given(st.floats(60, 1_000_000), st.lists(st.floats(0.5, 50), min_size=100, max_size=150))
def test_a_bucket_lets_out_its_rate_within_five_percent(rate: float, pauses: list[float]) -> None:
    """However often it's asked: never more than the rate, and no less where enough is asked for."""
    tokens, granted, elapsed = 1.0, 0, 0.0
    for pause in pauses:
        elapsed += pause
        tokens = refilled(tokens, pause, rate)
        granted += int(tokens)
        tokens -= int(tokens)
    assert granted <= rate * elapsed / 3600 + 1
    assert granted >= rate * elapsed / 3600 * 0.95 - 1


@given(st.floats(60, 1_000_000), st.floats(0, 5000), st.floats(0, 100_000))
def test_a_quiet_time_saves_up_no_more_than_a_burst(rate: float, tokens: float, idle: float) -> None:
    assert refilled(tokens, idle, rate) <= 1.0 + rate * BURST_SECONDS / 3600
    assert refilled(0.0, -5.0, rate) == 0.0


@given(st.floats(60, 1_000_000), st.floats(-10, 1), st.integers(1, 2000))
def test_after_the_wait_there_is_something_to_send(rate: float, tokens: float, wanted: int) -> None:
    wait = wait_seconds(tokens, wanted, rate)
    assert 0 <= wait <= 80 + 10 * 3600 / rate + 60
    assert refilled(tokens, wait, rate) > 0.999


def test_deferrals_halve_the_speed_and_it_comes_back_after_a_while() -> None:
    assert next_factor(1.0, 100, 9, 0) == 1.0
    assert next_factor(1.0, 100, 10, 0) == 0.5
    assert next_factor(1.0, 4, 4, 0) == 1.0, "four say nothing"
    assert next_factor(0.5, 100, 0, RECOVER_SECONDS - 1) == 0.5
    assert next_factor(0.5, 100, 0, RECOVER_SECONDS) == 0.75
    assert next_factor(0.75, 100, 0, RECOVER_SECONDS) == 1.0
    factor = 1.0
    for _ in range(20):
        factor = next_factor(factor, 100, 100, 0)
    assert factor == LEAST_FACTOR
