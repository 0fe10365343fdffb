"""A stolen password moves no sign-in address by a change that was requested before a second factor was required."""

import re
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from mailflatrate.apps.accounts.actions import addresses, people
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.factors import factor_link
from mailflatrate.apps.accounts.models import Notice, Role, User
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.desk import sign_in_with_second_factor
from support.people import fresh_mailbox, person

pytestmark = pytest.mark.usefixtures("database")
PASSWORD = "winterzwiebeln-7"


@pytest.fixture
def anna() -> Customer:
    return sending_customer(people=0)


@pytest.fixture
def ben(anna: Customer) -> User:
    """A member of an account that doesn't require a second factor yet."""
    user = person(anna.account_id, "Ben Berger", Role.EDITOR)
    user.set_password(PASSWORD)
    user.save()
    return user


def require(anna: Customer) -> None:
    proved = Client()
    sign_in_with_second_factor(proved, anna.owner)
    assert proved.post(reverse("studio:security-second-factor"), {"wanted": "yes"}).status_code == 303


def account_requires(anna: Customer, _ben: User) -> None:
    require(anna)


def joins_account_that_requires(_anna: Customer, ben: User) -> None:
    other = sending_customer(people=0)
    require(other)
    people.add_member(other.account_id, ben, Role.VIEWER)


BEGINNINGS = (account_requires, joins_account_that_requires)
begins = pytest.mark.parametrize("begin", BEGINNINGS, ids=[each.__name__ for each in BEGINNINGS])


def with_password(user: User) -> Client:
    client = Client()
    assert client.post("/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    return client


def with_mailbox(user: User) -> Client:
    client = with_password(user)
    assert client.post(factor_link(user).removeprefix(load_settings().public_url)).status_code == 303
    return client


def texts_to(email: str) -> list[str]:
    with tenancy.account(people.house_account().id):
        return [notice.text for notice in Notice.objects.filter(recipient=email).order_by("id")]


def requested(client: Client) -> tuple[str, str]:
    """Request a new address; return it and the path of its link."""
    new = fresh_mailbox("New")
    assert client.post("/email/", {"email": new, "password": PASSWORD}).status_code == 303
    found = re.search(re.escape(load_settings().public_url) + r"(/email/confirm/\S+)", texts_to(new)[-1])
    assert found is not None
    return new, found[1]


def address_of(user: User) -> str:
    return User.objects.get(id=user.id).email


@begins
def test_a_change_requested_before_the_requirement_is_void(
    anna: Customer, ben: User, begin: Callable[[Customer, User], None]
) -> None:
    thief, old = with_password(ben), ben.email
    _new, link = requested(thief)
    begin(anna, ben)
    assert thief.get(link).status_code == 422
    assert thief.post(link).status_code == 422
    assert address_of(ben) == old
    owner_of_mailbox = with_mailbox(User.objects.get(id=ben.id))
    assert owner_of_mailbox.post(link).status_code == 422, "no one confirms by mistake what the thief requested"
    assert address_of(ben) == old
    token = link.rstrip("/").rsplit("/", 1)[1]
    with pytest.raises(AccountError, match="invalid or has expired"):
        addresses.change_address(User.objects.get(id=ben.id), token)
    new, fresh = requested(owner_of_mailbox)
    assert owner_of_mailbox.post(fresh).status_code == 303, "their own later request works"
    assert address_of(ben) == new


@begins
def test_the_link_alone_is_not_enough_in_a_session_that_only_has_the_password(
    anna: Customer, ben: User, begin: Callable[[Customer, User], None]
) -> None:
    begin(anna, ben)
    thief, old = with_password(ben), ben.email
    _new, link = requested(with_mailbox(User.objects.get(id=ben.id)))
    answer = thief.post(link)
    assert (answer.status_code, b"Send link" in answer.content) == (403, True)
    assert address_of(ben) == old


def test_a_factor_set_up_since_voids_it_too(ben: User) -> None:
    thief, old = with_password(ben), ben.email
    _new, link = requested(thief)
    with tenancy.access():
        Authenticator.objects.create(user=ben, type=Authenticator.Type.TOTP, data={})
    assert thief.post(link).status_code == 422
    assert address_of(ben) == old


def test_the_old_mailbox_hears_of_a_request_at_once(ben: User) -> None:
    thief = with_password(ben)
    new, _link = requested(thief)
    (text,) = texts_to(ben.email)
    assert "/email/confirm/" not in text
    assert new not in text
    assert reverse("account_reset_password") in text, "what to do if it wasn't them"
