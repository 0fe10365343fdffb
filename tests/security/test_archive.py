"""The archive of deliveries: no partition is a hole in row-level security, and only the platform moves rows."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection, connections
from psycopg import errors

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import ArchivedDelivery, ArchiveMonth, Delivery
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.base.tenancy.policies import apply_policies
from mailflatrate.settings.roles import APP_ROLE, PLATFORM_ROLE
from support.archive import archived, end_month
from support.customers import Customer, sending_customer

PEOPLE = 3
PARTITIONS = """
SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind = 'r'
  AND c.relnamespace = 'public'::regnamespace
"""


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    """Her campaign is in the archive, in a month that was made by the job long after `migrate`."""
    anna = sending_customer(people=PEOPLE)
    archived(database, anna)
    anna.sending("On its way")
    return anna


def test_every_partition_is_under_row_level_security_and_nobody_has_a_right_on_it(
    database: str, anna: Customer
) -> None:
    assert anna
    with psycopg.connect(database) as owner:
        names = [name for (name,) in owner.execute(PARTITIONS).fetchall()]
        assert names
        for name in names:
            secured = owner.execute("SELECT relrowsecurity FROM pg_class WHERE relname = %s", [name]).fetchone()
            assert secured == (True,), name
            rights = owner.execute(
                "SELECT a.grantee::regrole, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a"
                " WHERE c.relname = %(name)s AND a.grantee <> c.relowner UNION ALL"
                " SELECT a.grantee::regrole, a.privilege_type FROM pg_class c JOIN pg_attribute t"
                " ON t.attrelid = c.oid, aclexplode(t.attacl) a WHERE c.relname = %(name)s",
                {"name": name},
            ).fetchall()
            assert rights == [], name


def test_a_right_that_was_given_by_hand_goes_with_the_next_migration(database: str, anna: Customer) -> None:
    assert anna
    with psycopg.connect(database, autocommit=True) as owner:
        name = owner.execute(PARTITIONS).fetchall()[0][0]
        owner.execute(f"GRANT SELECT ON {name} TO {APP_ROLE}")
        owner.execute(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
        assert name in apply_policies(connections["owner"])
        assert owner.execute("SELECT has_table_privilege(%s, %s, 'SELECT')", [APP_ROLE, name]).fetchone() == (False,)
        assert owner.execute("SELECT relrowsecurity FROM pg_class WHERE relname = %s", [name]).fetchone() == (True,)


@pytest.mark.parametrize("role", [APP_ROLE, PLATFORM_ROLE])
def test_another_account_reads_and_writes_nothing_of_it(
    anna: Customer, attacker: psycopg.Connection, role: str
) -> None:
    """Through the archive, through the view, and straight at each partition; the platform role without its pass."""
    carla = Customer.registered("Carla's shop").account_id
    with tenancy.account(anna.account_id):
        months = list(ArchiveMonth.objects.filter(dropped_at=None).values_list("partition", flat=True))
    for table in ("delivery_archive", "delivery_record", "archived_campaign", "last_mailing", *months):
        for statement in (
            f"SELECT 1 FROM {table} WHERE account_id = {anna.account_id}",
            f"UPDATE {table} SET reply_text = 'mine' WHERE account_id = {anna.account_id}",
            f"DELETE FROM {table} WHERE account_id = {anna.account_id}",
        ):
            assert _rows(attacker, role, carla, statement) == 0, statement
    with tenancy.account(anna.account_id):
        assert not ArchivedDelivery.objects.filter(reply_text="mine").exists()


FORGERIES = {
    "a delivery without a permit": "INSERT INTO delivery_archive SELECT * FROM delivery_archive LIMIT 1",
    "a delivery through the view": "INSERT INTO delivery_record SELECT * FROM delivery_record LIMIT 1",
    "a delivery less": "DELETE FROM delivery_archive",
    "a delivery less, hot": "DELETE FROM delivery",
    "another basis": "UPDATE delivery_archive SET consent_event_id = consent_event_id + 1",
    "back on its way": "UPDATE delivery_archive SET state = 'pending'",
    "a campaign open again": "DELETE FROM archived_campaign",
    "a month without end": "UPDATE archive_month SET to_id = to_id + 1000000",
    "a month less": "DELETE FROM archive_month",
    "drop a month": "SELECT drop_archive_month(now() + interval '100 years')",
    "make a month": "SELECT open_archive_month()",
    "close a campaign": "SELECT archive_campaign(id, -1000) FROM campaign",
    "move deliveries": "SELECT archive_deliveries(campaign_id, 1000) FROM archived_campaign",
    "a table of the attacker's": "ALTER TABLE delivery_archive ATTACH PARTITION delivery DEFAULT",
}


@pytest.mark.parametrize("role", [APP_ROLE, PLATFORM_ROLE])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_the_application_cannot_forge_or_lose_a_delivery(
    anna: Customer, attacker: psycopg.Connection, role: str, forgery: str
) -> None:
    """With its own account open, and without the platform's pass."""
    before = _inventory(anna)
    assert _rows(attacker, role, anna.account_id, FORGERIES[forgery]) == 0
    assert _inventory(anna) == before


def test_with_the_pass_nothing_moves_or_goes_before_its_time(database: str, anna: Customer) -> None:
    """The job's own rights, in the wrong hands: no campaign under way is closed, no young month is dropped."""
    running = _on_its_way(anna)
    end_month(database)
    before = _inventory(anna)
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute("SELECT archive_campaign(%s, -100000)", [running.id])
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT archive_deliveries(%s, 1000)", [running.id])
        assert cursor.fetchone() == (None,)
        cursor.execute("SELECT drop_archive_month(now() + interval '100 years')")
        assert cursor.fetchone() == (None,)
    assert _inventory(anna) == before


def test_no_name_of_the_attackers_comes_before_those_of_the_functions(database: str, anna: Customer) -> None:
    """A temporary table with the name of a month or of the campaign's table is not what the functions see."""
    running = _on_its_way(anna)
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE campaign ON COMMIT DROP AS SELECT * FROM campaign")
        cursor.execute(
            "UPDATE pg_temp.campaign SET state = 'sent', finished_at = %s", [clock.now() - timedelta(days=400)]
        )
        cursor.execute("SELECT archive_campaign(%s, 30)", [running.id])
        assert cursor.fetchone() == (False,)
    with psycopg.connect(database) as owner:
        paths = owner.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND proname ~ 'archive'"
            " AND NOT 'search_path=pg_catalog, public, pg_temp' = ANY (proconfig)"
        ).fetchall()
    assert paths == []


def _on_its_way(anna: Customer) -> Campaign:
    with tenancy.account(anna.account_id):
        return Campaign.objects.get(name="On its way", state="sending")


def _inventory(anna: Customer) -> tuple[object, ...]:
    with tenancy.account(anna.account_id):
        return (
            Delivery.objects.count(),
            ArchivedDelivery.objects.count(),
            sorted(ArchivedDelivery.objects.values_list("id", "state", "consent_event_id")),
            list(ArchiveMonth.objects.order_by("month").values_list("partition", "from_id", "to_id", "dropped_at")),
        )


def _rows(attacker: psycopg.Connection, role: str, account_id: int, statement: str) -> int:
    """Rows that a statement touched; 0 where it was refused."""
    try:
        with attacker.transaction():
            tenancy.enter_account(attacker, account_id)
            attacker.execute(f"SET LOCAL ROLE {role}")
            return attacker.execute(statement).rowcount
    except (errors.InsufficientPrivilege, errors.UndefinedColumn, errors.ObjectNotInPrerequisiteState):
        return 0
