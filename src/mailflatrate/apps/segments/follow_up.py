"""People of a follow-up. The promised frequency holds (R-27); clicks are known only of those who agreed (R-107)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailflatrate.apps.lists.events import declared
from mailflatrate.apps.segments.builders import Built, account_sql, at_least, conditions_sql
from mailflatrate.rules.conditions import Field, Op

NOT_SENT_FIRST = "not_sent_first"
GOAL_UNKNOWN = "goal_unknown"
GOAL_REACHED = "goal_reached"
PROMISE_REACHED = "promise_reached"
FOLLOW_UP_REASONS = (NOT_SENT_FIRST, GOAL_UNKNOWN, GOAL_REACHED, PROMISE_REACHED)

PromiseBuilder = Callable[[Sequence[int], str], Built]
_PROMISES: list[PromiseBuilder] = []


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The goal is an event of this name, or a click on `link` (empty: any)."""

    mailing_id: int
    since: datetime
    event: str = ""
    link: str = ""


def register_promises(build: PromiseBuilder) -> None:
    """SQL over a contact for "got as many messages of these lists as was promised"."""
    _PROMISES.append(build)


def follow_up_exclusions(follow_up: FollowUp, list_ids: Sequence[int], alias: str) -> list[tuple[str, Built]]:
    """Reasons with their SQL, in the order they count."""
    earlier = [{"field": Field.CAMPAIGN.value, "op": Op.NOT_GOT.value, "value": follow_up.mailing_id}]
    exclusions = [(NOT_SENT_FIRST, conditions_sql(earlier, alias))]
    if follow_up.event:
        exclusions.append((GOAL_REACHED, _did(follow_up, alias)))
    else:
        exclusions.append((GOAL_UNKNOWN, (f"{alias}.tracking_event_id IS NULL", [])))
        clicked: dict[str, Any] = {
            "field": Field.CLICKED.value,
            "op": Op.DID.value,
            "campaign": follow_up.mailing_id,
        }
        if follow_up.link:
            clicked["link"] = follow_up.link
        exclusions.append((GOAL_REACHED, conditions_sql([clicked], alias)))
    return exclusions + [(PROMISE_REACHED, build(list_ids, alias)) for build in _PROMISES]


def _did(follow_up: FollowUp, alias: str) -> Built:
    """A deleted type matches no event."""
    kind = declared([follow_up.event]).get(follow_up.event)
    rows = (
        f"FROM contact_event seg WHERE seg.account_id = {account_sql(alias)} AND seg.event_type_id = %s "
        "AND seg.at >= %s"
    )
    return at_least("seg.contact_id", rows, [kind.id if kind else 0, follow_up.since], alias)
