"""The attack on the fourth basis: SQL under the application role makes no transactional delivery that no one reviewed.

Each lock holds alone (R-112, ADR 0058).
"""

from threading import Thread

import psycopg
import pytest
from django.db import Error, connection

from mailflatrate.apps.transactional.models import TransactionalMessage
from mailflatrate.base import tenancy
from mailflatrate.settings.roles import APP_ROLE
from support.cast import per_module
from support.transactional import (
    NUMBERS,
    TransactionalCustomer,
    fresh_recipient,
    submit,
    transactional_customer,
    with_template,
)
from support.waiting import wait_until

MESSAGE = """
INSERT INTO transactional_message (account_id, version_id, edition_id, recipient, address_key, reference_kind,
    reference, data_sealed)
SELECT account_id, version_id, edition_id, recipient, address_key, reference_kind, reference, data_sealed
FROM transactional_message WHERE id = %(message)s RETURNING id
"""
INSERT = """
INSERT INTO delivery (account_id, chunk_id, decision_id, rules_version, granted_at, transactional_id)
VALUES (%(account)s, 0, %(decision)s, '1', now(), %(copy)s)
"""
WAITING = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
# What is missing, made by the owner of the tables with triggers off.
HOLES = {
    "account paused": "UPDATE account SET standing = 'paused' WHERE id = %(account)s",
    "never switched on": "DELETE FROM transactional_switch WHERE account_id = %(account)s",
    "switched off": "UPDATE transactional_switch SET is_on = false WHERE account_id = %(account)s",
    "version returned": "UPDATE template_version SET state = 'returned' WHERE id = %(version)s",
    "approval withdrawn": "UPDATE template_version SET state = 'withdrawn' WHERE id = %(version)s",
    "version in review": "UPDATE template_version SET state = 'submitted' WHERE id = %(version)s",
    "edition of another version": "UPDATE template_edition SET version_id = 0 WHERE version_id = %(version)s",
    "decision of another chain": "UPDATE gate_decision SET chain = 'notice' WHERE id = %(decision)s",
    "decision that refused": "UPDATE gate_decision SET allowed = false WHERE id = %(decision)s",
    "refused by the gate": "UPDATE transactional_message SET refused_by = 'x' WHERE id = %(copy)s",
    "erased": "UPDATE transactional_message SET recipient = '' WHERE id = %(copy)s",
    "without a reference": "UPDATE transactional_message SET reference = ' ' WHERE id = %(copy)s",
    "sender not proved": "UPDATE sender_address SET verified_at = NULL WHERE id = %(sender)s",
    "domain not proved": "UPDATE sender_domain SET verified_at = NULL WHERE account_id = %(account)s",
    "campaigns from the same domain": "UPDATE campaign SET state = 'sent' WHERE account_id = %(account)s",
    "taken two days ago": (
        "UPDATE transactional_message SET created_at = now() - interval '2 days' WHERE id = %(copy)s"
    ),
    "dead here": (
        "INSERT INTO suppression (account_id, address_key, reason, source) SELECT account_id, address_key,"
        " 'hard_bounce', 'test' FROM transactional_message WHERE id = %(message)s"
    ),
    "dead everywhere": (
        "INSERT INTO suppression (account_id, address_key, reason, source) SELECT NULL, address_key,"
        " 'hard_bounce', 'test' FROM transactional_message WHERE id = %(message)s"
    ),
    "complained": (
        "INSERT INTO suppression (account_id, address_key, reason, source) SELECT account_id, address_key,"
        " 'complaint', 'test' FROM transactional_message WHERE id = %(message)s"
    ),
    "this wasn't me": (
        "INSERT INTO misdirected_address (account_id, address_key, message_id) SELECT account_id, address_key, id"
        " FROM transactional_message WHERE id = %(message)s"
    ),
}
anna = per_module(transactional_customer)
"""Anna, who may send transactional email."""


@pytest.fixture(scope="module")
def values(anna: TransactionalCustomer) -> dict[str, int]:
    """A message of the customer's, and a copy that an attacker made of it."""
    message = anna.send()
    delivery = anna.delivery(message)
    values = {
        "account": anna.account_id,
        "message": message.id,
        "version": anna.version_id,
        "decision": delivery.decision_id,
        "sender": anna.sender_id,
    }
    with tenancy.account(anna.account_id):
        anna.customer.draft(sender_id=anna.sender_id, list_ids=[])
        with connection.cursor() as cursor:
            cursor.execute(MESSAGE, values)
            return {**values, "copy": cursor.fetchone()[0]}


def insert(anna: TransactionalCustomer, values: dict[str, int], statement: str = INSERT) -> int:
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def insert_with(database: str, anna: TransactionalCustomer, hole: str, values: dict[str, int]) -> int:
    """Insert under the account's role in a transaction in which something is missing; it is rolled back."""
    with psycopg.connect(database) as owner, owner.transaction(force_rollback=True):
        owner.execute("SET LOCAL session_replication_role = replica")
        if hole:
            owner.execute(hole, {name: value for name, value in values.items() if f"%({name})s" in hole})
        owner.execute("SET LOCAL session_replication_role = origin")
        tenancy.enter_account(owner, anna.account_id)
        owner.execute("SELECT set_config('role', %s, true)", [APP_ROLE])
        return owner.execute(INSERT, values).rowcount


def test_with_everything_in_order_a_row_may_be(
    anna: TransactionalCustomer, database: str, values: dict[str, int]
) -> None:
    """So that the refusals below mean something. What it holds is sealed for its own row, so a copy says the same."""
    assert insert_with(database, anna, "", values) == 1


@pytest.mark.parametrize("hole", HOLES)
def test_each_lock_holds_alone(anna: TransactionalCustomer, database: str, values: dict[str, int], hole: str) -> None:
    with pytest.raises(psycopg.Error, match="no delivery without permission"):
        insert_with(database, anna, HOLES[hole], values)


ONE_MORE = "{}) VALUES (%(account)s, 0, %(decision)s, '1', now(), %(copy)s, 1)"


@pytest.mark.parametrize("column", ["notice_id", "contact_id"])
def test_a_contract_is_the_only_basis(anna: TransactionalCustomer, values: dict[str, int], column: str) -> None:
    known = "account_id, chunk_id, decision_id, rules_version, granted_at, transactional_id"
    statement = f"INSERT INTO delivery ({known}, {ONE_MORE.format(column)}"
    with pytest.raises(Error, match=r"one_basis|no delivery without permission"):
        insert(anna, values, statement)


def test_the_daily_limit_holds_below_the_gate(anna: TransactionalCustomer, values: dict[str, int]) -> None:
    recipient = fresh_recipient()
    for _ in range(10):
        assert anna.send(recipient).refused_by == ""
    assert anna.send(recipient).refused_by == "contract-limit"
    with tenancy.account(anna.account_id):
        last = TransactionalMessage.objects.filter(recipient=recipient, refused_by="").latest("id")
        with connection.cursor() as cursor:
            cursor.execute(MESSAGE, {"message": last.id})
            copy = cursor.fetchone()[0]
    with pytest.raises(Error, match="no delivery without permission"):
        insert(anna, {**values, "copy": copy})


def test_two_messages_at_a_time_are_counted_one_after_the_other(
    anna: TransactionalCustomer, database: str, values: dict[str, int]
) -> None:
    """The tenth and the eleventh: each transaction counts nine before it, until the first one commits."""
    recipient = fresh_recipient()
    for _ in range(9):
        assert anna.send(recipient).refused_by == ""
    refused: list[str] = []

    def second() -> None:
        try:
            insert(anna, values | {"copy": copies[1]})
        except Error as error:
            refused.append(str(error))
        finally:
            connection.close()

    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        last = TransactionalMessage.objects.filter(recipient=recipient).latest("id")
        copies = []
        for _ in range(2):
            cursor.execute(MESSAGE, {"message": last.id})
            copies.append(cursor.fetchone()[0])
    other = Thread(target=second)
    with psycopg.connect(database, autocommit=True) as owner, tenancy.account(anna.account_id):
        with connection.cursor() as cursor:
            cursor.execute(INSERT, values | {"copy": copies[0]})
        other.start()
        wait_until(lambda: owner.execute(WAITING).fetchone(), "the second one waits for its turn")
    other.join()
    assert len(refused) == 1 and "no delivery without permission" in refused[0]
    with psycopg.connect(database) as owner, pytest.raises(psycopg.Error, match="read committed"):
        owner.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        owner.execute("SELECT public.contract_turn(1, 'x')")


ALONE = {
    "switch it on": "UPDATE transactional_switch SET is_on = true WHERE account_id = %(account)s",
    "switch itself on anew": "INSERT INTO transactional_switch VALUES (%(account)s, true, now(), 'me', 1)",
    "take an approved version back": "UPDATE template_version SET state = 'draft' WHERE id = %(version)s",
    "write the decision": "UPDATE template_version SET decision_reason = 'fine' WHERE id = %(version)s",
    "change an approved version": "UPDATE template_version SET content = 'Buy now' WHERE id = %(version)s",
    "begin as approved": (
        "INSERT INTO template_version (account_id, template_id, number, state, mailing_id, language, format, subject,"
        " content, purpose, fields, sample, hints, edited_at) SELECT account_id, template_id, 99, 'approved', 'x',"
        " language, format, subject, 'Buy now', purpose, fields, sample, hints, now() FROM template_version"
        " WHERE id = %(version)s"
    ),
    "change what it compiles to": "UPDATE template_edition SET html = 'Buy now' WHERE version_id = %(version)s",
    "allow it alone": (
        "INSERT INTO gate_decision (account_id, chain, allowed, findings, rules_version, decided_at, decided_through)"
        " VALUES (%(account)s, 'contract', true, '[{\"passed\": true}]', '1', now(), '')"
    ),
    "send it to someone else": "UPDATE transactional_message SET recipient = 'eve@x.de' WHERE id = %(message)s",
    "say that it was taken long ago": (
        "UPDATE transactional_message SET created_at = now() - interval '3 days' WHERE id = %(message)s"
    ),
    "take it out of the log": "DELETE FROM transactional_message WHERE id = %(message)s",
    "forget who said that it wasn't them": "DELETE FROM misdirected_address WHERE account_id = %(account)s",
    "make a delivery rest on another message": (
        "UPDATE delivery SET transactional_id = %(copy)s WHERE transactional_id = %(message)s"
    ),
}


@pytest.mark.parametrize("deed", ALONE)
def test_what_only_the_operator_or_the_gate_may_do(
    anna: TransactionalCustomer, values: dict[str, int], deed: str
) -> None:
    with pytest.raises(Error):
        insert(anna, values, ALONE[deed])


@pytest.mark.parametrize("state", ["approved", "returned"])
def test_no_account_decides_about_its_own_version(anna: TransactionalCustomer, state: str) -> None:
    waiting = with_template(anna.customer, anna.sender_id, key=f"again-{next(NUMBERS)}")
    submit(anna.customer, waiting)
    decided = ", decided_at = now(), decided_by_id = submitted_by_id + 1, decision_reason = 'me'"
    with pytest.raises(Error, match="only the desk"):
        insert(anna, {"id": waiting}, f"UPDATE template_version SET state = '{state}'{decided} WHERE id = %(id)s")


def test_a_draft_is_never_compiled_for_sending(anna: TransactionalCustomer) -> None:
    draft = with_template(anna.customer, anna.sender_id, key=f"again-{next(NUMBERS)}")
    statement = (
        "INSERT INTO template_edition (account_id, version_id, imprint_id, subject, html, text, seal, created_at)"
        " SELECT account_id, %(id)s, imprint_id, subject, html, text, seal, now() FROM template_edition"
        " WHERE version_id = %(version)s"
    )
    anna.send()
    with pytest.raises(Error, match="only an approved version"):
        insert(anna, {"id": draft, "version": anna.version_id}, statement)


def test_a_message_says_itself_when_it_was_taken(anna: TransactionalCustomer, values: dict[str, int]) -> None:
    statement = MESSAGE.replace("data_sealed)", "data_sealed, created_at)").replace(
        "data_sealed\nFROM", "data_sealed, now() - interval '9 days'\nFROM"
    )
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute(statement, values)
        made = cursor.fetchone()[0]
        cursor.execute("SELECT created_at = now() FROM transactional_message WHERE id = %s", [made])
        assert cursor.fetchone() == (True,)
