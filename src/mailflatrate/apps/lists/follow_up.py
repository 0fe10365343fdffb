"""The people of a follow-up: those who got an earlier campaign, and have not done since what it asked for.

A follow-up is more mail than people expect, so the promised frequency holds for it, too (R-27). Who clicked is known
only of people who agreed to be recorded (R-107): a follow-up to those who have not clicked goes to no one else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailflatrate.apps.lists.events import declared
from mailflatrate.apps.lists.segments import Built, account_sql, at_least, conditions_sql
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
    """What a campaign follows up: the earlier campaign, when it began, and the goal.

    The goal is an event of this name, or without one a click on `link`; an empty link means any.
    """

    mailing_id: int
    since: datetime
    event: str = ""
    link: str = ""


def register_promises(build: PromiseBuilder) -> None:
    """Register SQL over a contact for "got as many messages of these lists as was promised"; its rows are a later
    stage's.
    """
    _PROMISES.append(build)


def follow_up_exclusions(follow_up: FollowUp, list_ids: Sequence[int], alias: str) -> list[tuple[str, Built]]:
    """Return the reasons for which a contact is left out of a follow-up, each with its SQL, in the order they count."""
    earlier = [{"field": Field.CAMPAIGN.value, "op": Op.NOT_GOT.value, "value": follow_up.mailing_id}]
    found = [(NOT_SENT_FIRST, conditions_sql(earlier, alias))]
    if follow_up.event:
        found.append((GOAL_REACHED, _did(follow_up, alias)))
    else:
        found.append((GOAL_UNKNOWN, (f"{alias}.tracking_event_id IS NULL", [])))
        clicked: dict[str, Any] = {
            "field": Field.CLICKED.value,
            "op": Op.DID.value,
            "campaign": follow_up.mailing_id,
        }
        if follow_up.link:
            clicked["link"] = follow_up.link
        found.append((GOAL_REACHED, conditions_sql([clicked], alias)))
    return found + [(PROMISE_REACHED, build(list_ids, alias)) for build in _PROMISES]


def _did(follow_up: FollowUp, alias: str) -> Built:
    """Return SQL for whether a contact did something since the earlier campaign; a deleted type matches no event."""
    kind = declared([follow_up.event]).get(follow_up.event)
    rows = (
        f"FROM contact_event seg WHERE seg.account_id = {account_sql(alias)} AND seg.event_type_id = %s "
        "AND seg.at >= %s"
    )
    return at_least("seg.contact_id", rows, [kind.id if kind else 0, follow_up.since], alias)
