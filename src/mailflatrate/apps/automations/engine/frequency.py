"""How often a person may get messages: as they asked, as the consent's wording promised (R-27), and as the cap allows.

A message that would come too soon is postponed. The gate checks the same again before sending, but would skip it for
good.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache

from mailflatrate.apps.automations.engine.context import Person, VersionRun
from mailflatrate.apps.delivery.frequency import FrequencyLimit, rests_until
from mailflatrate.rules.automations.promises import Promise, promise_in

WEEK_DAYS = 7


@lru_cache(maxsize=500)
def _promise(wording: str) -> Promise | None:
    return promise_in(wording)


def rests(run: VersionRun, people: Sequence[Person]) -> dict[int, datetime]:
    """Return, by enrollment, the time until which a person must not get another message; people who may get one now are
    missing.
    """
    return rests_until([limit for person in people for limit in _limits(run, person)])


def _limits(run: VersionRun, person: Person) -> Iterator[FrequencyLimit]:
    who = person.enrolment_id, person.contact_id
    if person.pause_days:
        yield FrequencyLimit(*who, messages=1, days=person.pause_days)
    if person.wording and (promise := _promise(person.wording)) is not None:
        yield FrequencyLimit(*who, promise.messages, promise.days, list_id=run.automation.mailing_list_id)
    if run.graph.cap_per_week is not None:
        yield FrequencyLimit(*who, run.graph.cap_per_week, WEEK_DAYS, only_steps=True)
