"""A campaign's audience, and its SQL. Excluded contacts are not planned; they are counted by reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailflatrate.apps.segments.builders import conditions_sql
from mailflatrate.apps.segments.follow_up import FOLLOW_UP_REASONS, FollowUp, follow_up_exclusions
from mailflatrate.rules.conditions import Field, Op

NOT_IN_SEGMENT = "segment"
ON_EXCLUDED_LIST = "excluded_list"
IN_EXCLUDED_SEGMENT = "excluded_segment"
GOT_EXCLUDED_CAMPAIGN = "excluded_mailing"
EXCLUDED = (ON_EXCLUDED_LIST, IN_EXCLUDED_SEGMENT, GOT_EXCLUDED_CAMPAIGN, *FOLLOW_UP_REASONS)

Built = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Audience:
    """`excluded_segments` are definitions. `follow_up`: those who got a campaign and didn't do what it asked for."""

    list_ids: Sequence[int]
    conditions: Any = ()
    excluded_list_ids: Sequence[int] = ()
    excluded_segments: Sequence[Any] = ()
    excluded_mailing_ids: Sequence[int] = ()
    follow_up: FollowUp | None = None

    def excluded_sql(self, alias: str = "c") -> Built:
        """Boolean, over the contact table `alias`. Raises SegmentError."""
        return _joined([(sql, values) for _reason, (sql, values) in self._exclusions(alias)], " OR ", "FALSE")

    def members_sql(self, alias: str = "c") -> Built:
        """Boolean, over the contact table `alias`. Raises SegmentError."""
        segment, values = conditions_sql(self.conditions, alias)
        excluded, more = self.excluded_sql(alias)
        return (segment, values) if excluded == "FALSE" else (f"({segment}) AND NOT ({excluded})", [*values, *more])

    def reason_sql(self, alias: str = "c") -> Built:
        """Why a contact on the lists is not in the audience, NULL for members. Raises SegmentError."""
        segment, values = conditions_sql(self.conditions, alias)
        whole = [f"CASE WHEN NOT ({segment}) THEN '{NOT_IN_SEGMENT}'"]
        for reason, (sql, more) in self._exclusions(alias):
            whole.append(f"WHEN {sql} THEN '{reason}'")
            values += more
        return " ".join([*whole, "END"]), values

    def _exclusions(self, alias: str) -> list[tuple[str, Built]]:
        exclusions: list[tuple[str, Built]] = []
        if self.follow_up is not None:
            exclusions += follow_up_exclusions(self.follow_up, self.list_ids, alias)
        if self.excluded_list_ids:
            # Confirmed or still waiting, so that an exclusion takes effect from the first moment.
            on_list = (
                f"EXISTS (SELECT 1 FROM subscription ex WHERE ex.account_id = {alias}.account_id "  # noqa: S608
                f"AND ex.contact_id = {alias}.id AND ex.mailing_list_id = ANY(%s::bigint[]) "
                "AND ex.state <> 'unsubscribed')"
            )
            exclusions.append((ON_EXCLUDED_LIST, (on_list, [list(self.excluded_list_ids)])))
        if self.excluded_segments:
            sets = [conditions_sql(conditions, alias) for conditions in self.excluded_segments]
            exclusions.append((IN_EXCLUDED_SEGMENT, _joined(sets, " OR ", "FALSE")))
        if self.excluded_mailing_ids:
            got = [
                conditions_sql([{"field": Field.CAMPAIGN.value, "op": Op.GOT.value, "value": mailing_id}], alias)
                for mailing_id in self.excluded_mailing_ids
            ]
            exclusions.append((GOT_EXCLUDED_CAMPAIGN, _joined(got, " OR ", "FALSE")))
        return exclusions


def _joined(parts: Sequence[Built], word: str, empty: str) -> Built:
    if not parts:
        return empty, []
    values: list[Any] = []
    for _sql, more in parts:
        values += more
    return "(" + word.join(f"({sql})" for sql, _values in parts) + ")", values
