"""Products on strangers' pages. What pages state in structured data, and pages that mean no good.

Prices and days as people write them in three languages.
"""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.base import child
from mailflatrate.mail.content.stated_facts import StatedDay, StatedPrice, read_amount, stated_days, stated_prices
from mailflatrate.mail.fetched.linked_page import (
    LONGEST_EXTRACT,
    MOST_FOUND,
    EventDays,
    LinkedPage,
    PriceRange,
    read_linked_page,
)
from mailflatrate.mail.fetched.product_page import read_product
from mailflatrate.mail.fetched.values import FoundGap, read_price

URL = "https://shop.example/tulips"


def page(product: object, more: str = "") -> str:
    return f'<html><head>{more}<script type="application/ld+json">{json.dumps(product)}</script></head></html>'


def test_json_ld_is_read_wherever_the_product_is() -> None:
    offers = [{"price": 24.9, "priceCurrency": "EUR"}, {"price": "19.90", "priceCurrency": "EUR"}]
    product = {"@type": ["Thing", "Product"], "name": "Tulips <b>red</b>", "image": ["/a.jpg"], "offers": offers}
    found = read_product(page({"@graph": [{"@type": "WebPage"}, {"mainEntity": product}]}), URL)
    assert (found.title, found.link, found.picture) == ("Tulips red", URL, "https://shop.example/a.jpg")
    assert (found.price.amount, found.price.currency) == ("19.90", "EUR")
    assert [gap for gap, _words in found.gaps] == [FoundGap.SEVERAL_PRICES]


def test_microdata_and_open_graph_fill_what_is_missing() -> None:
    marked = (
        '<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Bulbs</h1>'
        '<div itemprop="offers" itemscope itemtype="https://schema.org/Offer">'
        '<meta itemprop="price" content="1.299,00">'
        '<link itemprop="availability" href="https://schema.org/OutOfStock"></div></div>'
    )
    graph = '<meta property="og:image" content="//cdn.example/b.png"><meta property="og:price:currency" content="EUR">'
    found = read_product(f"<head>{graph}</head>{marked}", URL)
    assert (found.title, found.picture) == ("Bulbs", "https://cdn.example/b.png")
    assert (found.price.amount, found.price.currency) == ("1299.00", "EUR")
    assert [gap for gap, _words in found.gaps] == [FoundGap.SOLD_OUT]


def test_what_is_missing_or_odd_is_named() -> None:
    nothing = read_product("<title>Our garden</title>", URL)
    assert nothing.title == "Our garden"
    assert {gap for gap, _words in nothing.gaps} == {FoundGap.NO_PRODUCT, FoundGap.NO_PRICE, FoundGap.NO_PICTURE}
    odd = {"@type": "Product", "name": "X", "image": "javascript:alert(1)", "offers": {"price": "on request"}}
    found = read_product(page(odd), URL)
    assert found.picture == ""
    assert (FoundGap.ODD_PRICE.value, "on request") in found.gaps


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ("24.90", "24.90", ""),
        ("24,90 €", "24.90", "EUR"),
        ("EUR 1.299,00", "1299.00", "EUR"),
        ("1,299", "1299", ""),
        ("15.00 USD", "15.00", "USD"),
        ("1'250.50 CHF", "1250.50", "CHF"),
        ("0.125", "0.125", ""),
        ("10 - 20 EUR", "", ""),
        ("-5 EUR", "", ""),
        ("1.2.3", "", ""),
        ("99999999999", "", ""),
    ],
)
def test_prices_are_read_as_shops_write_them(written: str, amount: str, currency: str) -> None:
    price = read_price(written)
    assert (price.amount, price.currency) == (amount, currency)


def test_a_page_can_only_cost_so_much() -> None:
    deep: object = {"@type": "Product", "name": "deep"}
    for _ in range(50):
        deep = [deep]
    wide = [{"a": index} for index in range(20_000)] + [{"@type": "Product", "name": "late"}]
    script = '<script type="application/ld+json">'
    for html in (page(deep), page(wide), f"{script}{'[' * 100_000}</script>", f"{script}{'1' * 300_000}</script>"):
        assert FoundGap.NO_PRODUCT in [gap for gap, _words in read_product(html, URL).gaps]


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.sampled_from(["Product", "https://x.example"]),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["@type", "name", "offers", "price", "image", "url", "priceCurrency", "priceSpecification"]
            ),
            inside,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(_JSON.map(lambda value: {"@type": "Product", **(value if isinstance(value, dict) else {"offers": value})}))
def test_no_page_breaks_the_reader(product: object) -> None:
    found = read_product(page(product), URL)
    assert len(found.title) <= 200
    assert found.picture == "" or found.picture.startswith("http")


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


@pytest.mark.parametrize(
    ("text", "prices"),
    [
        ("Nur 19,90 € statt 24,90 EUR", ["19.90 EUR", "24.90 EUR"]),
        ("$1,299.00 or £5", ["1299.00 USD", "5.00 GBP"]),
        ("1.299,– € und CHF 1'200.50, CHF 12", ["1299.00 EUR", "1200.50 CHF", "12.00 CHF"]),
        ("1 299,00 €", ["1299.00 EUR"]),
        ("20 %, 3 pieces, 19.90 without a currency, 2026", []),
        ("19,90 € 19,90 €", ["19.90 EUR"]),
    ],
)
def test_prices_have_a_currency(text: str, prices: list[str]) -> None:
    assert [f"{each.amount} {each.currency}" for each in stated_prices(text)] == prices


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("am 12. Dezember 2026 und am 3. März", [(2026, 12, 12), (0, 3, 3)]),
        ("on December 24th, 2026 and 5 May", [(2026, 12, 24), (0, 5, 5)]),
        ("le 1er décembre 2026", [(2026, 12, 1)]),
        ("12.12.2026, 2026-01-31", [(2026, 12, 12), (2026, 1, 31)]),
        ("03/04/2026, 31.02.2026, 2026-02-30, in May", []),
    ],
)
def test_days_are_never_guessed(text: str, days: list[tuple[int, int, int]]) -> None:
    assert stated_days(text) == tuple(StatedDay(*day) for day in days)


def test_a_day_is_within_an_event_in_any_of_its_years() -> None:
    first, last = date(2026, 12, 30), date(2027, 1, 2)
    assert StatedDay(2027, 1, 1).is_within(first, last)
    assert StatedDay(0, 1, 1).is_within(first, last)
    assert not StatedDay(2026, 1, 1).is_within(first, last)
    assert not StatedDay(0, 2, 29).is_within(first, last)


@given(st.text(max_size=300) | st.from_regex(r"[\d.,€$ EURCHF'-]{0,80}", fullmatch=True))
def test_any_text_is_read(text: str) -> None:
    for price in stated_prices(text):
        assert 0 <= price.amount < Decimal(10) ** 12
    for day in stated_days(text):
        date(day.year or 2024, day.month, day.day)


@given(st.decimals(0, 999_999, places=2))
def test_an_amount_is_the_same_in_every_notation(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert read_amount(english) == read_amount(german) == read_amount(str(amount)) == amount
    assert stated_prices(f"{german} €") == (StatedPrice(amount, "EUR"),)
