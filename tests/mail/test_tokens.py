"""Tokens lead back to one delivery, for one purpose, and cannot be made up.

A mailing ID survives the telephone, and nothing else is taken for one.
"""

import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.identifiers.mailing_id import compact_form, find_in_text, new_mailing_id, parse_mailing_id
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


ids = st.builds(new_mailing_id)


@given(ids)
def test_a_new_id_has_the_shown_form_and_is_its_own_parse(mailing_id: str) -> None:
    assert len(mailing_id) == 11
    assert mailing_id[4] == mailing_id[9] == "-"
    assert parse_mailing_id(mailing_id) == mailing_id
    assert parse_mailing_id(compact_form(mailing_id)) == mailing_id
    assert compact_form(mailing_id).isalnum()


@given(ids, st.sampled_from(["", " ", "-", "–", " - "]), st.booleans(), st.sampled_from("oO"), st.sampled_from("iIlL"))
def test_the_usual_slips_are_forgiven(mailing_id: str, hyphen: str, lower: bool, zero: str, one: str) -> None:
    said = mailing_id.replace("0", zero).replace("1", one).replace("-", hyphen)
    assert parse_mailing_id(said.lower() if lower else said) == mailing_id


@given(ids, st.integers(0, 7), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_symbol_is_noticed(mailing_id: str, place: int, symbol: str) -> None:
    compact = mailing_id.replace("-", "")
    wrong = compact[:place] + symbol + compact[place + 1 :]
    assert (parse_mailing_id(wrong) is not None) == (wrong == compact)


@given(ids, st.integers(0, 6))
def test_swapped_neighbours_are_noticed(mailing_id: str, place: int) -> None:
    compact = mailing_id.replace("-", "")
    swapped = compact[:place] + compact[place + 1] + compact[place] + compact[place + 2 :]
    assert (parse_mailing_id(swapped) is not None) == (swapped == compact)


@given(st.text())
def test_any_text_is_read_without_raising(text: str) -> None:
    parse_mailing_id(text)
    find_in_text(text)


@pytest.mark.parametrize("text", ["", "4K7Q-92XD", "4K7Q-92XD-88", "UUUU-UUUU-U", "٤K7Q-92XD-8", "____-____-_"])
def test_what_cannot_be_an_id_is_refused(text: str) -> None:
    assert parse_mailing_id(text) is None


@given(ids)
def test_it_is_found_in_a_sentence(mailing_id: str) -> None:
    text = f"Hello abuse desk, I got mailing {mailing_id.lower().replace('0', 'o')}, again. My phone: 030 1234 5678 9."
    assert mailing_id in find_in_text(text)


@pytest.mark.parametrize(
    "said", ["ID: {}", "my mailing ID is {}", "Kennung {}", "Die ID lautet {}.", "Nr.{}", "(id={})"]
)
def test_nine_letters_are_an_id_where_the_sentence_says_so(said: str) -> None:
    assert find_in_text(said.format("crtdfhoyn")) == ("CRTD-FH0Y-N",)
    assert find_in_text("I paid crtdfhoyn and bid crtdfhoyn") == ()


@given(ids)
def test_it_is_found_in_a_message_id_and_a_bare_header(mailing_id: str) -> None:
    assert find_in_text(f"<{compact_form(mailing_id)}.{'a' * 32}@news.example.org>") == (mailing_id,)
    assert find_in_text(f"X-Mailing-ID: {mailing_id}\nX-Mailing-ID: {mailing_id}\n") == (mailing_id,)


def test_words_and_telephone_numbers_are_not_ids() -> None:
    words = [f"{word}{ending}" for word in ("abcdefgh", "telephon", "strawber") for ending in "abcdefghijkmnpqrstvwxyz"]
    assert any(parse_mailing_id(word) for word in words), "the check symbol alone must let some words pass"
    assert find_in_text(" ".join(words)) == ()
    assert find_in_text(" ".join(f"{number:09d}" for number in range(123456000, 123456200))) == ()


def test_ids_do_not_repeat() -> None:
    assert len({new_mailing_id() for _ in range(5000)}) == 5000
