"""The parts of our templates that take the full width, each with sections of its own, by kind."""

from collections.abc import Callable, Mapping
from typing import Final

from mailflatrate.apps.campaigns.gallery.column_parts import bullets
from mailflatrate.apps.campaigns.gallery.markup import (
    PartSource,
    column,
    group,
    heading_tag,
    image,
    one_column,
    section,
    soft_text,
    subtitle,
)


def _masthead(part: PartSource) -> str:
    """Return the sender's logo or name; with a slot, a line beside it, such as the number of the issue."""
    if part.slots:
        columns = [
            column(["[[brand]]"], 'width="60%"'),
            column([soft_text(part.words[part.slots[0]], ' align="right"')], 'width="40%"'),
        ]
        rule = f'<mj-divider border-width="{part.family.rule_px}px" border-color="[[ink]]" padding="4px 40px 0" />'
        line = section("\n".join(columns), 'padding="28px 0 4px"')
        return line + "\n" + one_column([rule], around='padding="0"')
    if part.family.masthead == "band":
        name = (
            '<mj-text align="center" color="[[on_primary]]" font-weight="700" padding="0 40px 14px">'
            "{{ account.name }}</mj-text>"
        )
        return one_column([name], around='background-color="[[primary]]" css-class="band" padding="18px 0 4px"')
    if part.family.masthead == "centered":
        ground = 'background-color="[[page]]" css-class="page" ' if part.family.hero == "full" else ""
        return one_column(["[[brand_centered]]"], around=f'{ground}padding="24px 0 20px"')
    return one_column(["[[brand]]"], around='padding="32px 0 12px"')


def _hero(part: PartSource) -> str:
    look = "" if part.family.hero == "full" else 'width="520px" padding="20px 40px 0" border-radius="[[corner]]" '
    return one_column([image(part.slots[0], part.words, look)], around='padding="0"')


def _poster(part: PartSource) -> str:
    above, title, below = (part.words[slot] for slot in part.slots)
    colour = 'color="[[on_primary]]" align="center"'
    return one_column(
        [
            f'<mj-text {colour} font-size="13px" letter-spacing="1px" font-weight="700" padding="0 40px 12px">'
            f"{above}</mj-text>",
            f'<mj-text mj-class="title" css-class="title wide" {colour}>'
            f"{heading_tag(1, title, '[[title_px]]', '1.2')}</mj-text>",
            f'<mj-text {colour} font-size="18px" line-height="1.5" padding="0 40px">{below}</mj-text>',
        ],
        around='background-color="[[primary]]" css-class="band" padding="44px 0 40px"',
    )


def _call(part: PartSource) -> str:
    heading, text, label = (part.words[slot] for slot in part.slots)
    colour = 'color="[[on_primary]]" align="center"'
    return one_column(
        [
            f'<mj-text mj-class="subtitle" {colour}>{heading_tag(2, heading, "21px")}</mj-text>',
            f"<mj-text {colour}>{text}</mj-text>",
            '<mj-button align="center" css-class="action reverse" background-color="[[on_primary]]" '
            f'color="[[primary]]" padding="4px 40px 8px" href="{part.words["url"]}">{label}</mj-button>',
        ],
        around='background-color="[[primary]]" css-class="band" padding="32px 0 28px"',
    )


def _code(part: PartSource) -> str:
    code, note = (part.words[slot] for slot in part.slots)
    return one_column(
        [
            '<mj-text align="center" font-size="26px" line-height="1.3" font-weight="700" letter-spacing="2px" '
            f'padding="18px 16px 4px">{code}</mj-text>',
            soft_text(note, ' align="center" padding="0 16px 16px"'),
        ],
        attributes='border="2px dashed [[link]]" css-class="frame"',
        around='padding="8px 40px 0"',
    )


def _panel(part: PartSource) -> str:
    heading, *texts = part.slots
    parts = [subtitle(part.words[heading], size="18px")]
    if len(texts) == 1:
        parts.append(f'<mj-text font-size="15px">{part.words[texts[0]]}</mj-text>')
    else:
        parts.append(bullets(PartSource(part.family, part.words, tuple(texts))))
    return one_column(parts, around='background-color="[[tint]]" css-class="sheet tint" padding="28px 0 12px"')


def _points(part: PartSource) -> str:
    width = f'width="{100 / len(part.slots):.4g}%"'
    side = "40px" if len(part.slots) == 2 else "24px"
    columns = [
        column(
            [
                subtitle(part.words[slot], f' padding="0 {side} 6px"', "18px"),
                f'<mj-text font-size="15px" padding="0 {side} 16px">{part.words[f"{slot}_text"]}</mj-text>',
            ],
            width,
        )
        for slot in part.slots
    ]
    return section("\n".join(columns), 'background-color="[[tint]]" css-class="sheet tint" padding="28px 0 12px"')


def _story(part: PartSource) -> str:
    stem, slot = part.slots
    address = f"{part.words['url']}/{slot}"
    picture = image(stem, part.words, f'href="{address}" padding="0 12px 12px" border-radius="[[corner]]" ')
    texts = [
        subtitle(part.words[slot], ' padding="0 12px 6px"'),
        f'<mj-text font-size="15px" padding="0 12px 12px">{part.words[f"{slot}_text"]} '
        f'<a href="{address}">{part.words[f"{slot}_more"]}</a></mj-text>',
    ]
    middle = 'vertical-align="middle"'
    columns = [column([picture], f'width="40%" {middle}'), column(texts, f'width="60%" {middle}')]
    return section("\n".join(columns), 'padding="16px 28px 8px"')


def _products(part: PartSource) -> str:
    """Return products side by side; the part.slots are a picture and its text in turns."""
    pairs = list(zip(part.slots[::2], part.slots[1::2], strict=True))
    width = f'width="{100 / len(pairs):.4g}%"'
    columns = []
    for stem, slot in pairs:
        address = f"{part.words['url']}/{slot}"
        columns.append(
            column(
                [
                    image(stem, part.words, f'href="{address}" padding="0 12px 14px" border-radius="[[corner]]" '),
                    f'<mj-text font-weight="700" padding="0 12px 2px">{part.words[slot]}</mj-text>',
                    soft_text(part.words[f"{slot}_text"], ' padding="0 12px 6px"'),
                    f'<mj-text padding="0 12px 24px"><a href="{address}">{part.words[f"{slot}_link"]}</a></mj-text>',
                ],
                width,
            )
        )
    return section("\n".join(columns), 'padding="16px 28px 8px"')


def _pictures(part: PartSource) -> str:
    columns = [
        column(
            [image(stem, part.words, 'padding="0 8px 16px" border-radius="[[corner]]" ')],
            f'width="{100 // len(part.slots)}%"',
        )
        for stem in part.slots
    ]
    return section("\n".join(columns), 'padding="8px 32px 0"')


def _person(part: PartSource) -> str:
    stem, name, text = part.slots
    texts = [
        f'<mj-text font-weight="700" padding="6px 40px 2px 8px">{part.words[name]}</mj-text>',
        f'<mj-text font-size="15px" padding="0 40px 12px 8px">{part.words[text]}</mj-text>',
    ]
    picture = image(
        stem, part.words, 'width="84px" font-size="12px" align="left" padding="4px 0 12px 40px" border-radius="42px" '
    )
    return group([column([picture], 'width="26%"'), column(texts, 'width="74%"')], 'padding="24px 0 12px"')


def _date(part: PartSource) -> str:
    colour = 'align="center" color="[[on_primary]]"'
    sheet = [
        f'<mj-text {colour} font-size="14px" line-height="1.3" padding="18px 8px 0">{part.words["month"]}</mj-text>',
        f'<mj-text {colour} font-family="[[heading_font]]" font-size="44px" line-height="1.1" font-weight="700" '
        f'padding="0 8px">{part.words["day"]}</mj-text>',
        f'<mj-text {colour} font-size="14px" line-height="1.3" padding="0 8px 18px">{part.words["weekday"]}</mj-text>',
    ]
    facts = [
        f'<mj-text padding="{14 if number == 0 else 0}px 0 6px 16px"><strong>{part.words[f"{slot}_label"]}</strong><br>'
        f"{part.words[slot]}</mj-text>"
        for number, slot in enumerate(part.slots)
    ]
    box = 'width="30%" background-color="[[primary]]" border-radius="8px" vertical-align="middle" css-class="box"'
    columns = [column(sheet, box), column(facts, 'width="70%" vertical-align="middle"')]
    return section("\n".join(columns), 'padding="8px 40px 16px"')


def _steps(part: PartSource) -> str:
    rows = []
    for number, slot in enumerate(part.slots, 1):
        figure = (
            '<mj-text align="right" font-family="[[heading_font]]" font-size="34px" line-height="1.1" '
            f'font-weight="700" color="[[link]]" css-class="accent" padding="0 0 8px 16px">{number}</mj-text>'
        )
        texts = [
            subtitle(part.words[slot], ' padding="4px 40px 2px 16px"', "18px"),
            f'<mj-text padding="0 40px 20px 16px">{part.words[f"{slot}_text"]}</mj-text>',
        ]
        below = 12 if number == len(part.slots) else 0
        columns = [column([figure], 'width="16%"'), column(texts, 'width="84%"')]
        rows.append(group(columns, f'padding="0 0 {below}px"'))
    return "\n".join(rows)


def _figures(part: PartSource) -> str:
    columns = [
        column(
            [
                '<mj-text align="center" font-family="[[heading_font]]" font-size="32px" line-height="1.1" '
                f'font-weight="700" color="[[link]]" css-class="accent figure" padding="0 4px 4px">'
                f"{part.words[slot]}</mj-text>",
                soft_text(part.words[f"{slot}_text"], ' align="center" padding="0 8px"'),
            ],
            f'width="{100 / len(part.slots):.4g}%"',
        )
        for slot in part.slots
    ]
    return group(columns, 'background-color="[[tint]]" css-class="sheet tint" padding="28px 20px"')


def _scale(part: PartSource) -> str:
    least, most = (part.words[slot] for slot in part.slots)
    numbers = [
        column(
            [
                '<mj-button align="center" css-class="choice" background-color="[[tint]]" color="[[ink]]" '
                'font-size="20px" inner-padding="16px 0" width="100%" padding="0 4px" '
                f'href="{part.words["url"]}?answer={number}">{number}</mj-button>'
            ],
            'width="20%"',
        )
        for number in range(1, 6)
    ]
    ends = [column([soft_text(least)], 'width="50%"'), column([soft_text(most, ' align="right"')], 'width="50%"')]
    return group(numbers, 'padding="0 40px 8px"') + "\n" + group(ends)


SECTION_PARTS: Final[Mapping[str, Callable[[PartSource], str]]] = {
    "call": _call,
    "code": _code,
    "date": _date,
    "figures": _figures,
    "hero": _hero,
    "masthead": _masthead,
    "panel": _panel,
    "person": _person,
    "pictures": _pictures,
    "points": _points,
    "poster": _poster,
    "products": _products,
    "scale": _scale,
    "steps": _steps,
    "story": _story,
}
