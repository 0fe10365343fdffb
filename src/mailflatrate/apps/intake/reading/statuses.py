"""The status of a row's person in the previous system (R-16), from all columns."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from mailflatrate.apps.intake.reading.columns import Columns
from mailflatrate.apps.intake.reading.import_options import ImportTerms
from mailflatrate.apps.intake.reading.own_titles import is_ours
from mailflatrate.rules.contacts.timestamps import LAST_CHANGE, Moment
from mailflatrate.rules.prior_status.columns import StatusField, counts_states, is_other_channel
from mailflatrate.rules.prior_status.row import StatusColumn, StatusHit, judge_row
from mailflatrate.rules.prior_status.status_words import NO, PriorStatus, is_nothing, is_status_word, read_status
from mailflatrate.rules.prior_status.written_addresses import MOST_CHARACTERS

STATUS_OPEN = "status_open"
STATUS_UNKNOWN = "status_unknown"
STATUS_MISSING = "status_missing"
_HELD = {PriorStatus.OPEN: STATUS_OPEN, PriorStatus.UNKNOWN: STATUS_UNKNOWN}
_WORD_CHARACTERS = 60
_PIECES = re.compile(r"[,;|\t{}]")
_TIMED = (StatusField.UNSUBSCRIBED_AT, StatusField.BOUNCED_AT, StatusField.COMPLAINED_AT, StatusField.BLOCKED_AT)


class Statuses:
    """`speak` False: no column holds one. In `watched_states` any word counts; in `watched` only status words."""

    def __init__(
        self,
        columns: Columns,
        terms: ImportTerms,
        header: Sequence[str],
        read_moments: Mapping[int, Callable[[str], Moment | None]],
    ) -> None:
        self._readers = tuple((column, column.reads()) for column in columns.statuses)
        self._needs_yes = any(column.field is StatusField.STATE for column in columns.statuses)
        self._read_moments = read_moments
        self._changes = columns.changes
        self._width = len(header)
        of_all = terms.status_of_all
        self._of_all = (
            None if of_all is None else StatusHit(of_all, StatusColumn(StatusField.STATE, 0, ""), terms.all_rows)
        )
        self.speak = bool(self._readers) or self._of_all is not None
        used = {column.index for column in columns.statuses} | set(columns.targets.values())
        self.watched = tuple(
            at
            for at, title in enumerate(header)
            if at not in used and title not in terms.no_status and not is_other_channel(title) and not is_ours(title)
        )
        self.watched_states = tuple(at for at in self.watched if counts_states(header[at]))

    def judge(self, cells: Sequence[str]) -> tuple[StatusHit | None, str]:
        """The strongest word, and why to hold the row ("": a clear yes or no)."""
        hit = judge_row(self._readers, cells)
        if self._of_all is not None and (hit is None or hit.status in (*_HELD, PriorStatus.NEVER, PriorStatus.YES)):
            return self._of_all, _HELD.get(self._of_all.status, "")
        if hit is None:
            return None, STATUS_MISSING if self._needs_yes else ""
        return hit, _HELD.get(hit.status, "")

    def judge_damaged(self, cells: Sequence[str]) -> StatusHit | None:
        """Cells may not be in their columns; None if no word is certainly a no."""
        if self._of_all is not None and self._of_all.status in NO:
            return self._of_all
        if len(cells) == self._width:
            hit, _reason = self.judge([cell.replace("\0", "") for cell in cells])
            if hit is not None and hit.status in NO:
                return hit
        words = (piece.strip(" \"'") for cell in cells for piece in _PIECES.split(cell[:MOST_CHARACTERS]))
        for word in words:
            if len(word) <= _WORD_CHARACTERS and is_status_word(word) and (no_status := read_status(word)) in NO:
                return StatusHit(no_status, StatusColumn(StatusField.STATE, 0, ""), word)
        return None

    def note(self, hit: StatusHit, unknown: "Counter[tuple[str, str]]") -> None:
        if hit.status is PriorStatus.UNKNOWN:
            unknown[hit.column.title, hit.text.strip()[:_WORD_CHARACTERS]] += 1

    def moment(self, hit: StatusHit, cells: Sequence[str]) -> Moment | None:
        """From the status's column, else an opt-out's time, else the row's last change, then marked as assumed."""
        if len(cells) != self._width:
            return None
        columns = [hit.column, *(column for column, _ in self._readers if column.field in _TIMED)]
        for column in columns:
            text = cells[column.index].strip()
            if column.field in _TIMED and not is_nothing(text):
                at = self._read_moments[column.index](text)
                if at is not None:
                    return at
        for index in self._changes:
            reads = self._read_moments.get(index)
            if reads is not None and (at := reads(cells[index].strip())) is not None:
                return at._replace(assumed=(*at.assumed, LAST_CHANGE))
        return None
