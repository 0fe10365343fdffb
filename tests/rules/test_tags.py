"""Names of tags, as people and files write them."""

import pytest

from mailflatrate.rules.contacts.tags import MAX_TAGS_AT_ONCE, TagFault, split_tags, tag_fault, tag_name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("VIP, Garden fan;vip|Shop", ["VIP", "Garden fan", "Shop"]),
        ('"VIP","Garden"', ["VIP", "Garden"]),
        ('["a", "b"]', ["a", "b"]),
        (" , ;", []),
        ("x" * 61 + ", y", ["y"]),
        ("Diabetes, Kiel", ["Kiel"]),
        ("two\nlines", ["two", "lines"]),
    ],
)
def test_a_cell_names_tags_once_each(text: str, names: list[str]) -> None:
    assert split_tags(text) == names


def test_a_cell_names_a_limited_number() -> None:
    assert len(split_tags(",".join(f"t{n}" for n in range(10_000)))) == MAX_TAGS_AT_ONCE


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (" \x00 ", TagFault.EMPTY),
        ("x" * 61, TagFault.TOO_LONG),
        ("a,b", TagFault.SEPARATOR),
        ("Religion", TagFault.SPECIAL),
        (" Garden  fan ", None),
    ],
)
def test_names_are_cleaned_and_judged(text: str, fault: TagFault | None) -> None:
    assert tag_fault(tag_name(text)) is fault
