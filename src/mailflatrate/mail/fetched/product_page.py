"""Reads the product of a shop's page: JSON-LD, microdata (both schema.org), Open Graph, in this order. In a child
process; scripts, nodes and depth are bounded, and only plain text and web addresses are returned.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailflatrate.mail.fetched.feed import plain, safe_link
from mailflatrate.mail.fetched.values import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    FoundGap,
    FoundItem,
    FoundPrice,
    read_price,
)

MOST_SCRIPTS: Final = 20
LONGEST_SCRIPT: Final = 256 * 1024
MOST_NODES: Final = 5_000
DEEPEST: Final = 12
MOST_OFFERS: Final = 50
_PRODUCT = re.compile(r"(?:^|[/#:])(?:Product|ProductGroup|IndividualProduct|ProductModel|Book|Vehicle)$")
_Found = dict[str, Any]


def read_product(html: str, url: str) -> FoundItem:
    """`gaps` say what is missing or odd. Never raises for what a page says."""
    tree = LexborHTMLParser(html)
    linked, marked, graph = _from_json(tree), _from_microdata(tree), _from_open_graph(tree)
    product: _Found = {}
    for source in (linked, marked, graph):
        product |= {name: value for name, value in source.items() if value and not product.get(name)}
    title = plain(product.get("title") or _page_title(tree), LONGEST_TITLE)
    price, picture = _price(product), _address(url, product.get("picture", ""))
    gaps: list[tuple[str, str]] = []
    if not (linked or marked or graph.get("price")):
        gaps.append((FoundGap.NO_PRODUCT.value, ""))
    if not title:
        gaps.append((FoundGap.NO_TITLE.value, ""))
    gaps += price.gaps if price.amount or price.gaps else ((FoundGap.NO_PRICE.value, ""),)
    if len({price_text for price_text in product.get("prices", ()) if price_text}) > 1:
        gaps.append((FoundGap.SEVERAL_PRICES.value, ""))
    if re.search(r"OutOfStock|SoldOut|Discontinued", str(product.get("availability", ""))[:200]):
        gaps.append((FoundGap.SOLD_OUT.value, ""))
    if not picture:
        gaps.append((FoundGap.NO_PICTURE.value, ""))
    text = plain(product.get("text", ""), LONGEST_TEXT)
    return FoundItem(title, text, safe_link(url), picture, FoundPrice(price.amount, price.currency), tuple(gaps))


def _price(product: Mapping[str, Any]) -> FoundPrice:
    currency = str(product.get("currency", ""))
    read = [read_price(text, currency) for text in product.get("prices", ()) if text]
    amounts = [price for price in read if price.amount]
    if amounts:
        return min(amounts, key=lambda price: float(price.amount))
    return read[0] if read else FoundPrice()


def _from_json(tree: LexborHTMLParser) -> _Found:
    for script in tree.css('script[type="application/ld+json"]')[:MOST_SCRIPTS]:
        text = script.text()
        if len(text) > LONGEST_SCRIPT:
            continue
        try:
            whole = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(whole):
            if _is_product(node):
                return _of_node(node)
    return {}


def _nodes(whole: Any) -> Iterator[Mapping[str, Any]]:
    waiting, seen = [(whole, 0)], 0
    while waiting and seen < MOST_NODES:
        value, depth = waiting.pop(0)
        seen += 1
        if isinstance(value, Mapping):
            yield value
        if depth < DEEPEST and isinstance(value, Mapping | list):
            inside = value.values() if isinstance(value, Mapping) else value
            room = max(MOST_NODES - seen - len(waiting), 0)
            waiting += [(child, depth + 1) for child in inside if isinstance(child, Mapping | list)][:room]


def _is_product(node: Mapping[str, Any]) -> bool:
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and _PRODUCT.search(kind[-100:]) for kind in kinds[:10])


def _of_node(node: Mapping[str, Any]) -> _Found:
    offers = node.get("offers")
    listed = [
        candidate for candidate in (offers if isinstance(offers, list) else [offers]) if isinstance(candidate, Mapping)
    ]
    first = listed[0] if listed else {}
    nested = [specification for offer in listed[:MOST_OFFERS] for specification in _specifications(offer)]
    prices = [
        _text(price_node.get("price") or price_node.get("lowPrice")) for price_node in (*listed[:MOST_OFFERS], *nested)
    ]
    priced = next((price_node for price_node in (*listed, *nested) if price_node.get("priceCurrency")), {})
    return {
        "title": _text(node.get("name")),
        "text": _text(node.get("description")),
        "picture": _picture(node.get("image")),
        "prices": [price for price in prices if price][:MOST_OFFERS],
        "currency": _text(priced.get("priceCurrency")),
        "availability": _text(first.get("availability")),
    }


def _specifications(offer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = offer.get("priceSpecification")
    return [
        specification
        for specification in (given if isinstance(given, list) else [given])[:5]
        if isinstance(specification, Mapping)
    ]


def _picture(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, Mapping):
        value = value.get("url") or value.get("contentUrl") or ""
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return str(value)[:5_000] if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _from_microdata(tree: LexborHTMLParser) -> _Found:
    scope = next(
        (
            node
            for node in tree.css("[itemscope][itemtype]")[:MOST_NODES]
            if _PRODUCT.search(_attribute(node, "itemtype"))
        ),
        None,
    )
    if scope is None:
        return {}
    prices = [_property(node) for node in scope.css("[itemprop=price],[itemprop=lowPrice]")[:MOST_OFFERS]]
    return {
        "title": _first(scope, "name"),
        "text": _first(scope, "description"),
        "picture": _first(scope, "image"),
        "prices": [price for price in prices if price],
        "currency": _first(scope, "priceCurrency"),
        "availability": _first(scope, "availability"),
    }


def _first(scope: LexborNode, name: str) -> str:
    node = scope.css_first(f"[itemprop={name}]")
    return _property(node) if node is not None else ""


def _property(node: LexborNode) -> str:
    for name in ("content", "src", "href"):
        if value := _attribute(node, name):
            return value
    return node.text(separator=" ")[:5_000].strip()


def _attribute(node: LexborNode, name: str) -> str:
    return (node.attributes.get(name) or "")[:5_000].strip()


def _from_open_graph(tree: LexborHTMLParser) -> _Found:
    given: dict[str, str] = {}
    for node in tree.css("meta[property],meta[name]")[:200]:
        name = _attribute(node, "property") or _attribute(node, "name")
        given.setdefault(name.lower(), _attribute(node, "content"))
    price = given.get("product:price:amount") or given.get("og:price:amount", "")
    fields: _Found = {
        "title": given.get("og:title", ""),
        "text": given.get("og:description") or given.get("description", ""),
        "picture": given.get("og:image:secure_url") or given.get("og:image", ""),
        "prices": [price] if price else [],
        "currency": given.get("product:price:currency") or given.get("og:price:currency", ""),
        "availability": given.get("product:availability", ""),
        "price": price,
    }
    return {name: value for name, value in fields.items() if value}


def _page_title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("h1") or tree.css_first("title")
    return node.text(separator=" ") if node is not None else ""


def _address(url: str, given: str) -> str:
    try:
        return safe_link(urljoin(url, given)) if given else ""
    except ValueError:
        return ""
