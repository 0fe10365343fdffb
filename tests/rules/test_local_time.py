"""The same hour in every recipient's local time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailflatrate.rules.contacts.local_time import next_hours, same_hour


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


def test_every_hour_comes_once_in_the_next_24_whatever_the_clocks_do() -> None:
    """On the day without a half past two, those of two o'clock get it at three; on the long day no one waits longer."""
    for day in (date(2026, 3, 28), date(2026, 10, 24), date(2026, 6, 1)):
        for zone in ("Europe/Berlin", "Asia/Kolkata", "America/New_York"):
            begin = datetime.combine(day, time(10, 40), ZoneInfo(zone))
            hours = next_hours(begin, zone)
            assert sorted(hours) == list(range(24))
            assert hours[10] == begin
            assert all(begin <= at <= begin + timedelta(hours=24) for at in hours.values())
            shown = {hour: at.astimezone(ZoneInfo(zone)) for hour, at in hours.items() if hour != 10}
            wrong = {hour: (at.hour, at.minute) for hour, at in shown.items() if (at.hour, at.minute) != (hour, 0)}
            assert wrong == ({2: (3, 0)} if (zone, day.month) == ("Europe/Berlin", 3) else {})
