"""The brand: whatever colors are chosen, those derived from them are readable."""

from colorsys import rgb_to_hls

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.html.brand_style import DARK_SHEET, BrandStyle, is_colour, mixed, readable, text_on
from mailflatrate.mail.html.imprint import DARK_GROUND, DARK_INK, MINIMUM_CONTRAST, contrast

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS, COLOURS)
def test_derived_text_is_always_readable(primary: str, sheet: str) -> None:
    """Links on the sheet, in the dark, and the words on a button."""
    brand = BrandStyle(primary=primary, sheet=sheet)
    for ground in (sheet, brand.tint):
        assert contrast(brand.link, ground) >= MINIMUM_CONTRAST
        assert contrast(brand.soft, ground) >= MINIMUM_CONTRAST
    assert contrast(brand.dark_link, DARK_SHEET) >= MINIMUM_CONTRAST
    assert contrast(text_on(primary), primary) >= MINIMUM_CONTRAST


def test_the_dark_imprint_is_readable() -> None:
    """The colors are fixed, so checking them once is enough."""
    assert contrast(DARK_INK, DARK_GROUND) >= MINIMUM_CONTRAST


@given(COLOURS, COLOURS, st.floats(0, 1))
def test_colours_stay_colours(one: str, other: str, share: float) -> None:
    """Mixing gives a color; a readable one is left alone."""
    assert is_colour(mixed(one, other, share))
    if contrast(one, other) >= MINIMUM_CONTRAST:
        assert readable(one, other) == one


@pytest.mark.parametrize("color", ["#0b5a63", "#2e7d32", "#8b1a1a", "#1a237e"])
def test_a_brand_s_color_stays_that_color_in_the_dark(color: str) -> None:
    """A green that was mixed with white would be gray."""
    before = rgb_to_hls(*(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)))
    found = BrandStyle(primary=color).dark_link
    after = rgb_to_hls(*(int(found[at : at + 2], 16) / 255 for at in (1, 3, 5)))
    assert contrast(found, DARK_SHEET) >= MINIMUM_CONTRAST
    assert after[0] == pytest.approx(before[0], abs=0.02)
    assert after[2] == pytest.approx(before[2], abs=0.05)
    assert after[1] > before[1]
