"""Determines one row's status from all of its status columns; the strongest wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as data_field
from typing import NamedTuple

from mailflatrate.rules.prior_status.columns import (
    StatusField,
    counts_states,
    is_do_not_contact,
    is_hard,
    is_opt_in,
    is_soft,
    no_means,
)
from mailflatrate.rules.prior_status.status_words import (
    NO,
    PriorStatus,
    denies_no,
    is_nothing,
    is_soft_bounce,
    plain,
    read_flag,
    read_status,
)

HARD_FROM_BOUNCES = 3
"""From this many bounces of unknown kind on, an address counts as dead (R-71)."""

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
_CODES_OF_NO = {"u": PriorStatus.UNSUBSCRIBED, "b": PriorStatus.BOUNCED}
"""Letters that mean the same no in every system that writes them."""
_LETTERS = {"b": PriorStatus.BOUNCED, "u": PriorStatus.UNSUBSCRIBED, "a": PriorStatus.BLOCKED}
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_RANK = (*NO, PriorStatus.NEVER, PriorStatus.UNKNOWN, PriorStatus.OPEN, PriorStatus.YES)
_LAST_NO = len(NO) - 0.5


@dataclass(frozen=True, slots=True)
class StatusColumn:
    """`codes` is the code table of the system that wrote the file, if its header is known."""

    field: StatusField
    index: int
    title: str
    codes: Mapping[str, PriorStatus] = data_field(default_factory=dict)

    def reads(self) -> Callable[[str], PriorStatus | None]:
        return self._state if self.field is StatusField.STATE else self._event

    def _state(self, text: str) -> PriorStatus | None:
        digits = plain(text)
        if digits in self.codes:
            return self.codes[digits]
        if counts_states(self.title) and (digits.isdecimal() or len(digits) == 1):
            # A bare code from an unknown system is never a yes.
            return _CODES_OF_NO.get(digits, PriorStatus.UNKNOWN)
        if digits.isdecimal():
            if digits in ("0", "1"):
                return PriorStatus.YES if digits == "1" else no_means(self.title)
            return no_means(self.title) if digits == "2" and is_opt_in(self.title) else PriorStatus.UNKNOWN
        flag = read_flag(text)
        if flag is not None:
            return PriorStatus.YES if flag else no_means(self.title)
        return None if is_nothing(text) else read_status(text)

    def _event(self, text: str) -> PriorStatus | None:
        kind = _KINDS[self.field]
        if self.codes and (code_status := self.codes.get(plain(text))) is not None:
            return None if code_status is PriorStatus.YES else code_status
        if is_nothing(text) or read_flag(text) is False:
            return None
        if self.field in _REASON_FIELDS:
            return self._reason(text, kind)
        if denies_no(text):
            return None
        if self.field is StatusField.BOUNCE_COUNT and _NUMBER.fullmatch(text.strip()):
            return self._counted(float(text.strip().replace(",", ".")))
        if is_do_not_contact(self.title) and text.strip() in _DNC_DIGITS:
            return _DNC_DIGITS[text.strip()]
        soft = kind is PriorStatus.BOUNCED and is_soft(self.title)
        if read_flag(text) or _NUMBER.fullmatch(text.strip()):
            return PriorStatus.OPEN if soft else kind
        status = _LETTERS.get(text.strip().lower()) or read_status(text)
        if status is PriorStatus.YES:
            return None
        if status is PriorStatus.OPEN and kind in (PriorStatus.BOUNCED, PriorStatus.BLOCKED):
            return PriorStatus.OPEN
        if status in NO:
            return status
        return PriorStatus.OPEN if soft else kind

    def _reason(self, text: str, kind: PriorStatus) -> PriorStatus:
        bare = text.strip()
        if is_do_not_contact(self.title) and bare in _DNC_DIGITS:
            return _DNC_DIGITS[bare]
        if bare.isdecimal():
            return kind
        status = read_status(text)
        if status in NO:
            return status
        return PriorStatus.BOUNCED if is_soft_bounce(text) else kind

    def _counted(self, bounces: float) -> PriorStatus | None:
        if bounces <= 0:
            return None
        if is_hard(self.title):
            return PriorStatus.BOUNCED
        return PriorStatus.BOUNCED if bounces >= HARD_FROM_BOUNCES and not is_soft(self.title) else PriorStatus.OPEN


class StatusHit(NamedTuple):
    status: PriorStatus
    column: StatusColumn
    text: str


def judge_row(
    readers: Sequence[tuple[StatusColumn, Callable[[str], PriorStatus | None]]], cells: Sequence[str]
) -> StatusHit | None:
    """Return the strongest. A plain block names no reason, so any status with a reason takes precedence over it."""
    hits = [
        StatusHit(cell_status, column, cells[column.index])
        for column, read in readers
        if cells[column.index] and (cell_status := read(cells[column.index])) is not None
    ]
    best = min(hits, key=_rank, default=None)
    if best is not None and _is_plain_block(best):
        for hit in hits:
            if hit.status is PriorStatus.OPEN and is_soft_bounce(hit.text):
                return hit._replace(status=PriorStatus.BOUNCED)
    return best


def _rank(hit: StatusHit) -> float:
    return _LAST_NO if _is_plain_block(hit) else _RANK.index(hit.status)


def _is_plain_block(hit: StatusHit) -> bool:
    return hit.status is PriorStatus.BLOCKED and hit.column.field is not StatusField.BLOCK_REASON
