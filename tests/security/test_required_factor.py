"""An account that requires a second factor opens for no session without one, and only a proved owner decides it."""

import pytest
from django.db import connection
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse

from mailflatrate.apps.accounts.actions import keys, second_factor
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, KeyScope, Role
from mailflatrate.base import tenancy
from support.customers import Customer, sending_customer
from support.desk import sign_in_with_second_factor
from support.people import browser, person

pytestmark = pytest.mark.usefixtures("database")
SWITCH, PAGE = "/studio/settings/second-factor/", "/studio/settings/security/"


def _proved(anna: Customer) -> Client:
    client = Client()
    sign_in_with_second_factor(client, anna.owner)
    return client


def _required(anna: Customer) -> bool:
    with tenancy.account(anna.account_id):
        return Account.objects.get(id=anna.account_id).second_factor


def test_an_owner_with_a_second_factor_switches_it_and_sessions_without_are_outside() -> None:
    anna = sending_customer(people=0)
    ben = person(anna.account_id, "Ben Berger", Role.EDITOR)
    key = keys.make_api_key(anna.account_id, "Shop", {KeyScope.READ}, expires_at=None, by=anna.owner)
    assert "Set up your own first" in anna.client.get(PAGE).content.decode()
    assert anna.client.post(SWITCH, {"wanted": "yes"}).status_code == 422
    assert not _required(anna)
    proved = _proved(anna)
    assert proved.post(SWITCH, {"wanted": "yes"}).status_code == 303
    assert _required(anna)
    for name in ("home", "campaigns", "contacts", "security", "exports", "media"):
        path = reverse(f"studio:{name}")
        for client in (anna.client, browser(ben)):
            answer = client.get(path)
            assert (answer.status_code, b"requires two-factor authentication" in answer.content) == (403, True), path
            assert client.post(path).status_code in (403, 405)
        assert proved.get(path).status_code == 200, path
    assert anna.client.post(SWITCH, {"wanted": "no"}).status_code == 403, "a password alone does not open it again"
    assert _required(anna)
    answer = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {key.secret}"})
    assert answer.status_code == 200
    assert proved.post(SWITCH, {"wanted": "no"}).status_code == 303
    assert anna.client.get(PAGE).status_code == 200


def test_lesser_roles_and_strangers_change_nothing() -> None:
    anna = sending_customer(people=0)
    for role in (Role.EDITOR, Role.VIEWER):
        ben = person(anna.account_id, role.label, role)
        client = Client()
        sign_in_with_second_factor(client, ben)
        assert client.post(SWITCH, {"wanted": "yes"}).status_code == 403
        with pytest.raises(AccountError):
            second_factor.require_second_factor(anna.account_id, True, by=ben, proved=True)
    carla = Customer.bare("Carla's Cafe").with_owner("Carla Clausen").owner
    with pytest.raises(AccountError):
        second_factor.require_second_factor(anna.account_id, True, by=carla, proved=True)
    assert not _required(anna)


def test_the_database_holds_it() -> None:
    anna = sending_customer(people=0)
    with pytest.raises(DatabaseError, match="access"), tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute("UPDATE account SET second_factor = TRUE WHERE id = %s", [anna.account_id])
    assert not _required(anna)
