"""What a system offers through its API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Protocol

MOST_COLUMNS: Final = 200
MOST_CELL_CHARACTERS: Final = 32_000
MOST_NAME_CHARACTERS: Final = 120
MOST_AUDIENCES: Final = 500
_MOST_ID_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class SourceList:
    """`people`: None if the system doesn't say."""

    id: str
    name: str
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """`name` says who is in it. `of_account`: the same for every audience. `may_be_forbidden`: useful without it."""

    name: str
    header: tuple[str, ...]
    rows: Callable[[], Iterator[Sequence[object]]]
    of_account: bool = False
    may_be_forbidden: bool = False


@dataclass(frozen=True, slots=True)
class HtmlTemplate:
    name: str
    subject: str
    html: str


class Connector(Protocol):
    """Every method may raise FetchProblem."""

    def audiences(self) -> list[SourceList]:
        """At most MOST_AUDIENCES."""

    def parts(self, audience: SourceList) -> list[Part]:
        """Including those with opt-outs."""

    def templates(self) -> Iterator[HtmlTemplate]: ...


def cell(value: object) -> str:
    """A list as words with commas, an object as JSON, null as ""."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(part, str | int | float) for part in value):
        value = ", ".join(map(str, value))
    elif isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    return str(value)[:MOST_CELL_CHARACTERS].replace("\0", "\ufffd")


def source_lists(
    rows: Iterable[dict[str, Any]], people_in: Callable[[dict[str, Any]], int | None], most: int = MOST_AUDIENCES
) -> list[SourceList]:
    lists = (SourceList(cell(row.get("id")), cell(row.get("name"))[:200], people_in(row)) for row in rows)
    return list(islice((source_list for source_list in lists if 0 < len(source_list.id) <= _MOST_ID_CHARACTERS), most))


def columns_for(fixed: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """Without duplicates: the system's, then the account's own."""
    fixed_titles = {title.casefold() for title in fixed}
    titles = dict.fromkeys(title for title in own if title and title.casefold() not in fixed_titles)
    return (*fixed, *tuple(titles)[: MOST_COLUMNS - len(fixed)])


def file_name(audience: str, *, prefix: str = "") -> str:
    """Without anything that could be a path."""
    plain = "".join(sign if sign.isalnum() or sign in " -_" else "_" for sign in audience)[:MOST_NAME_CHARACTERS]
    return f"{prefix}{plain.strip() or 'contacts'}.csv"


def text_of(row: Mapping[str, Any], *names: str) -> str:
    return next((cell(row[name]) for name in names if row.get(name) not in (None, "")), "")


def objects(answer: object) -> list[dict[str, Any]]:
    return [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []
