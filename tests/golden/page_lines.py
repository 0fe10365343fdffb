"""A page as lines that read well in a diff: its title, texts, links, forms with their fields, and htmx attributes."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_INLINE = """
a abbr b bdi bdo br button cite code data del dfn em i img input ins kbd label mark meter output progress q s samp
select small span strong sub sup time u var wbr
"""
INLINE = set(_INLINE.split())
SILENT = {"noscript"}
SHOWN = ("title", "aria-label", "alt", "placeholder", "data-tone", "download", "pattern", "maxlength", "min", "max")
FLAGS = ("checked", "selected", "required", "disabled", "readonly", "multiple", "hidden", "open", "autofocus")
SKIPPED = re.compile(r"<(svg|style)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL)
HEADINGS = {f"h{number}": "#" * number for number in range(1, 7)}


@dataclass
class Node:
    """An element and what is in it."""

    tag: str
    attributes: dict[str, str]
    children: list["Node | str"] = field(default_factory=list)

    def nodes(self) -> Iterator["Node"]:
        """Yield this element and all below it."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.nodes()

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class _Tree(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self._open = [self.root]
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


@dataclass
class PageLines:
    """What a page shows: its own lines, and those of each part of its frame."""

    lines: list[str]
    frames: list[str]


def tree(source: str) -> Node:
    """Return the elements of a page, without its pictures and styles."""
    return _Tree(SKIPPED.sub("", source)).root


def page_lines(source: str) -> PageLines:
    root = tree(source)
    has_main = any(node.tag == "main" for node in root.nodes())
    writer = _Writer(frames=has_main)
    writer.children(root)
    writer.flush()
    return PageLines(writer.lines, writer.parts)


class _Writer:
    """Writes elements as lines. Text waits until its block ends."""

    def __init__(self, *, frames: bool = False) -> None:
        self.lines: list[str] = []
        self.parts: list[str] = []
        self._words: list[str] = []
        self._frames = frames

    def flush(self, prefix: str = "") -> None:
        """End a block."""
        text = " ".join("".join(self._words).split())
        self._words.clear()
        if text:
            self.lines.append(prefix + text)

    def children(self, node: Node) -> None:
        for child in node.children:
            if isinstance(child, str):
                self._words.append(child)
            else:
                self.element(child)

    def element(self, node: Node) -> None:
        write: Callable[[Node], None] | None = getattr(self, f"_{node.tag}", None)
        if node.tag in SILENT:
            return
        if self._frames and _is_frame(node):
            self._frame(node)
        elif write is not None:
            write(node)
        elif node.tag in INLINE:
            self._inline(node)
        else:
            self._block(node)

    def _frame(self, node: Node) -> None:
        self.flush()
        for link in node.nodes():
            if link.attributes.pop("aria-current", ""):
                self.lines.append(f"in the menu: {' '.join(link.text.split())}")
        inner = _Writer()
        inner.element(node)
        inner.flush()
        self.parts.append("\n".join(inner.lines))

    def _inline(self, node: Node) -> None:
        marks = _marks(node)
        self._words.append(f" {marks} " if marks else "")
        self.children(node)

    def _block(self, node: Node, prefix: str = "") -> None:
        self.flush()
        marks = _marks(node)
        if marks:
            self.lines.append(f"{node.tag} {marks}")
        self.children(node)
        self.flush(prefix)

    def _heading(self, node: Node) -> None:
        self._block(node, HEADINGS[node.tag] + " ")

    _h1 = _h2 = _h3 = _h4 = _h5 = _h6 = _heading

    def _li(self, node: Node) -> None:
        self._block(node, "- ")

    def _head(self, node: Node) -> None:
        for part in node.nodes():
            value = part.attributes
            if part.tag == "title":
                self.lines.append(f"title: {' '.join(part.text.split())}")
            elif part.tag == "meta" and value.get("name") not in (None, "viewport"):
                self.lines.append(f"meta {value['name']}: {value.get('content')}")
            elif part.tag == "link" and value.get("rel") not in ("stylesheet", "modulepreload"):
                self.lines.append(f"link {value.get('rel')}: {value.get('href')}")
            elif part.tag == "script":
                self._script(part)

    def _html(self, node: Node) -> None:
        self.lines.append(f"language: {node.attributes.get('lang', '')}")
        self.children(node)
        self.flush()

    def _a(self, node: Node) -> None:
        inner = " ".join(_text_of(node).split())
        self._words.append(f" [{inner}]({node.attributes.get('href', '')}{_spaced(_marks(node))}) ")

    def _br(self, _node: Node) -> None:
        self._words.append(" / ")

    def _button(self, node: Node) -> None:
        kind, name = node.attributes.get("type", "submit"), node.attributes.get("name", "")
        value = f" {name}={node.attributes.get('value', '')}" if name else ""
        self._words.append(f" <{kind}{value}: {' '.join(_text_of(node).split())}{_spaced(_marks(node))}> ")

    def _input(self, node: Node) -> None:
        found = node.attributes
        kind, name, value = found.get("type", "text"), found.get("name", ""), found.get("value", "")
        if name == "csrfmiddlewaretoken":
            return
        self._words.append(f" <{kind} {name}={value}{_spaced(_marks(node))}> ")

    def _textarea(self, node: Node) -> None:
        self.flush()
        lines = [line.rstrip() for line in node.text.strip().splitlines()]
        self.lines.append(f"<textarea {node.attributes.get('name', '')}{_spaced(_marks(node))}>")
        self.lines += [f"    {line}" for line in lines if line]

    def _pre(self, node: Node) -> None:
        self.flush()
        self.lines += [f"    {line.rstrip()}" for line in _text_of(node).splitlines() if line.strip()]

    def _select(self, node: Node) -> None:
        self.flush()
        chosen = []
        for option in node.nodes():
            if option.tag == "optgroup":
                chosen.append(f"{option.attributes.get('label')}:")
            elif option.tag == "option":
                text = " ".join(option.text.split())
                value = option.attributes.get("value", text)
                mark = "*" if "selected" in option.attributes else ""
                chosen.append(mark + (value if value == text else f"{value} ({text})") + _spaced(_marks(option)))
        self.lines.append(f"<select {node.attributes.get('name', '')}{_spaced(_marks(node))}: {' | '.join(chosen)}>")

    def _form(self, node: Node) -> None:
        self.flush()
        method, action = node.attributes.get("method", "get"), node.attributes.get("action", "")
        kind = _spaced(node.attributes.get("enctype", ""))
        self.lines.append(f"form {method} {action}{kind}{_spaced(_marks(node))}")
        self.children(node)
        self.flush()
        self.lines.append("end of form")

    def _tr(self, node: Node) -> None:
        self.flush()
        cells = []
        for cell in node.children:
            if isinstance(cell, Node):
                inner = _Writer()
                inner.element(cell)
                inner.flush()
                cells.append(inner.lines)
        if all(len(lines) < 2 for lines in cells):
            self.lines.append("| " + " | ".join("".join(lines) for lines in cells))
        else:
            self.lines += [
                f"{'| ' if not number else '  '}{line}" for lines in cells for number, line in enumerate(lines)
            ]

    def _script(self, node: Node) -> None:
        self.flush()
        if "json" in node.attributes.get("type", ""):
            self.lines.append(f"data {node.attributes.get('id', '')}: {_compact(node.text)}")
        elif "src" in node.attributes:
            self.lines.append(f"script {node.attributes['src']}")
        elif node.text.strip():
            self.lines.append(f"script of {len(node.text.split())} words")

    def _iframe(self, node: Node) -> None:
        self.flush()
        self.lines.append(f"iframe {node.attributes.get('src', '')}{_spaced(_marks(node))}")
        if "srcdoc" in node.attributes:
            self.lines += [f"    {line}" for line in page_lines(node.attributes["srcdoc"]).lines]

    def _img(self, node: Node) -> None:
        self._words.append(f" ![{node.attributes.get('alt', '')}]({node.attributes.get('src', '')}) ")


def _is_frame(node: Node) -> bool:
    """Return whether this is a menu, a footer, or a dialog that only looks things up."""
    return node.tag in ("aside", "footer") or (
        node.tag == "dialog" and not any(each.attributes.get("method") == "post" for each in node.nodes())
    )


def _text_of(node: Node) -> str:
    inner = _Writer()
    inner.children(node)
    inner.flush()
    return " / ".join(inner.lines)


def _spaced(text: str) -> str:
    return f" {text}" if text else ""


def _compact(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True)
    except ValueError:
        return " ".join(text.split())


OWN = {"href", "src", "action", "srcdoc", "name", "value", "alt", "type", "method", "enctype", "class", "style", "d"}


def _marks(node: Node) -> str:
    """Return an element's attributes that change what it says, does or loads."""
    return " ".join(_mark(name, value) for name, value in sorted(node.attributes.items()) if _counts(name, value))


def _counts(name: str, value: str) -> bool:
    if name in OWN:
        return False
    if name in FLAGS or name in SHOWN or name.startswith("hx-") or name in ("formaction", "sandbox", "target", "rel"):
        return not (name == "hx-headers" or (name == "hidden" and value == "until-found"))
    return (
        name.startswith("data-") and name != "data-label" and (value.startswith(("/", "http")) or " " in value.strip())
    )


def _mark(name: str, value: str) -> str:
    if name in FLAGS and value in ("", name, "true"):
        return name
    text: Any = _compact(value) if value.startswith(("{", "[")) else " ".join(value.split())
    return f"{name}={text}" if re.fullmatch(r"\S+", text) else f'{name}="{text}"'
