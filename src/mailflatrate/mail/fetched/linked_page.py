"""What a web page says about itself: title, text, and prices and event days by schema.org (JSON-LD, microdata) and Open
Graph. Pages are untrusted: read in a child process with limits, and nothing of their markup is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailflatrate.mail.content.stated_facts import StatedPrice, read_amount
from mailflatrate.mail.fetched.feed import plain
from mailflatrate.mail.reading.mime import decode_bytes

LONGEST_TITLE, LONGEST_EXTRACT = 200, 600
MOST_FOUND = 20
_MOST_SCRIPTS, _LONGEST_SCRIPT, _MOST_NODES, _DEEPEST = 20, 200_000, 5_000, 30
_CURRENCIES = frozenset({"EUR", "USD", "GBP", "CHF"})
_OFFERS = frozenset({"Offer", "AggregateOffer", "UnitPriceSpecification", "PriceSpecification"})


@dataclass(frozen=True, slots=True)
class PriceRange:
    low: Decimal
    high: Decimal
    currency: str

    def has(self, price: StatedPrice) -> bool:
        return price.currency == self.currency and self.low <= price.amount <= self.high


@dataclass(frozen=True, slots=True)
class EventDays:
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class LinkedPage:
    title: str
    text: str
    prices: tuple[PriceRange, ...] = ()
    events: tuple[EventDays, ...] = ()


def read_linked_page(body: bytes, charset: str = "utf-8") -> LinkedPage:
    source = decode_bytes(body, charset)
    tree = LexborHTMLParser(source)
    facts = [*_linked_data(tree), *_microdata(tree), *_open_graph(tree)]
    prices = dict.fromkeys(fact for fact in facts if isinstance(fact, PriceRange))
    events = dict.fromkeys(fact for fact in facts if isinstance(fact, EventDays))
    title = tree.css_first("title")
    return LinkedPage(
        plain(title.html or "", LONGEST_TITLE) if title else "",
        plain(source, LONGEST_EXTRACT),
        tuple(prices)[:MOST_FOUND],
        tuple(events)[:MOST_FOUND],
    )


def _linked_data(tree: LexborHTMLParser) -> Iterator[PriceRange | EventDays]:
    for script in tree.css('script[type="application/ld+json"]')[:_MOST_SCRIPTS]:
        text = script.text()
        if len(text) > _LONGEST_SCRIPT:
            continue
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(data):
            yield from _price_of(node)
            yield from _event_of(node)


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    waiting, left = [(data, 0)], _MOST_NODES
    while waiting and left:
        value, depth = waiting.pop()
        left -= 1
        if isinstance(value, dict):
            yield value
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if depth < _DEEPEST:
            waiting += [(child, depth + 1) for child in children if isinstance(child, dict | list)]


def _types(node: dict[str, Any]) -> set[str]:
    kinds = node.get("@type", ())
    return {str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])}


def _price_of(node: dict[str, Any]) -> Iterator[PriceRange]:
    if _types(node) & _OFFERS:
        low, high = node.get("lowPrice", node.get("price")), node.get("highPrice", node.get("price"))
        yield from _range(low, high, node.get("priceCurrency"))


def _range(low: Any, high: Any, currency: Any) -> Iterator[PriceRange]:
    first, last = _amount(low), _amount(high if high is not None else low)
    code = str(currency or "").strip().upper()
    if first is not None and last is not None and first <= last and code in _CURRENCIES:
        yield PriceRange(first, last, code)


def _amount(value: Any) -> Decimal | None:
    return None if isinstance(value, bool) or value is None else read_amount(str(value)[:20])


def _event_of(node: dict[str, Any]) -> Iterator[EventDays]:
    if any(kind.endswith("Event") for kind in _types(node)):
        yield from _days(node.get("startDate"), node.get("endDate"))


def _days(start: Any, end: Any) -> Iterator[EventDays]:
    first = _day(start)
    last = _day(end) or first
    if first is not None and last is not None and first <= last:
        yield EventDays(first, last)


def _day(value: Any) -> date | None:
    """ISO 8601, as on the clock of the place."""
    try:
        return date.fromisoformat(str(value or "").strip()[:10])
    except ValueError:
        return None


def _microdata(tree: LexborHTMLParser) -> Iterator[PriceRange | EventDays]:
    for offer in tree.css("[itemtype*='schema.org/Offer'], [itemtype*='schema.org/AggregateOffer']")[:MOST_FOUND]:
        price, low, high = _property(offer, "price"), _property(offer, "lowPrice"), _property(offer, "highPrice")
        yield from _range(low or price, high or price, _property(offer, "priceCurrency"))
    for event in tree.css("[itemtype*='Event']")[:MOST_FOUND]:
        yield from _days(_property(event, "startDate"), _property(event, "endDate"))


def _property(node: LexborNode, name: str) -> str | None:
    element = node.css_first(f"[itemprop='{name}']")
    if element is None:
        return None
    return element.attributes.get("content") or element.attributes.get("datetime") or element.text()[:50]


def _open_graph(tree: LexborHTMLParser) -> Iterator[PriceRange]:
    for kind in ("product:price", "og:price"):
        amount, currency = (tree.css_first(f"meta[property='{kind}:{name}']") for name in ("amount", "currency"))
        if amount is not None and currency is not None:
            price = amount.attributes.get("content")
            yield from _range(price, price, currency.attributes.get("content"))
