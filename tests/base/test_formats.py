"""Dates as people write them: English of the world, not of one country; German with the comma before the time."""

from datetime import UTC, datetime

import pytest
from django.utils import translation
from django.utils.formats import date_format

MOMENT = datetime(2026, 11, 26, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "kind", "written"),
    [
        ("en", "DATE_FORMAT", "26 November 2026"),
        ("en", "SHORT_DATE_FORMAT", "26 Nov 2026"),
        ("en", "TIME_FORMAT", "14:05"),
        ("en", "DATETIME_FORMAT", "26 November 2026, 14:05"),
        ("en", "SHORT_DATETIME_FORMAT", "26 Nov 2026, 14:05"),
        ("de", "DATE_FORMAT", "26. November 2026"),
        ("de", "SHORT_DATE_FORMAT", "26.11.2026"),
        ("de", "TIME_FORMAT", "14:05"),
        ("de", "DATETIME_FORMAT", "26. November 2026, 14:05"),
        ("de", "SHORT_DATETIME_FORMAT", "26.11.2026, 14:05"),
    ],
)
def test_dates(language: str, kind: str, written: str) -> None:
    with translation.override(language):
        assert date_format(MOMENT, kind) == written
