"""Blocks of products and articles found on other sites, as MJML, escaped: no markup or Liquid in them takes effect."""

import html
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from mailflatrate.apps.campaigns.content.default_blocks import palette_words
from mailflatrate.locale.formats import written_price

FEED_CLASS: Final = "mf-feed"


def price_of(item: Mapping[str, Any], language: str) -> str:
    price = item["price"]
    return written_price(Decimal(price["amount"]), price["currency"], language) if price["amount"] else ""


def product_column(item: Mapping[str, Any], language: str) -> str:
    words, link = palette_words(language), _attribute(item["link"])
    parts = [
        _image(item),
        f'<mj-text font-weight="700" padding="0 12px 4px">{_escaped(item["title"])}</mj-text>',
        f'<mj-text mj-class="soft" padding="0 12px 8px">{_escaped(price)}</mj-text>'
        if (price := price_of(item, language))
        else "",
        f'<mj-button href="{link}" padding="0 12px 24px">{words["product_button"]}</mj-button>',
    ]
    return f"<mj-column>{''.join(parts)}</mj-column>"


def product_row(item: Mapping[str, Any], language: str) -> str:
    return f'<mj-section padding="16px 28px">{product_column(item, language)}</mj-section>'


def item_rows(items: Sequence[Mapping[str, Any]], language: str) -> str:
    """A row for each item, in a group that the editor knows by its class, to replace it on the next lookup."""
    rows = "\n".join(_item_row(item, language) for item in items)
    return f'<mj-wrapper css-class="{FEED_CLASS}" padding="0">{rows}</mj-wrapper>'


def _item_row(item: Mapping[str, Any], language: str) -> str:
    words, price = palette_words(language), price_of(item, language)
    text = [f'<mj-text font-weight="700" font-size="18px" padding="0 12px 4px">{_escaped(item["title"])}</mj-text>']
    if price:
        text.append(f'<mj-text mj-class="soft" padding="0 12px 4px">{_escaped(price)}</mj-text>')
    more = ""
    if item["link"]:
        label = words["product_button"] if price else words["article_button"]
        more = f'<a href="{_attribute(item["link"])}">{label}</a>'
    lines = "<br>".join(part for part in (_escaped(item["text"]), more) if part)
    if lines:
        text.append(f'<mj-text padding="0 12px 12px">{lines}</mj-text>')
    if not item["image"]:
        return f'<mj-section padding="12px 28px"><mj-column>{"".join(text)}</mj-column></mj-section>'
    picture = f'<mj-column width="36%">{_image(item)}</mj-column>'
    return f'<mj-section padding="12px 28px">{picture}<mj-column width="64%">{"".join(text)}</mj-column></mj-section>'


def _image(item: Mapping[str, Any]) -> str:
    if not item["image"]:
        return ""
    href = f' href="{_attribute(item["link"])}"' if item["link"] else ""
    attributes = f'src="{_attribute(item["image"])}" alt="{_attribute(item["title"])}"'
    return f'<mj-image {attributes}{href} padding="0 12px 12px" />'


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("{", "&#123;").replace("}", "&#125;")


def _attribute(text: str) -> str:
    """Return a text for an attribute, where the editor knows no entities for braces: they become round."""
    return html.escape(text, quote=False).replace('"', "&quot;").replace("{", "(").replace("}", ")")
