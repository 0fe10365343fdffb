"""When steps are due, on every clock; and what a sentence about frequency promises."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.rules.automations.graph import NoMailHours
from mailflatrate.rules.automations.promises import Promise, promise_in
from mailflatrate.rules.automations.steps import WaitKind, WaitRule
from mailflatrate.rules.automations.waits import after_no_mail_hours, days_reached, due_at, moment, month_days, zone_for

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    BERLIN,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("Pacific/Apia"),
    ZoneInfo("Africa/Casablanca"),
    ZoneInfo("UTC"),
]
zones = st.sampled_from(ZONES)
moments = st.integers(1_262_304_000, 2_114_380_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
times = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda pair: f"{pair[0]:02}:{pair[1]:02}")


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


def shown(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")


def test_a_day_is_a_day_of_the_calendar() -> None:
    """The clocks go forward in the night of 28 March 2027 and back in that of 25 October 2026."""
    day, hours = WaitRule(WaitKind.FOR, days=1), WaitRule(WaitKind.FOR, hours=24)
    assert due_at(day, berlin("2027-03-27 10:00"), BERLIN) == berlin("2027-03-28 10:00")
    assert due_at(hours, berlin("2027-03-27 10:00"), BERLIN) == berlin("2027-03-28 11:00")
    assert due_at(day, berlin("2026-10-24 10:00"), BERLIN) == berlin("2026-10-25 10:00")
    assert due_at(day, berlin("2027-03-27 02:30"), BERLIN) == berlin("2027-03-28 03:30")


def test_until_a_weekday_and_hour() -> None:
    monday = WaitRule(WaitKind.UNTIL, weekday=0, at="09:00")
    assert due_at(monday, berlin("2026-11-27 12:00"), BERLIN) == berlin("2026-11-30 09:00")
    assert due_at(monday, berlin("2026-11-30 09:00"), BERLIN) == berlin("2026-11-30 09:00")
    assert due_at(monday, berlin("2026-11-30 09:01"), BERLIN) == berlin("2026-12-07 09:00")
    tokyo = due_at(monday, berlin("2026-11-27 12:00"), ZoneInfo("Asia/Tokyo"))
    assert tokyo is not None and tokyo.isoformat() == "2026-11-30T00:00:00+00:00"


def test_until_a_date_of_the_person() -> None:
    rule = WaitRule(WaitKind.DATE, field="renewal", days=-3, at="08:00")
    now = berlin("2026-11-27 12:00")
    assert due_at(rule, now, BERLIN, date(2026, 12, 10)) == berlin("2026-12-07 08:00")
    assert due_at(rule, now, BERLIN, date(2026, 11, 1)) == now
    assert due_at(rule, now, BERLIN, None) is None


waits = st.one_of(
    st.builds(lambda m, h, d: WaitRule(WaitKind.FOR, m, h, d), *[st.integers(0, 90)] * 3),
    st.builds(lambda w, at: WaitRule(WaitKind.UNTIL, weekday=w, at=at), st.none() | st.integers(0, 6), times),
    st.builds(lambda d, at: WaitRule(WaitKind.DATE, days=d, at=at), st.integers(-90, 90), times),
    st.builds(lambda d: WaitRule(WaitKind.EVENT, days=d), st.integers(1, 90)),
)


@settings(max_examples=200, deadline=None)
@given(waits, moments, zones, st.dates(date(2010, 1, 1), date(2036, 1, 1)))
def test_a_wait_never_ends_before_it_begins(rule: WaitRule, now: datetime, zone: ZoneInfo, day: date) -> None:
    due = due_at(rule, now, zone, day)
    assert due is not None and due >= now and due.tzinfo is UTC
    if rule.kind is WaitKind.UNTIL:
        assert due - now < timedelta(days=15)
        assert rule.weekday is None or due.astimezone(zone).weekday() in (rule.weekday, (rule.weekday + 1) % 7)
    if rule.kind is WaitKind.FOR:
        length = timedelta(days=rule.days, hours=rule.hours, minutes=rule.minutes)
        assert abs(due - now - length) <= timedelta(hours=25)  # Apia left out a whole day once


@settings(max_examples=200, deadline=None)
@given(times, times, moments, zones)
def test_no_message_leaves_in_quiet_hours(start: str, end: str, now: datetime, zone: ZoneInfo) -> None:
    quiet = NoMailHours(start, end)
    leaves = after_no_mail_hours(now, quiet, zone)
    assert now <= leaves < now + timedelta(hours=50)
    if leaves != now:
        skipped = shown(leaves, zone) != end  # only where the clocks skip that time
        assert (
            not skipped
            or leaves.astimezone(zone).utcoffset() != (leaves - timedelta(hours=2)).astimezone(zone).utcoffset()
        )
    elif start < end:
        assert not start <= shown(now, zone) < end


def test_quiet_hours_over_midnight_end_in_the_morning() -> None:
    quiet = NoMailHours("21:00", "08:00")
    assert after_no_mail_hours(berlin("2026-11-27 22:00"), quiet, BERLIN) == berlin("2026-11-28 08:00")
    assert after_no_mail_hours(berlin("2026-11-28 07:59"), quiet, BERLIN) == berlin("2026-11-28 08:00")
    assert after_no_mail_hours(berlin("2026-11-28 08:00"), quiet, BERLIN) == berlin("2026-11-28 08:00")
    night = NoMailHours("01:00", "02:30")
    assert after_no_mail_hours(berlin("2026-10-25 02:10", fold=1), night, BERLIN) == berlin("2026-10-25 02:30", fold=1)


@settings(max_examples=100, deadline=None)
@given(moments, st.lists(st.integers(1, 30), min_size=1, max_size=20), times, zones)
def test_each_day_is_reached_once_however_often_one_looks(
    start: datetime, hours: list[int], at: str, zone: ZoneInfo
) -> None:
    found, now = [], start
    for pause in hours:
        later = now + timedelta(hours=pause)
        found += days_reached(now, later, at, zone)
        now = later
    assert found == sorted(set(found))
    assert all(start < moment(day, at, zone) <= now for day in found)
    whole = (now - start) // timedelta(days=1)
    assert whole - 1 <= len(found) <= whole + 2


def test_the_twenty_ninth_of_february_is_celebrated_every_year() -> None:
    assert month_days(date(2027, 2, 28)) == ["02-28", "02-29"]
    assert month_days(date(2028, 2, 28)) == ["02-28"]
    assert month_days(date(2028, 2, 29)) == ["02-29"]


def test_the_zone_of_a_person() -> None:
    assert zone_for("asia/tokyo", "Europe/Berlin") == ZoneInfo("Asia/Tokyo")
    assert zone_for("America/New York", "Europe/Berlin") == ZoneInfo("America/New_York")
    assert zone_for("Mordor", "Europe/Berlin") == zone_for(None, "Europe/Berlin") == BERLIN


@pytest.mark.parametrize(
    ("sentence", "promise"),
    [
        ("about twice a month", Promise(2, 30)),
        ("etwa zweimal im Monat", Promise(2, 30)),
        ("weekly", Promise(1, 7)),
        ("every two weeks", Promise(1, 14)),
        ("alle 3 Tage", Promise(1, 3)),
        ("once a week, three times a week in December", Promise(3, 7)),
        ("1 email per month", Promise(1, 30)),
        ("monatlich", Promise(1, 30)),
        ("environ deux fois par mois", Promise(2, 30)),
        ("when there is news", None),
        ("a few times", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_what_a_sentence_promises(sentence: str, promise: Promise | None) -> None:
    assert promise_in(sentence) == promise
