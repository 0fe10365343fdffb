"""What is due, and when."""

from datetime import timedelta
from typing import Any

from mailflatrate.apps.automations import jobs
from mailflatrate.apps.automations.engine.work import due_soon, next_due, versions_with_work
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.automations import Journey
from support.customers import Customer
from support.scope import within

Step = dict[str, Any]
MINUTE: Step = {"id": "m", "do": "wait", "for": {"minutes": 1}}


def test_only_versions_with_something_to_do_are_advanced(anna: Customer, wait: Step) -> None:
    idle, busy = Journey.begun(anna, dict(wait)), Journey.begun(anna, dict(wait))
    busy.arrive(*busy.contacts())
    with tenancy.account(anna.account_id):
        assert versions_with_work(clock.now()) == [busy.version().id]
    busy.advance()
    with tenancy.account(anna.account_id):
        assert versions_with_work(clock.now()) == []
        assert versions_with_work(clock.now() + timedelta(days=3)) == [busy.version().id]
    assert idle.at() == {}


def test_a_step_that_is_due_before_the_next_sweep_has_a_job_of_its_own(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, MINUTE, send)
    now = clock.now()
    with clock.frozen_at(now):
        journey.arrive(*journey.contacts())
        jobs.advance(anna.account_id)
        due = {row.due_at for row in journey.enrolments()}
        assert within(anna, next_due, now) == min(due)
        planned = [at for at in journey.waiting_jobs() if at is not None]
    assert len(planned) == 1 and min(due) < planned[0] <= min(due) + timedelta(seconds=1)


def test_the_sweep_looks_one_minute_ahead(anna: Customer, wait: Step) -> None:
    journey = Journey.begun(anna, wait)
    journey.arrive(*journey.contacts())
    journey.advance()
    due = journey.enrolments()[0].due_at

    def soon(before: timedelta) -> bool:
        return anna.account_id in within(PlatformReason.HOUSEKEEPING, due_soon, due - before)

    assert soon(timedelta(seconds=50)) and not soon(timedelta(seconds=70)) and not soon(timedelta(0))
    with clock.frozen_at(due - timedelta(seconds=20)):
        jobs.sweep(0)
        jobs.sweep(0)
    assert [at for at in journey.waiting_jobs() if at] == [due.replace(microsecond=0) + timedelta(seconds=1)]
