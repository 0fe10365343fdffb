"""Rows that signing in reads: reading, copying or rewriting one in the database opens nothing."""

import json
import secrets

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.db import connection
from django.test import Client

from mailflatrate.apps.accounts.actions import people
from mailflatrate.apps.accounts.factors import factor_link
from mailflatrate.apps.accounts.models import BrowserSession, User
from mailflatrate.apps.accounts.session_store import SessionStore, row_key
from mailflatrate.base import clock, tenancy
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.settings.schema import load_settings
from support.page_context import drawn_context

PASSWORD = "winterzwiebeln-7"
PAGE = "/sessions/"


@pytest.fixture
def user(database: str) -> User:
    return people.create_user(f"s{secrets.randbelow(10**15)}@people.example", name="Sue", password=PASSWORD)


def browser(user: User, **headers: str) -> Client:
    client = Client(headers=headers)
    answer = client.post("/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def cookie(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def row(client: Client) -> BrowserSession:
    return BrowserSession.objects.get(key=row_key(cookie(client)))


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def test_a_row_names_neither_the_cookie_nor_what_is_in_the_session(user: User) -> None:
    client = browser(user)
    assert is_in(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(s)::text FROM browser_session s WHERE user_id = %s", [user.id])
        rows = [found for (found,) in cursor.fetchall()]
    assert len(rows) == 1
    assert cookie(client) not in rows[0]
    assert "_auth_user" not in rows[0]
    assert json.loads(rows[0])["key"] != cookie(client)


def test_a_key_that_was_read_is_no_cookie(user: User) -> None:
    key = row(browser(user)).key
    for tried in (key, key[:32], key[:40]):
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = tried
        assert not is_in(thief)


def test_data_of_another_session_do_not_open_in_ones_own(user: User) -> None:
    victim, eve = (
        browser(user),
        browser(people.create_user(f"eve{secrets.randbelow(10**15)}@people.example", name="Eve", password=PASSWORD)),
    )
    assert is_in(eve)
    taken = row(victim)
    BrowserSession.objects.filter(key=row(eve).key).update(data=taken.data, user_id=user.id)
    assert not is_in(eve), "the data are bound to the cookie"
    assert is_in(victim)


def test_a_row_that_was_made_or_changed_opens_nothing(user: User) -> None:
    client = browser(user)
    mine = row(client)
    forged = json.dumps({"_auth_user_id": str(user.id)})
    for data in (forged, mine.data[:-4] + "AAAA", "", "v1.x.y"):
        BrowserSession.objects.filter(key=mine.key).update(data=data)
        assert not is_in(client)
    BrowserSession.objects.filter(key=mine.key).update(data=mine.data, expires_at=clock.now())
    assert not is_in(client), "and one that ran out neither"


def test_devices_are_listed_and_signed_out(user: User) -> None:
    first, second = browser(user, user_agent="Browser One"), browser(user, user_agent="Browser Two")
    page = second.get(PAGE).content.decode()
    assert "Browser One" in page
    assert "Browser Two" in page
    assert second.post(PAGE).status_code == 303
    assert not is_in(first)
    assert is_in(second)
    assert "Browser One" not in second.get(PAGE).content.decode()
    stranger = browser(people.create_user(f"x{secrets.randbelow(10**15)}@people.example", name="X", password=PASSWORD))
    stranger.post(PAGE)
    assert is_in(second), "somebody else signs out his own devices only"


def test_a_new_password_ends_the_other_sessions(user: User) -> None:
    first, second = browser(user), browser(user)
    form = {"oldpassword": PASSWORD, "password1": "another-password-9", "password2": "another-password-9"}
    assert second.post("/password/change/", form).status_code == 302
    assert not is_in(first)
    assert is_in(second)
    assert [each.key for each in BrowserSession.objects.filter(user=user)] == [row(second).key]


def test_a_sign_in_gets_a_new_cookie_and_signing_out_ends_the_row(user: User) -> None:
    client = Client()
    session = client.session
    session["x"] = "y"
    session.save()
    before = cookie(client)
    client.post("/login/", {"login": user.email, "password": PASSWORD})
    assert cookie(client) != before
    key = row(client).key
    client.post("/logout/")
    assert not BrowserSession.objects.filter(key__in=[key, row_key(before)]).exists()


def test_sessions_that_ran_out_are_deleted(user: User) -> None:
    client = browser(user)
    BrowserSession.objects.filter(key=row(client).key).update(expires_at=clock.now())
    SessionStore.clear_expired()
    assert not BrowserSession.objects.filter(user=user).exists()


def test_seeds_rest_sealed_and_work(user: User) -> None:
    secret = generate_totp_secret()
    with tenancy.access():
        factor = TOTP.activate(user, secret)
        codes = RecoveryCodes.activate(user)
    stored = Authenticator.objects.filter(user=user)
    assert secret not in str([each.data for each in stored])
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator WHERE user_id = %s", [user.id])
        rows = str(cursor.fetchall())
    assert secret not in rows
    code = format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))
    assert factor.validate_code(code)
    (first, *_others) = codes.get_unused_codes()
    assert first not in rows
    with tenancy.access():
        assert codes.validate_code(first)
    assert not codes.validate_code(first)


def test_a_seed_in_clear_is_not_taken(user: User) -> None:
    """What an attacker could compute codes from."""
    clear = Authenticator(user=user, type="totp", data={"secret": generate_totp_secret()})
    with pytest.raises(VaultError):
        TOTP(clear).validate_code("000000")


def test_the_second_factor_is_walked_from_page_to_page(user: User) -> None:
    """Enrolment, sign-in with a code, sign-in with a recovery code, and taking it away: each shows the pass itself."""
    client = browser(user)
    assert client.post(factor_link(user).removeprefix(load_settings().public_url)).status_code == 303
    assert client.get("/2fa/totp/activate/").headers["Location"].startswith("/reauthenticate/")
    assert client.post("/reauthenticate/", {"password": PASSWORD}).status_code == 302
    form = client.get("/2fa/totp/activate/")
    assert form.status_code == 200, form.headers
    secret = client.session["mfa.totp.secret"]
    assert secret not in BrowserSession.objects.get(key=row_key(cookie(client))).data
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    assert client.post("/2fa/totp/activate/", {"code": code}).status_code == 302
    codes = drawn_context(client, "/2fa/recovery-codes/")["unused_codes"]
    again = Client()
    waits = again.post("/login/", {"login": user.email, "password": PASSWORD})
    assert waits.headers["Location"].startswith("/2fa/authenticate/")
    assert not is_in(again)
    assert again.post("/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert is_in(again)
    client.post("/2fa/recovery-codes/generate/")
    assert drawn_context(client, "/2fa/recovery-codes/")["unused_codes"] != codes
    assert client.post("/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.filter(user=user, type="totp").exists()
