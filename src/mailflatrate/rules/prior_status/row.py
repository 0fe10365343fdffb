"""One row's status: every column that tells of it, the strongest wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mailflatrate.rules.prior_status.columns import (
    StatusField,
    counts_states,
    is_do_not_contact,
    is_hard,
    is_soft,
    no_means,
)
from mailflatrate.rules.prior_status.words import (
    NO,
    PriorStatus,
    denies_no,
    is_nothing,
    plain,
    read_flag,
    read_status,
)

HARD_FROM_BOUNCES = 3
"""From so many bounces on, of which nobody knows the kind, an address counts as dead (R-71)."""

_KINDS = {
    StatusField.UNSUBSCRIBED_AT: PriorStatus.UNSUBSCRIBED,
    StatusField.UNSUBSCRIBE_REASON: PriorStatus.UNSUBSCRIBED,
    StatusField.BOUNCED_AT: PriorStatus.BOUNCED,
    StatusField.BOUNCE_REASON: PriorStatus.BOUNCED,
    StatusField.BOUNCE_COUNT: PriorStatus.BOUNCED,
    StatusField.COMPLAINED_AT: PriorStatus.COMPLAINED,
    StatusField.COMPLAINT_REASON: PriorStatus.COMPLAINED,
    StatusField.BLOCKED_AT: PriorStatus.BLOCKED,
    StatusField.BLOCK_REASON: PriorStatus.BLOCKED,
}
_REASON_FIELDS = frozenset(
    {
        StatusField.UNSUBSCRIBE_REASON,
        StatusField.BOUNCE_REASON,
        StatusField.COMPLAINT_REASON,
        StatusField.BLOCK_REASON,
    }
)
_DNC_DIGITS = {"1": PriorStatus.UNSUBSCRIBED, "2": PriorStatus.BOUNCED, "3": PriorStatus.BLOCKED}
_LETTERS = {"b": PriorStatus.BOUNCED, "u": PriorStatus.UNSUBSCRIBED, "a": PriorStatus.BLOCKED}
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_RANK = (*NO, PriorStatus.UNKNOWN, PriorStatus.OPEN, PriorStatus.YES)


@dataclass(frozen=True, slots=True)
class StatusColumn:
    """A column mapped to one of the status fields: which, where, under which title."""

    field: StatusField
    index: int
    title: str

    def reads(self) -> Callable[[str], PriorStatus | None]:
        """A reader of this column's cells: what a cell says, None where it says nothing."""
        return self._state if self.field is StatusField.STATE else self._event

    def _state(self, text: str) -> PriorStatus | None:
        digits = plain(text)
        if digits.isdecimal():
            if counts_states(self.title):
                return read_status(text)
            return (
                PriorStatus.YES
                if digits == "1"
                else no_means(self.title)
                if digits in ("0", "2")
                else read_status(text)
            )
        flag = read_flag(text)
        if flag is not None:
            return PriorStatus.YES if flag else no_means(self.title)
        return None if is_nothing(text) else read_status(text)

    def _event(self, text: str) -> PriorStatus | None:
        kind = _KINDS[self.field]
        if is_nothing(text) or read_flag(text) is False:
            return None
        if self.field in _REASON_FIELDS:
            said = read_status(text)
            return said if said in NO else kind
        if denies_no(text):
            return None
        if self.field is StatusField.BOUNCE_COUNT and _NUMBER.fullmatch(text.strip()):
            return self._counted(float(text.strip().replace(",", ".")))
        if is_do_not_contact(self.title) and text.strip() in _DNC_DIGITS:
            return _DNC_DIGITS[text.strip()]
        soft = kind is PriorStatus.BOUNCED and is_soft(self.title)
        if read_flag(text) or _NUMBER.fullmatch(text.strip()):
            return PriorStatus.OPEN if soft else kind
        said = _LETTERS.get(text.strip().lower()) or read_status(text)
        if said is PriorStatus.YES:
            return None
        if said is PriorStatus.OPEN and kind in (PriorStatus.BOUNCED, PriorStatus.BLOCKED):
            return PriorStatus.OPEN
        if said in NO:
            return said
        return PriorStatus.OPEN if soft else kind

    def _counted(self, bounces: float) -> PriorStatus | None:
        if bounces <= 0:
            return None
        if is_hard(self.title):
            return PriorStatus.BOUNCED
        return PriorStatus.BOUNCED if bounces >= HARD_FROM_BOUNCES and not is_soft(self.title) else PriorStatus.OPEN


class StatusHit(NamedTuple):
    """What a row's columns say together, and the column that says it. `text` is the cell as it stood."""

    status: PriorStatus
    column: StatusColumn
    text: str


def judge_row(
    readers: Sequence[tuple[StatusColumn, Callable[[str], PriorStatus | None]]], cells: Sequence[str]
) -> StatusHit | None:
    """The strongest word of all columns; None where none says anything."""
    hits = [
        StatusHit(said, column, cells[column.index])
        for column, read in readers
        if cells[column.index] and (said := read(cells[column.index])) is not None
    ]
    return min(hits, key=lambda hit: _RANK.index(hit.status), default=None)
