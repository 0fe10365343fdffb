"""The calendar file that readers add to their own calendar (RFC 5545)."""

from datetime import UTC, datetime

from icalendar import Calendar

from mailflatrate.mail.content.calendar_file import calendar_file, event_uid
from mailflatrate.mail.content.calendar_links import read_event

CREATED = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
LINK = "calendar:?name=Sommerfest%3B+mit+Musik%2C+Tanz&start=2026-07-03T18:00&end=2026-07-03T23:30&zone=Europe/Berlin"


def test_the_file_has_the_event_with_its_time_zone() -> None:
    event = read_event(LINK + "&place=Lindenhof%2C+Köln&note=" + "ä" * 200)
    written = calendar_file(event, uid="1@news.example", created_at=CREATED)
    assert written == calendar_file(event, uid="1@news.example", created_at=CREATED), "the same each time"
    lines = written.split(b"\r\n")
    assert max(map(len, lines)) <= 75, "folded (section 3.1)"
    assert b"DTSTART;TZID=Europe/Berlin:20260703T180000" in lines
    assert b"BEGIN:VTIMEZONE" in lines
    assert b"DTSTAMP:20260601T093000Z" in lines
    (entry,) = Calendar.from_ical(written).walk("VEVENT")
    assert str(entry["summary"]) == "Sommerfest; mit Musik, Tanz"
    assert str(entry["location"]) == "Lindenhof, Köln"
    assert entry.decoded("dtend").isoformat() == "2026-07-03T23:30:00+02:00"


def test_line_breaks_in_a_name_add_no_property() -> None:
    event = read_event("calendar:?name=A%0D%0AATTACH:http://x&start=2026-07-03T18:00&zone=UTC")
    written = calendar_file(event, uid="1@news.example", created_at=CREATED)
    assert b"\r\nATTACH" not in written
    assert b"SUMMARY:A  ATTACH" in written


def test_the_same_event_of_an_account_keeps_its_identifier() -> None:
    event, moved = read_event(LINK), read_event(LINK.replace("T18:00", "T19:00"))
    assert event_uid(1, event, "news.example") == event_uid(1, event, "news.example")
    assert len({event_uid(1, event, "n"), event_uid(2, event, "n"), event_uid(1, moved, "n")}) == 3
