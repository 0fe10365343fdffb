"""Tokens lead back to one delivery, for one purpose, and cannot be made up."""

import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.identifiers.tokens import TOKEN_LENGTH, KeyRing, KeyRingError, TokenClaims, TokenPurpose, _Hmac

OLD = "2025a:" + "11" * 32
NEW = "2026a:" + "22" * 32
RING = KeyRing.parse(f"{NEW},{OLD}")

accounts = st.integers(0, 2**32 - 1)
deliveries = st.integers(0, 2**48 - 1)
extras = st.integers(0, 2**16 - 1)
purposes = st.sampled_from(TokenPurpose)


@given(purposes, accounts, deliveries, extras)
def test_a_token_opens_to_what_was_sealed(purpose: TokenPurpose, account: int, delivery: int, extra: int) -> None:
    token = RING.seal(purpose, account, delivery, extra)
    assert len(token) == TOKEN_LENGTH <= 40
    assert set(token) <= set("0123456789abcdef")
    claims = TokenClaims(account, delivery, extra, "2026a")
    assert RING.open_token(purpose, token) == claims
    assert RING.open_token(purpose, token.upper()) == claims
    assert RING.identify(token) == (purpose, claims)


@given(purposes, purposes, accounts, deliveries)
def test_a_token_is_refused_for_any_other_purpose(
    one: TokenPurpose, other: TokenPurpose, account: int, delivery: int
) -> None:
    token = RING.seal(one, account, delivery)
    assert (RING.open_token(other, token) is not None) == (one is other)


@given(
    purposes,
    accounts,
    deliveries,
    st.integers(0, TOKEN_LENGTH - 1),
    st.sampled_from("0123456789abcdef"),
)
def test_a_changed_token_is_refused(
    purpose: TokenPurpose, account: int, delivery: int, place: int, symbol: str
) -> None:
    token = RING.seal(purpose, account, delivery)
    forged = token[:place] + symbol + token[place + 1 :]
    assert (RING.open_token(purpose, forged) is not None) == (forged == token)


@given(purposes, st.text())
def test_any_text_is_refused_without_raising(purpose: TokenPurpose, text: str) -> None:
    assert RING.open_token(purpose, text) is None
    assert RING.identify(text) is None


@pytest.mark.parametrize("text", ["", "a" * 39, "a" * 41, "a" * 40, "A" * 40 + "\n", "g" * 40, "٣" * 40, "ａ" * 40])
def test_malformed_and_guessed_tokens_are_refused(text: str) -> None:
    assert RING.open_token(TokenPurpose.VERP, text) is None


def test_an_old_key_opens_for_ever_and_a_foreign_key_never() -> None:
    before_rotation = KeyRing.parse(OLD)
    token = before_rotation.seal(TokenPurpose.UNSUBSCRIBE, 7, 42)
    assert RING.open_token(TokenPurpose.UNSUBSCRIBE, token) == TokenClaims(7, 42, 0, "2025a")
    assert before_rotation.open_token(TokenPurpose.UNSUBSCRIBE, RING.seal(TokenPurpose.UNSUBSCRIBE, 7, 42)) is None


def test_neighbours_share_nothing_visible() -> None:
    tokens = [RING.seal(TokenPurpose.VERP, 1, delivery) for delivery in range(2000)]
    assert len(set(tokens)) == 2000
    assert len({token[:8] for token in tokens}) == 2000
    assert len({token[-8:] for token in tokens}) == 2000
    assert tokens != sorted(tokens)


def test_a_sealer_gives_the_same_tokens_as_one_by_one() -> None:
    every = list(TokenPurpose)
    assert RING.sealer(every, 3)(9) == [RING.seal(purpose, 3, 9) for purpose in every]


@pytest.mark.parametrize("numbers", [(-1, 0, 0), (2**32, 0, 0), (0, -1, 0), (0, 2**48, 0), (0, 0, -1), (0, 0, 2**16)])
def test_numbers_that_do_not_fit_are_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="doesn't fit"):
        RING.seal(TokenPurpose.CLICK, *numbers)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "entry 1"),
        ("2026a", "entry 1"),
        (f"{NEW},", "entry 2"),
        (f"{NEW},:{'11' * 32}", "entry 2"),
        ("2026a:" + "2" * 62, "shorter"),
        ("2026a:" + "z" * 64, "not hexadecimal"),
        (f"{NEW},{NEW}", "twice"),
    ],
)
def test_a_malformed_ring_says_what_is_wrong_without_the_key(text: str, message: str) -> None:
    with pytest.raises(KeyRingError, match=message) as caught:
        KeyRing.parse(text)
    assert "22222222" not in str(caught.value)


def test_an_empty_ring_is_refused() -> None:
    with pytest.raises(KeyRingError, match="empty"):
        KeyRing([])


def test_suppression_survives_rotation_and_depends_on_the_key() -> None:
    before = KeyRing.parse(OLD).suppression_key("dora@example.org")
    assert len(before) == 32
    assert RING.suppression_key("dora@example.org") == before
    assert RING.suppression_key("eve@example.org") != before
    assert KeyRing.parse(NEW).suppression_key("dora@example.org") != before


@given(st.binary(min_size=32, max_size=64), st.binary())
def test_the_prepared_hmac_is_rfc_2104(key: bytes, data: bytes) -> None:
    assert _Hmac(key).digest(data) == hmac.new(key, data, hashlib.sha256).digest()


def test_the_label_of_an_account_is_stable_and_counts_nobody() -> None:
    labels = [RING.account_label(number) for number in range(1, 200)]
    assert len(set(labels)) == len(labels)
    assert all(re.fullmatch(r"a[0-9a-f]{15}", label) for label in labels)
    assert sorted(labels) != labels  # it does not tell which account came first
    assert KeyRing.parse(OLD).account_label(7) == RING.account_label(7)  # a rotation keeps Gmail's figures together
    assert KeyRing.parse(NEW).account_label(7) != RING.account_label(7)
