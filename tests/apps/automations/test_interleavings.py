"""Any interleaving: no one gets a step twice or after a withdrawal, and no one is stuck."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mailflatrate.apps.automations.actions import drafts, running
from mailflatrate.apps.automations.engine.advance import advance_account
from mailflatrate.apps.automations.models import Automation, AutomationArrival, AutomationState, Enrolment
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.lists.actions.events import ReportedEvent, declare_event, record_events
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.automations import Journey
from support.customers import sending_customer
from support.scope import rows, within

PEOPLE = 4
ORDER = "order.placed"
who = st.integers(0, PEOPLE - 1)


class Killed(Exception):
    """The worker died here: the transaction is rolled back."""


class Interleaving(RuleBasedStateMachine):
    """Two automations, one of which events start, people who come and go, a clock that jumps, and a worker that dies
    between any two statements.
    """

    @initialize()
    def begin(self) -> None:
        self.anna = sending_customer(PEOPLE)
        within(self.anna, declare_event, ORDER, {})
        self.later = timedelta(0)
        self.journey = Journey.begun(
            self.anna,
            {"id": "a", "do": "send", "campaign": "new"},
            {"id": "w", "do": "wait", "for": {"days": 2}},
            {"id": "s", "do": "split", "arms": [{"share": 50, "steps": []}, {"share": 50, "steps": []}]},
            {"id": "e", "do": "wait", "event": ORDER, "at_most_days": 2},
            {"id": "b", "do": "send", "campaign": "new"},
            reentry={"mode": "always", "days": 0},
        )
        self.by_event = Journey.begun(
            self.anna,
            {"id": "c", "do": "send", "campaign": "new"},
            entry={"on": "event", "name": ORDER},
            reentry={"mode": "always", "days": 0},
        )
        self.orders: Counter[int] = Counter()
        self.people = self.journey.contacts()
        self.gone: dict[int, int] = {}

    def _at(self, act: Callable[[], Any]) -> None:
        with clock.frozen_at(clock.now() + self.later):
            act()

    def _in_account(self, act: Callable[[], Any]) -> None:
        within(self.anna, self._at, act)

    def _state(self) -> str:
        return rows(self.anna, Automation).get(id=self.journey.automation_id).state

    def _deliveries(self, contact_id: int) -> int:
        return rows(self.anna, Delivery).filter(contact_id=contact_id).count()

    @rule(person=who)
    def enrol(self, person: int) -> None:
        self._at(lambda: self.journey.arrive(self.people[person]))

    @rule(person=who, times=st.integers(1, 2))
    def order(self, person: int, times: int) -> None:
        """The shop reports an order, and perhaps again with the same key, because it got no answer."""
        number = self.people[person]
        self.orders[number] += 1
        event = ReportedEvent(ORDER, number, key=f"{number}-{self.orders[number]}")
        for _time in range(times):
            self._in_account(lambda: record_events([event]))

    @rule(person=who)
    def withdraw(self, person: int) -> None:
        number = self.people[person]
        with tenancy.account(self.anna.account_id):
            Subscription.objects.filter(contact_id=number).update(state="unsubscribed", unsubscribed_at=clock.now())
        self.gone.setdefault(number, self._deliveries(number))

    @rule(person=who)
    def bounce(self, person: int) -> None:
        number = self.people[person]
        with tenancy.account(self.anna.account_id):
            key = bytes(Contact.objects.get(id=number).address_key)
            suppression.suppress(key, reason=SuppressionReason.HARD_BOUNCE, source="test", evidence={})
        self.gone.setdefault(number, self._deliveries(number))

    @rule(hours=st.sampled_from([1, 30, 60]))
    def jump(self, hours: int) -> None:
        self.later += timedelta(hours=hours)

    @rule()
    def suspend_or_resume(self) -> None:
        act = running.pause_automation if self._state() == AutomationState.ACTIVE else running.resume_automation
        self._in_account(lambda: act(self.journey.automation_id, by=self.anna.owner))

    @rule(moves=st.booleans())
    def edit(self, moves: bool) -> None:
        self._in_account(lambda: drafts.begin_version(self.journey.automation_id, by=self.anna.owner))
        self._at(lambda: self.journey.activate(moves_people=moves))

    @rule(statements=st.none() | st.integers(1, 60))
    def advance(self, statements: int | None) -> None:
        """The job; killed before its nth statement if one is given."""
        left = statements

        def maybe_die(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal left
            if left is not None:
                left -= 1
                if left == 0:
                    raise Killed
            return execute(sql, params, many, context)

        def run() -> None:
            try:
                with connection.execute_wrapper(maybe_die):
                    advance_account(self.anna.account_id)
            except Killed:
                assert statements is not None

        self._at(run)

    @invariant()
    def no_step_twice_and_nothing_after_a_no(self) -> None:
        if not hasattr(self, "journey"):
            return
        with tenancy.account(self.anna.account_id):
            sent = Delivery.objects.exclude(enrolment_id=None).values_list("enrolment_id", "campaign__name")
            assert [once for once, times in Counter(sent).items() if times > 1] == []
            active = Enrolment.objects.filter(contact_id__in=self.gone, state="active")
            assert not active.exists()
            let_in = Enrolment.objects.filter(automation_id=self.by_event.automation_id)
            runs = Counter(let_in.values_list("contact_id", flat=True))
        assert all(times <= self.orders[number] for number, times in runs.items())
        for number, before in self.gone.items():
            assert self._deliveries(number) == before

    def teardown(self) -> None:
        """Once it runs again and time has passed, everyone has come to an end."""
        if not hasattr(self, "journey"):
            return
        if self._state() == AutomationState.PAUSED:
            self.suspend_or_resume()
        for _pass in range(3):
            self.jump(60)
            self.advance(None)
        with tenancy.account(self.anna.account_id):
            assert not Enrolment.objects.filter(state="active").exists()
            assert not AutomationArrival.objects.exists()
            let_in = set(Enrolment.objects.values_list("automation_id", "contact_id"))
        ordered = set(self.orders) - set(self.gone)
        assert {(self.by_event.automation_id, number) for number in ordered} <= let_in
        self.no_step_twice_and_nothing_after_a_no()


@pytest.mark.slow
def test_any_interleaving() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Interleaving,
        settings=settings(
            max_examples=4,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
