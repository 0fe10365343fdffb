"""The attack: SQL under the application role, straight at the table of deliveries. Each lock holds alone."""

from functools import cache

import psycopg
import pytest
from django.db import ProgrammingError, connection

from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.gate.actions import release_campaign
from mailflatrate.base import tenancy
from support.customers import Customer, sending_customer
from support.scope import rows, within

INSERT = """
INSERT INTO delivery (account_id, campaign_id, chunk_id, edition_id, contact_id, mailing_list_id, decision_id,
    rules_version, granted_at, consent_event_id)
SELECT s.account_id, %(campaign)s, 0, %(edition)s, s.contact_id, s.mailing_list_id, %(decision)s, '1', now(),
    s.consent_event_id
FROM subscription s WHERE s.mailing_list_id = %(list)s
"""

REJECTED = (
    "ALTER TABLE mailing_list DISABLE TRIGGER USER; UPDATE mailing_list SET origin_state = 'rejected' WHERE"
    " id = %(list)s; ALTER TABLE mailing_list ENABLE TRIGGER USER"
)
# What is missing, made by the owner of the tables, and what the refusal says.
HOLES = {
    "account paused": ("UPDATE account SET standing = 'paused' WHERE id = %(account)s", "may not send"),
    "no terms": (
        "ALTER TABLE acceptance DISABLE TRIGGER USER; DELETE FROM acceptance WHERE account_id = %(account)s AND"
        " document_id IN (SELECT id FROM agreement_document WHERE kind = 'terms');"
        " ALTER TABLE acceptance ENABLE TRIGGER USER",
        "terms in force",
    ),
    "no tick": ("UPDATE campaign SET policy_ticked_at = NULL WHERE id = %(campaign)s", "not released"),
    "tick for other content": ("UPDATE campaign SET policy_hash = repeat('0', 64) WHERE id = %(campaign)s", "released"),
    "old policy": ("UPDATE campaign SET policy_version = '2001-01' WHERE id = %(campaign)s", "not released"),
    "a draft": ("UPDATE campaign SET state = 'draft' WHERE id = %(campaign)s", "not released"),
    "imported without an approved origin": (
        "ALTER TABLE consent_event DISABLE TRIGGER USER; UPDATE consent_event SET kind = 'imported' WHERE"
        " mailing_list_id = %(list)s; ALTER TABLE consent_event ENABLE TRIGGER USER",
        "has not consented",
    ),
    "origin rejected": (REJECTED, "may not be mailed"),
    "another list": ("UPDATE campaign SET list_ids = '{}' WHERE id = %(campaign)s", "may not be mailed"),
    "unsubscribed": (
        "UPDATE subscription SET state = 'unsubscribed' WHERE id = (SELECT max(id) FROM subscription"
        " WHERE mailing_list_id = %(list)s)",
        "has not consented",
    ),
    "unsubscribed, neither the first nor the last": (
        "UPDATE subscription SET state = 'unsubscribed' WHERE id = (SELECT id FROM subscription"
        " WHERE mailing_list_id = %(list)s ORDER BY contact_id OFFSET 1 LIMIT 1)",
        "has not consented",
    ),
    **{
        f"{kind} in the ledger, {where}": (
            "INSERT INTO consent_event (account_id, contact_id, mailing_list_id, kind, occurred_at, commitment)"
            f" SELECT account_id, contact_id, {column}, '{kind}', now(), '' FROM subscription"
            " WHERE mailing_list_id = %(list)s ORDER BY contact_id OFFSET 1 LIMIT 1",
            "has not consented",
        )
        for kind, where, column in (
            ("withdrawn", "for the list", "mailing_list_id"),
            ("withdrawn", "for all", "NULL"),
            ("objection", "for all", "NULL"),
        )
    },
    "consent older than a no that was there": (
        "ALTER TABLE consent_event DISABLE TRIGGER USER; UPDATE consent_event SET occurred_at = now() - interval"
        " '2 days' WHERE mailing_list_id = %(list)s; INSERT INTO consent_event (id, account_id, contact_id, kind,"
        " mailing_list_id, occurred_at, commitment) OVERRIDING SYSTEM VALUE SELECT -consent_event_id, account_id,"
        " contact_id, 'withdrawn', 0, now() - interval '1 day', '' FROM subscription WHERE mailing_list_id = %(list)s"
        " ORDER BY contact_id LIMIT 1; ALTER TABLE consent_event ENABLE TRIGGER USER",
        "has not consented",
    ),
    "suppressed here": (
        "INSERT INTO suppression (account_id, address_key, reason, source) SELECT account_id, address_key, 'complaint',"
        " 'test' FROM contact WHERE account_id = %(account)s ORDER BY id LIMIT 1",
        "is suppressed",
    ),
    "suppressed everywhere": (
        "INSERT INTO suppression (account_id, address_key, reason, source) SELECT NULL, address_key, 'hard_bounce',"
        " 'test' FROM contact WHERE account_id = %(account)s ORDER BY id DESC LIMIT 1",
        "is suppressed",
    ),
}


@pytest.fixture(scope="module")
def in_order(anna: Customer) -> dict[str, int]:
    """A released campaign of hers, for statements that are refused."""
    return released(anna)


def released(anna: Customer) -> dict[str, int]:
    """A campaign that the gate released and that has not been planned."""
    campaign = anna.ticked(anna.draft())
    decision = within(anna, release_campaign, campaign.id, by=anna.owner)
    assert decision.allowed and decision.edition_id, [f for f in decision.findings if not f["passed"]]
    return {
        "account": anna.account_id,
        "campaign": campaign.id,
        "edition": decision.edition_id,
        "decision": decision.id,
        "list": anna.list_id,
    }


@cache
def with_hole(database: str, hole: str) -> tuple[Customer, dict[str, int]]:
    """A customer with a released campaign, and what a hole makes missing. Refused statements leave both as they are, so
    that all attacks on the hole share them."""
    customer = sending_customer()
    values = released(customer)
    by_owner(database, HOLES[hole][0], values)
    return customer, values


def insert(anna: Customer, values: dict[str, int], statement: str = INSERT) -> int:
    """The attack's statement as the application; the number of rows."""
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def by_owner(database: str, statement: str, values: dict[str, int]) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        for part in statement.split(";"):
            owner.execute(part, {name: value for name, value in values.items() if f"%({name})s" in part})


def test_with_everything_in_order_a_row_may_be(anna: Customer) -> None:
    """So that the refusals below mean something."""
    assert insert(anna, released(anna)) == 3


@pytest.mark.parametrize("hole", HOLES)
def test_each_lock_holds_alone(database: str, hole: str) -> None:
    """With one thing missing, not a single row is created, not even for recipients it does not concern."""
    customer, values = with_hole(database, hole)
    with pytest.raises(ProgrammingError, match=HOLES[hole][1]):
        insert(customer, values)
    assert not rows(customer, Delivery).filter(campaign_id=values["campaign"]).exists()


@pytest.mark.parametrize(
    "wrong", ["%(edition)s + 1", "NULL"], ids=["an edition that is not there", "without an edition"]
)
def test_the_edition_is_the_released_one(anna: Customer, in_order: dict[str, int], wrong: str) -> None:
    with pytest.raises(ProgrammingError, match="not released"):
        insert(anna, in_order, INSERT.replace("%(edition)s", wrong))


def test_a_consent_for_another_person_or_list_is_none(anna: Customer, in_order: dict[str, int]) -> None:
    """R-36: the proof is one of this person for this list."""
    other = INSERT.replace("s.consent_event_id\nFROM", "(SELECT min(id) FROM consent_event)\nFROM")
    with pytest.raises(ProgrammingError, match="has not consented"):
        insert(anna, in_order, other)


@pytest.mark.parametrize("wrong", ["NULL", "s.contact_id + 1", "s.contact_id + 1000000"])
def test_a_consent_counts_for_its_own_contact_only(anna: Customer, in_order: dict[str, int], wrong: str) -> None:
    """Not for none, not for the neighbor by number, and not for a contact that isn't there."""
    other = INSERT.replace("s.contact_id, s.mailing", f"{wrong}, s.mailing")
    with pytest.raises(ProgrammingError, match="has not consented"):
        insert(anna, in_order, other)


def test_the_attacker_cannot_replace_the_rows_that_are_checked(database: str) -> None:
    """A temporary table with the name that the trigger gives to the new rows is ignored."""
    customer, values = with_hole(database, "unsubscribed")
    with tenancy.account(customer.account_id), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE new_rows ON COMMIT DROP AS SELECT * FROM public.delivery LIMIT 0")
        with pytest.raises(ProgrammingError, match="has not consented"):
            cursor.execute(INSERT, values)


def test_one_of_thousands_without_permission_is_found(database: str) -> None:
    """A set that is large enough for another plan than single rows have."""
    anna = sending_customer(people=1)
    values = released(anna)  # while the list is small: a campaign to thousands waits for a reviewer
    anna.with_people(1999, "people.example")
    middle = (
        "UPDATE subscription SET state = 'unsubscribed' WHERE id = (SELECT id FROM subscription"
        " WHERE mailing_list_id = %(list)s ORDER BY contact_id OFFSET 999 LIMIT 1)"
    )
    by_owner(database, middle, values)
    with pytest.raises(ProgrammingError, match="has not consented"):
        insert(anna, values)
    without = INSERT.replace("WHERE", "WHERE s.state = 'confirmed' AND")
    by_owner(
        database,
        "INSERT INTO suppression (account_id, address_key, reason, source) SELECT account_id, address_key, 'manual',"
        " 'test' FROM contact WHERE account_id = %(account)s ORDER BY id OFFSET 700 LIMIT 1",
        values,
    )
    with pytest.raises(ProgrammingError, match="is suppressed"):
        insert(anna, values, without)
    one = "(SELECT id FROM contact WHERE account_id = %(account)s ORDER BY id OFFSET 700 LIMIT 1)"
    without += f" AND s.contact_id <> {one}"
    assert insert(anna, values, without) == 1998


def test_tables_of_the_attacker_do_not_stand_before_ours(database: str) -> None:
    """A temporary table with the name of a real one is ignored."""
    customer, values = with_hole(database, "origin rejected")
    with tenancy.account(customer.account_id), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE mailing_list ON COMMIT DROP AS SELECT * FROM public.mailing_list")
        cursor.execute("UPDATE pg_temp.mailing_list SET origin_state = 'approved'")
        with pytest.raises(ProgrammingError, match="may not be mailed"):
            cursor.execute(INSERT, values)


def test_what_a_delivery_rests_on_never_changes(anna: Customer) -> None:
    values = released(anna)
    insert(anna, values)
    for change in ("contact_id = contact_id + 1", "consent_event_id = NULL", "campaign_id = NULL"):
        with pytest.raises(ProgrammingError, match="never changes"):
            insert(anna, values, f"UPDATE delivery SET {change} WHERE campaign_id = %(campaign)s")
