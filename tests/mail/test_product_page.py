"""Products on strangers' pages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
