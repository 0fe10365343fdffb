"""A bulk erasure that is canceled or dies in the middle: exact numbers, and nothing is lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy import bulk_steps
from mailflatrate.apps.privacy.models import PrivacyRequest
from mailflatrate.apps.segments.actions import bulk
from mailflatrate.apps.segments.bulk import steps
from mailflatrate.apps.segments.bulk.runner import BulkRunner, run_bulk
from mailflatrate.apps.segments.bulk.selection import selection_of
from mailflatrate.apps.segments.bulk.steps import BulkSteps
from mailflatrate.apps.segments.models import BulkAction, BulkKind
from mailflatrate.base import tenancy
from support.customers import Customer, sending_customer


@pytest.fixture
def crowd(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Customer]:
    """Seven contacts, erased three at a time."""
    assert database
    monkeypatch.setitem(steps.STEPS, BulkKind.ERASE, BulkSteps(bulk_steps.erase, 3))
    yield sending_customer(people=7)


def begun(anna: Customer) -> int:
    with tenancy.account(anna.account_id):
        ids = list(Contact.objects.values_list("id", flat=True))
        return int(bulk.start_bulk(BulkKind.ERASE, selection_of(ids, None), {}, by=anna.owner, enqueue=False).id)


def numbers(anna: Customer, action_id: int) -> tuple[Any, ...]:
    with tenancy.account(anna.account_id):
        action = BulkAction.objects.get(id=action_id)
        left = Contact.objects.count()
        erased = ConsentEvent.objects.filter(kind="erased").count()
        requests = PrivacyRequest.objects.filter(state="done").count()
    return action.state, action.total, action.done, action.changed, action.skipped, left, erased, requests


def test_a_cancel_in_the_middle_gives_exact_numbers(crowd: Customer) -> None:
    action_id = begun(crowd)
    action = BulkRunner().begin(crowd.account_id, action_id)
    assert action is not None and BulkRunner().take_step(action)
    with tenancy.account(crowd.account_id):
        bulk.cancel_bulk(action_id, by=crowd.owner)
    run_bulk(crowd.account_id, action_id)
    assert numbers(crowd, action_id) == ("cancelled", 7, 3, 3, {}, 4, 3, 3)


def test_a_crash_in_the_middle_loses_nothing(crowd: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second batch dies after everything was written, before its commit: it counts as not begun."""
    action_id = begun(crowd)
    batches = []

    def dying(action: BulkAction, ids: Any) -> Any:
        batches.append(bulk_steps.erase(action, ids))
        if len(batches) == 2:
            raise KeyboardInterrupt
        return batches[-1]

    monkeypatch.setitem(steps.STEPS, BulkKind.ERASE, BulkSteps(dying, 3))
    with pytest.raises(KeyboardInterrupt):
        run_bulk(crowd.account_id, action_id)
    assert numbers(crowd, action_id) == ("running", 7, 3, 3, {}, 4, 3, 3)
    run_bulk(crowd.account_id, action_id)
    assert numbers(crowd, action_id) == ("done", 7, 7, 7, {}, 0, 7, 7)
