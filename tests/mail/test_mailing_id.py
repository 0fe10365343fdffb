"""A mailing ID survives the telephone, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.identifiers.mailing_id import compact_form, find_in_text, new_mailing_id, parse_mailing_id

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
