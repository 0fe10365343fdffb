"""An attacker with SQL, part two: what a session may do to the names and settings that our functions read.

A temporary schema comes before all others unless a function says otherwise, for types as well as for tables; anyone
can change custom settings; and whatever a function of the owner touches runs as the owner.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import errors

from apps.delivery.test_lock import INSERT, released, with_hole
from mailflatrate.apps.delivery.planning.editions import edition_mail
from mailflatrate.apps.gate.message_composition import EditionUnusable
from mailflatrate.base import ids
from mailflatrate.mail.address import canonical_key
from mailflatrate.settings.roles import APP_ROLE, PLATFORM_ROLE
from support.customers import Customer
from support.sql import as_application, by_owner

REFUSED = (
    errors.InsufficientPrivilege,
    errors.CheckViolation,
    errors.RaiseException,
    errors.UndefinedFunction,
    errors.UndefinedObject,
    errors.DatatypeMismatch,
)


@contextmanager
def session_of(customer: Customer) -> Iterator[psycopg.Connection]:
    """The application's own name and password, in the scope of an account."""
    with as_application(customer, for_session=True) as opened:
        yield opened


@pytest.fixture
def eve(anna: Customer) -> Iterator[psycopg.Connection]:
    with session_of(anna) as opened:
        yield opened


def tries(eve: psycopg.Connection, statement: str, values: dict[str, int] | None = None) -> int:
    """Rows that it touched; 0 where it was refused."""
    try:
        return eve.execute(statement, values).rowcount
    except REFUSED:
        return 0


# A row type of two fields, one of them empty, IS NOT NULL is false for: a refusal that waits in it would be forgotten.
SHADOWS = {
    "no trick": "SELECT 1",
    "a setting of a trigger library": "SET pgtrigger.ignore = '{delivery_needs_permission}'",
    "a type called text": "CREATE TYPE pg_temp.text AS (a pg_catalog.text, b pg_catalog.text)",
    "tables of the same names": "CREATE TEMP TABLE account AS SELECT * FROM public.account;"
    "UPDATE pg_temp.account SET standing = 'active';"
    "CREATE TEMP TABLE suppression AS SELECT * FROM public.suppression WHERE false",
    "another path": "SET search_path = pg_temp, public",
    "no path": "SET search_path = ''",
    "triggers off": "SET session_replication_role = replica",
    "policies off": "SET row_security = off",
    "deferred": "SET CONSTRAINTS ALL DEFERRED",
    "another role": f"SET SESSION AUTHORIZATION {PLATFORM_ROLE}",
}


@pytest.mark.parametrize("shadow", SHADOWS)
@pytest.mark.parametrize("hole", ["account paused", "suppressed here", "no tick"])
def test_no_setting_and_no_name_of_a_session_opens_the_lock(database: str, hole: str, shadow: str) -> None:
    customer, values = with_hole(database, hole)
    insert = INSERT.replace("INTO delivery", "INTO public.delivery")
    with session_of(customer) as eve:
        for statement in SHADOWS[shadow].split(";"):
            tries(eve, statement)
        assert tries(eve, insert.replace("FROM subscription", "FROM public.subscription"), values) == 0


def test_the_ledger_is_not_rewritten_past_its_trigger(anna: Customer, eve: psycopg.Connection) -> None:
    names = by_owner("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    everything = ",".join(name for (name,) in names)
    eve.execute("SELECT set_config('pgtrigger.ignore', %s, false)", [f"{{{everything}}}"])
    assert tries(eve, "UPDATE consent_event SET occurred_at = now()") == 0
    assert tries(eve, "DELETE FROM consent_event") == 0
    assert tries(eve, "UPDATE edition SET content_hash = repeat('0', 64)") == 0
    row = "INSERT INTO contact (account_id, email, address_key, first_name, last_name, attributes) VALUES (%s, %s,"
    with pytest.raises(errors.CheckViolation):
        eve.execute(f"{row} '\\x01', '', '', '{{}}')", [anna.account_id, "info@people.example"])


# What runs as the owner -----------------------------------------------------------------------------------------------

EVIL = """
CREATE FUNCTION pg_temp.evil(x {argument}) RETURNS pg_catalog.bool LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) THEN
        RAISE EXCEPTION 'Eve is the owner' USING ERRCODE = 'XX000';
    END IF;
    RETURN true;
END $$
"""
EVIL_TRIGGER = """
CREATE FUNCTION pg_temp.taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) THEN
        RAISE EXCEPTION 'Eve is the owner' USING ERRCODE = 'XX000';
    END IF;
    RETURN NEW;
END $$
"""


def test_a_type_in_the_owners_function_does_not_make_anybody_owner(eve: psycopg.Connection) -> None:
    eve.execute(EVIL.format(argument="pg_catalog.text"))
    eve.execute("CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.evil(VALUE))")
    assert eve.execute("SELECT public.platform_open()").fetchone() == (False,)


@pytest.mark.parametrize("table", ["audit_entry", "audit_head", "account", "case_report"])
def test_a_table_in_the_owners_function_does_not_make_anybody_owner(eve: psycopg.Connection, table: str) -> None:
    """The owner writes the chain of the audit log, no matter who commits."""
    eve.execute(EVIL_TRIGGER)
    eve.execute(f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING DEFAULTS)")
    eve.execute(
        f"CREATE TRIGGER taken BEFORE INSERT OR UPDATE OR DELETE ON pg_temp.{table} FOR EACH ROW"
        " EXECUTE FUNCTION pg_temp.taken()"
    )
    eve.execute(
        "INSERT INTO public.audit_entry (at, actor_kind, actor, action, account_id, subject, reason, details)"
        " SELECT now(), 'customer', 'eve', 'test', id, '', '', '{}' FROM public.account"
    )


def test_a_function_that_works_as_the_owner_hangs_on_no_other_table(eve: psycopg.Connection) -> None:
    """On a table of Eve's own it would act on the rows of customers whom she names there."""
    eve.execute("CREATE TEMP TABLE mine (id bigint, account_id bigint, tracking_event_id bigint)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="recording_ends"):
        eve.execute("CREATE TRIGGER mine AFTER UPDATE ON mine FOR EACH ROW EXECUTE FUNCTION public.recording_ends()")


def test_every_function_of_ours_looks_into_the_temporary_schema_last(database: str) -> None:
    """Triggers and what runs as the owner; also those that the next migration brings."""
    with psycopg.connect(database) as owner:
        rows = owner.execute(
            "SELECT p.proname, p.proconfig FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = 'public' AND (p.prosecdef OR p.prorettype = 'trigger'::regtype)"
        ).fetchall()
    assert len(rows) > 50
    assert [name for name, config in rows if "search_path=pg_catalog, public, pg_temp" not in (config or [])] == []


# An address under another person's consent ------------------------------------------------------------------------


def test_nobody_else_is_put_under_a_consent(anna: Customer, eve: psycopg.Connection) -> None:
    """The key of a suppression cannot be computed, but it can be copied from a row that has one, with its address."""
    email = "victim@people.example"
    key = ids.key_ring().suppression_key(canonical_key(email))
    for change in ("email = %(email)s, address_key = %(key)s", "email = %(email)s", "address_key = %(key)s"):
        with pytest.raises(errors.InsufficientPrivilege, match="keeps its address"):
            eve.execute(f"UPDATE contact SET {change}", {"email": email, "key": key})


FORGED_EDITION = """
INSERT INTO edition (account_id, campaign_id, number, variant, content_hash, subject, preheader, html, text, links,
    facts, imprint_id, seal, created_at)
SELECT account_id, campaign_id, number + 1, variant, content_hash, 'Cheap pills', preheader, html, text, links,
    facts, imprint_id, seal, created_at FROM edition WHERE id = %(edition)s RETURNING id
"""
FORGED_DECISION = """
INSERT INTO gate_decision (account_id, chain, campaign_id, edition_id, allowed, findings, rules_version, decided_at)
VALUES (%(account)s, 'campaign', %(campaign)s, %(edition)s, true,
    '[{"key": "x", "severity": "block", "passed": true}]', 'x', now())
"""


def test_other_content_under_the_ticked_hash_never_becomes_a_letter(anna: Customer, eve: psycopg.Connection) -> None:
    """The tick is bound to a hash in a column. The gate did not decide about the other content, and even if it had: the
    sender asks for the seal, which no SQL can make."""
    values = released(anna)
    (edition,) = eve.execute(FORGED_EDITION, values).fetchone() or (0,)
    forged = values | {"edition": edition}
    assert tries(eve, FORGED_DECISION, forged) == 0
    assert tries(eve, INSERT, forged) == 0
    assert edition_mail(anna.account_id, values["edition"]).edition_id == values["edition"]
    with pytest.raises(EditionUnusable, match="wasn't created by this service; release the campaign again"):
        edition_mail(anna.account_id, edition)


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO PROGRAM 'true'", "COPY contact FROM PROGRAM 'true'", "COPY contact FROM '/etc/passwd'",
        "SELECT pg_read_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')", "CREATE EXTENSION file_fdw",
        "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE TABLE public.t (a int)",
        f"ALTER ROLE {APP_ROLE} SUPERUSER", f"GRANT {PLATFORM_ROLE} TO {APP_ROLE} WITH ADMIN OPTION",
        "ALTER TABLE delivery DISABLE TRIGGER ALL", "ALTER TABLE contact DISABLE ROW LEVEL SECURITY",
        "CREATE OR REPLACE FUNCTION public.platform_open() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "TRUNCATE consent_event", "CREATE TRIGGER t BEFORE INSERT ON delivery EXECUTE FUNCTION audit_refuse()",
        "CREATE RULE r AS ON INSERT TO delivery DO INSTEAD NOTHING", "SELECT setval('delivery_id_seq', 1)",
        "CREATE POLICY p ON contact USING (true)", "ALTER DATABASE postgres SET session_replication_role = replica",
    ],
)  # fmt: skip
def test_what_only_the_owner_may_do(eve: psycopg.Connection, statement: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.UndefinedFunction)):
        eve.execute(statement)
