"""API keys as the database knows them: made by owners, in force as long as their maker is one, counted one by one."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from mailflatrate.apps.accounts.actions import keys, people
from mailflatrate.apps.accounts.actions import keys as keys_actions
from mailflatrate.apps.accounts.actions.keys import AskingBounds, KeyOutsideNetworks
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import ApiKey, KeyScope, Membership, Role, User
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer
from support.people import person
from support.scope import rows


def made(anna: Customer, *scopes: KeyScope, by: User | None = None, **more: object) -> keys_actions.MadeKey:
    values = {"expires_at": None} | more
    return keys_actions.make_api_key(
        anna.account_id,
        "Shop",
        scopes or (KeyScope.READ,),
        by=by or anna.owner,
        **values,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_owners_make_keys(anna: Customer, role: Role) -> None:
    with pytest.raises(AccountError, match="Only owners"):
        made(anna, by=person(anna.account_id, "Ben", role))
    with pytest.raises(AccountError, match="Only owners"):
        made(anna, by=Customer.registered("Nordstern").owner)


def test_the_secret_is_shown_once_and_stored_as_a_hash(anna: Customer) -> None:
    shop = made(anna)
    row = rows(anna, ApiKey).get(id=shop.key.id)
    assert bytes(row.secret_hash) == keys.hash_of(shop.secret)
    stored = " ".join(str(getattr(row, field.attname)) for field in ApiKey._meta.concrete_fields)
    assert shop.secret.rpartition("_")[2] not in stored
    assert keys_actions.is_known_key(shop.secret)


@pytest.mark.parametrize("end", ["revoked", "expired", "demoted", "removed", "blocked"])
def test_a_key_ends_with_what_it_stands_on(anna: Customer, end: str) -> None:
    nora = person(anna.account_id, "Nora")
    shop = made(anna, by=nora, expires_at=clock.now() + timedelta(hours=1))
    assert keys_actions.use_api_key(shop.secret) is not None
    membership_id = rows(anna, Membership).get(user=nora).id
    at = clock.now()
    if end == "revoked":
        keys_actions.revoke_api_key(anna.account_id, shop.key.id, by=anna.owner)
    elif end == "expired":
        at += timedelta(hours=1)
    elif end == "demoted":
        people.change_role(anna.account_id, membership_id, Role.EDITOR, by=anna.owner)
    elif end == "removed":
        people.remove_member(anna.account_id, membership_id, by=anna.owner)
    else:
        with tenancy.access(), tenancy.platform(PlatformReason.OPERATOR_DESK):
            User.objects.filter(id=nora.id).update(is_active=False)
    with clock.frozen_at(at):
        assert keys_actions.use_api_key(shop.secret) is None


def test_requests_of_a_minute_are_counted_even_all_at_once(anna: Customer) -> None:
    shop, together, seen = made(anna), threading.Barrier(4), []

    def use() -> None:
        try:
            together.wait(10)
            with clock.frozen_at(at):
                found = keys_actions.use_api_key(shop.secret)
            assert found is not None
            seen.append(found.used)
        finally:
            connections.close_all()

    at = clock.now().replace(second=10)
    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with clock.frozen_at(at):
        last = keys_actions.use_api_key(shop.secret)
    with clock.frozen_at(at + timedelta(minutes=1)):
        fresh = keys_actions.use_api_key(shop.secret)
    assert last is not None and fresh is not None
    assert (last.used, fresh.used) == (5, 1)


def test_a_request_from_elsewhere_is_refused_and_not_counted(anna: Customer) -> None:
    shop = made(anna, networks=["203.0.113.0/24", "2001:db8::/48"])
    for ip in ("198.51.100.7", "2001:db9::1", None):
        with pytest.raises(KeyOutsideNetworks):
            keys_actions.use_api_key(shop.secret, ip)
    for number, ip in enumerate(("203.0.113.9", "2001:db8::1"), 1):
        found = keys_actions.use_api_key(shop.secret, ip)
        assert found is not None and found.used == number


def test_networks_are_kept_in_one_form_and_nonsense_is_named() -> None:
    assert keys_actions.parse_networks([" 203.0.113.7", "203.0.113.7/32", "203.0.113.9/24"]) == [
        "203.0.113.7/32",
        "203.0.113.0/24",
    ]
    for wrong, words in (("203.0.113", "isn't an IP"), ("::ffff:203.0.113.7", "as IPv4"), ("", "isn't an IP")):
        with pytest.raises(AccountError, match=words):
            keys_actions.parse_networks([wrong])
    with pytest.raises(AccountError, match="up to 20"):
        keys_actions.parse_networks([f"203.0.113.{number}" for number in range(keys.MOST_NETWORKS + 1)])


def test_a_key_that_asks_is_bound_to_forms_and_to_a_number(anna: Customer) -> None:
    for asking in (None, AskingBounds()):
        with pytest.raises(AccountError, match="Choose the forms"):
            made(anna, KeyScope.ASK, asking=asking)
    for daily in (0, keys.MOST_DAILY_ASKS + 1):
        with pytest.raises(AccountError, match="between 1 and"):
            made(anna, KeyScope.ASK, asking=AskingBounds(frozenset({7}), daily))
    plain = made(anna, KeyScope.READ, asking=AskingBounds(frozenset({7}), 5)).key
    assert (plain.form_ids, plain.daily_asks) == (None, None), "bounds without the scope would promise what isn't so"


def test_revoking_is_for_good_and_for_ones_own(anna: Customer) -> None:
    shop, carla = made(anna), Customer.registered("Nordstern")
    with pytest.raises(AccountError, match="doesn't exist"):
        keys_actions.revoke_api_key(carla.account_id, shop.key.id, by=carla.owner)
    first = keys_actions.revoke_api_key(anna.account_id, shop.key.id, by=anna.owner).revoked_at
    assert keys_actions.revoke_api_key(anna.account_id, shop.key.id, by=anna.owner).revoked_at == first
    assert not keys_actions.is_known_key(shop.secret)
