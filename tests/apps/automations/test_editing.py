"""Edits of a draft that are undone and redone: how many are kept, and what becomes of them."""

from collections.abc import Mapping
from typing import Any

import pytest

from mailflatrate.apps.automations.actions.editing import (
    MAX_SNAPSHOTS,
    edit_graph,
    sides_of,
    step_back,
    step_forward,
)
from mailflatrate.apps.automations.errors import AutomationChanged, AutomationError
from mailflatrate.apps.automations.models import AutomationVersion, DraftSnapshot
from mailflatrate.apps.automations.queries import newest_version
from mailflatrate.base import tenancy
from support.automations import Journey
from support.cast import per_module
from support.customers import Customer, sending_customer
from support.scope import within

anna = per_module(sending_customer, people=2)
"""Anna; each test edits an automation of its own."""


def capped(number: int | None) -> Any:
    def change(graph: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**graph, "cap_per_week": number}

    return change


def edit(journey: Journey, number: int | None) -> AutomationVersion:
    saves = newest_version(journey.automation_id).saves
    return edit_graph(journey.automation_id, capped(number), based_on=saves, by=journey.customer.owner)


def go(journey: Journey, move: Any) -> int | None:
    saves = newest_version(journey.automation_id).saves
    found = move(journey.automation_id, based_on=saves, by=journey.customer.owner).graph["cap_per_week"]
    return int(found) if found is not None else None


def test_edits_are_undone_in_their_order_and_redone(anna: Customer) -> None:
    journey = Journey.drafted(anna, {"id": "a", "do": "end"}, cap_per_week=None)
    with tenancy.account(anna.account_id):
        for number in (1, 2, 3):
            edit(journey, number)
        assert [go(journey, step_back) for _each in range(3)] == [2, 1, None]
        with pytest.raises(AutomationError):
            go(journey, step_back)
        assert [go(journey, step_forward) for _each in range(2)] == [1, 2]
        assert sides_of(newest_version(journey.automation_id).id) == {"undo", "redo"}
        edit(journey, 9)
        assert sides_of(newest_version(journey.automation_id).id) == {"undo"}, "a new edit ends what could be redone"
        with pytest.raises(AutomationError):
            go(journey, step_forward)
        assert go(journey, step_back) == 2


def test_an_edit_that_changes_nothing_is_none(anna: Customer) -> None:
    journey = Journey.drafted(anna, {"id": "a", "do": "end"}, cap_per_week=4)
    with tenancy.account(anna.account_id):
        before = newest_version(journey.automation_id)
        assert edit(journey, 4).saves == before.saves
        assert sides_of(before.id) == frozenset()


def test_only_the_newest_are_kept(anna: Customer) -> None:
    journey = Journey.drafted(anna, {"id": "a", "do": "end"})
    with tenancy.account(anna.account_id):
        for number in range(MAX_SNAPSHOTS + 3):
            edit(journey, number % 40 + 1)
        assert DraftSnapshot.objects.filter(version__automation_id=journey.automation_id).count() == MAX_SNAPSHOTS


def test_an_edit_based_on_an_older_save_is_told(anna: Customer) -> None:
    journey = Journey.drafted(anna, {"id": "a", "do": "end"})
    with tenancy.account(anna.account_id):
        old = newest_version(journey.automation_id).saves
        edit(journey, 1)
        with pytest.raises(AutomationChanged):
            edit_graph(journey.automation_id, capped(2), based_on=old, by=None)
        with pytest.raises(AutomationChanged):
            step_back(journey.automation_id, based_on=old, by=None)
        assert newest_version(journey.automation_id).graph["cap_per_week"] == 1


def test_a_released_version_has_nothing_to_undo(anna: Customer) -> None:
    journey = Journey.drafted(anna, {"id": "a", "do": "send", "campaign": "new"})
    within(anna, edit, journey, 1)
    journey.activate()
    with tenancy.account(anna.account_id):
        assert not DraftSnapshot.objects.filter(version__automation_id=journey.automation_id).exists()
        with pytest.raises(AutomationError):
            go(journey, step_back)
