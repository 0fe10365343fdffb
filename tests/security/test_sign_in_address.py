"""Nobody signs in with an address whose mailbox did not say yes, and only the pages we name are served."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from mailflatrate.apps.accounts.actions import passwords, people
from mailflatrate.apps.accounts.models import AddressChange, Notice, User
from mailflatrate.apps.gate.notices import notice_facts
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.page_context import drawn_context
from support.people import messages_to

PASSWORD = "winterzwiebeln-7"
PAGE = "/email/"
SERVED = {
    "account_login", "account_logout", "account_inactive", "account_reauthenticate", "account_change_password",
    "account_set_password", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "mfa_index", "mfa_authenticate",
    "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn", "mfa_remove_webauthn", "mfa_edit_webauthn", "mfa_login_webauthn",
}  # fmt: skip
"""Every page of allauth that we serve. A new one needs a thought about what it lets a stranger do."""


def routes(resolver: URLResolver) -> Iterator[URLPattern]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from routes(each)
        else:
            yield each


def test_only_the_named_pages_of_allauth_are_served() -> None:
    found = [route for route in routes(get_resolver()) if route.callback.__module__.startswith("allauth")]
    assert {route.name for route in found} == SERVED
    assert len(found) == len(SERVED), "each once"
    for path in ("/confirm-email/", "/confirm-email/x/", "/login/code/", "/login/code/confirm/", "/2fa/trust/",
                 "/signup/passkey/", "/3rdparty/", "/2fa/webauthn/signup/"):  # fmt: skip
        assert Client().get(path).status_code == 404, path


@pytest.fixture
def carla(database: str) -> tuple[Client, User]:
    place: Customer = sending_customer()
    user = place.owner
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    client = Client()
    client.force_login(user)
    return client, user


def link_in(notice: Notice) -> str:
    found = re.search(re.escape(load_settings().public_url) + r"(/email/confirm/\S+)", notice.text)
    assert found is not None, notice.text
    return found.group(1)


def ask(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post(PAGE, {"email": email, "password": password}).status_code


def test_the_address_changes_by_the_password_and_a_click_in_the_new_mailbox(carla: tuple[Client, User]) -> None:
    client, user = carla
    old, new = user.email, f"new{user.id}@people.example"
    assert "Sign-in email" in client.get(PAGE).content.decode()
    for wrong in ("", "wrong"):
        assert ask(client, new, wrong) == 422
    assert messages_to(new) == []
    assert ask(client, new) == 303
    user.refresh_from_db()
    assert user.email == old, "until the click the old one counts"
    (message,) = messages_to(new)
    with tenancy.account(message.account_id):
        assert notice_facts(message).recipient_is_user, "the gate lets it out: a user asked for it"
    link = link_in(message)
    assert client.get(link).status_code == 200
    user.refresh_from_db()
    assert user.email == old, "a scanner that opens the link changes nothing"
    assert client.post(link).status_code == 303
    user.refresh_from_db()
    assert user.email == new
    assert messages_to(old), "the old mailbox hears of it"
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert AuditEntry.objects.filter(action="user.address_changed", actor_id=user.id).count() == 1
    assert client.post(link).status_code == 422, "a link works once"
    signed_in = Client().post("/login/", {"login": new, "password": PASSWORD})
    assert signed_in.status_code == 302
    assert Client().post("/login/", {"login": old, "password": PASSWORD}).status_code == 200


def test_the_click_of_a_stranger_does_not_count(carla: tuple[Client, User]) -> None:
    """A mistyped address belongs to a stranger, who gets the link and may sign in here."""
    client, user = carla
    new = f"typo{user.id}@people.example"
    ask(client, new)
    link = link_in(messages_to(new)[0])
    eve = people.create_user(f"eve{user.id}@people.example", name="Eve", password=PASSWORD)
    stranger = Client()
    assert stranger.post(link).status_code == 302
    stranger.force_login(eve)
    assert stranger.get(link).status_code == 422
    assert stranger.post(link).status_code == 422
    for changed in (link[:-3] + "xx/", "/email/confirm/x/"):
        assert client.post(changed).status_code == 422
    user.refresh_from_db()
    assert user.email != new


def test_a_change_of_password_and_a_day_end_the_link(
    carla: tuple[Client, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, user = carla
    new = f"late{user.id}@people.example"
    ask(client, new)
    link = link_in(messages_to(new)[0])
    with monkeypatch.context() as patch:
        patch.setattr("mailflatrate.apps.accounts.actions.addresses.LINK_WORKS", timedelta(seconds=-1))
        assert client.post(link).status_code == 422
    user.set_password("another-password-9")
    user.save(update_fields=["password"])
    client.force_login(user)
    assert client.post(link).status_code == 422


def test_an_address_of_somebody_else_is_not_told_and_not_taken(carla: tuple[Client, User]) -> None:
    client, user = carla
    known = people.create_user(f"known{user.id}@people.example", name="Known Person", password=PASSWORD)
    free = f"free{user.id}@people.example"
    answers = []
    for email in (known.email, free):
        client.post(PAGE, {"email": email, "password": PASSWORD})
        answers.append(client.get(PAGE).content.decode().replace(email, "ADDRESS"))
    tokens = [re.sub(r'value="[A-Za-z0-9]{64}"|[A-Za-z0-9]{64}', "", answer) for answer in answers]
    assert tokens[0] == tokens[1]
    (message,) = messages_to(known.email)
    assert "/email/confirm/" not in message.text
    race = link_in(messages_to(free)[0])
    people.create_user(free, name="Faster", password=PASSWORD)
    assert client.post(race).status_code == 422
    user.refresh_from_db()
    assert user.email not in (known.email, free)


def test_the_ways_of_before_are_closed(carla: tuple[Client, User]) -> None:
    """An address was added, made primary, and was the sign-in address, with no mailbox asked."""
    client, user = carla
    old, victim = user.email, f"victim{user.id}@lindenhof.example"
    for form in (
        {"action_add": "", "email": victim},
        {"action_primary": "", "email": victim},
        {"action_send": "", "email": victim},
        {"action_remove": "", "email": old},
        {"email": victim},
    ):
        client.post(PAGE, form)
    user.refresh_from_db()
    assert user.email == old
    assert not EmailAddress.objects.exists()
    assert messages_to(victim) == [], "and nobody is written to without the password"
    assert Client().post(PAGE, {"email": victim, "password": PASSWORD}).status_code == 302


def test_mails_to_new_addresses_are_few(carla: tuple[Client, User]) -> None:
    client, user = carla
    statuses = [ask(client, f"n{number}-{user.id}@people.example") for number in range(7)]
    assert statuses == [303] * 5 + [422] * 2
    assert AddressChange.objects.filter(user=user).count() == 5


def test_a_reset_of_the_password_leaves_no_second_address(carla: tuple[Client, User]) -> None:
    """allauth notes the address when it makes the link; such a row would let in as well."""
    _client, user = carla
    assert Client().post("/password/reset/", {"email": user.email}).status_code == 302
    passwords.send_password_reset(user.id)
    message = messages_to(user.email)[-1]
    assert not EmailAddress.objects.exists()
    found = re.search(r"https?://[^/\s]+(/password/reset/key/\S+)", message.text)
    assert found is not None, message.text
    visitor = Client()
    form = visitor.get(found.group(1), follow=True)
    password = "a-fresh-password-3"
    visitor.post(form.request["PATH_INFO"], {"password1": password, "password2": password})
    user.refresh_from_db()
    assert user.check_password(password)
    assert drawn_context(visitor, found.group(1), follow=True).get("token_fail"), "a link works once"
