"""The catalogs as files: `<language>/LC_MESSAGES/django.po`, kept up to date with the source.

They are edited as text, entry by entry, so that an update changes no line of an entry that is still in use.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailflatrate.locale.extraction import MessageId
from mailflatrate.locale.texts import FOLDER

_FIELDS: Final = {"msgctxt": "context", "msgid": "message", "msgid_plural": "plural"}
_LINE: Final = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)?\s*(".*")')
_WIDTH: Final = 118


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One entry as written. `strings` are its translations, one for each plural form."""

    message: MessageId
    strings: tuple[str, ...]
    text: str

    @property
    def is_translated(self) -> bool:
        return all(self.strings) and "#, fuzzy" not in self.text


class Catalogue:
    """One catalog: its header, and its entries in the order of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        blocks = _blocks(path.read_text(encoding="utf-8"))
        self.header = blocks[0]
        self.entries: dict[MessageId, CatalogEntry] = {}
        for block in blocks[1:]:
            entry = _entry(block)
            if entry.message in self.entries:
                raise ValueError(f"{path}: two entries for {entry.message.message!r}")
            self.entries[entry.message] = entry

    def untranslated(self, messages: Iterable[MessageId]) -> list[MessageId]:
        """Return those of `messages` that have no translation here."""
        return [each for each in messages if each not in self.entries or not self.entries[each].is_translated]

    def update(self, used: Mapping[MessageId, object], wanted: Iterable[MessageId]) -> None:
        """Drop entries that nothing uses, and add an empty one for each of `wanted` that is missing."""
        self.entries = {message: entry for message, entry in self.entries.items() if message in used}
        for message in wanted:
            if message not in self.entries:
                self.entries[message] = _entry(_written(message))

    def text(self) -> str:
        """Return the updated file."""
        return "\n\n".join((self.header, *(entry.text for entry in self.entries.values()))) + "\n"


def catalogue_of(language: str) -> Catalogue:
    """Return the catalog of a language. Raises FileNotFoundError if it has none, like English."""
    return Catalogue(FOLDER / language / "LC_MESSAGES" / "django.po")


def _blocks(text: str) -> list[str]:
    """Return the entries of a file; one may follow a translation without an empty line between them."""
    blocks: list[list[str]] = []
    translated = True
    for line in text.splitlines():
        if translated and line and not line.startswith(("msgstr", '"')):
            blocks.append([])
            translated = False
        if line:
            blocks[-1].append(line)
        translated = translated or line.startswith("msgstr")
    return ["\n".join(block) for block in blocks]


def _entry(block: str) -> CatalogEntry:
    found: dict[str, str] = {}
    field = ""
    for line in block.splitlines():
        if (match := _LINE.fullmatch(line)) is not None:
            field = match[1] or field
            found[field] = found.get(field, "") + ast.literal_eval(match[2])
        elif not line.startswith("#"):
            raise ValueError(f"not a line of a catalogue: {line}")
    values = {name: found.get(key, "") for key, name in _FIELDS.items()}
    return CatalogEntry(
        MessageId(**values), tuple(text for key, text in found.items() if key.startswith("msgstr")), block
    )


def _written(message: MessageId) -> str:
    """Return an entry without a translation."""
    lines = [f"#, {flag}" for flag in _flags(message.message)]
    lines += [f"{key} {_quoted(text)}" for key, name in _FIELDS.items() if (text := getattr(message, name))]
    lines += ['msgstr[0] ""', 'msgstr[1] ""'] if message.plural else ['msgstr ""']
    return "\n".join(lines)


def _flags(message: str) -> list[str]:
    if re.search(r"%\(\w+\)[sd]", message):
        return ["python-format"]
    return ["python-brace-format"] if re.search(r"(?<!\{)\{\w+\}(?!\})", message) else []


def _quoted(text: str) -> str:
    """Return the text quoted as in the format: long or multi-line text begins on a separate line."""
    if len(text) <= _WIDTH - 8 and "\n" not in text:
        return _literal(text)
    lines = []
    for part in text.splitlines(keepends=True):
        line = ""
        for word in re.findall(r"\S*\s*", part):
            if line and len(line) + len(word) > _WIDTH:
                lines.append(line)
                line = ""
            line += word
        lines.append(line)
    return "\n".join(['""', *map(_literal, lines)])


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
