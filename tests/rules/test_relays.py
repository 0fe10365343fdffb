"""Which pool a message leaves through, and how a pool deals messages to its relays."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
