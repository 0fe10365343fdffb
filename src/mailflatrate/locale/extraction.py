"""All message IDs of the source. Python is read as a syntax tree: a marker may be imported by any name, and the fields
of a text (`RuleText(title="...")`) need no marker.
"""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.utils.translation.template import templatize

from mailflatrate.locale.texts import FOLDER

SOURCE: Final = FOLDER.parent
MARKERS: Final = {
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop", "N_"), ("message",)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), ("message", "plural")),
    **dict.fromkeys(("pgettext", "pgettext_lazy", "NC_"), ("context", "message")),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ("context", "message", "plural")),
}
"""Function -> what its first arguments are."""
TEXTS: Final = frozenset({"RuleText", "MessageText", "CriterionText"})
_MARKED: Final = re.compile(rf"django\.utils|locale\.texts|{'|'.join(sorted(TEXTS))}")
"""Modules without one of these need not be parsed."""
_OF_MODULE: Final = {f"translation.{name}": name for name in MARKERS}
_OF_TABLE: Final = re.compile(r'(what|where|export) = ".*"')
_CALL: Final = re.compile(r"(?<![\w.])(?:_|n?p?gettext)\(")


@dataclass(frozen=True, slots=True)
class MessageId:
    """`plural` and `context` are empty for most."""

    message: str
    plural: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A path below `src/mailflatrate`, and a line."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class UnreadableMessage(Exception):
    """Raised for a marker whose argument is not a literal, so that its message ID cannot be determined."""


def all_messages() -> dict[MessageId, list[Place]]:
    places: dict[MessageId, list[Place]] = {}
    for path in sorted(SOURCE.rglob("*")):
        read = READERS.get(path.suffix)
        if read is None or (path.suffix == ".txt" and "templates" not in path.parts):
            continue
        for message, line in read(path.read_text(encoding="utf-8"), path):
            places.setdefault(message, []).append(Place(path.relative_to(SOURCE).as_posix(), line))
    return places


def python_messages(source: str, path: Path) -> Iterator[tuple[MessageId, int]]:
    """Yield message IDs with their lines. Raises UnreadableMessage."""
    if not _MARKED.search(source):
        return
    tree = ast.parse(source)
    names = {name: name for name in TEXTS} | _OF_MODULE | _imported(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = names.get(_name(node.func), "")
        if function in MARKERS:
            if (message := _marked(node, function, path)) is not None:
                yield message, node.lineno
        elif function in TEXTS:
            for value in (*node.args, *(keyword.value for keyword in node.keywords)):
                if isinstance(value, ast.Constant) and value.value and isinstance(value.value, str):
                    yield MessageId(value.value), value.lineno


def table_messages(source: str, path: Path) -> Iterator[tuple[MessageId, int]]:
    """Yield message IDs of a TOML file with their lines: the values of `what`, `where` and `export`."""
    for line, text in enumerate(source.splitlines(), start=1):
        if match := _OF_TABLE.fullmatch(text):
            yield MessageId(tomllib.loads(text)[match[1]]), line


def template_messages(source: str, path: Path) -> Iterator[tuple[MessageId, int]]:
    written = templatize(source, origin=str(path))
    for match in _CALL.finditer(written):
        call = ast.parse(_whole_call(written[match.start() :]), mode="eval").body
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        message = _marked(call, "gettext" if call.func.id == "_" else call.func.id, path)
        if message is not None:
            yield message, written.count("\n", 0, match.start()) + 1


def _name(function: ast.expr) -> str:
    """Return what a call calls: `gettext`, or the whole of `translation.gettext`."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def _imported(tree: ast.Module) -> dict[str, str]:
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("django.utils.translation", "mailflatrate.locale.texts")
        for alias in node.names
        if alias.name in MARKERS
    }


def _marked(call: ast.Call, function: str, path: Path) -> MessageId | None:
    """Return None if the argument is a variable that was marked elsewhere."""
    values = {}
    for name, argument in zip(MARKERS[function], call.args, strict=False):
        if isinstance(argument, ast.JoinedStr | ast.BinOp):
            raise UnreadableMessage(f"{path}:{call.lineno}: a message id must be one literal")
        if not isinstance(argument, ast.Constant):
            return None
        values[name] = str(argument.value)
    return MessageId(**values)


def _whole_call(text: str) -> str:
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        depth += {"(": 1, ")": -1}.get(token.string, 0)
        if token.string == ")" and depth == 0:
            lines = text.splitlines(keepends=True)
            return "".join(lines[: token.end[0] - 1]) + lines[token.end[0] - 1][: token.end[1]]
    raise UnreadableMessage(text[:80])


READERS: Final = {
    ".py": python_messages,
    ".html": template_messages,
    ".txt": template_messages,
    ".toml": table_messages,
}
