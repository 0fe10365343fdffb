"""An attacker's SQL under the application role can't change anyone's sign-in, and the application itself still can.

The attacker has the application's own connection: an injection runs in it, in the scope of an account, between two
of our statements. Nothing here uses the secret key of the installation.
"""

import json
import re
import secrets

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from psycopg import errors

from mailflatrate.apps.accounts.actions import keys, notices, people
from mailflatrate.apps.accounts.models import ApiKey, KeyScope, Membership, Notice, NoticeKind, Role, User
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.base import audit, tenancy
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.settings.roles import (
    ACCESS_SETTING,
    APP_ROLE,
    ERASER_ROLE,
    LIMITED_ROLE,
    PLATFORM_ROLE,
    PassKind,
    app_url,
    enter_role,
    owner_url,
    pass_for,
    server_of,
)
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.people import operator

ROLES = (APP_ROLE, PLATFORM_ROLE, ERASER_ROLE, LIMITED_ROLE)


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    found = sending_customer()
    keys.make_api_key(found.account_id, "Shop", {KeyScope.READ}, expires_at=None, by=found.owner)
    return found


@pytest.fixture(scope="module")
def otto(database: str) -> User:
    user = operator()
    with tenancy.access():
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
    return user


DEEDS = {
    "set a password": "UPDATE user_account SET password = {hash} WHERE id = {otto}",
    "take an address over": "UPDATE user_account SET email = 'eve@eve.example' WHERE id = {otto}",
    "lock somebody out": "UPDATE user_account SET is_active = false WHERE id = {otto}",
    "unmake staff": "UPDATE user_account SET is_staff = false WHERE id = {otto}",
    "become another user": "UPDATE user_account SET id = -id WHERE id = {otto}",
    "make a user": "INSERT INTO user_account (password, email, name, language, is_active, is_staff, created_at)"
    " VALUES ({hash}, 'eve@eve.example', 'Eve', 'en', true, false, now())",
    "delete a user": "DELETE FROM user_account WHERE id = {otto}",
    "take a factor away": "DELETE FROM mfa_authenticator WHERE user_id = {otto}",
    "put a seed in": 'UPDATE mfa_authenticator SET data = \'{{"secret": "JBSWY3DPEHPK3PXP"}}\' WHERE user_id = {otto}',
    "move a factor": "UPDATE mfa_authenticator SET user_id = {anna} WHERE user_id = {otto}",
    "add a factor": "INSERT INTO mfa_authenticator (user_id, type, data, created_at)"
    " VALUES ({otto}, 'webauthn', '{{}}', now())",
    "a second address": 'INSERT INTO account_emailaddress (user_id, email, verified, "primary")'
    " VALUES ({otto}, 'eve@eve.example', true, true)",
    "ask for an address": "INSERT INTO address_change (user_id, email, asked_at)"
    " VALUES ({otto}, 'eve@eve.example', now())",
    "join an account": "INSERT INTO membership (account_id, user_id, role) VALUES ({account}, {otto}, 'owner')",
    "become owner": "UPDATE membership SET role = 'viewer' WHERE account_id = {account}",
    "throw people out": "DELETE FROM membership WHERE account_id = {account}",
    "invite oneself": "INSERT INTO invitation (account_id, email, name, role, language, token_hash, invited_by_id,"
    " created_at, sent_at, sends, expires_at) VALUES ({account}, 'eve@eve.example', 'Eve', 'owner', 'en', '\\x00',"
    " {anna}, now(), now(), 1, now() + interval '7 days')",
    "make a key": "INSERT INTO api_key (account_id, name, prefix, secret_hash, scopes, created_by_id, created_at,"
    " window_count) VALUES ({account}, 'Eve', 'evekey', '\\x01', '{{read}}', {anna}, now(), 0)",
    "widen a key": "UPDATE api_key SET scopes = '{{read,release}}' WHERE account_id = {account}",
    "rename a key": "UPDATE api_key SET name = 'Eve' WHERE account_id = {account}",
    "revoke a key": "UPDATE api_key SET revoked_at = now() WHERE account_id = {account}",
    "write a line as staff": "INSERT INTO audit_entry (at, actor_kind, actor_id, actor, action, account_id, subject,"
    " reason, details) VALUES (now(), 'staff', {otto}, {otto_email}, 'account.activated', {account}, '',"
    " 'Eve was here', '{{}}')",
    "forget a complaint": "DELETE FROM feedback WHERE account_id = {account}",
    "make a complaint a reply": "UPDATE feedback SET kind = 'reply' WHERE account_id = {account}",
    "forget a delivery": "DELETE FROM delivery WHERE account_id = {account}",
    "forget an attempt": "DELETE FROM attempt WHERE account_id = {account}",
    "rewrite an attempt": "UPDATE attempt SET reply_code = 250 WHERE account_id = {account}",
    "forget a decision": "DELETE FROM gate_decision WHERE account_id = {account}",
}


def refused(attacker: psycopg.Connection, role: str, account_id: int, statement: str) -> bool:
    """Whether the database said no, or showed no row to do it to."""
    try:
        with attacker.transaction():
            tenancy.enter_account(attacker, account_id)
            attacker.execute(f"SET LOCAL ROLE {role}")
            return attacker.execute(statement).rowcount == 0
    except (errors.InsufficientPrivilege, errors.RaiseException):
        return True


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("deed", DEEDS)
def test_raw_sql_changes_nobodys_way_in(
    anna: Customer, otto: User, attacker: psycopg.Connection, role: str, deed: str
) -> None:
    known = "'" + make_password("known-to-eve") + "'"
    values = {
        "hash": known,
        "otto": otto.id,
        "anna": anna.owner.id,
        "account": anna.account_id,
        "otto_email": f"'{otto.email}'",
    }
    statement = DEEDS[deed].format(**values)
    assert refused(attacker, role, anna.account_id, statement)


def test_the_same_statements_do_something_where_nobody_holds_them(anna: Customer, otto: User, database: str) -> None:
    """Without this, the test above would prove nothing: the owner of the tables, with no restrictions, touches rows."""
    values = {
        "hash": "'x'",
        "otto": otto.id,
        "anna": anna.owner.id,
        "account": anna.account_id,
        "otto_email": f"'{otto.email}'",
    }
    kept = {"forget a complaint", "make a complaint a reply", "forget a delivery", "forget an attempt",
            "rewrite an attempt", "forget a decision"}  # fmt: skip
    with psycopg.connect(owner_url(load_settings())) as owner:
        owner.execute("SET session_replication_role = replica")
        for deed, statement in DEEDS.items():
            if deed not in kept:
                with owner.transaction(force_rollback=True):
                    assert owner.execute(statement.format(**values)).rowcount > 0, deed
        owner.rollback()


def test_no_role_of_the_application_deletes_what_happened(database: str) -> None:
    with psycopg.connect(database) as owner:
        for table in ("delivery", "attempt", "gate_decision", "feedback"):
            for role in (APP_ROLE, PLATFORM_ROLE):
                row = owner.execute("SELECT has_table_privilege(%s, %s, 'DELETE')", [role, table]).fetchone()
                assert row == (False,), (role, table)


def test_a_complaint_is_not_taken_back_and_a_bounce_that_was_read_again_is(anna: Customer, database: str) -> None:
    with tenancy.account(anna.account_id):
        for number, kind in enumerate((FeedbackKind.COMPLAINT, FeedbackKind.UNSUBSCRIBE, FeedbackKind.SOFT_BOUNCE)):
            Feedback.objects.create(delivery_id=10_000_000 + number, kind=kind)
        with tenancy.eraser():
            Feedback.objects.filter(delivery_id__gte=10_000_000).delete()
        left = set(Feedback.objects.filter(delivery_id__gte=10_000_000).values_list("kind", flat=True))
    assert left == {FeedbackKind.COMPLAINT, FeedbackKind.UNSUBSCRIBE}


def test_a_pass_is_bound_to_its_kind_its_server_and_the_moment_it_started(
    anna: Customer, attacker: psycopg.Connection
) -> None:
    server = server_of(attacker)
    pid, _started = server.split()
    assert int(pid) == attacker.info.backend_pid
    right = pass_for(server, PassKind.ACCESS)
    for wrong in (
        "",
        "0" * 64,
        pass_for(server),
        pass_for(pid, PassKind.ACCESS),
        pass_for(f"{pid} 1", PassKind.ACCESS),
    ):
        attacker.execute("SELECT set_config(%s, %s, false)", [ACCESS_SETTING, wrong])
        assert attacker.execute("SELECT public.access_open()").fetchone() == (False,)
    attacker.execute("SELECT set_config(%s, %s, false)", [ACCESS_SETTING, right])
    assert attacker.execute("SELECT public.access_open()").fetchone() == (True,)
    with psycopg.connect(app_url(load_settings()), autocommit=True) as another:
        another.execute("SELECT set_config(%s, %s, false)", [ACCESS_SETTING, right])
        assert another.execute("SELECT public.access_open()").fetchone() == (False,)


def test_the_pass_is_taken_back_with_its_block(anna: Customer) -> None:
    def is_open() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT public.access_open()")
            return bool(cursor.fetchone()[0])

    with transaction.atomic():
        with tenancy.access():
            assert is_open()
            with tenancy.access():
                assert is_open()
            assert is_open(), "the inner block leaves the outer one its pass"
        assert not is_open()
        with pytest.raises(ValueError, match="x"), tenancy.access():
            raise ValueError("x")
        assert not is_open()


def test_the_application_does_all_of_it(anna: Customer, otto: User) -> None:
    user = people.create_user(f"ben{secrets.randbelow(10**15)}@people.example", name="Ben", password="first-password-1")
    user.set_password("second-password-2")
    user.save()
    people.add_member(anna.account_id, user, Role.EDITOR)
    with tenancy.account(anna.account_id):
        membership = Membership.objects.get(user=user)
    people.change_role(anna.account_id, membership.id, Role.VIEWER, by=anna.owner)
    people.remove_member(anna.account_id, membership.id, by=anna.owner)
    made = keys.make_api_key(anna.account_id, "Second", {KeyScope.READ}, expires_at=None, by=anna.owner)
    assert keys.use_api_key(made.secret) is not None, "counting a use needs no pass"
    keys.revoke_api_key(anna.account_id, made.key.id, by=anna.owner)
    assert keys.use_api_key(made.secret) is None
    with tenancy.account(anna.account_id):
        assert ApiKey.objects.get(id=made.key.id).revoked_by == anna.owner
        audit.record("test.done", by=audit.person(otto), account_id=anna.account_id)
    Authenticator.objects.get(user=otto, type="totp").record_usage()


def test_a_line_of_staff_names_the_one_who_is_staff(anna: Customer, otto: User, attacker: psycopg.Connection) -> None:
    """This holds even with the platform's pass: a line in someone else's name is not accepted."""
    enter_role(attacker, PLATFORM_ROLE)
    insert = (
        "INSERT INTO audit_entry (at, actor_kind, actor_id, actor, action, subject, reason, details)"
        " VALUES (now(), 'staff', %s, %s, 'account.activated', '', '', %s)"
    )
    for actor_id, actor in ((anna.owner.id, anna.owner.email), (otto.id, "someone@else.example"), (None, otto.email)):
        with pytest.raises(errors.InsufficientPrivilege, match="in the name of staff"):
            attacker.execute(insert, [actor_id, actor, json.dumps({})])
    attacker.execute(insert, [otto.id, otto.email, json.dumps({})])


def test_the_account_is_more_than_a_setting(anna: Customer, attacker: psycopg.Connection) -> None:
    """Anyone can set the number of an account; its rows show only with the pass for it."""
    carla = sending_customer()
    with attacker.transaction():
        tenancy.enter_account(attacker, carla.account_id)
        own = attacker.execute("SELECT current_setting('mailflatrate.account_pass')").fetchone()
        assert attacker.execute("SELECT count(*) FROM contact").fetchone() != (0,)
        attacker.execute("SELECT set_config('mailflatrate.account_id', %s, true)", [str(anna.account_id)])
        assert attacker.execute("SELECT count(*) FROM contact").fetchone() == (0,), "her pass is for her account"
        assert attacker.execute("SELECT count(*) FROM account").fetchone() == (0,)
        assert attacker.execute("UPDATE campaign SET name = 'x'").rowcount == 0
        with pytest.raises(errors.InsufficientPrivilege), attacker.transaction():
            attacker.execute(
                "INSERT INTO contact (account_id, email, address_key, first_name, last_name, attributes)"
                " VALUES (%s, 'eve@people.example', '\\x01', '', '', '{}')",
                [anna.account_id],
            )
    assert own is not None
    with psycopg.connect(app_url(load_settings()), autocommit=True) as another, another.transaction():
        for setting, value in (("account_id", str(carla.account_id)), ("account_pass", own[0])):
            another.execute(f"SELECT set_config('mailflatrate.{setting}', %s, true)", [value])
        assert another.execute("SELECT count(*) FROM contact").fetchone() == (0,), "and for her connection"


def test_the_pass_of_an_account_is_not_in_the_text_of_a_statement(anna: Customer, attacker: psycopg.Connection) -> None:
    with tenancy.account(anna.account_id):
        shown = attacker.execute(
            "SELECT query FROM pg_stat_activity WHERE pid = %s", [connection.connection.info.backend_pid]
        ).fetchone()
    assert shown is not None
    assert "mailflatrate.account_pass" in shown[0], "the statement itself is seen"
    assert not re.search("[0-9a-f]{64}", shown[0])


def test_a_password_link_is_read_from_no_row_and_forwarded_to_nobody(
    anna: Customer, attacker: psycopg.Connection
) -> None:
    """The attacker reads the notice, copies it to an address of their own, and gets nothing that opens."""
    house, link = people.house_account(), f"https://mail.example/password/reset/key/{secrets.token_hex(8)}/"
    sent = notices.send_notice(
        house.id, NoticeKind.ACCESS, anna.owner.email, subject="Password", text=f"Open {link}", language="en"
    )
    with attacker.transaction():
        tenancy.enter_account(attacker, house.id)
        row = attacker.execute("SELECT n::text FROM notice n WHERE id = %s", [sent.id]).fetchone()
        assert row is not None
        assert link not in row[0]
        copied = attacker.execute(
            "INSERT INTO notice (account_id, kind, recipient, subject, text_sealed, created_at)"
            " SELECT account_id, kind, 'eve@eve.example', subject, text_sealed, now() FROM notice WHERE id = %s"
            " RETURNING id",
            [sent.id],
        ).fetchone()
    assert copied is not None
    with tenancy.account(house.id):
        assert link in Notice.objects.get(id=sent.id).text, "the sender of messages opens it"
        for forged in (
            {"recipient": "eve@eve.example"},
            {"recipient": anna.owner.email, "text_sealed": "Open https://eve.example/"},
        ):
            Notice.objects.filter(id=copied[0]).update(**forged)
            with pytest.raises(VaultError):
                _ = Notice.objects.get(id=copied[0]).text
