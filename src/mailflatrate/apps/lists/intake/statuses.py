"""What the previous system says about the person of a row (R-16), from all columns that tell of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from mailflatrate.apps.lists.intake.columns import Columns
from mailflatrate.apps.lists.intake.moments import LAST_CHANGE, Moment
from mailflatrate.apps.lists.intake.terms import ImportTerms
from mailflatrate.rules.prior_status import (
    PriorStatus,
    StatusColumn,
    StatusField,
    StatusHit,
    counts_states,
    is_nothing,
    is_other_channel,
    judge_row,
)

STATUS_OPEN = "status_open"
STATUS_UNKNOWN = "status_unknown"
STATUS_MISSING = "status_missing"
_HELD = {PriorStatus.OPEN: STATUS_OPEN, PriorStatus.UNKNOWN: STATUS_UNKNOWN}
_WORD_CHARACTERS = 60
_TIMED = (StatusField.UNSUBSCRIBED_AT, StatusField.BOUNCED_AT, StatusField.COMPLAINED_AT, StatusField.BLOCKED_AT)


class Statuses:
    """Reads the statuses of a file's rows. `speak` False: no column tells any, so that rows need not be asked.

    `watched` are the columns that are no status by the mapping, and in which a status word may still turn up; in
    `watched_states`, whose titles are about a state, any code or word is one.
    """

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
        everybody = terms.everybody
        self._everybody = (
            None if everybody is None else StatusHit(everybody, StatusColumn(StatusField.STATE, 0, ""), terms.all_rows)
        )
        self.speak = bool(self._readers) or self._everybody is not None
        used = {column.index for column in columns.statuses} | set(columns.targets.values())
        self.watched = tuple(
            at
            for at, title in enumerate(header)
            if at not in used and title not in terms.no_status and not is_other_channel(title)
        )
        self.watched_states = tuple(at for at in self.watched if counts_states(header[at]))

    def judge(self, cells: Sequence[str]) -> tuple[StatusHit | None, str]:
        """The strongest word of a row, and the reason to hold it: empty for a yes and for a no."""
        hit = judge_row(self._readers, cells)
        if self._everybody is not None and (hit is None or hit.status in (*_HELD, PriorStatus.NEVER, PriorStatus.YES)):
            return self._everybody, ""
        if hit is None:
            return None, STATUS_MISSING if self._needs_yes else ""
        return hit, _HELD.get(hit.status, "")

    def note(self, hit: StatusHit, unknown: "Counter[tuple[str, str]]") -> None:
        """Count a word that nobody knows."""
        if hit.status is PriorStatus.UNKNOWN:
            unknown[hit.column.title, hit.text.strip()[:_WORD_CHARACTERS]] += 1

    def moment(self, hit: StatusHit, cells: Sequence[str]) -> Moment | None:
        """When the person said no: from the column that says it, else from any column with the time of a no.

        Where the file has neither, the row's last change, which the moment notes as assumed.
        """
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
