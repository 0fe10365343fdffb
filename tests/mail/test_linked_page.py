"""What pages state in structured data, and pages that mean no good."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.base import child
from mailflatrate.mail.content.stated_facts import StatedPrice
from mailflatrate.mail.fetched.linked_page import (
    LONGEST_EXTRACT,
    MOST_FOUND,
    EventDays,
    LinkedPage,
    PriceRange,
    read_linked_page,
)

EURO = PriceRange(Decimal("24.90"), Decimal("24.90"), "EUR")


def linked(*data: Any) -> LinkedPage:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(each)}</script>' for each in data)
    return read_linked_page(f"<html><head><title>Bulbs &amp; more</title>{scripts}</head><p>Hello</p>".encode())


def test_json_ld_states_prices_and_days() -> None:
    offer = {"@type": "Offer", "price": "24.90", "priceCurrency": "EUR"}
    page = linked(
        {"@graph": [{"@type": "Product", "offers": [offer]}]},
        {"@type": ["Thing", "AggregateOffer"], "lowPrice": 5, "highPrice": 7.5, "priceCurrency": "CHF"},
    )
    assert page.title == "Bulbs & more"
    assert page.text == "Bulbs & more Hello"
    wide = PriceRange(Decimal("5.00"), Decimal("7.50"), "CHF")
    assert set(page.prices) == {EURO, wide}
    assert wide.has(StatedPrice(Decimal(6), "CHF"))
    assert not wide.has(StatedPrice(Decimal(6), "EUR"))
    event = {"@type": "MusicEvent", "startDate": "2026-12-12T20:00+01:00", "endDate": "2026-12-13"}
    assert linked(event).events == (EventDays(date(2026, 12, 12), date(2026, 12, 13)),)


def test_microdata_and_open_graph_state_them_too() -> None:
    html = """
    <meta property="product:price:amount" content="24,90">
    <meta property="product:price:currency" content="eur">
    <div itemscope itemtype="https://schema.org/Offer">
      <b itemprop="price" content="5.00">five</b> <meta itemprop="priceCurrency" content="GBP">
    </div>
    <div itemscope itemtype="https://schema.org/Event">
      <time itemprop="startDate" datetime="2026-05-01T10:00">May</time>
    </div>"""
    page = read_linked_page(html.encode())
    assert set(page.prices) == {EURO, PriceRange(Decimal(5), Decimal(5), "GBP")}
    assert page.events == (EventDays(date(2026, 5, 1), date(2026, 5, 1)),)


def test_what_makes_no_sense_is_left_out() -> None:
    page = linked(
        {"@type": "Offer", "price": "call us", "priceCurrency": "EUR"},
        {"@type": "Offer", "price": True, "priceCurrency": "EUR"},
        {"@type": "Offer", "price": 5, "priceCurrency": "XXX"},
        {"@type": "AggregateOffer", "lowPrice": 9, "highPrice": 5, "priceCurrency": "EUR"},
        {"@type": "Event", "startDate": "soon"},
        {"@type": {"a": 1}},
        [[[["x"]]]],
    )
    assert (page.prices, page.events) == ((), ())
    assert read_linked_page(b'<script type="application/ld+json">{"a":</script>', "no-such-charset").prices == ()


def test_a_hostile_page_is_bounded() -> None:
    """Deep and wide structures, many scripts, and megabytes of text end in small values."""
    deep = "[" * 50_000 + "]" * 50_000
    many = json.dumps([{"@type": "Offer", "price": n, "priceCurrency": "EUR"} for n in range(2_000)])
    body = f'<script type="application/ld+json">{deep}</script><script type="application/ld+json">{many}</script>'
    page: LinkedPage = child.call("page", (body + "<p>" + "word " * 60_000).encode(), "utf-8")
    assert len(page.prices) == MOST_FOUND
    assert len(page.text) <= LONGEST_EXTRACT


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400) | st.text(alphabet='<>"{}[]:,@typeOfrpic0123é', max_size=300).map(str.encode))
def test_any_bytes_are_read(body: bytes) -> None:
    page = read_linked_page(b'<script type="application/ld+json">' + body + b"</script>" + body)
    assert len(page.text) <= LONGEST_EXTRACT
    assert "\0" not in page.title + page.text
