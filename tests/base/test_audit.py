"""The audit log: nobody changes it unseen, and whatever was done to it is named (R-98)."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from mailflatrate.base import audit, tenancy
from mailflatrate.base.audit import ChainReport, DamageKind
from mailflatrate.base.audit.jobs import check_chain
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.roles import PLATFORM_ROLE, app_url, enter_role
from mailflatrate.settings.schema import load_settings
from support.customers import customer_with_list
from support.people import operator
from support.scope import within

COLUMNS = "id, at, actor_kind, actor_id, actor, action, account_id, subject, reason, details, number, previous, hash"


def _report() -> ChainReport:
    return within(PlatformReason.HOUSEKEEPING, audit.verify)


@pytest.fixture
def lines(database: str) -> list[int]:
    """Six of our lines at the end of an intact log; their numbers."""
    for number in range(6):
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            audit.record(
                "test.written",
                by=audit.person(operator()),
                subject=f"x:{number}",
                reason="wörds 🙂",
                details={"n": number},
            )
    report = _report()
    assert report.whole, report.damages
    return list(range(report.rows - 5, report.rows + 1))


@contextmanager
def _tampered(database: str, *statements: str) -> Iterator[None]:
    """Tamper as the owner with all triggers disabled; restore afterward."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("CREATE TABLE kept_entry AS TABLE audit_entry")
        owner.execute("CREATE TABLE kept_head AS TABLE audit_head")
        try:
            for statement in statements:
                owner.execute(statement)
            yield
        finally:
            owner.execute("DELETE FROM audit_entry")
            owner.execute(f"INSERT INTO audit_entry ({COLUMNS}) SELECT {COLUMNS} FROM kept_entry")
            owner.execute("UPDATE audit_head h SET number = k.number, hash = k.hash FROM kept_head k")
            owner.execute("DROP TABLE kept_entry, kept_head")


REHASH = "UPDATE audit_entry e SET hash = audit_measure(e) WHERE number = {0}"
COPY = (
    """INSERT INTO audit_entry SELECT (jsonb_populate_record(e, '{{"id": 999999, "number": {0}}}')).* """
    "FROM audit_entry e"
)


@pytest.mark.parametrize(
    ("statements", "kind", "offset"),
    [
        (["UPDATE audit_entry SET reason = 'no' WHERE number = {2}"], DamageKind.CHANGED, 2),
        (["UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE number = {2}"], DamageKind.CHANGED, 2),
        (["UPDATE audit_entry SET actor = 'eve' WHERE number = {2}", REHASH.format("{2}")], DamageKind.CHANGED, 2),
        (["UPDATE audit_entry SET actor = 'eve' WHERE number = {5}", REHASH.format("{5}")], DamageKind.CHANGED, 5),
        (["DELETE FROM audit_entry WHERE number = {2}"], DamageKind.REMOVED, 2),
        (["DELETE FROM audit_entry WHERE number = {5}"], DamageKind.REMOVED, 5),
        (
            [
                "UPDATE audit_entry SET number = -number - 1 WHERE number > {2}",
                "UPDATE audit_entry SET number = -number WHERE number < 0",
                COPY.format("{3}") + " WHERE number = {2}",
                "UPDATE audit_entry SET previous = (SELECT hash FROM audit_entry WHERE number = {2}) WHERE id = 999999",
                REHASH.format("{3}"),
                "UPDATE audit_head SET number = number + 1",
            ],
            DamageKind.INSERTED,
            3,
        ),
        (
            [
                COPY.format("{6}") + " WHERE number = {5}",
                "UPDATE audit_entry SET previous = (SELECT hash FROM audit_entry WHERE number = {5}) WHERE id = 999999",
                REHASH.format("{6}"),
            ],
            DamageKind.INSERTED,
            6,
        ),
    ],
    ids=["reason", "moment", "rehashed", "rehashed last", "removed", "removed last", "inserted", "appended"],
)
def test_each_kind_of_tampering_is_named(
    database: str, lines: list[int], statements: list[str], kind: DamageKind, offset: int
) -> None:
    """The one row, and nothing else, is named."""
    numbers = [*lines, lines[-1] + 1]
    with _tampered(database, *(re.sub(r"\{(\d)\}", lambda m: str(numbers[int(m[1])]), s) for s in statements)):
        found = _report().damages
        assert [(damage.kind, damage.number) for damage in found] == [(kind, numbers[offset])], found
    assert _report().whole


def test_the_owner_is_refused_before_he_silences_the_triggers(database: str, lines: list[int]) -> None:
    """Straight SQL as the owner of the table."""
    with psycopg.connect(database) as owner:
        for statement in (
            "UPDATE audit_entry SET reason = 'x'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
            f"INSERT INTO audit_entry ({COLUMNS}) SELECT {COLUMNS} FROM audit_entry",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute(statement)
            owner.rollback()


def test_the_application_writes_its_own_lines_and_nothing_more(database: str, lines: list[int]) -> None:
    """An account adds lines about itself, sees none, and makes none for others; no role changes anything."""
    anna, carla = customer_with_list("Anna"), customer_with_list("Carla")
    with tenancy.account(anna.account_id):
        audit.record("policy.accepted", by=audit.person(operator()), account_id=anna.account_id)
    statement = (
        "INSERT INTO audit_entry (at, actor_kind, actor, action, account_id, subject, reason, details) "
        "VALUES (now(), 'staff', 'otto', 'account.activated', %s, '', '', '{}')"
    )
    with psycopg.connect(app_url(load_settings())) as application:
        for role, reach in (("", [carla.account_id, None]), (PLATFORM_ROLE, [])):
            for account_id in reach:
                tenancy.enter_account(application, anna.account_id)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    application.execute(statement, [account_id])
                application.rollback()
            for forbidden in (
                "UPDATE audit_entry SET reason = ''",
                "DELETE FROM audit_entry",
                "TRUNCATE audit_entry",
                "UPDATE audit_head SET number = 0",
                "DELETE FROM audit_head",
            ):
                if role:
                    enter_role(application, role)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    application.execute(forbidden)
                application.rollback()
        tenancy.enter_account(application, anna.account_id)
        assert application.execute("SELECT count(*) FROM audit_entry").fetchone() == (0,)
    assert _report().whole


def test_a_line_falls_with_its_transaction(database: str, lines: list[int]) -> None:
    """What did not happen is not told, and the chain has no hole there."""
    with pytest.raises(ZeroDivisionError), tenancy.platform(PlatformReason.OPERATOR_DESK):
        audit.record("test.failed", by=audit.person(operator()))
        raise ZeroDivisionError
    assert _report().rows == lines[-1]


def test_the_nightly_check_leaves_its_result(database: str, lines: list[int]) -> None:
    """Whole, then damaged: the line says so, and the doctor reads it."""
    check_chain(0)
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        newest = AuditEntry.objects.latest("id")
        assert (newest.action, newest.details["rows"]) == ("audit.checked", lines[-1])
    with _tampered(database, f"UPDATE audit_entry SET actor = 'eve' WHERE number = {lines[2]}"):
        check_chain(0)
        with tenancy.platform(PlatformReason.HOUSEKEEPING):
            newest = AuditEntry.objects.latest("id")
            assert newest.action == "audit.damaged"
            assert newest.details["damages"] == [f"row {lines[2]} was changed"]


LINE = (
    "INSERT INTO audit_entry (at, actor_kind, actor, action, subject, reason, details) "
    "VALUES (now(), 'staff', 'otto', 'test.crossed', '', '', '{}')"
)


def test_two_commits_that_wait_for_each_others_rows_both_end(database: str, lines: list[int]) -> None:
    """One checks its foreign key at the commit, on a row that the other holds until its own commit."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("CREATE TABLE crossed_parent (id int PRIMARY KEY)")
        owner.execute("INSERT INTO crossed_parent VALUES (1)")
        owner.execute("CREATE TABLE crossed_child (id int REFERENCES crossed_parent DEFERRABLE INITIALLY DEFERRED)")
        try:
            with psycopg.connect(database) as one, psycopg.connect(database) as two, ThreadPoolExecutor(1) as beside:
                one.execute(LINE)
                one.execute("INSERT INTO crossed_child VALUES (1)")
                two.execute("SELECT id FROM crossed_parent FOR UPDATE")
                two.execute(LINE)
                committed = beside.submit(one.commit)
                while not owner.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                    assert not committed.done()
                two.commit()
                committed.result(30)
        finally:
            owner.execute("DROP TABLE crossed_child, crossed_parent")
    report = _report()
    assert report.whole, report.damages
    assert report.rows == lines[-1] + 2
