"""Links to calendar files in a campaign's source.

The calendar file that readers add to their own calendar (RFC 5545).
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from mailflatrate.mail.content.calendar_file import calendar_file, event_uid
from mailflatrate.mail.content.calendar_links import (
    MOST_EVENTS,
    CalendarLinkError,
    events_in,
    find_event_errors,
    read_event,
    with_file_urls,
)

PARTY = "calendar:?name=Summer+party&start=2026-07-03T18:00&end=2026-07-03T23:30&zone=Europe/Berlin&place=Lindenhof"


def test_a_link_has_the_whole_event() -> None:
    event = read_event(PARTY)
    assert (event.name, event.place, event.zone) == ("Summer party", "Lindenhof", "Europe/Berlin")
    assert event.starts_at.isoformat() == "2026-07-03T18:00:00+02:00"
    assert event.ends_at - event.starts_at == timedelta(hours=5, minutes=30)
    without_end = read_event("calendar:?name=Tea&start=2026-01-03T15:00&zone=Europe/London")
    assert without_end.ends_at - without_end.starts_at == timedelta(hours=1)


def test_its_words_and_their_addresses() -> None:
    event = read_event(f"{PARTY}&note=Tickets:+https://eve.example/t?a=1,+or+www.lindenhof.example.")
    assert event.words == "Summer party\nLindenhof\nTickets: https://eve.example/t?a=1, or www.lindenhof.example."
    assert event.urls == ("https://eve.example/t?a=1", "https://www.lindenhof.example")


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("calendar:?zone=Europe/Berlin", "event-nameless"),
        ("calendar:?name=A&zone=Europe/Berlin", "event-timeless"),
        ("calendar:?name=A&start=2026-02-30T10:00&zone=Europe/Berlin", "event-timeless"),
        ("calendar:?name=A&start=9999-12-31T23:59&zone=Europe/Berlin", "event-timeless"),
        ("calendar:?name=A&start=2026-07-03T18:00&zone=Europe/../../etc/passwd", "event-zoneless"),
        ("calendar:?name=A&start=2026-07-03T18:00", "event-zoneless"),
        ("calendar:?name=A&start=2026-07-03T18:00&end=2026-07-03T18:00&zone=UTC", "event-ends-early"),
        ("calendar:?name=A&start=2026-07-03T18:00&zone=UTC&attach=http://x", "event-unreadable"),
        (f"calendar:?name={'a' * 201}&start=2026-07-03T18:00&zone=UTC", "event-unreadable"),
    ],
)
def test_what_is_missing_is_said_with_its_line(link: str, code: str) -> None:
    with pytest.raises(CalendarLinkError) as refused:
        read_event(link)
    assert refused.value.code == code
    (error,) = find_event_errors(f'<mjml>\n<mj-button href="{link.replace("&", "&amp;")}">x</mj-button>')
    assert (error.line, error.code) == (2, code)


def test_each_event_is_one_file_and_incomplete_links_stay() -> None:
    written = PARTY.replace("&", "&amp;")
    text = f'<a href="{written}">one</a> [two]({PARTY}) <a href="calendar:?zone=UTC">three</a>'
    events = events_in((text, ""))
    assert events == (PARTY,)
    shown = with_file_urls(text, events, lambda number: f"https://x.example/{number}")
    assert shown.count("https://x.example/0") == 2
    assert "calendar:?zone=UTC" in shown
    many = " ".join(f"calendar:?name={n}&start=2026-07-03T18:00&zone=UTC" for n in range(MOST_EVENTS + 1))
    assert [error.code for error in find_event_errors(many)] == ["too-many-events"]


@given(st.text(max_size=300))
@example("name=A&start=2026-07-03T18:00&zone=" + "/" * 20)
@example("name=A&start=2026-07-03T18:00&zone=Europe")
@example("name=A&start=2026-07-03T18:00&zone=\x00")
@example("&" * 300)
def test_any_link_is_an_event_or_a_mistake(rest: str) -> None:
    try:
        event = read_event(f"calendar:?{rest}")
    except CalendarLinkError:
        return
    assert event.name
    assert event.ends_at.timestamp() > event.starts_at.timestamp()


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
