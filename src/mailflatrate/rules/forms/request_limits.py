"""R-35: how many people an account may send a confirmation request in one day. A program's request proves nothing, so a
new account starts small; confirmations make the allowance grow, silence, "this was not me" and nonexistent mailboxes
make it shrink.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

from mailflatrate.rules.limits import value

DAYS_TO_ANSWER = 2
"""A day counts against an account once everyone asked on it had at least 24 hours to answer."""
FRESH_DAYS = 5
"""The newest days that are judged on their own as well, so that a good past does not cover a bad present."""
_CLOCK_SKEW = timedelta(minutes=5)
# Where no visitor comes from. Networks of documentation stay allowed: they appear in tests and examples only.
_INSIDE = tuple(
    map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
                     "0.0.0.0/8", "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskingDay:
    age: int
    asked: int
    confirmed: int = 0
    denied: int = 0
    unknown: int = 0
    at_stands: int = 0
    """Those of `asked` that were entered at stands, which have a limit of their own."""


class AskingLevel(StrEnum):
    OPEN = "open"
    """Nothing speaks against it; the allowance grows with confirmations."""
    HELD = "held"
    """Too few confirm for the allowance to grow."""
    FEW = "few"
    """So few confirm, or so many deny, that the allowance has fallen."""
    STOPPED = "stopped"
    """So many addresses do not exist that no one can have typed them."""


@dataclass(frozen=True, slots=True)
class AskingAllowance:
    level: AskingLevel
    limit: int
    asked_today: int
    judged: int
    """Requests that people had time to answer."""
    confirmed: int
    denied: int
    unknown: int
    at_stands_today: int = 0

    @property
    def left(self) -> int:
        return max(0, self.limit - self.asked_today)


def judge_asking(days: Iterable[AskingDay]) -> AskingAllowance:
    recent = [day for day in days if 0 <= day.age < int(value("asks_window_days"))]
    fresh = [day for day in recent if day.age < FRESH_DAYS]
    level = max((_level(recent), _level(fresh)), key=list(AskingLevel).index)
    return AskingAllowance(
        level,
        _limit(level, recent),
        sum(day.asked - day.at_stands for day in recent if day.age == 0),
        sum(map(_judged, recent)),
        sum(day.confirmed for day in recent),
        sum(day.denied for day in recent),
        sum(day.unknown for day in recent),
        sum(day.at_stands for day in recent if day.age == 0),
    )


def _judged(day: AskingDay) -> int:
    answered = day.confirmed + day.denied + day.unknown
    return max(day.asked, answered) if day.age >= DAYS_TO_ANSWER else answered


def _level(days: list[AskingDay]) -> AskingLevel:
    asked, judged = sum(day.asked for day in days), sum(map(_judged, days))
    unknown, denied = sum(day.unknown for day in days), sum(day.denied for day in days)
    if unknown >= value("asks_unknown_events"):
        if _percent(unknown, asked) >= value("asks_unknown_stop"):
            return AskingLevel.STOPPED
        if _percent(unknown, asked) >= value("asks_unknown_few"):
            return AskingLevel.FEW
    if denied >= value("asks_denied_events") and _percent(denied, asked) >= value("asks_denied_few"):
        return AskingLevel.FEW
    if judged < value("asks_sample"):
        return AskingLevel.OPEN
    confirmed = _percent(sum(day.confirmed for day in days), judged)
    if confirmed < value("asks_confirmed_few"):
        return AskingLevel.FEW
    return AskingLevel.OPEN if confirmed >= value("asks_confirmed_least") else AskingLevel.HELD


def _limit(level: AskingLevel, days: list[AskingDay]) -> int:
    if level is AskingLevel.STOPPED:
        return 0
    if level is AskingLevel.FEW:
        return int(value("asks_few_day"))
    first = int(value("asks_first_day"))
    if level is AskingLevel.HELD:
        return first
    best = max((day.confirmed for day in days), default=0)
    return min(int(value("asks_most_day")), first + int(value("asks_per_confirmed")) * best)


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


class VisitFault(StrEnum):
    IP = "ip"
    IP_INSIDE = "ip-inside"
    AGENT = "user-agent"
    PAGE = "page"
    FUTURE = "future"
    OLD = "old"


def judge_visit(ip: str, user_agent: str, page: str, at: datetime, now: datetime) -> VisitFault | None:
    """Return why a program's details of a visit cannot be true; None if they can."""
    try:
        address = ip_address(ip)
    except ValueError:
        return VisitFault.IP
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in _INSIDE if network.version == address.version):
        return VisitFault.IP_INSIDE
    if len(user_agent.strip()) < 3:
        return VisitFault.AGENT
    if not page.startswith(("https://", "http://")) or len(page) < 12:
        return VisitFault.PAGE
    if at > now + _CLOCK_SKEW:
        return VisitFault.FUTURE
    return VisitFault.OLD if now - at > timedelta(hours=value("asks_visit_hours")) else None
