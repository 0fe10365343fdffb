"""The ledger is sealed completely, no matter who commits when, and anyone who changes it is found by name."""

import threading

import psycopg
import pytest
from click.testing import CliRunner
from django.db import connection as django_connection

from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.ledger import commitment_sql
from mailflatrate.apps.consent.models import ConsentEvidence, ConsentSeal
from mailflatrate.apps.consent.verification import FaultKind
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.settings.roles import ERASER_ROLE, PLATFORM_ROLE, app_url, enter_role
from mailflatrate.settings.schema import load_settings
from support.cast import per_module
from support.ledger import LedgerCustomer, customer_with_ledger, faults_of, looked_at, tampering
from support.scope import rows
from support.sql import as_application, by_owner
from support.waiting import stays

_RAW = """
INSERT INTO consent_event (account_id, contact_id, kind, occurred_at, commitment)
VALUES (%s, 999999999, 'erased', now(), sha256('')) RETURNING id
"""
_BACKDATED = """
INSERT INTO consent_event (account_id, contact_id, kind, occurred_at, recorded_at, commitment)
VALUES (%s, 999999999, 'erased', now(), now() - interval '2 days', sha256('')) RETURNING id
"""
REFUSED = psycopg.errors.InsufficientPrivilege
ledger = per_module(customer_with_ledger)
"""Five events, to which tests may add honest ones."""


def sealed_customer() -> LedgerCustomer:
    """A customer for a test that leaves behind what the ledger's own code never writes."""
    made = customer_with_ledger()
    ledger_seals.seal_ledger()
    return made


@pytest.fixture
def sealed(ledger: LedgerCustomer) -> LedgerCustomer:
    """The same, and everything so far is sealed."""
    ledger_seals.seal_ledger()
    return ledger


def test_every_event_is_in_one_seal_and_the_chain_holds(database: str, sealed: LedgerCustomer) -> None:
    with psycopg.connect(database) as owner:
        report = looked_at(owner)
        assert faults_of(report, sealed.account_id) == []
        assert not set(report.unsealed) & set(sealed.events)
    assert ledger_seals.seal_ledger() == [], "nothing is sealed twice"
    numbers = list(rows(sealed, ConsentSeal).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    fresh = sealed.write()
    with psycopg.connect(database) as owner:
        assert fresh in looked_at(owner).unsealed, "it is named until it is sealed"


def test_large_batches_are_cut(database: str, sealed: LedgerCustomer) -> None:
    for _ in range(7):
        sealed.write()
    assert len(ledger_seals.seal_ledger(most=3)) >= 3
    with psycopg.connect(database) as owner:
        assert faults_of(looked_at(owner), sealed.account_id) == []


def test_an_event_that_commits_late_is_not_lost(database: str) -> None:
    """Its id is lower than one that is there already; the sealer waits for its writer, and for nobody else."""
    sealed = sealed_customer()
    with psycopg.connect(database) as slow:
        row = slow.execute(_RAW, [sealed.account_id]).fetchone()
        assert row
        late = int(row[0])
        early = sealed.write()
        assert early > late
        assert ledger_seals.seal_ledger(patience_seconds=0.2) == [], "it cannot know what is still to come"
        done: list[list[int]] = []

        def seal() -> None:
            try:
                done.append(ledger_seals.seal_ledger(patience_seconds=30))
            finally:
                django_connection.close()

        sealer = threading.Thread(target=seal)
        sealer.start()
        stays(sealer.is_alive, "the sealer waits", seconds=0.3)
        slow.commit()
        sealer.join(10)
    assert done
    assert sealed.seal_of(late) == sealed.seal_of(early)
    with psycopg.connect(database) as owner:
        assert faults_of(looked_at(owner), sealed.account_id) == []


def test_a_gap_of_a_rollback_keeps_nothing_back(database: str, sealed: LedgerCustomer) -> None:
    with psycopg.connect(database) as owner:
        owner.execute(_RAW, [sealed.account_id])
        owner.rollback()
    event = sealed.write()
    assert ledger_seals.seal_ledger(patience_seconds=0.2)
    assert sealed.seal_of(event)


def test_sealers_at_once_make_one_chain(database: str, sealed: LedgerCustomer) -> None:
    events = [sealed.write() for _ in range(12)]

    def seal() -> None:
        try:
            ledger_seals.seal_ledger(most=2)
        finally:
            django_connection.close()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [sealed.seal_of(event) for event in events]
    with psycopg.connect(database) as owner:
        assert faults_of(looked_at(owner), sealed.account_id) == []


# What the owner of the database does -> what is said about it. {0}, {1} are events of the account, {seal} its seal.
TAMPERING = {
    "another moment": (
        "UPDATE consent_event SET occurred_at = occurred_at - interval '1 year' WHERE id = {1}",
        {(FaultKind.EVENT_CHANGED, 1)},
    ),
    "another person": (
        "UPDATE consent_event SET contact_id = contact_id + 1 WHERE id = {1}",
        {(FaultKind.EVENT_CHANGED, 1)},
    ),
    "another account": (
        "UPDATE consent_event SET account_id = account_id + 1 WHERE id = {1}",
        {(FaultKind.EVENT_CHANGED, 1), (FaultKind.EVIDENCE_CHANGED, 1)},
    ),
    "removed with its evidence": (
        "DELETE FROM consent_evidence WHERE event_id = {2}; DELETE FROM consent_event WHERE id = {2}",
        {(FaultKind.EVENT_REMOVED, 2)},
    ),
    "removed without its evidence": ("DELETE FROM consent_event WHERE id = {2}", {(FaultKind.EVENT_REMOVED, 2)}),
    "one byte of an address": (
        "UPDATE consent_evidence SET email = 'dorb@leser.example' WHERE event_id = {0}",
        {(FaultKind.EVIDENCE_CHANGED, 0)},
    ),
    "one byte of the salt": (
        "UPDATE consent_evidence SET salt = set_byte(salt, 3, 255 - get_byte(salt, 3)) WHERE event_id = {0}",
        {(FaultKind.EVIDENCE_CHANGED, 0)},
    ),
    "one key of the details": (
        'UPDATE consent_evidence SET details = \'{{"by": "us"}}\' WHERE event_id = {0}',
        {(FaultKind.EVIDENCE_CHANGED, 0)},
    ),
    "evidence removed": ("DELETE FROM consent_evidence WHERE event_id = {3}", {(FaultKind.EVIDENCE_REMOVED, 3)}),
    "evidence and its commitment": (
        "UPDATE consent_evidence SET email = 'eve@leser.example' WHERE event_id = {0};"
        "UPDATE consent_event e SET commitment = {commitment} FROM consent_evidence v"
        " WHERE v.event_id = e.id AND e.id = {0}",
        {(FaultKind.EVENT_CHANGED, 0)},
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_whoever_changes_a_row_is_named(database: str, sealed: LedgerCustomer, name: str) -> None:
    statement, expected = TAMPERING[name]
    with tampering(database) as owner:
        owner.execute(statement.format(*sealed.events, commitment=commitment_sql("v")))
        report = looked_at(owner)
    found = {(fault.kind, fault.event_id) for fault in report.faults if fault.event_id in sealed.events}
    assert found == {(kind, sealed.events[index]) for kind, index in expected}
    assert not report.good


def test_a_row_slipped_in_is_named(database: str, sealed: LedgerCustomer) -> None:
    """Whatever id it takes: one that the chain has passed, one beyond, or the next one with an old date."""
    columns = "account_id, contact_id, mailing_list_id, kind, occurred_at, commitment"
    with tampering(database) as owner:
        row = owner.execute("SELECT nextval('consent_event_id_seq')").fetchone()
        assert row
    passed = int(row[0])
    sealed.write()
    ledger_seals.seal_ledger()
    with tampering(database) as owner:
        copy = f"INSERT INTO consent_event (id, {columns}) SELECT %s, {columns} FROM consent_event WHERE id = %s"
        owner.execute(copy, [passed, sealed.events[0]])
        kinds = {fault.kind for fault in looked_at(owner).faults if fault.event_id == passed}
    assert FaultKind.EVENT_INSERTED in kinds
    with tampering(database) as owner:
        owner.execute(copy, [passed + 1_000_000, sealed.events[0]])
        report = looked_at(owner)
        named = {fault.kind for fault in report.faults if fault.event_id == passed + 1_000_000}
        assert named == {FaultKind.EVENT_TWICE, FaultKind.EVIDENCE_REMOVED}
        assert passed + 1_000_000 in report.unsealed
    with tampering(database) as owner:
        owner.execute(
            f"INSERT INTO consent_event (recorded_at, {columns}) SELECT recorded_at - interval '1 day', {columns}"
            " FROM consent_event WHERE id = %s",
            [sealed.events[0]],
        )
        assert FaultKind.EVENT_OVERDUE in {fault.kind for fault in looked_at(owner).faults}


def test_a_backdated_event_is_named_though_it_is_sealed(database: str) -> None:
    """Who owns the database can write any date; the seal before shows that it was not there then."""
    sealed = sealed_customer()
    with as_application(sealed) as application, pytest.raises(REFUSED):
        application.execute(_BACKDATED, [sealed.account_id])
    row = by_owner(_BACKDATED, [sealed.account_id])[0]
    assert row
    ledger_seals.seal_ledger()
    with psycopg.connect(database) as owner:
        named = {(fault.kind, fault.event_id) for fault in looked_at(owner).faults}
    assert (FaultKind.EVENT_BACKDATED, row[0]) in named
    assert {event for kind, event in named if kind is FaultKind.EVENT_BACKDATED} & set(sealed.events) == set()


@pytest.mark.slow
def test_whoever_changes_a_seal_is_named(database: str, sealed: LedgerCustomer) -> None:
    number = sealed.seal_of(sealed.events[0])
    sealed.write()
    ledger_seals.seal_ledger()
    changes = {
        "root = sha256('x')": FaultKind.SEAL_CHANGED,
        "leaves = set_byte(leaves, 5, 255 - get_byte(leaves, 5))": FaultKind.SEAL_CHANGED,
        "ids = set_byte(ids, 7, 255 - get_byte(ids, 7))": FaultKind.SEAL_CHANGED,
        "sealed_at = sealed_at - interval '1 day'": FaultKind.SEAL_CHANGED,
        "previous = sha256('x')": FaultKind.SEAL_CHANGED,
        "seal_hash = sha256('x')": FaultKind.SEAL_CHANGED,
        "up_to_id = up_to_id - 1": FaultKind.SEAL_CHANGED,
    }
    for change, kind in changes.items():
        with tampering(database) as owner:
            owner.execute(f"UPDATE consent_seal SET {change} WHERE number = %s", [number])
            found = {(fault.kind, fault.seal) for fault in looked_at(owner).faults}
            assert (kind, number) in found or (kind, number + 1) in found, change
    with tampering(database) as owner:
        owner.execute("DELETE FROM consent_seal WHERE number = %s", [number])
        assert (FaultKind.SEAL_REMOVED, number) in {(fault.kind, fault.seal) for fault in looked_at(owner).faults}


def test_a_rewritten_history_breaks_the_chain(database: str, sealed: LedgerCustomer) -> None:
    """An event changed together with its leaf, root and seal: the next seal still names the old one."""
    number = sealed.seal_of(sealed.events[0])
    sealed.write()
    ledger_seals.seal_ledger()
    with tampering(database) as owner:
        owner.execute("UPDATE consent_event SET kind = 'withdrawn' WHERE id = %s", [sealed.events[0]])
        owner.execute("DELETE FROM consent_seal WHERE number >= %s", [number])
        owner.execute("SET LOCAL session_replication_role = DEFAULT")
        report = looked_at(owner)
        assert sealed.events[0] in report.unsealed, (
            "a chain cut off is short; stamps and certificates know its old head"
        )
        assert report.seals == number - 1


@pytest.mark.parametrize("role", [None, PLATFORM_ROLE, ERASER_ROLE])
def test_no_role_of_the_application_rewrites_the_ledger(sealed: LedgerCustomer, role: str | None) -> None:
    event = sealed.events[0]
    statements = [
        f"UPDATE consent_event SET kind = 'confirmed' WHERE id = {event}",
        f"DELETE FROM consent_event WHERE id = {event}",
        f"UPDATE consent_evidence SET email = 'x' WHERE event_id = {event}",
        "UPDATE consent_seal SET events = 1",
        "DELETE FROM consent_seal",
        "DELETE FROM consent_stamp",
        "TRUNCATE consent_event CASCADE",
    ]
    if role != ERASER_ROLE:
        statements.append(f"DELETE FROM consent_evidence WHERE event_id = {event}")
    if role != PLATFORM_ROLE:
        statements.append(
            "INSERT INTO consent_seal (number, sealed_at, after_id, up_to_id, events, ids, leaves, root, previous,"
            " seal_hash) VALUES (0, now(), 0, 0, 0, '', '', '', '', '')"
        )
    for statement in statements:
        with as_application(sealed) as application:
            if role:
                enter_role(application, role)
            with pytest.raises(REFUSED):
                application.execute(statement)


def test_the_eraser_sees_one_account_and_nothing_else(sealed: LedgerCustomer) -> None:
    carla = customer_with_ledger("Carla")
    with tenancy.account(sealed.account_id), tenancy.eraser():
        assert set(ConsentEvidence.objects.values_list("event_id", flat=True)) >= set(sealed.events)
    with as_application(sealed) as application:
        enter_role(application, ERASER_ROLE)
        done = application.execute("DELETE FROM consent_evidence WHERE event_id = ANY(%s)", [list(carla.events)])
        assert done.rowcount == 0
        for table in ("contact", "subscription", "consent_event", "campaign", "account"):
            with pytest.raises(REFUSED), application.transaction():
                application.execute(f"SELECT 1 FROM {table}")
    with psycopg.connect(app_url(load_settings())) as application:
        enter_role(application, ERASER_ROLE)
        assert application.execute("DELETE FROM consent_evidence").rowcount == 0, "without an account it sees nothing"


def test_the_command_names_what_it_finds(sealed: LedgerCustomer) -> None:
    """The whole ledger from the command line; the shared database of the tests holds other tests' rows, too."""
    fresh = sealed.write()
    answer = CliRunner().invoke(cli, ["consent", "verify", "--ledger"])
    assert str(fresh) in answer.output
    assert "are not sealed yet" in answer.output
    assert "events/s" in answer.output
    assert (answer.exit_code == 0) is ("The ledger is intact." in answer.output)
    assert CliRunner().invoke(cli, ["consent", "verify"]).exit_code == 2
