"""What was found behind a link, and what a campaign says beside it, compared with what the page says (R-49)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailflatrate.mail.content.facts import Anchor
from mailflatrate.mail.content.stated_facts import StatedDay, StatedPrice, stated_days, stated_prices
from mailflatrate.mail.fetched.linked_page import EventDays, PriceRange

BEFORE, AFTER = 300, 120
"""How many characters before and after a link belong to it, unless another link is nearer."""
LONGEST = 800
"""Characters in and around one link that are read."""
MOST_COMPARED = 3
"""A page with more prices or events than this is a list, of which a campaign may mean any."""


class LinkOutcome(StrEnum):
    """The result of visiting a link. WAITING: not visited yet. NO_HOST: the name has no address. GONE: 404 or 410.

    FAILED: another error of the website. UNKNOWN: the network failed. SKIPPED: not to be visited: the link is personal,
    leads to an example domain or to this service.
    """

    WAITING = "waiting"
    OK = "ok"
    NO_HOST = "no_host"
    GONE = "gone"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class LinkVisitFacts:
    """`problem` is technical, `final_url` after `redirects`; `disagreements` as `19.90 EUR / 24.90 EUR`."""

    url: str
    outcome: LinkOutcome
    problem: str = ""
    final_url: str = ""
    redirects: int = 0
    disagreements: tuple[str, ...] = ()


def said_beside(outline: str, anchors: Sequence[Anchor]) -> dict[str, str]:
    ends, starts = _ends_before(anchors), _starts_after(anchors, len(outline))
    beside: dict[str, list[str]] = {}
    for anchor, least, most in zip(anchors, ends, starts, strict=True):
        start, end = max(anchor.start - BEFORE, least), min(anchor.end + AFTER, most)
        beside.setdefault(anchor.href, []).append(outline[start:end][:LONGEST])
    return {href: "\n".join(words) for href, words in beside.items()}


def _ends_before(anchors: Sequence[Anchor]) -> list[int]:
    ends: list[int] = []
    for number, anchor in enumerate(anchors):
        before = anchors[number - 1] if number else None
        same = before is not None and before.href == anchor.href
        ends.append(ends[-1] if same else before.end if before is not None else 0)
    return ends


def _starts_after(anchors: Sequence[Anchor], length: int) -> list[int]:
    starts: list[int] = []
    for number, anchor in reversed(list(enumerate(anchors))):
        after = anchors[number + 1] if number + 1 < len(anchors) else None
        same = after is not None and after.href == anchor.href
        starts.append(starts[-1] if same else after.start if after is not None else length)
    return starts[::-1]


def disagreements(words: str, prices: Sequence[PriceRange], events: Sequence[EventDays]) -> tuple[str, ...]:
    """Return such as `19.90 EUR / 24.90 EUR`. A page that states none or many says nothing, and one value that agrees
    is enough: a campaign may also name the price before the sale.
    """
    differences = []
    stated = [
        price for price in stated_prices(words) if any(price.currency == price_range.currency for price_range in prices)
    ]
    if (
        0 < len(prices) <= MOST_COMPARED
        and stated
        and not any(price_range.has(price) for price in stated for price_range in prices)
    ):
        differences.append(f"{_said_prices(stated)} / {_said_ranges(prices)}")
    days = stated_days(words)
    agree = any(day.is_within(event.first, event.last) for day in days for event in events)
    if 0 < len(events) <= MOST_COMPARED and days and not agree:
        differences.append(f"{', '.join(map(_said_day, days[:MOST_COMPARED]))} / {_said_events(events)}")
    return tuple(differences)


def _said_prices(prices: Iterable[StatedPrice]) -> str:
    return ", ".join(f"{price.amount} {price.currency}" for price in list(prices)[:MOST_COMPARED])


def _said_ranges(prices: Iterable[PriceRange]) -> str:
    return ", ".join(
        f"{price.low}{'' if price.low == price.high else f'–{price.high}'} {price.currency}" for price in prices
    )


def _said_day(day: StatedDay) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}" if day.year else f"{day.day}.{day.month}."


def _said_events(events: Iterable[EventDays]) -> str:
    return ", ".join(
        f"{event.first.isoformat()}{'' if event.first == event.last else f'–{event.last.isoformat()}'}"
        for event in events
    )
