"""Links to a calendar file: `calendar:?name=...&start=2026-12-03T18:00&zone=Europe/Berlin`. The link has the event
itself, so copies have it too. Compiling replaces it by the public address of a file that is the same for every
recipient.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from mailflatrate.mail.author_mistakes import mistake
from mailflatrate.mail.source_errors import Lines, SourceError

SCHEME = "calendar:?"
MOST_EVENTS = 20
_LINK = re.compile(r"""calendar:\?[^\s"'<>)]{0,4000}""")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_USUAL_LENGTH = timedelta(hours=1)
_LONGEST = {"name": 200, "place": 300, "note": 1_000, "zone": 64, "start": 16, "end": 16}
_OLDEST_YEAR, _LATEST_YEAR = 2000, 2100
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{2,30});")
_URL = re.compile(r"""(?:https?://|www\.)[^\s"'<>()]{1,2000}""", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class CalendarLinkError(ValueError):
    """`code` is a mistake of `author_mistakes`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """Both times are aware, in the event's own time zone."""

    name: str
    starts_at: datetime
    ends_at: datetime
    place: str
    note: str
    zone: str

    @property
    def words(self) -> str:
        return "\n".join((self.name, self.place, self.note))

    @property
    def urls(self) -> tuple[str, ...]:
        """Calendars make links of them; one without a scheme gets https."""
        links = (match.group().rstrip(".,;:!?") for match in _URL.finditer(self.words))
        return tuple(url if "://" in url else f"https://{url}" for url in links)


def unescaped_link(match: re.Match[str]) -> str:
    """Without a semicolon, `&note` isn't `&not` (HTML Living Standard 13.2.5.73), whatever `html.unescape` does."""
    return _ENTITY.sub(lambda entity: html.unescape(entity.group()), match.group())


def read_event(link: str) -> CalendarEvent:
    """Raises CalendarLinkError."""
    try:
        pairs = parse_qsl(link.removeprefix(SCHEME), keep_blank_values=True, max_num_fields=len(_LONGEST))
    except ValueError as problem:
        raise CalendarLinkError("event-unreadable") from problem
    given = {name: _CONTROL.sub(" ", value).strip() for name, value in pairs}
    if not given.keys() <= _LONGEST.keys() or any(len(value) > _LONGEST[name] for name, value in given.items()):
        raise CalendarLinkError("event-unreadable")
    name, zone = given.get("name", ""), given.get("zone", "")
    if not name:
        raise CalendarLinkError("event-nameless")
    starts_at = _moment(given.get("start", ""), zone)
    ends_at = _moment(given["end"], zone) if given.get("end") else starts_at + _USUAL_LENGTH
    if ends_at.timestamp() <= starts_at.timestamp():
        raise CalendarLinkError("event-ends-early")
    return CalendarEvent(name, starts_at, ends_at, given.get("place", ""), given.get("note", ""), zone)


def _moment(written: str, zone: str) -> datetime:
    if not _TIME.fullmatch(written):
        raise CalendarLinkError("event-timeless")
    try:
        local = datetime.strptime(written, "%Y-%m-%dT%H:%M")  # noqa: DTZ007  the zone follows
    except ValueError as problem:
        raise CalendarLinkError("event-timeless") from problem
    if not _OLDEST_YEAR <= local.year <= _LATEST_YEAR:
        raise CalendarLinkError("event-timeless")
    try:
        return local.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError, OSError) as problem:
        raise CalendarLinkError("event-zoneless") from problem


def events_in(texts: Iterable[str]) -> tuple[str, ...]:
    links: dict[str, None] = {}
    for text in texts:
        for match in _LINK.finditer(text):
            link = unescaped_link(match)
            if link not in links and _problem(link) is None:
                links[link] = None
    return tuple(links)


def with_file_urls(text: str, events: tuple[str, ...], url: Callable[[int], str]) -> str:
    """Replace each link by `url(number)`; numbers count `events` from 0."""
    numbers = {link: number for number, link in enumerate(events)}

    def replace(match: re.Match[str]) -> str:
        number = numbers.get(unescaped_link(match))
        return match.group() if number is None else url(number)

    return _LINK.sub(replace, text)


def find_event_errors(text: str) -> list[SourceError]:
    lines = Lines(text)
    links = {unescaped_link(match): lines.at(match.start()) for match in reversed(list(_LINK.finditer(text)))}
    errors = [mistake(line, code) for link, line in links.items() if (code := _problem(link)) is not None]
    if len(links) > MOST_EVENTS:
        errors.append(mistake(1, "too-many-events", str(MOST_EVENTS)))
    return sorted(errors, key=lambda error: error.line)


def _problem(link: str) -> str | None:
    try:
        read_event(link)
    except CalendarLinkError as problem:
        return problem.code
    return None
