"""The same hour in every recipient's local time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from mailflatrate.rules.local_time import same_hour


def test_nine_in_the_morning_everywhere() -> None:
    nine = datetime(2026, 11, 25, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    table = same_hour(nine.astimezone(UTC), "Europe/Berlin")
    assert table["europe/berlin"] == datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    assert table["asia/tokyo"] == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert table["america/new_york"] == datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
    assert max(table.values()) - min(table.values()) <= nine - nine.replace(day=23, hour=7)  # 26 hours


def test_an_hour_that_the_clocks_jump_over_still_comes() -> None:
    """Half past two does not exist in Berlin on that day; it does in Tokyo."""
    night = datetime(2027, 3, 28, 2, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert same_hour(night, "Asia/Tokyo")["europe/berlin"] == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
