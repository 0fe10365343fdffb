"""The text of a service message with its few marks, for text part and HTML part. Marks begin with a control character
that no value may contain (`clean`): whatever people call themselves, they can't add a button or a link to a message of
the service.
"""

import html
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from mailflatrate.locale.texts import N_, translate
from mailflatrate.mail.message.edition import EditionContent, EditionPart
from mailflatrate.mail.message.service_frame import (
    ACCENT,
    BUTTON,
    BUTTON_CELL,
    FACT_LABEL,
    FACT_VALUE,
    HEADING,
    LIST,
    PARAGRAPH,
    QUOTE,
    TABLE,
    framed,
    masthead,
    small_print,
)

_MARK, _FIELD, _BREAK = "\x1e", "\x1f", "\x1d"
_OF_TEMPLATE: Final = f"{_MARK}template"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_OVER_BLANK_LINES: Final = ("fact", "item")
"""Marks that are one block although blank lines are between them."""
_URL: Final = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


class _Line(NamedTuple):
    kind: str
    fields: tuple[str, ...]


def clean(text: str, *, lines: bool = False) -> str:
    """Return a value without control characters; on one line, unless it may have several `lines`."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.strip() if lines else " ".join(text.split())


def button(label: str, url: str) -> str:
    """The text part shows only its address, and so does the HTML part if it isn't a web address."""
    return _mark("button", clean(label), clean(url))


def fact(label: str, value: str, colon: str) -> str:
    return _mark("fact", clean(label), _in_one_line(value), colon)


def item(text: str) -> str:
    return _mark("item", clean(text))


def heading(text: str) -> str:
    return _mark("heading", clean(text))


def quote(text: str) -> str:
    return _mark("quote", _in_one_line(text))


def words(text: str) -> str:
    return _mark("words", _in_one_line(text))


def of_template(text: str) -> str:
    """Mark it, so that only its buttons become links, not addresses in its values."""
    return f"{_OF_TEMPLATE}\n{text}"


def is_of_template(text: str) -> bool:
    return text.startswith(f"{_OF_TEMPLATE}\n")


def plain_text(marked: str) -> str:
    return "\n".join(_shown(line) for line in _lines(marked))


def html_body(marked: str, *, links: bool) -> str:
    pieces: list[str] = []
    run: list[_Line] = []
    for line in [*_lines(marked.strip("\n")), _Line("end", ())]:
        blank = line.kind == "" and not line.fields[0].strip()
        ends = run[0].kind not in _OVER_BLANK_LINES if blank and run else run and line.kind != run[0].kind
        if ends:
            pieces.append(_BLOCKS[run[0].kind](run, links))
            run = []
        if not blank:
            run.append(line)
    return "".join(pieces)


def _in_one_line(text: str) -> str:
    return clean(text, lines=True).replace("\n", _BREAK)


def _lines_of(field: str) -> str:
    return field.replace(_BREAK, "\n")


def _mark(kind: str, *fields: str) -> str:
    return _MARK + _FIELD.join((kind, *fields))


def _lines(marked: str) -> Iterator[_Line]:
    for line in marked.removeprefix(f"{_OF_TEMPLATE}\n").split("\n"):
        if line.startswith(_MARK):
            kind, *fields = line[1:].split(_FIELD)
            yield _Line(kind, tuple(fields))
        else:
            yield _Line("", (line,))


def _shown(line: _Line) -> str:
    if line.kind == "button":
        return line.fields[1]
    if line.kind == "fact":
        label, value, colon = line.fields
        return f"{label}{colon}{_lines_of(value)}"
    if line.kind == "item":
        return f"- {line.fields[0]}"
    return _lines_of(line.fields[0])


def _paragraph(run: list[_Line], links: bool) -> str:
    text = "\n".join(line.fields[0] for line in run)
    return f'<p style="{PARAGRAPH}">{_readable(text) if links else _escaped(text)}</p>\n'


def _buttons(run: list[_Line], _links: bool) -> str:
    return "".join(_button(*line.fields) for line in run)


def _button(label: str, url: str) -> str:
    if not _URL.fullmatch(url):
        return f'<p style="{PARAGRAPH}">{html.escape(url)}</p>\n'
    return (
        f'<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="{TABLE}"><tr>'
        f'<td class="action" bgcolor="{ACCENT}" style="{BUTTON_CELL}">'
        f'<a href="{html.escape(url)}" style="{BUTTON}">{html.escape(label)}</a></td></tr></table>\n'
    )


def _facts(run: list[_Line], _links: bool) -> str:
    rows = "".join(
        f'<tr><td class="soft" style="{FACT_LABEL}">{html.escape(label)}</td>'
        f'<td style="{FACT_VALUE}">{_escaped(_lines_of(value))}</td></tr>'
        for label, value, _colon in (line.fields for line in run)
    )
    return (
        '<table class="facts" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
        f'style="{TABLE}">{rows}</table>\n'
    )


def _items(run: list[_Line], _links: bool) -> str:
    return f'<ul style="{LIST}">' + "".join(f"<li>{html.escape(line.fields[0])}</li>" for line in run) + "</ul>\n"


def _headings(run: list[_Line], _links: bool) -> str:
    return "".join(f'<h2 style="{HEADING}">{html.escape(line.fields[0])}</h2>\n' for line in run)


def _quotes(run: list[_Line], _links: bool) -> str:
    text = "\n".join(_lines_of(line.fields[0]) for line in run)
    return f'<blockquote class="quote" style="{QUOTE}">{_readable(text)}</blockquote>\n'


def _words(run: list[_Line], _links: bool) -> str:
    text = "\n\n".join(_lines_of(line.fields[0]) for line in run)
    return "".join(f'<p style="{PARAGRAPH}">{_readable(paragraph)}</p>\n' for paragraph in re.split(r"\n\s*\n", text))


_BLOCKS: Final[dict[str, Callable[[list[_Line], bool], str]]] = {
    "": _paragraph,
    "button": _buttons,
    "fact": _facts,
    "item": _items,
    "heading": _headings,
    "quote": _quotes,
    "words": _words,
}


def _escaped(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _readable(text: str) -> str:
    """Render text as HTML. URLs are found before escaping, so a quote or bracket after one stays outside."""
    pieces, position = [], 0
    for match in _URL.finditer(text):
        url = html.escape(match.group())
        pieces += [_escaped(text[position : match.start()]), f'<a href="{url}" style="color:{ACCENT}">{url}</a>']
        position = match.end()
    return "".join([*pieces, _escaped(text[position:])])


_WHY = N_("This is a service message from {service}. It contains no advertising.")


def notice_content(subject: str, text: str, language: str, service: str = "") -> EditionContent:
    """`text` may have marks (`service_text`). The HTML part has the same content and links as the text part."""
    why = translate(_WHY, language).format(service=service) if service else ""
    # A template says where its links are; in any other text they are found.
    body = html_body(text, links=not is_of_template(text))
    page = framed(body, language=language, title=html.escape(subject), above=masthead(service), below=small_print(why))
    return EditionContent(
        EditionPart.fixed(subject),
        EditionPart.fixed(page),
        EditionPart.fixed(f"{plain_text(text).strip()}\n"),
        frozenset(),
    )
