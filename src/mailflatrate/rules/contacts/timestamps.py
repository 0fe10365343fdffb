"""Times and IP addresses in files. Without a zone: the file's. Whether `03/04/2024` is April 3 is decided for a whole
column (`column_survey`), never a cell. Assumptions are stored beside the evidence, with the original text.
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")
_EARLIEST_YEAR = 1990
_LATEST_YEAR = 2100

_CLOCK = r"(?P<h>\d{1,2})[:.](?P<mi>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d{1,9})?)?"
_TIME = r"(?:[ Tt,]*(?:um )?" + _CLOCK + r"(?: ?Uhr)?(?: ?(?P<ap>[AaPp])\.?[Mm]\.?)?)?"
# An offset may be followed by its name (Go: `+0200 CEST`), a place (Java: `+01:00[Europe/Berlin]`), or Go's own clock.
_ZONE = (
    r"(?:\s*\(?(?P<z>[Zz]|[A-Z]{3,4}|(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?(?::?00)?)\)?"
    r"(?:\s*(?:[A-Z]{3,5}|\[[\w/+-]{1,40}\]|\([^()]{1,60}\)))?)?(?: m=[+-][\d.]+)?"
)
_WEEKDAY = r"(?:[A-Za-z]{2,10}\.?,? )?"
_TAIL = _TIME + _ZONE + r"$"
_DOTTED = re.compile(r"(?P<a>\d{1,2})\. ?(?P<b>\d{1,2})\. ?(?P<y>\d{4}|\d{2})" + _TAIL)
_SLASHED = re.compile(r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d{4}|\d{2})" + _TAIL)
_DASHED = re.compile(r"(?P<a>\d{1,2})-(?P<b>\d{1,2})-(?P<y>\d{4})" + _TAIL)
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})[-/.](?P<mo>\d{1,2})[-/.](?P<d>\d{1,2})" + _TAIL)
_DAY_NAMED = re.compile(_WEEKDAY + r"(?P<d>\d{1,2})\.?[ -](?P<name>[^\W\d]{3,9})\.?[ -](?P<y>\d{4})" + _TAIL)
_NAME_DAY = re.compile(_WEEKDAY + r"(?P<name>[^\W\d]{3,9})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})" + _TAIL)
# C's ctime and `date`: Tue Jan  2 15:04:05 UTC 2024
_YEAR_LAST = re.compile(
    r"[A-Za-z]{3},? (?P<name>[A-Za-z]{3}) {1,2}(?P<d>\d{1,2}) "
    + _CLOCK
    + r"(?P<ap>)(?: (?P<z>[A-Z]{3,4}|[+-]\d{4}))? (?P<y>\d{4})$"
)
_ORDERED = re.compile(r"\s*(\d{1,2})([/-]|\. ?)(\d{1,2})(?:(?:[/-]|\. ?)(?:\d{4}|\d{2})(?!\d)|\.?\s*$)")
_EPOCH = re.compile(r"\d{10}(?:\.\d+)?|\d{13}")
# A cell of Excel that was never formatted as a date: days since its epoch, 1990 to 2099.
_SERIAL = re.compile(r"(3[3-9]\d{3}|[4-6]\d{4}|7[0-2]\d{3})(?:[.,](\d{1,15}))?")
_SERIAL_EPOCH = datetime.fromisoformat("1899-12-30")
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "mär": 3, "mrz": 3, "mae": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12,
}  # fmt: skip
_ZONES_HOURS = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "CET": 1, "MEZ": 1, "WEST": 1, "BST": 1, "CEST": 2, "MESZ": 2, "EET": 2,
    "EEST": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip


LAST_CHANGE = "last_change"
"""Taken for the moment of a no."""


class Moment(NamedTuple):
    """Aware, in UTC. `assumed`: what was left open (`zone`, `day_first`, `excel_days`: a bare number)."""

    at: datetime
    assumed: tuple[str, ...] = ()


class DayOrder(StrEnum):
    """In `03/04/2024`. EITHER: this cell alone cannot decide."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    EITHER = "either"


def day_order(text: str) -> DayOrder | None:
    """As a cell shows it for its column; None if it shows none."""
    match = _ORDERED.match(text)
    if match is None:
        return None
    first, second = int(match[1]), int(match[3])
    if first > 12:
        return DayOrder.DAY_FIRST if second <= 12 else None
    if second > 12:
        return DayOrder.MONTH_FIRST
    # With dots the day comes first, unless another cell of the column cannot be read that way.
    return None if first == second or match[2].startswith(".") else DayOrder.EITHER


def moment_reader(time_zone: str, month_first: bool | None, *, strict: bool = True) -> Callable[[str], Moment | None]:
    """None for no time. `month_first` None: unknown, `03/04/2024` can't be read; nor, if `strict`, a contrary one."""
    zone = ZoneInfo(time_zone)

    def read(text: str) -> Moment | None:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return _read_spelled(text.strip(), zone, month_first, strict)
        if not _EARLIEST_YEAR <= at.year <= _LATEST_YEAR:
            return _read_spelled(text.strip(), zone, month_first, strict)
        if at.tzinfo is None:
            return Moment(at.replace(tzinfo=zone).astimezone(UTC), ("zone",))
        return Moment(at.astimezone(UTC))

    return read


def _read_spelled(text: str, zone: ZoneInfo, month_first: bool | None, strict: bool) -> Moment | None:
    if _EPOCH.fullmatch(text):
        seconds = float(text) / (1000 if len(text) == 13 else 1)
        return Moment(datetime.fromtimestamp(seconds, UTC))
    serial = _SERIAL.fullmatch(text)
    if serial:
        at = _SERIAL_EPOCH + timedelta(seconds=round(float(f"{serial[1]}.{serial[2] or 0}") * 86_400))
        return Moment(at.replace(tzinfo=zone).astimezone(UTC), ("zone", "excel_days"))
    for pattern in (_DOTTED, _SLASHED, _YEAR_FIRST, _DASHED, _DAY_NAMED, _NAME_DAY, _YEAR_LAST):
        match = pattern.match(text)
        if match:
            try:
                return _build(match, zone, False if pattern is _DOTTED and month_first is None else month_first, strict)
            except (ValueError, OverflowError):
                return None
    return None


def _ordered_day(first: int, second: int, month_first: bool | None, strict: bool) -> tuple[int, int, tuple[str, ...]]:
    """(day, month, assumptions). Raises ValueError if the order is unknown or contradicted."""
    if first <= 12 and second <= 12:
        if month_first is None and first != second:
            raise ValueError("it is unclear whether the day or the month comes first")
        assumed = () if first == second else ("month_first" if month_first else "day_first",)
        return (second, first, assumed) if month_first else (first, second, assumed)
    is_month_first = second > 12
    if strict and month_first is not None and month_first != is_month_first:
        raise ValueError("the column uses the opposite order")
    return (second, first, ()) if is_month_first else (first, second, ())


def _build(match: re.Match[str], zone: ZoneInfo, month_first: bool | None, strict: bool) -> Moment | None:
    """Raises ValueError for a day or time that does not exist."""
    part = match.groupdict()
    assumed: tuple[str, ...] = ()
    if part.get("a"):
        day, month, assumed = _ordered_day(int(part["a"]), int(part["b"]), month_first, strict)
        if match.re is _DOTTED and not month_first:
            assumed = ()
    elif part.get("name"):
        named = _MONTHS.get(part["name"][:3].lower())
        if named is None:
            return None
        day, month = int(part["d"]), named
    else:
        day, month = int(part["d"]), int(part["mo"])
    year = int(part["y"]) + (2000 if len(part["y"]) == 2 else 0)
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return None
    hour = int(part["h"] or 0)
    if part["ap"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if part["ap"] in "Pp" else 0)
    at = datetime(year, month, day, hour, int(part["mi"] or 0), int(part["s"] or 0), tzinfo=zone)
    if part["z"]:
        offset = _offset(part["z"].upper())
        if offset is None:
            return None
        return Moment(at.replace(tzinfo=offset).astimezone(UTC), assumed)
    return Moment(at.astimezone(UTC), ("zone", *assumed))


def _offset(name: str) -> timezone | None:
    if name in _ZONES_HOURS:
        return timezone(timedelta(hours=_ZONES_HOURS[name]))
    match = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{2})(?::?(\d{2}))?(?::?00)?", name)
    if match is None or int(match[2]) > 15:
        return None
    span = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-span if match[1] == "-" else span)


_MIDNIGHT = re.compile(r"[ T]0{1,2}:00(?::00(?:\.0+)?)?$")
_CLOCK_ONLY = re.compile(r"(?:\d{4}-\d{2}-\d{2}[ T])?(\d{1,2}[:.]\d{2}.{0,40})", re.DOTALL)


def join_clock(day: str, clock: str) -> str:
    """As one text; only the date if the second is empty."""
    match = _CLOCK_ONLY.fullmatch(clock.strip())
    if match is None or not day.strip():
        # Any other text makes the time unreadable; an empty cell leaves the date alone.
        return f"{day.strip()} {clock.strip()}".strip() if day.strip() else ""
    return f"{_MIDNIGHT.sub('', day.strip())} {match[1]}"


def read_ip(text: str) -> str | None:
    """In its usual spelling, without port or brackets."""
    text = text.strip()
    # Nearly every one is plain IPv4, for which `ipaddress` takes ten times as long as this.
    return text if _IPV4.fullmatch(text) else _read_other_ip(text)


@lru_cache(maxsize=65_536)
def _read_other_ip(text: str) -> str | None:
    match = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+", text)
    if match:
        text = match[1] or match[2]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        return None
    return str(address)
