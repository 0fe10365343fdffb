"""An attacker with SQL: under the application role, under the platform role without its pass, and with it.

No path leads to a delivery without an active account, agreements, confirmed policy, origin, consent and freedom
from suppression (issue of permission, acceptance 1). `test_lock` shows what the lock asks; here the attacker tries
to make it true.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import nullcontext

import psycopg
import pytest
from django.db import connection
from psycopg import errors

from apps.delivery.test_lock import HOLES, INSERT, released, with_hole
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.forms.facts import confirmation_batch
from mailflatrate.apps.forms.models import Form, SignupRequest
from mailflatrate.apps.gate.confirmations import confirmation_facts
from mailflatrate.apps.gate.recipients import COLUMNS, JOINS, RecipientRow, recipient_facts
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.audience_states import SubscriptionState
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.gate.judge import judge_confirmation
from mailflatrate.settings.roles import (
    APP_ROLE,
    ERASER_ROLE,
    PASS_SETTING,
    PLATFORM_ROLE,
    app_url,
    enter_role,
    pass_for,
    server_of,
)
from mailflatrate.settings.schema import load_settings
from support.cast import per_module
from support.contact_files import readdress
from support.customers import Customer, sending_customer
from support.forms import add_form
from support.people import operator
from support.scope import within
from support.sql import by_owner

ROLES = (APP_ROLE, PLATFORM_ROLE)
otto = per_module(operator)
"""An operator, whom attackers claim to be."""


@pytest.fixture(scope="module")
def with_form() -> Customer:
    """Anna with a published form, which forged sign-ups name."""
    customer = sending_customer()
    within(customer, add_form, customer)
    return customer


@pytest.fixture
def attacker() -> Iterator[psycopg.Connection]:
    """A connection with only the application's own name and password."""
    with psycopg.connect(app_url(load_settings()), autocommit=True) as opened:
        yield opened


def attempt(attacker: psycopg.Connection, role: str, account_id: int, statement: str) -> int:
    """Rows that a statement touched; 0 where it was refused."""
    try:
        with attacker.transaction():
            tenancy.enter_account(attacker, account_id)
            attacker.execute(f"SET LOCAL ROLE {role}")
            return attacker.execute(statement).rowcount
    except (errors.InsufficientPrivilege, errors.CheckViolation, errors.RaiseException, errors.NoDataFound):
        return 0


# What would make a refusal of lock two go away, for an account that nobody activated, and for Anna's.
MOVE = (
    "INSERT INTO standing_change (account_id, before, after, actor_id, actor_name, reason_code, rule, text, remedy,"
    " evidence, at) VALUES ({{account}}, '{before}', '{after}', {actor}, 'x', 'x', '', '', '', '{{{{}}}}', now())"
)
FORGERIES = {
    "set the standing": "UPDATE account SET standing = 'throttled' WHERE id = {account}",
    "hand in by a row": MOVE.format(before="registered", after="submitted", actor="NULL"),
    "move an account as Otto": MOVE.format(before="active", after="closed", actor="{otto}"),
    "lift the daily limit": "UPDATE account SET daily_limit = 1000000 WHERE id = {account}",
    "become staff": "UPDATE user_account SET is_staff = true WHERE id = {user}",
    "approve an origin": "UPDATE mailing_list SET origin_state = 'approved' WHERE id = {list}",
    "lift a suppression": "UPDATE suppression SET lifted_at = now()",
    "forget a suppression": "DELETE FROM suppression",
    "publish other agreements": "INSERT INTO agreement_document (kind, version, language, title, text, sha256,"
    " valid_from) VALUES ('terms', 'eve', 'en', 'x', 'x', repeat('0', 64), now())",
    "let a campaign out": "INSERT INTO gate_decision (account_id, chain, allowed, findings, rules_version, decided_at)"
    """ VALUES ({account}, 'campaign', true, '[{{"key": "x", "severity": "block", "passed": true}}]', 'x', now())""",
    "a proved mailbox": "UPDATE mailbox SET proved_at = now(), email = 'ceo@bank.example'",
    "rewrite a consent": "UPDATE consent_event SET kind = 'confirmed'",
    "take the lock away": "DROP TRIGGER delivery_needs_permission ON delivery",
    "switch triggers off": "SET LOCAL session_replication_role = replica",
    "read the key of passes": "SELECT key FROM kept.pass",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_nothing_that_the_lock_asks_is_forged(
    anna: Customer, otto: User, attacker: psycopg.Connection, role: str, forgery: str
) -> None:
    """Under both roles, straight after SET ROLE."""
    with tenancy.platform(PlatformReason.SETUP), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO suppression (account_id, address_key, reason, source, created_at)"
            " VALUES (%s, %s, 'complaint', 'test', now())",
            [anna.account_id, secrets.token_bytes(32)],
        )
    values = {"account": anna.account_id, "otto": otto.id, "user": anna.owner.id, "list": anna.list_id}
    assert attempt(attacker, role, anna.account_id, FORGERIES[forgery].format(**values)) == 0
    assert not User.objects.get(id=anna.owner.id).is_staff


@pytest.mark.parametrize("role", [PLATFORM_ROLE, ERASER_ROLE])
def test_the_wider_roles_stand_in_an_empty_room(anna: Customer, attacker: psycopg.Connection, role: str) -> None:
    tables = ["consent_evidence"] if role == ERASER_ROLE else ["account", "contact", "campaign", "delivery", "mailbox"]
    for table in tables:
        with attacker.transaction():
            tenancy.enter_account(attacker, anna.account_id)
            attacker.execute(f"SET LOCAL ROLE {role}")
            assert attacker.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_an_injection_into_a_page_of_an_account_gets_no_further(anna: Customer) -> None:
    """In the application's own connection, right after work that had the pass."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM account")
        assert cursor.fetchone()[0] > 0
    with tenancy.account(anna.account_id):
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            assert Contact.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {PLATFORM_ROLE}")
            cursor.execute("SELECT count(*) FROM account")
            assert cursor.fetchone()[0] == 0
            cursor.execute("SELECT set_config('role', %s, true)", [APP_ROLE])


def test_a_pass_is_for_one_connection_and_is_not_seen_by_others(anna: Customer, attacker: psycopg.Connection) -> None:
    with tenancy.platform(PlatformReason.OPERATOR_DESK), connection.cursor() as cursor:
        base = connection.connection
        shown = attacker.execute(
            "SELECT query FROM pg_stat_activity WHERE pid = %s", [base.info.backend_pid]
        ).fetchone()
        assert shown is not None
        assert not re.search("[0-9a-f]{64}", shown[0]), shown
        assert PASS_SETTING in shown[0], "the statement itself is seen"
        cursor.execute("SELECT public.platform_open()")
        assert cursor.fetchone()[0]
        stolen = pass_for(server_of(base))
    for wrong in (stolen, "", "0" * 64):
        attacker.execute("SELECT set_config(%s, %s, false)", [PASS_SETTING, wrong])
        assert attacker.execute("SELECT public.platform_open()").fetchone() == (False,)
    enter_role(attacker, PLATFORM_ROLE)
    assert attacker.execute("SELECT public.platform_open()").fetchone() == (True,)


@pytest.mark.parametrize("hole", HOLES)
def test_each_lock_holds_for_the_platform_role_with_its_pass(database: str, hole: str) -> None:
    """A bug at the desk, or a thief with the secret key: still no message without its permission."""
    _customer, values = with_hole(database, hole)
    with psycopg.connect(app_url(load_settings())) as base:
        enter_role(base, PLATFORM_ROLE)
        with pytest.raises(psycopg.Error, match=HOLES[hole][1]):
            base.execute(INSERT, values)


def test_an_account_that_nobody_activated_plans_nothing(attacker: psycopg.Connection) -> None:
    account_id = Customer.applying("Eve's Angels", "Eve Adler").account_id
    for role in ROLES:
        insert = (
            "INSERT INTO delivery (account_id, chunk_id, decision_id, rules_version, granted_at, consent_event_id)"
            f" VALUES ({account_id}, 0, 0, '1', now(), 1)"
        )
        assert attempt(attacker, role, account_id, insert) == 0


# A confirmation email for a person who never asked ----------------------------------------------------------------

FORGED = """
WITH person AS (
    INSERT INTO contact (account_id, email, address_key, first_name, last_name, attributes)
    VALUES (%(account)s, %(email)s, %(key)s, '', '', '{}') RETURNING id
), event AS (
    INSERT INTO consent_event (account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)
    SELECT %(account)s, id, %(list)s, %(event)s, now(), '\\x00' FROM person RETURNING id, contact_id
)
INSERT INTO signup_request (account_id, kind, state, form_id, version_id, mailing_list_id, contact_id, email,
    address_key, language, values, requested_at, expires_at, ticked, requested_event_id)
SELECT %(account)s, 'form', 'asked', %(form)s, %(version)s, %(list)s, contact_id, %(email)s, %(key)s, 'en', '{}', now(),
    now() + interval '7 days', '[]', id FROM event RETURNING id, contact_id
"""
DECISION = """
INSERT INTO gate_decision (account_id, chain, allowed, findings, rules_version, decided_at)
VALUES (%(account)s, 'confirmation', true, '[{"key": "x", "severity": "block", "passed": true}]', 'x', now())
RETURNING id
"""
CONFIRMATION = """
INSERT INTO delivery (account_id, chunk_id, contact_id, mailing_list_id, decision_id, rules_version, granted_at,
    confirmation_id) VALUES (%(account)s, 0, %(contact)s, %(list)s, %(decision)s, 'x', now(), %(request)s)
"""


def forged(anna: Customer, attacker: psycopg.Connection, **changes: object) -> int:
    """Write everything that a sign-up leaves behind, without one; the request's id. Raises what the database says."""
    with tenancy.account(anna.account_id):
        form = Form.objects.get()
        email = f"victim{secrets.randbelow(10**15)}@people.example"
        values = {
            "account": anna.account_id,
            "list": form.mailing_list_id,
            "form": form.id,
            "version": form.current_id,
            "email": email,
            "key": key_ring().suppression_key(email),
            "event": "requested",
        } | changes
    with attacker.transaction():
        tenancy.enter_account(attacker, anna.account_id)
        request, contact = attacker.execute(FORGED, values).fetchone() or (0, 0)
        decision = (attacker.execute(DECISION, values).fetchone() or (0,))[0]
        letter = values | {"request": request, "contact": changes.get("contact", contact), "decision": decision}
        attacker.execute(CONFIRMATION, letter)
    return int(request)


def test_a_forged_sign_up_needs_a_published_form_and_its_event(attacker: psycopg.Connection) -> None:
    anna = sending_customer()
    with tenancy.account(anna.account_id):
        add_form(anna)
        stranger = Contact.objects.order_by("id").values_list("id", flat=True)[0]
    for changes in ({"event": "withdrawn"}, {"contact": stranger}):
        with pytest.raises(errors.InsufficientPrivilege, match="nobody asked"):
            forged(anna, attacker, **changes)
    with tenancy.account(anna.account_id):
        Form.objects.update(state="closed")
    with pytest.raises(errors.InsufficientPrivilege, match="nobody asked"):
        forged(anna, attacker)


def test_a_forged_sign_up_at_a_published_form_gets_the_frozen_mail_and_no_way_around_suppression(
    with_form: Customer, attacker: psycopg.Connection
) -> None:
    """The limit of what the database can tell (ADR 0010): the sender asks again, and a false key stops the message."""
    honest, false = forged(with_form, attacker), forged(with_form, attacker, key=secrets.token_bytes(32))
    with tenancy.account(with_form.account_id):
        requests = {row.id: row for row in SignupRequest.objects.filter(id__in=[honest, false])}
        facts = confirmation_facts(confirmation_batch(list(requests.values())))
        assert [each.key for each in judge_confirmation(facts[false]).blocked_by] == ["confirmation-address"]
        assert judge_confirmation(facts[honest]).allowed, "it asks the person, in words that the form froze"


def test_a_recipient_whose_key_is_not_his_address_is_left_out() -> None:
    anna = sending_customer()
    values = released(anna)
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        first = Contact.objects.order_by("id")[0]
    readdress(first.id, address_key=secrets.token_bytes(32))
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM delivery d {JOINS} WHERE d.campaign_id = %s", [values["campaign"]])
        rows = [RecipientRow(*row) for row in cursor.fetchall()]
    states = {row.contact_id: recipient_facts(row).subscription for row in rows}
    assert states.pop(first.id) is None
    assert set(states.values()) == {SubscriptionState.CONFIRMED}


@pytest.mark.parametrize(
    ("reason", "days", "everywhere", "refused"),
    [
        (SuppressionReason.UNSUBSCRIBE, 0, False, False),
        (SuppressionReason.SOFT_BOUNCE, 0, False, False),
        (SuppressionReason.HARD_BOUNCE, 59, False, True),
        (SuppressionReason.HARD_BOUNCE, 61, False, False),
        (SuppressionReason.HARD_BOUNCE, 59, True, True),
        (SuppressionReason.HARD_BOUNCE, 61, True, False),
        (SuppressionReason.MANUAL, 900, False, True),
        (SuppressionReason.COMPLAINT, 900, True, True),
    ],
)
def test_the_database_refuses_a_confirmation_to_a_suppressed_address(
    with_form: Customer,
    attacker: psycopg.Connection,
    reason: str,
    days: int,
    everywhere: bool,
    refused: bool,
) -> None:
    """R-75: it knows the 60 days after a hard bounce itself."""
    key = secrets.token_bytes(32)
    by_owner(
        "INSERT INTO suppression (account_id, address_key, reason, source, created_at)"
        " VALUES (%s, %s, %s, 't', now() - %s * interval '1 day')",
        [None if everywhere else with_form.account_id, key, reason, days],
    )
    with pytest.raises(errors.InsufficientPrivilege, match="nobody asked") if refused else nullcontext():
        forged(with_form, attacker, key=key)
