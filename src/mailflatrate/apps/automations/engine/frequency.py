"""How often a person may get messages: as they asked, as the consent promised (R-27), as the cap allows; none on a
pause. Messages that come too soon are postponed here, because the gate would skip them for good.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from mailflatrate.apps.automations.engine.context import Person, VersionRun
from mailflatrate.apps.delivery.planning.frequency import FrequencyLimit, rests_until
from mailflatrate.rules.automations.promises import Promise, promise_in

WEEK_DAYS = 7


class PersonalLimits(NamedTuple):
    """What one person asked for and was promised: days between messages, and the wording they agreed to."""

    contact_id: int
    pause_days: int | None
    wording: str | None


@lru_cache(maxsize=500)
def _promise(wording: str) -> Promise | None:
    return promise_in(wording)


def rests(run: VersionRun, people: Sequence[Person]) -> dict[int, datetime]:
    """By enrollment, until when no message may come; people who may get one now are missing."""
    list_id, cap = run.automation.mailing_list_id, run.graph.cap_per_week
    ends = rests_until(
        [
            limit
            for person in people
            for limit in limits_of(
                PersonalLimits(person.contact_id, person.pause_days, person.wording), list_id, cap, person.enrolment_id
            )
        ]
    )
    for person in people:
        if person.paused_until is not None and person.paused_until > run.now:
            ends[person.enrolment_id] = max(person.paused_until, ends.get(person.enrolment_id, run.now))
    return ends


def limits_of(
    person: PersonalLimits, list_id: int, cap_per_week: int | None, reference: int
) -> Iterator[FrequencyLimit]:
    """Yield the limits for messages of an automation of a list to one person: theirs, the promised one, and the cap."""
    who = reference, person.contact_id
    if person.pause_days:
        yield FrequencyLimit(*who, messages=1, days=person.pause_days)
    if person.wording and (promise := _promise(person.wording)) is not None:
        yield FrequencyLimit(*who, promise.messages, promise.days, list_id=list_id)
    if cap_per_week is not None:
        yield FrequencyLimit(*who, cap_per_week, WEEK_DAYS, only_steps=True)
