"""The data of a transactional message: what a declaration may say, and what a program may send."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.messages.message_data import (
    DataFault,
    DataRefused,
    check_data,
    declared_fields,
    printed_data,
    variable_names,
)

FIELDS = [
    {"name": "name", "type": "text"},
    {"name": "total", "type": "number", "required": False},
    {"name": "due_on", "type": "date"},
    {"name": "page", "type": "url", "hosts": ["parcels.example"], "required": False},
    {"name": "items", "type": "list", "columns": [{"name": "title", "type": "text"}], "required": False},
]
DATA: dict[str, Any] = {"name": "Dora", "due_on": "2026-11-28"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def faults(call: Any) -> set[tuple[str, DataFault]]:
    with pytest.raises(DataRefused) as refused:
        call()
    return {(problem.name, problem.fault) for problem in refused.value.problems}


def test_a_declaration_is_read_back_as_it_was_stored() -> None:
    fields = declared_fields(FIELDS)
    assert declared_fields([field.as_json() for field in fields]) == fields
    assert list(variable_names(fields)) == ["data.name", "data.total", "data.due_on", "data.page", "data.items"]


@pytest.mark.parametrize(
    ("stored", "fault"),
    [
        ({}, DataFault.NOT_FIELDS),
        (["x"], DataFault.NOT_FIELDS),
        ([{"name": f"f{n}", "type": "text"} for n in range(41)], DataFault.TOO_MANY),
        ([{"name": "First Name", "type": "text"}], DataFault.BAD_NAME),
        ([{"name": "a", "type": "text"}] * 2, DataFault.TWICE),
        ([{"name": "a", "type": "html"}], DataFault.BAD_TYPE),
        ([{"name": "a", "type": "url"}], DataFault.BAD_HOSTS),
        ([{"name": "a", "type": "url", "hosts": ["*"]}], DataFault.BAD_HOSTS),
        ([{"name": "a", "type": "list"}], DataFault.BAD_COLUMNS),
        (
            [{"name": "a", "type": "list", "columns": [{"name": "b", "type": "list", "columns": []}]}],
            DataFault.BAD_COLUMNS,
        ),
    ],
)
def test_a_bad_declaration_says_what_is_wrong(stored: object, fault: DataFault) -> None:
    assert fault in {found for _name, found in faults(lambda: declared_fields(stored))}


@pytest.mark.parametrize(
    ("changes", "place", "fault"),
    [
        ({"name": None}, "name", DataFault.MISSING),
        ({"name": 7}, "name", DataFault.NOT_TEXT),
        ({"name": "x" * 81}, "name", DataFault.TOO_LONG),
        ({"name": "a\x07b"}, "name", DataFault.NOT_TEXT),
        ({"name": "see http://shop.example"}, "name", DataFault.HAS_URL),
        ({"name": "www.shop.example"}, "name", DataFault.HAS_URL),
        ({"total": "12"}, "total", DataFault.NOT_NUMBER),
        ({"total": True}, "total", DataFault.NOT_NUMBER),
        ({"due_on": "28.11.2026"}, "due_on", DataFault.NOT_DATE),
        ({"page": "http://parcels.example/"}, "page", DataFault.NOT_URL),
        ({"page": "https://parcels.example.eve.example/"}, "page", DataFault.NOT_URL),
        ({"page": "https://parcels.example@eve.example/"}, "page", DataFault.NOT_URL),
        ({"page": "https://eve.example/\\parcels.example"}, "page", DataFault.NOT_URL),
        ({"page": "https://parcels.example:8443/"}, "page", DataFault.NOT_URL),
        ({"items": "x"}, "items", DataFault.NOT_ROWS),
        ({"items": [{"title": "a"}] * 101}, "items", DataFault.NOT_ROWS),
        ({"items": [{"title": "a"}, {}]}, "items[1].title", DataFault.MISSING),
        ({"items": [{"title": "a", "x": 1}]}, "items[0].x", DataFault.UNKNOWN),
        ({"more": 1}, "more", DataFault.UNKNOWN),
    ],
)
def test_a_bad_value_is_named_with_its_place(changes: dict[str, Any], place: str, fault: DataFault) -> None:
    assert (place, fault) in faults(lambda: check_data(declared_fields(FIELDS), {**DATA, **changes}))


def test_a_subdomain_of_a_named_host_is_fine_and_dates_are_written_out() -> None:
    fields = declared_fields(FIELDS)
    checked = check_data(fields, {**DATA, "page": "https://www.parcels.example/p?id=1", "items": [{"title": "A"}]})
    printed = printed_data(fields, checked, "de")
    assert (printed["due_on"], printed["total"], printed["items"]) == ("28. November 2026", "", [{"title": "A"}])


@given(JSON)
def test_nothing_but_a_refusal_comes_of_any_declaration(stored: Any) -> None:
    try:
        declared_fields(stored)
    except DataRefused as refused:
        assert refused.problems and all(problem.sentence("de") for problem in refused.problems)


@given(JSON)
def test_nothing_but_a_refusal_comes_of_any_data(data: Any) -> None:
    fields = declared_fields(FIELDS)
    try:
        checked = check_data(fields, data)
    except DataRefused as refused:
        assert refused.problems
    else:
        assert set(checked) <= {field.name for field in fields}
