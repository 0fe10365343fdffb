"""Writes the text part from the HTML that a recipient would see. Only tables of data keep their rows: inscriptis
renders layout tables as columns, which nobody can read. Liquid is still protected, so conditions and values are kept.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from mailflatrate.mail.html.links import LinkBook
from mailflatrate.mail.html.tokens import Token, TokenKind
from mailflatrate.mail.liquid.protect import ProtectedText

_BLOCKS = frozenset({
    "p", "div", "table", "tr", "section", "article", "header", "footer", "main", "center", "blockquote", "ul",
    "ol", "dl", "dt", "dd", "address", "figure", "figcaption", "pre", "hr", "td", "th", "body", "h1", "h2",
    "h3", "h4", "h5", "h6", "caption", "nav",
})  # fmt: skip
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table", "hr", "pre"})
_HEADINGS = {"h1": "=", "h2": "-"}
_VOID = frozenset(
    {"br", "img", "hr", "meta", "link", "input", "col", "area", "wbr", "source", "track", "embed", "param", "base"}
)
_SKIPPED = frozenset({"head", "style", "script", "title", "svg"})
# Not mso-hide: a button hidden only from Outlook, which draws one of its own, is the button for everyone else.
_HIDING = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_FILLER = re.compile("[\u00ad\u034f\u061c\u200b\u200c\u2060-\u2064\ufeff]")


@dataclass(slots=True)
class _Link:
    href: str
    line_at: int
    text_at: int


@dataclass(slots=True)
class _Writer:
    protected: ProtectedText
    book: LinkBook
    data_rows: frozenset[int]
    lines: list[str] = field(default_factory=list)
    line: str = ""
    lists: list[int | None] = field(default_factory=list)
    links: list[_Link] = field(default_factory=list)
    hidden: int = 0
    pre: int = 0
    row: list[str] | None = None
    indent: str = ""

    def text(self, text: str) -> None:
        text = _FILLER.sub("", html.unescape(text))
        if not self.links:
            text = self.book.in_text(text, self.protected.word)
        if self.pre:
            first, *rest = text.split("\n")
            self.line += first
            for text_line in rest:
                self.break_line()
                self.line += text_line
            return
        text = re.sub(r"[ \t\r\n\f\u00a0]+", " ", text)
        if self.line.endswith(" ") or not self.line:
            text = text.removeprefix(" ")
        self.line += text

    def break_line(self) -> None:
        line = self.line.rstrip()
        if self.row is not None:
            self.line = line + " " if line else ""
            return
        self.lines.append(self.indent + line if line else "")
        self.line = ""

    def start_block(self, *, spaced: bool) -> None:
        if self.line.strip():
            self.break_line()
        self.line = ""
        if spaced and self.row is None and self.lines and self.lines[-1]:
            self.lines.append("")


def write_text(tokens: list[Token], protected: ProtectedText, book: LinkBook) -> str:
    """Links become `text (url)`, no line is wrapped. Links have gone through `book`; bare URLs go through it here."""
    writer = _Writer(protected, book, _data_rows(tokens))
    stack: list[tuple[str, bool]] = []
    for at, token in enumerate(tokens):
        if token.kind is TokenKind.START:
            hides = token.name in _SKIPPED or bool(_HIDING.search(token.attributes.get("style") or ""))
            if token.name not in _VOID and not token.self_closing:
                stack.append((token.name, hides))
                writer.hidden += hides
            if not writer.hidden:
                _open(writer, token, is_data_row=at in writer.data_rows)
        elif token.kind is TokenKind.END:
            while stack and any(name == token.name for name, _ in stack):
                name, hides = stack.pop()
                if not writer.hidden:
                    _close(writer, name)
                writer.hidden -= hides
                if name == token.name:
                    break
        elif token.kind is TokenKind.TEXT and not writer.hidden:
            writer.text(token.text)
        elif token.kind is TokenKind.COMMENT and protected.word.fullmatch(token.text.strip()):
            # A condition is kept where it hides something, too: its other end may be outside.
            writer.line += token.text.strip()
    writer.start_block(spaced=False)
    text = "\n".join(line.rstrip() for line in writer.lines)
    # A condition on a line of its own joins the next one, or it would leave empty lines in what is sent.
    text = re.sub(
        rf"^((?:{protected.word.pattern})+)\n+",
        lambda line: line.group() if _prints(line[1], protected) else line[1],
        text,
        flags=re.MULTILINE,
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def _prints(words: str, protected: ProtectedText) -> bool:
    return any(protected.is_output(int(word[1])) for word in protected.word.finditer(words))


def _open(writer: _Writer, token: Token, *, is_data_row: bool) -> None:
    name = token.name
    if name == "br":
        writer.break_line()
    elif name == "img":
        alt = (token.attributes.get("alt") or "").strip()
        if alt:
            writer.text(f" {html.escape(alt)} " if writer.links else f" [{html.escape(alt)}] ")
    elif name == "a":
        writer.links.append(_Link((token.attributes.get("href") or "").strip(), len(writer.lines), len(writer.line)))
    elif name == "li":
        writer.start_block(spaced=False)
        writer.line = _bullet(writer)
    elif name in _BLOCKS:
        if writer.row is not None and name in {"td", "th"}:
            writer.row.append("")
            return
        _open_block(writer, name, is_data_row=is_data_row)


def _open_block(writer: _Writer, name: str, *, is_data_row: bool) -> None:
    if not _is_bare_bullet(writer.line):
        writer.start_block(spaced=name in _SPACED and not writer.lists)
    if name in {"ul", "ol"}:
        writer.lists.append(0 if name == "ol" else None)
    elif name == "blockquote":
        writer.indent += "> "
    elif name == "pre":
        writer.pre += 1
    elif name == "hr":
        writer.lines += ["-" * 40, ""]
    elif is_data_row:
        writer.row = []


def _bullet(writer: _Writer) -> str:
    depth = "  " * (len(writer.lists) - 1)
    if not writer.lists or writer.lists[-1] is None:
        return f"{depth}- "
    writer.lists[-1] += 1
    return f"{depth}{writer.lists[-1]}. "


def _is_bare_bullet(line: str) -> bool:
    return re.fullmatch(r"\s*(?:-|\d+\.) ", line) is not None


def _close(writer: _Writer, name: str) -> None:
    if name == "a" and writer.links:
        _close_link(writer, writer.links.pop())
    elif name in _HEADINGS or name in {"h3", "h4", "h5", "h6"}:
        heading = writer.line.strip()
        writer.start_block(spaced=False)
        if heading and name in _HEADINGS and not writer.protected.word.search(heading):
            writer.lines.append(_HEADINGS[name] * min(len(heading), 72))
        writer.start_block(spaced=True)
    elif name in {"td", "th"} and writer.row is not None:
        writer.row[-1:] = [writer.line.strip()]
        writer.line = ""
    elif name == "tr" and writer.row is not None:
        cells, writer.row = writer.row, None
        writer.line = " | ".join(cells) if any(cells) else ""
        writer.start_block(spaced=False)
    elif name == "li":
        writer.start_block(spaced=False)
    elif name in _BLOCKS:
        writer.start_block(spaced=name in _SPACED and not writer.lists)
        if name in {"ul", "ol"} and writer.lists:
            writer.lists.pop()
            writer.start_block(spaced=not writer.lists)
        elif name == "blockquote":
            writer.indent = writer.indent.removesuffix("> ")
        elif name == "pre":
            writer.pre -= 1


def _close_link(writer: _Writer, link: _Link) -> None:
    if not link.href or link.href.startswith("#"):
        return
    text = writer.line[link.text_at :] if len(writer.lines) == link.line_at else writer.line
    text = "".join([*writer.lines[link.line_at :], text]).strip()
    address = link.href.removeprefix("mailto:").removeprefix("tel:")
    if text in {address, link.href}:
        return
    if text == writer.book.target(link.href) and len(writer.lines) == link.line_at:
        writer.line = writer.line[: link.text_at] + link.href
        return
    if not text:
        # A link around an image without a description says nothing that a reader of text could follow.
        return
    gap = "" if writer.line.endswith(" ") or not writer.line else " "
    if not writer.line and writer.lines:
        writer.line, gap = writer.lines.pop().removeprefix(writer.indent), " "
    writer.line += f"{gap}({address})"


def _data_rows(tokens: list[Token]) -> frozenset[int]:
    """Rows of two or more cells in a table without nested tables or images."""
    rows: set[int] = set()
    open_tables: list[dict[int, int]] = []
    is_layout: list[bool] = []
    current = -1
    for at, token in enumerate(tokens):
        if token.kind is TokenKind.START and token.name == "table":
            is_layout[:] = [True] * len(is_layout)
            is_layout.append((token.attributes.get("role") or "").lower() in {"presentation", "none"})
            open_tables.append({})
        elif not open_tables:
            continue
        elif token.kind is TokenKind.END and token.name == "table":
            cells, layout = open_tables.pop(), is_layout.pop()
            if not layout:
                rows.update(row for row, count in cells.items() if count > 1)
        elif token.kind is TokenKind.START and token.name == "tr":
            current = at
        elif token.kind is TokenKind.START and token.name in {"td", "th"}:
            open_tables[-1][current] = open_tables[-1].get(current, 0) + 1
        elif token.kind is TokenKind.START and token.name in {"img", "p", "div", "ul", "ol", "h1", "h2", "h3"}:
            is_layout[-1] = True
    return frozenset(rows)
