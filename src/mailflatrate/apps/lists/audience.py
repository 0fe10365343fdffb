"""Whom a mailing is meant for: lists, conditions, and who is left out of them; and the SQL that this becomes.

Somebody may be left out because he stands on another list, belongs to a segment, or got an earlier mailing. Whoever is
left out is not planned at all; he is counted with the reason, as those who do not meet the conditions are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailflatrate.apps.lists.segments import Field, Op, conditions_sql

NOT_IN_SEGMENT = "segment"
ON_EXCLUDED_LIST = "excluded_list"
IN_EXCLUDED_SEGMENT = "excluded_segment"
GOT_EXCLUDED_MAILING = "excluded_mailing"
EXCLUDED = (ON_EXCLUDED_LIST, IN_EXCLUDED_SEGMENT, GOT_EXCLUDED_MAILING)

Built = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Audience:
    """The people of some lists who meet all conditions and are not excluded.

    `excluded_segments` are sets of conditions: whoever meets all of one set is left out.
    """

    list_ids: Sequence[int]
    conditions: Sequence[Any] = ()
    excluded_list_ids: Sequence[int] = ()
    excluded_segments: Sequence[Sequence[Any]] = ()
    excluded_mailing_ids: Sequence[int] = ()

    def excluded_sql(self, alias: str = "c") -> Built:
        """A boolean expression over the contact table under `alias`: left out of those meant. Raises SegmentError."""
        return _joined([(sql, values) for _reason, (sql, values) in self._exclusions(alias)], " OR ", "FALSE")

    def members_sql(self, alias: str = "c") -> Built:
        """A boolean expression: meets the conditions and is not left out. Raises SegmentError."""
        segment, values = conditions_sql(self.conditions, alias)
        excluded, more = self.excluded_sql(alias)
        return (segment, values) if excluded == "FALSE" else (f"({segment}) AND NOT ({excluded})", [*values, *more])

    def reason_sql(self, alias: str = "c") -> Built:
        """Why somebody of the lists is not meant: a text of this module; NULL for who is. Raises SegmentError."""
        segment, values = conditions_sql(self.conditions, alias)
        whole = [f"CASE WHEN NOT ({segment}) THEN '{NOT_IN_SEGMENT}'"]
        for reason, (sql, more) in self._exclusions(alias):
            whole.append(f"WHEN {sql} THEN '{reason}'")
            values += more
        return " ".join([*whole, "END"]), values

    def _exclusions(self, alias: str) -> list[tuple[str, Built]]:
        found: list[tuple[str, Built]] = []
        if self.excluded_list_ids:
            # Confirmed or still waiting: whoever is meant to be left out is so from the first moment on.
            on_list = (
                f"EXISTS (SELECT 1 FROM subscription ex WHERE ex.account_id = {alias}.account_id "  # noqa: S608
                f"AND ex.contact_id = {alias}.id AND ex.mailing_list_id = ANY(%s::bigint[]) "
                "AND ex.state <> 'unsubscribed')"
            )
            found.append((ON_EXCLUDED_LIST, (on_list, [list(self.excluded_list_ids)])))
        if self.excluded_segments:
            sets = [conditions_sql(conditions, alias) for conditions in self.excluded_segments]
            found.append((IN_EXCLUDED_SEGMENT, _joined(sets, " OR ", "FALSE")))
        if self.excluded_mailing_ids:
            got = [
                conditions_sql([{"field": Field.MAILING.value, "op": Op.GOT.value, "value": mailing_id}], alias)
                for mailing_id in self.excluded_mailing_ids
            ]
            found.append((GOT_EXCLUDED_MAILING, _joined(got, " OR ", "FALSE")))
        return found


def _joined(parts: Sequence[Built], word: str, empty: str) -> Built:
    if not parts:
        return empty, []
    values: list[Any] = []
    for _sql, more in parts:
        values += more
    return "(" + word.join(f"({sql})" for sql, _values in parts) + ")", values
