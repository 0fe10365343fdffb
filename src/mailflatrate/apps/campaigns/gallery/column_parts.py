"""The parts of our templates that follow each other in one column, by kind."""

from collections.abc import Callable, Mapping
from typing import Final

from mailflatrate.apps.campaigns.gallery.markup import ALIGN, PartSource, heading_tag, soft_text, subtitle


def _button(part: PartSource) -> str:
    label, *address = part.slots
    return f'<mj-button href="{part.words[address[0] if address else "url"]}">{part.words[label]}</mj-button>'


def _title(part: PartSource) -> str:
    heading = heading_tag(1, part.words[part.slots[0]], "[[title_px]]", "1.2")
    return f'<mj-text mj-class="title" css-class="title">{heading}</mj-text>'


def bullets(part: PartSource) -> str:
    items = "".join(f'<li style="margin:0 0 6px">{part.words[slot]}</li>' for slot in part.slots)
    return f'<mj-text><ul style="margin:0;padding-left:20px">{items}</ul></mj-text>'


def _rows(part: PartSource) -> str:
    style = "padding:7px 16px 7px 0;white-space:nowrap;vertical-align:top;text-align:left"
    rows = "".join(
        f'<tr><th scope="row" style="{style}">{part.words[f"time_{slot}"]}</th>'
        f'<td style="padding:7px 0">{part.words[f"item_{slot}"]}</td></tr>'
        for slot in part.slots
    )
    return f'<mj-table font-size="15px" line-height="1.5" color="[[ink]]" padding="0 40px 20px">{rows}</mj-table>'


def _prices(part: PartSource) -> str:
    cell = "padding:12px 0;vertical-align:top;border-bottom:1px solid [[rule]]"
    rows = "".join(
        f'<tr><th scope="row" class="line" style="{cell};text-align:left;font-weight:400">'
        f"<strong>{part.words[slot]}</strong><br>"
        f"{part.words[f'{slot}_text']}</th>"
        f'<td class="line" style="{cell};padding-left:16px;text-align:right;white-space:nowrap">'
        f"{part.words[f'{slot}_price']}</td></tr>"
        for slot in part.slots
    )
    return f'<mj-table font-size="15px" line-height="1.5" color="[[ink]]" padding="0 40px 24px">{rows}</mj-table>'


def _quote(part: PartSource) -> str:
    quote, by = (part.words[slot] for slot in part.slots)
    return (
        '<mj-text font-family="[[heading_font]]" font-size="24px" line-height="1.4" padding="8px 40px 8px" '
        f'align="[[title_align]]"><em>{quote}</em></mj-text>\n'
        f"        {soft_text(by, ALIGN)}"
    )


def _closing(part: PartSource) -> str:
    return f"<mj-text>{part.words['regards']}<br>{{{{ account.name }}}}</mj-text>"


def _price(part: PartSource) -> str:
    price, note = (part.words[slot] for slot in part.slots)
    return (
        f'<mj-text{ALIGN} font-size="20px" font-weight="700" padding="0 40px 4px">{price}</mj-text>\n'
        f"        {soft_text(note, ALIGN)}"
    )


COLUMN_PARTS: Final[Mapping[str, Callable[[PartSource], str]]] = {
    "button": _button,
    "closing": _closing,
    "heading": lambda part: subtitle(part.words[part.slots[0]], ALIGN),
    "kicker": lambda part: f'<mj-text mj-class="kicker" css-class="accent">{part.words[part.slots[0]]}</mj-text>',
    "lead": lambda part: f'<mj-text mj-class="lead"{ALIGN}>{part.words[part.slots[0]]}</mj-text>',
    "list": bullets,
    "note": lambda part: soft_text(part.words[part.slots[0]]),
    "opening": lambda part: f"<mj-text>{part.words['greeting']}<br><br>{part.words[part.slots[0]]}</mj-text>",
    "price": _price,
    "prices": _prices,
    "quote": _quote,
    "rows": _rows,
    "rule": lambda part: "<mj-divider />",
    "salutation": lambda part: (
        "<mj-text>"
        '<h1 style="margin:0;font-family:[[body_font]];font-size:[[text_px]];line-height:1.6;font-weight:400">'
        f"{part.words['greeting']}</h1></mj-text>"
    ),
    "signature": lambda part: (
        '<mj-text mj-class="subtitle" padding="12px 40px 24px"><em>{{ account.name }}</em></mj-text>'
    ),
    "text": lambda part: f"<mj-text>{part.words[part.slots[0]]}</mj-text>",
    "title": _title,
}
