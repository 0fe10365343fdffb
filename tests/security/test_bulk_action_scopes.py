"""A bulk action is canceled and undone only by a key or a role that could have started it."""

import pytest
from django.urls import reverse

from mailflatrate.apps.accounts.actions.keys import AskingBounds, make_api_key
from mailflatrate.apps.accounts.models import KeyScope, Role
from mailflatrate.apps.accounts.rights import NotPermitted
from mailflatrate.apps.segments.actions import bulk
from mailflatrate.apps.segments.models import UNDOABLE, BulkAction, BulkKind
from mailflatrate.base import clock, tenancy
from mailflatrate.base.long_task import TaskState
from mailflatrate.entrypoints.api.v1.service import schema
from support.api import ROOT, Program, problem, program_of
from support.forms import FormCustomer, add_form
from support.people import browser, person

SCOPES = {
    BulkKind.ADD_TAG: KeyScope.CONTACTS_WRITE,
    BulkKind.REMOVE_TAG: KeyScope.CONTACTS_WRITE,
    BulkKind.SET_FIELD: KeyScope.CONTACTS_WRITE,
    BulkKind.UNSUBSCRIBE: KeyScope.SUPPRESS,
    BulkKind.ERASE: KeyScope.ERASE,
    BulkKind.ASK_AGAIN: KeyScope.ASK,
}
STARTED_WITH = {
    "start_adding_tag": BulkKind.ADD_TAG,
    "start_removing_tag": BulkKind.REMOVE_TAG,
    "start_setting_field": BulkKind.SET_FIELD,
    "start_unsubscribing": BulkKind.UNSUBSCRIBE,
    "start_erasing": BulkKind.ERASE,
    "start_asking_again": BulkKind.ASK_AGAIN,
}


@pytest.fixture(scope="module")
def narrow(home: FormCustomer) -> dict[KeyScope, Program]:
    """Programs that may do one thing each; the one that asks is bound to the form."""
    made = {scope: program_of(home.anna, [scope]) for scope in KeyScope if scope is not KeyScope.ASK}
    bounds = AskingBounds(frozenset({home.form_id}), daily=10)
    asks = make_api_key(home.account_id, "Till", {KeyScope.ASK}, expires_at=None, by=home.anna.owner, asking=bounds)
    return made | {KeyScope.ASK: Program(asks.secret)}


def action_of(home: FormCustomer, kind: BulkKind, state: TaskState, form_id: int = 0) -> int:
    parameters = {"tag": 1, "name": "x", "key": "k", "value": None, "label": "K", "form": form_id or home.form_id}
    now = clock.now()
    with tenancy.account(home.account_id):
        made = BulkAction.objects.create(
            kind=kind,
            parameters=parameters,
            selection={},
            state=state,
            changed=1,
            total=1,
            created_by=None,
            created_at=now,
            finished_at=now if state == TaskState.DONE else None,
        )
        return int(made.id)


def fresh(home: FormCustomer, action_id: int) -> BulkAction:
    with tenancy.account(home.account_id):
        return BulkAction.objects.get(id=action_id)


def remove(home: FormCustomer) -> None:
    """Make room: an account has few actions at a time."""
    with tenancy.account(home.account_id):
        BulkAction.objects.filter(undoes__isnull=False).delete()
        BulkAction.objects.all().delete()


def test_every_kind_is_here_with_the_scope_that_starts_it() -> None:
    assert set(SCOPES) == set(BulkKind)
    found = {each["operationId"]: each.get("x-scopes") for path in schema()["paths"].values() for each in path.values()}
    for name, kind in STARTED_WITH.items():
        assert found[name] == [SCOPES[kind].value], name
    assert set(found["cancel_bulk_action"]) == {scope.value for scope in SCOPES.values()}
    assert set(found["undo_bulk_action"]) == {SCOPES[kind].value for kind in UNDOABLE}


@pytest.mark.parametrize("kind", list(BulkKind))
@pytest.mark.parametrize("state", [TaskState.QUEUED, TaskState.RUNNING])
def test_only_the_scope_of_its_kind_cancels(
    home: FormCustomer, narrow: dict[KeyScope, Program], kind: BulkKind, state: TaskState
) -> None:
    """Each of the others is tried first, and leaves it as it is."""
    action_id = action_of(home, kind, state)
    for scope in set(KeyScope) - {SCOPES[kind]}:
        answer = narrow[scope].call("POST", f"/bulk-actions/{action_id}/cancel")
        assert problem(answer) == (403, "scope-missing"), scope
        if scope in SCOPES.values():
            assert answer.json()["scope"] == SCOPES[kind].value  # type: ignore[attr-defined]  # the test client's
    now = fresh(home, action_id)
    assert (now.state, now.cancel_requested) == (state, False)
    answer = narrow[SCOPES[kind]].call("POST", f"/bulk-actions/{action_id}/cancel")
    assert answer.status_code == 200, answer.content
    now = fresh(home, action_id)
    assert now.state == TaskState.CANCELLED or now.cancel_requested
    remove(home)


@pytest.mark.parametrize("kind", list(BulkKind))
def test_only_the_scope_of_its_kind_undoes(home: FormCustomer, narrow: dict[KeyScope, Program], kind: BulkKind) -> None:
    """Each of the others is tried first, and undoes nothing."""
    action_id = action_of(home, kind, TaskState.DONE)
    enough = {SCOPES[kind]} if kind in UNDOABLE else set()
    for scope in set(KeyScope) - enough:
        answer = narrow[scope].call("POST", f"/bulk-actions/{action_id}/undo")
        assert problem(answer) == (403, "scope-missing"), scope
    with tenancy.account(home.account_id):
        assert not BulkAction.objects.filter(undoes_id=action_id).exists()
    for scope in enough:
        answer = narrow[scope].call("POST", f"/bulk-actions/{action_id}/undo")
        assert answer.status_code == 202, answer.content
        assert answer.headers["Location"].startswith("http")
        assert ROOT in answer.headers["Location"]
    remove(home)


def test_a_key_bound_to_a_form_cancels_only_what_asks_for_that_form(
    home: FormCustomer, narrow: dict[KeyScope, Program]
) -> None:
    other, _code = add_form(home.anna)
    action_id = action_of(home, BulkKind.ASK_AGAIN, TaskState.RUNNING, other)
    refused = narrow[KeyScope.ASK].refused("POST", f"/bulk-actions/{action_id}/cancel")
    assert refused == (404, "not-found")
    assert not fresh(home, action_id).cancel_requested
    remove(home)


@pytest.mark.parametrize("kind", list(BulkKind))
@pytest.mark.parametrize("role", list(Role))
def test_a_role_cancels_what_it_could_start(home: FormCustomer, role: Role, kind: BulkKind) -> None:
    user = person(home.account_id, f"Ben {role}", role)
    action_id = action_of(home, kind, TaskState.RUNNING)
    client = browser(user)
    may = role in (Role.OWNER, Role.ADMIN) or (role is Role.EDITOR and kind is not BulkKind.ERASE)
    page = client.get(reverse("studio:bulk-action", args=[action_id]))
    if page.status_code == 200:
        assert (reverse("studio:bulk-cancel", args=[action_id]).encode() in page.content) is may
    client.post(reverse("studio:bulk-cancel", args=[action_id]))
    assert fresh(home, action_id).cancel_requested is may
    if not may and kind is BulkKind.ERASE:
        with tenancy.account(home.account_id), pytest.raises(NotPermitted):
            bulk.cancel_bulk(action_id, by=user)
    remove(home)
