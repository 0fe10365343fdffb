"""`migrate` refuses what it cannot upgrade, removes what an earlier version made, and says what it would do."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click import ClickException
from click.testing import CliRunner
from django.db import connections, transaction

from mailflatrate.base.tenancy.apply import MARK
from mailflatrate.base.tenancy.policies import apply_policies, plan_policies
from mailflatrate.entrypoints.cli import migration_state
from mailflatrate.entrypoints.cli.migration_state import NotUpgradable, demand_upgradable
from mailflatrate.entrypoints.cli.setup import _migrate, migrate_command


@contextmanager
def changed(*statements: str) -> Iterator[None]:
    """The owner's database after these statements; they are taken back."""
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        yield
        transaction.set_rollback(True, using="owner")


@pytest.fixture(autouse=True)
def _closed(database: str) -> Iterator[None]:
    yield
    connections["owner"].close()


RECORD = "INSERT INTO django_migrations (app, name, applied) VALUES ('{}', '{}', now())"


@pytest.mark.parametrize(
    ("app", "name"), [("delivery", "9999_of_next_year"), ("app_of_next_year", "0001_initial"), ("mfa", "9999_later")]
)
def test_a_newer_database_is_refused(app: str, name: str) -> None:
    demand_upgradable()
    with (
        changed(RECORD.format(app, name)),
        pytest.raises(NotUpgradable, match=f"newer than this version.*{app}/{name}"),
    ):
        demand_upgradable()


def test_a_record_that_the_tables_belie_is_refused() -> None:
    with (
        changed("ALTER TABLE archive_month DROP COLUMN folded_to"),
        pytest.raises(NotUpgradable, match=r"no column archive_month\.folded_to"),
    ):
        demand_upgradable()


def test_triggers_and_functions_of_an_earlier_version_go_with_what_replaces_them() -> None:
    with changed(
        "CREATE FUNCTION superseded() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER superseded BEFORE UPDATE ON imprint FOR EACH ROW EXECUTE FUNCTION superseded()",
        f"COMMENT ON FUNCTION superseded() IS '{MARK}of what made it'",
        f"COMMENT ON TRIGGER superseded ON imprint IS '{MARK}of what made it'",
        "DROP TRIGGER imprint_frozen ON imprint",
    ):
        planned = plan_policies(connections["owner"])
        assert planned == [
            "table imprint: trigger imprint_frozen, remove trigger superseded",
            "remove function superseded()",
        ]
        assert apply_policies(connections["owner"]) == ["imprint", "superseded()"]
        assert plan_policies(connections["owner"]) == []


def test_a_trigger_of_somebody_else_stays() -> None:
    with changed(
        "CREATE FUNCTION watched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER watched BEFORE UPDATE ON imprint FOR EACH ROW EXECUTE FUNCTION watched()",
    ):
        assert plan_policies(connections["owner"]) == []


@pytest.mark.slow
def test_the_plan_changes_nothing_and_says_what_would_be_done(database: str) -> None:
    runner = CliRunner()
    assert runner.invoke(migrate_command, ["--plan"]).output == "The database is up to date; there is nothing to do.\n"
    with connections["owner"].cursor() as cursor:
        cursor.execute("COMMENT ON FUNCTION public.jump_identifiers() IS 'changed by hand'")
        cursor.execute("DELETE FROM role_word WHERE word = 'info'")
        done = runner.invoke(migrate_command, ["--plan"])
        assert done.output.splitlines() == [
            "words of role addresses: 1 to add, 0 to remove",
            "function public.jump_identifiers() (apps/delivery/sql/identifiers.sql)",
            "Nothing was changed.",
        ]
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT obj_description('public.jump_identifiers()'::regprocedure)")
        assert cursor.fetchone() == ("changed by hand",)
    assert runner.invoke(migrate_command, []).output == "The database is up to date.\n"
    assert runner.invoke(migrate_command, ["--plan"]).output == "The database is up to date; there is nothing to do.\n"


def test_a_statement_that_takes_too_long_is_cancelled_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow_migration(*_arguments: object, **_options: object) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")

    monkeypatch.setattr(migration_state, "is_migrated", lambda: False)
    monkeypatch.setattr("django.core.management.call_command", slow_migration)
    with pytest.raises(ClickException, match=r"longer than 1 seconds and was canceled.*--statement-seconds"):
        _migrate(statement_seconds=1)
