"""The sweep wakes accounts that have something to do, once."""

from typing import Any

from mailflatrate.apps.automations import jobs
from support.automations import Journey
from support.customers import Customer


def test_the_sweep_wakes_an_account_once(anna: Customer, wait: dict[str, Any]) -> None:
    journey = Journey.begun(anna, wait)
    journey.arrive(*journey.contacts())
    jobs.sweep(0)
    jobs.sweep(60)
    assert journey.waiting_jobs() == [None]
    jobs.advance(anna.account_id)
    assert set(journey.at().values()) == {"w"}
