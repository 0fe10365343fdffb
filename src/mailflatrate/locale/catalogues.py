"""The catalogs as files, kept up to date with the source; entries still in use keep their lines unchanged."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from mailflatrate.locale.extraction import MessageId
from mailflatrate.locale.texts import FOLDER

_WIDTH: Final = 118


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """`strings` are the translations, one for each plural form."""

    message: MessageId
    strings: tuple[str, ...]
    is_fuzzy: bool
    text: str

    @property
    def is_translated(self) -> bool:
        return all(self.strings) and not self.is_fuzzy


class Catalogue:
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
        return [
            message for message in messages if message not in self.entries or not self.entries[message].is_translated
        ]

    def update(self, used: Mapping[MessageId, object], required: Iterable[MessageId]) -> None:
        """Drop entries that nothing uses, and add an empty one for each of `required` that is missing."""
        self.entries = {message: entry for message, entry in self.entries.items() if message in used}
        for message in required:
            if message not in self.entries:
                self.entries[message] = _entry(_written(message))

    def text(self) -> str:
        return "\n\n".join((self.header, *(entry.text for entry in self.entries.values()))) + "\n"


def catalogue_of(language: str) -> Catalogue:
    """Raises FileNotFoundError if the language has no catalog, which is true of English."""
    return Catalogue(FOLDER / language / "LC_MESSAGES" / "django.po")


def _blocks(text: str) -> list[str]:
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
    parsed = next(candidate for candidate in read_po(block.splitlines(), abort_invalid=True) if candidate.id)
    (message, plural), strings = (*_forms(parsed.id), "")[:2], _forms(parsed.string or "")
    return CatalogEntry(MessageId(message, plural, parsed.context or ""), strings, parsed.fuzzy, block)


def _forms(text: str | Iterable[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _written(message: MessageId) -> str:
    catalog = Catalog()
    catalog.add(
        (message.message, message.plural) if message.plural else message.message, context=message.context or None
    )
    file = io.BytesIO()
    write_po(file, catalog, width=_WIDTH, omit_header=True)
    return file.getvalue().decode().strip()
