"""Adds up the counts of versions: one batch writes many rows, and each group becomes a single one."""

from typing import Final

from mailflatrate.base.count_rows import CountTable

MANY_ROWS: Final = 200
_COUNTS: Final = CountTable("automation_count", "version_id", ("step", "what", "detail"))


def fold_counts(many_rows: int = MANY_ROWS) -> int:
    return _COUNTS.fold(many_rows)
