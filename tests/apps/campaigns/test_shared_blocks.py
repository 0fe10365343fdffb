"""Names of shared rows in a draft, and what takes their place."""

from mailflatrate.apps.campaigns.shared_blocks import MOST_INCLUDES, include_of, put_in, shared_ids


def test_a_name_stands_for_its_row_and_only_so_often() -> None:
    """However many names a source has, it doesn't grow without end; a name without a row stays."""
    source = f"a {include_of(7)} b <mj-include path=\"block:8\"></mj-include> c <mj-include path='x' />"
    assert shared_ids(source) == [7, 8]
    assert put_in(source, {7: "SEVEN"}) == source.replace(include_of(7), "SEVEN")
    many = include_of(7) * (MOST_INCLUDES + 1)
    assert put_in(many, {7: "S"}) == "S" * MOST_INCLUDES + include_of(7)
