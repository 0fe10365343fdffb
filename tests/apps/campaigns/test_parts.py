"""Parts that a template lists become sections of MJML."""

import pytest

from mailflatrate.apps.campaigns.gallery import mjml_sections
from mailflatrate.apps.campaigns.gallery.families import FAMILIES

WORDS = {"a": "One", "b": "Two", "least": "No", "most": "Yes", "url": "https://example.org/page"}


def test_parts_of_one_column_share_a_section_and_others_bring_their_own() -> None:
    made = mjml_sections(FAMILIES["letter"], WORDS, ["title a", "text b", "scale least most", "note a"])
    assert made.count("<mj-section") == made.count("</mj-section>") == 4
    first = made.partition("</mj-section>")[0]
    assert first.count("<mj-column>") == 1
    assert "One</h1>" in first
    assert "Two</mj-text>" in first


@pytest.mark.parametrize("part", ["carousel a", "text c", "story leaf a"])
def test_an_unknown_kind_or_slot_is_an_error(part: str) -> None:
    with pytest.raises(KeyError):
        mjml_sections(FAMILIES["shop"], WORDS, [part])
