"""Members of an account: it never loses its last owner, and every change is on record.

The first operator: there is exactly one way to become it, and it closes behind them.
"""

import threading

import psycopg
import pytest
from django.db import connections

from mailflatrate.apps.accounts.actions import people
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Membership, Role, User
from mailflatrate.apps.accounts.queries import has_operator
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer
from support.people import fresh_mailbox, operator, person
from support.scope import rows
from support.waiting import wait_until


def membership_of(anna: Customer, user: User) -> int:
    return rows(anna, Membership).get(user=user).id


def roles(anna: Customer) -> dict[str, str]:
    return dict(rows(anna, Membership).values_list("user__name", "role"))


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_the_last_owner_stays(anna: Customer, role: Role) -> None:
    person(anna.account_id, "Ben", Role.EDITOR)
    mine = membership_of(anna, anna.owner)
    with pytest.raises(AccountError, match="needs an owner"):
        people.change_role(anna.account_id, mine, role, by=anna.owner)
    with pytest.raises(AccountError, match="needs an owner"):
        people.remove_member(anna.account_id, mine, by=anna.owner)
    assert roles(anna)["Carla Clausen"] == Role.OWNER


def test_two_owners_who_remove_each_other_at_once_leave_one(anna: Customer) -> None:
    ben = person(anna.account_id, "Ben")
    pairs = [(anna.owner, membership_of(anna, ben)), (ben, membership_of(anna, anna.owner))]
    together, refused = threading.Barrier(2), []

    def remove(by: User, membership_id: int) -> None:
        try:
            together.wait(10)
            people.remove_member(anna.account_id, membership_id, by=by)
        except AccountError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(refused) == 1 and list(roles(anna).values()) == [Role.OWNER]


def test_a_change_of_role_and_a_removal_name_who_did_it(anna: Customer) -> None:
    ben = person(anna.account_id, "Ben", Role.VIEWER)
    his = membership_of(anna, ben)
    people.change_role(anna.account_id, his, Role.EDITOR, by=anna.owner)
    people.remove_member(anna.account_id, his, by=anna.owner)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        found = AuditEntry.objects.filter(subject=f"user:{ben.id}").order_by("id")
        told = [(row.action, row.details.get("before"), row.details.get("after")) for row in found]
    assert told == [("member.role_changed", "viewer", "editor"), ("member.removed", None, None)]
    assert "Ben" not in roles(anna)


def test_a_stranger_s_membership_is_out_of_reach(anna: Customer) -> None:
    carla = Customer.registered("Nordstern")
    theirs = membership_of(carla, carla.owner)
    for act in (
        lambda: people.change_role(anna.account_id, theirs, Role.VIEWER, by=anna.owner),
        lambda: people.remove_member(anna.account_id, theirs, by=anna.owner),
    ):
        with pytest.raises(Membership.DoesNotExist):
            act()
    assert list(roles(carla).values()) == [Role.OWNER]


def test_an_address_signs_in_once_whatever_its_case(anna: Customer) -> None:
    email = fresh_mailbox("Dora")
    people.create_user(email, name="Dora", password=None)
    with pytest.raises(AccountError, match="already has a login"):
        people.create_user(f" {email.upper()} ", name="Dora", password=None)


def create(email: str) -> User:
    return people.create_first_operator(email, name="Otto", password="winterzwiebeln und mehr", language="en")


@pytest.mark.parametrize("active", [True, False])
def test_where_there_is_an_operator_no_first_one_is_made(active: bool) -> None:
    otto, email = operator(), fresh_mailbox("Eve")
    with tenancy.access():
        User.objects.filter(id=otto.id).update(is_active=active)
    with pytest.raises(AccountError, match="already has an operator"):
        create(email)
    with tenancy.platform(PlatformReason.SETUP):
        assert has_operator() and not User.objects.filter(email=email).exists()


def _waits(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    found = connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    return found.fetchone() is not None


def test_two_who_ask_at_once_wait_for_each_other(database: str) -> None:
    """Held from outside, the lock keeps the second one until the first is there; then the rule refuses it."""
    operator()
    refused: list[str] = []

    def ask() -> None:
        try:
            create(fresh_mailbox("Eve"))
        except AccountError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    with psycopg.connect(database) as holder:
        holder.execute(people._LOCK)
        waiting = threading.Thread(target=ask)
        waiting.start()
        wait_until(lambda: _waits(holder), "the second one to wait for the lock")
        assert not refused
        holder.rollback()
    waiting.join(30)
    assert len(refused) == 1
