"""The shape of a row that ties words to a reason, and how rows are searched."""

from dataclasses import dataclass

from mailflatrate.mail.reading.values import Reason


@dataclass(frozen=True, slots=True)
class Words:
    """Phrases (lower case; `*` stands for any text between two pieces) that `writer` uses for `reason`."""

    reason: Reason
    writer: str
    phrases: tuple[str, ...]


class Table:
    """Rows in the order in which they are believed; plain substring search, because failures are a hot path."""

    __slots__ = ("_ascii", "_entries", "rows")

    def __init__(self, *rows: Words) -> None:
        self.rows = rows
        self._entries: list[tuple[str, tuple[str, ...], Words]] = []
        for row in rows:
            for phrase in row.phrases:
                first, *rest = phrase.split("*")
                self._entries.append((first, tuple(rest), row))
        # Most diagnostics are ASCII, in which the words of other scripts need not be looked for.
        self._ascii = [entry for entry in self._entries if entry[0].isascii()]

    def find(self, text: str) -> Words | None:
        """The first row with a phrase that occurs in `text` (lower case, single spaces)."""
        for first, rest, row in self._ascii if text.isascii() else self._entries:
            at = text.find(first)
            if at >= 0 and (not rest or _follows(text, at + len(first), rest)):
                return row
        return None


def _follows(text: str, at: int, rest: tuple[str, ...]) -> bool:
    for piece in rest:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True
