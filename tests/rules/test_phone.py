"""Phone numbers of a form: what people type, and what is stored."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.fields.field_type import UnreadableValue
from mailflatrate.rules.forms.phone import read_phone
from support.cost import costs_at_most


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("+49 (0)30 123-456", "+4930123456"),
        ("0049 30 123456", "+4930123456"),
        ("030/12 34 56", "030123456"),
        (" +1 (212) 555.0100 ", "+12125550100"),
        ("110", None),
        ("+1234567890123456", None),
        ("030 123 ext. 4", None),
        ("٠٣٠١٢٣٤٥٦", None),
        ("=HYPERLINK(1)12345", None),
        ("++49 30 123456", None),
        ("", None),
    ],
)
def test_a_number_is_stored_in_one_spelling(typed: str, stored: str | None) -> None:
    if stored is None:
        with pytest.raises(UnreadableValue):
            read_phone(typed)
    else:
        assert read_phone(typed) == stored


@pytest.mark.slow
@given(st.text(alphabet=st.sampled_from("+0019 ()-./\u00a0–x٣\0"), max_size=254) | st.text(max_size=254))
def test_whatever_is_typed_becomes_digits_or_nothing(typed: str) -> None:
    with costs_at_most(10), suppress(UnreadableValue):
        assert re.fullmatch(r"\+?[0-9]{5,15}", read_phone(typed))
