"""Values of custom fields: how each type reads what people write, and which type a new field gets."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.fields.field_type import ContactFieldType, FieldDefinition, UnreadableValue
from mailflatrate.rules.fields.proposals import TypeGuess, propose_for
from mailflatrate.rules.fields.values import FIELD_TYPES, normalize_value, suited_values, with_defaults

T = SimpleNamespace(**{name.upper(): kind for name, kind in FIELD_TYPES.items()})
COLORS = ("Red", "Dark blue", "Green, light")


def read(kind: ContactFieldType, raw: Any, **more: Any) -> Any:
    return normalize_value(FieldDefinition("k", kind, "K", COLORS), raw, **more)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (T.TEXT, "  Kiel \0", "Kiel"),
        (T.TEXT, 12, "12"),
        (T.TEXT, True, "true"),
        (T.TEXT, " ", None),
        (T.NUMBER, "12", 12),
        (T.NUMBER, " -3,5", -3.5),
        (T.NUMBER, "1.234,50", 1234.5),
        (T.NUMBER, "1,234.50", 1234.5),
        (T.NUMBER, "1.234.567", 1234567),
        (T.NUMBER, "12 000", 12000),
        (T.NUMBER, "2.50", 2.5),
        (T.NUMBER, 3.0, 3),
        (T.NUMBER, "0.125", 0.125),
        (T.NUMBER, "007", 7),
        (T.DATE, "2026-03-31", "2026-03-31"),
        (T.DATE, "31.3.2026", "2026-03-31"),
        (T.DATE, "31/03/2026", "2026-03-31"),
        (T.DATE, "2026-03-31T23:30:00Z", "2026-03-31"),
        (T.DATE, "31.03.2026 14:05", "2026-03-31"),
        (T.DATE, "1899-01-01", "1899-01-01"),
        (T.DATE, "05/05/2026", "2026-05-05"),
        (T.BOOLEAN, "Ja", True),
        (T.BOOLEAN, "0", False),
        (T.BOOLEAN, False, False),
        (T.BOOLEAN, "non", False),
        (T.CHOICE, "dark  BLUE", "Dark blue"),
        (T.CHOICES, "red; Dark blue;red", ["Red", "Dark blue"]),
        (T.CHOICES, ["Dark blue", "Red"], ["Red", "Dark blue"]),
        (T.CHOICES, "green, light", ["Green, light"]),
        (T.CHOICES, [], None),
        (T.COUNTRY, "Deutschland", "DE"),
        (T.COUNTRY, "ke", "KE"),
        (T.LANGUAGE, "de-AT", "de"),
        (T.LANGUAGE, "Français", "fr"),
    ],
)
def test_values_are_normalized(kind: ContactFieldType, raw: Any, value: Any) -> None:
    found = read(kind, raw)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "raw", "fault"),
    [
        (T.TEXT, "x" * 2001, "too_long"),
        (T.TEXT, {"a": 1}, "not_a_value"),
        (T.TEXT, ["a"], "not_a_value"),
        (T.NUMBER, "many", "not_a_number"),
        (T.NUMBER, "1.234", "ambiguous_number"),
        (T.NUMBER, "1e5", "not_a_number"),
        (T.NUMBER, float("nan"), "not_a_number"),
        (T.NUMBER, float("inf"), "not_a_number"),
        (T.NUMBER, 10**15, "not_a_number"),
        (T.NUMBER, True, "not_a_number"),
        (T.DATE, "31.02.2026", "not_a_date"),
        (T.DATE, "03/04/2026", "ambiguous_date"),
        (T.DATE, "soon", "not_a_date"),
        (T.DATE, "2026-03-31 or later", "not_a_date"),
        (T.BOOLEAN, "maybe", "not_yes_or_no"),
        (T.CHOICE, "Blue", "not_a_choice"),
        (T.CHOICES, ["Red", 1], "not_a_choice"),
        (T.CHOICES, 7, "not_a_choice"),
        (T.COUNTRY, "Atlantis", "not_a_country"),
        (T.LANGUAGE, "klingon", "not_a_language"),
    ],
)
def test_what_does_not_suit_is_refused_with_its_fault(kind: ContactFieldType, raw: Any, fault: str) -> None:
    with pytest.raises(UnreadableValue) as refused:
        read(kind, raw)
    assert refused.value.fault.name == fault


def test_an_ambiguous_date_follows_the_column() -> None:
    assert read(T.DATE, "03/04/2026", month_first=True) == "2026-03-04"
    assert read(T.DATE, "03/04/2026", month_first=False) == "2026-04-03"


@given(st.sampled_from(list(FIELD_TYPES.values())), st.text(max_size=60) | st.integers() | st.floats() | st.booleans())
def test_a_normalized_value_is_read_back_as_itself(kind: ContactFieldType, raw: Any) -> None:
    """Values are checked on every path, so reading them twice must change nothing."""
    try:
        value = read(kind, raw, month_first=False)
    except UnreadableValue:
        return
    if value is not None:
        assert read(kind, value, month_first=False) == value


def test_values_that_do_not_suit_are_left_out_and_counted() -> None:
    unread: Counter[tuple[str, str]] = Counter()
    known = {"n": FieldDefinition("n", T.NUMBER), "d": FieldDefinition("d", T.DATE)}
    assert suited_values({"n": "many", "d": "31.3.2026", "free": "x"}, known, unread) == {
        "d": "2026-03-31",
        "free": "x",
    }
    assert unread == {("n", "not_a_number"): 1}


def test_defaults_fill_in_for_what_is_missing() -> None:
    assert with_defaults({"a": "", "b": "x", "n": 0}, {"a": "A", "b": "B", "n": 5, "c": "C"}) == {
        "a": "A",
        "b": "x",
        "n": 0,
        "c": "C",
    }


@pytest.mark.parametrize(
    ("key", "values", "kind"),
    [
        ("orders", ["12", "3,5", "0"], T.NUMBER),
        ("plz", ["24103", "1067"], T.TEXT),
        ("area", ["01067"], T.TEXT),
        ("kundennummer", ["4711"], T.TEXT),
        ("phone", ["43155"], T.TEXT),
        ("member_id", ["12"], T.TEXT),
        ("born", ["1980-02-03", "03.02.1990"], T.DATE),
        ("born", ["1980-02-03", "unknown"], T.TEXT),
        ("vip", ["yes", "No", "ja"], T.BOOLEAN),
        ("flag", ["0", "1"], T.NUMBER),
        ("mark", ["x", "x"], T.TEXT),
        ("land", ["DE", "Austria"], T.COUNTRY),
        ("town", ["DE", "AT"], T.TEXT),
        ("sprache", ["de", "fr"], T.LANGUAGE),
        ("size", ["M", "L"], T.TEXT),
        ("nothing", [], T.TEXT),
        ("stock", ["1.234", "5.678"], T.TEXT),
        ("vip", [True, False], T.BOOLEAN),
        ("orders", [12, 3.5], T.NUMBER),
    ],
)
def test_a_type_is_proposed_only_if_every_value_suits_it(key: str, values: list[Any], kind: ContactFieldType) -> None:
    assert propose_for(key, values) is kind
    guess = TypeGuess()
    for value in values:  # the same, interrupted after each value
        guess.add(value)
        guess = TypeGuess(guess.forms())
    assert guess.forms() == TypeGuess(guess.forms()).forms()
