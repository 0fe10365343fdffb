"""The law of the database is in the SQL files and the models, all of it, and `migrate` finds it there."""

import re
import subprocess

import psycopg
import pytest
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from architecture.migrations import PACKAGE, own_apps, without_words
from mailflatrate.base.tenancy.statements import UnknownStatement, parse, shipped, statements
from mailflatrate.settings.roles import SEARCH_PATH

FILES = sorted(PACKAGE.glob("**/sql/*.sql"))
# What a table's rights and policies ask for is made from PassKind, as is what services compare keys with.
MADE_IN_PYTHON = {
    "own_server", "key_fingerprints", "platform_open", "decision_open", "access_open", "account_open", "job_open",
    "limited_open",
}  # fmt: skip


FORCED: dict[str, str] = {}
"""Each further migration as `app/name`, and the circular foreign key between two apps that forces it."""


def test_each_app_has_one_initial_migration_until_1_0() -> None:
    """No installation has an earlier schema, so a change goes into 0001_initial (ADR 0036)."""
    if subprocess.run(["git", "tag", "--list", "v1.*"], cwd=PACKAGE, capture_output=True, check=True).stdout:
        pytest.skip("1.0 is released")
    shipped_migrations = {f"{app}/{name}" for app, name in MigrationLoader(None).disk_migrations if app in own_apps()}
    assert shipped_migrations == {f"{app}/0001_initial" for app in own_apps()} | FORCED.keys()


def test_no_model_waits_for_a_migration() -> None:
    """`make migrations` has nothing to write."""
    loader = MigrationLoader(None)
    with without_words():
        changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(
            graph=loader.graph
        )
        own = {label for label in changes if apps.get_app_config(label).name.startswith("mailflatrate.")}
    assert not own


def test_every_file_of_every_app_is_read() -> None:
    assert {PACKAGE / made.source for made in shipped()} == set(FILES)


def test_the_database_has_the_functions_and_triggers_of_the_files_and_no_others(database: str) -> None:
    """Extensions and Procrastinate bring their own."""
    of_files = {kind: {made.name for made in shipped() if made.kind == kind} for kind in ("function", "trigger")}
    with psycopg.connect(database) as owner:
        functions = owner.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace"
            " AND proname NOT LIKE 'procrastinate%'"
        ).fetchall()
        triggers = owner.execute(
            "SELECT DISTINCT t.tgname || ' ON ' || quote_ident(c.relname) FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND t.tgname NOT LIKE 'procrastinate%'"
            " AND NOT c.relispartition"
        ).fetchall()
    found = {str(name).replace("public.", "") for (name,) in functions}
    wanted = {name.replace("public.", "").replace(", ", ",") for name in of_files["function"]}
    assert {name for name in found if name.partition("(")[0] not in MADE_IN_PYTHON} == wanted
    assert {str(name).replace('"', "") for (name,) in triggers} == {
        name.replace('"', "") for name in of_files["trigger"]
    }


def test_what_holds_the_application_role_holds_a_limited_member_too() -> None:
    """A trigger that names the one and forgets the other would take a limited member for the owner."""
    asked = re.compile(r"current_user (?:=|<>|IN|NOT IN) (?:\([^)]*\)|'\w+')")
    found = [question for file in FILES for question in asked.findall(file.read_text())]
    of_application = [question for question in found if "mailflatrate_app" in question]
    assert len(of_application) > 10
    assert [question for question in of_application if "mailflatrate_limited" not in question] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_a_file_says_why_and_is_readable(file) -> None:  # type: ignore[no-untyped-def]
    text = file.read_text()
    assert text.startswith("-- "), "it begins with the reason"
    assert [line for line in text.splitlines() if len(line) > 120] == []
    assert len(text.splitlines()) <= 400


@pytest.mark.parametrize("made", shipped(), ids=lambda made: made.name)
def test_what_runs_as_the_owner_or_in_a_trigger_says_where_it_looks_for_names(made) -> None:  # type: ignore[no-untyped-def]
    """A table or a type of a temporary schema would be found first."""
    head = made.statement.partition(" AS $")[0]
    if made.kind == "function" and ("SECURITY DEFINER" in head or "RETURNS trigger" in head):
        assert f"SET search_path = {SEARCH_PATH}" in head


def test_statements_end_at_their_semicolons_only() -> None:
    text = (
        "-- a; b\nCREATE OR REPLACE FUNCTION public.f() RETURNS text LANGUAGE sql AS $x$ SELECT ';' -- c;\n$x$;\n"
        "DROP y;"
    )
    assert statements(text) == [
        "CREATE OR REPLACE FUNCTION public.f() RETURNS text LANGUAGE sql AS $x$ SELECT ';' -- c;\n$x$;",
        "DROP y;",
    ]


def test_functions_are_named_by_their_types() -> None:
    (made,) = parse(
        "CREATE OR REPLACE FUNCTION public.f(a timestamp with time zone, b text[]) RETURNS text LANGUAGE sql AS $$ $$;",
        "x.sql",
    )
    assert (made.kind, made.name) == ("function", "public.f(timestamp with time zone, text[])")


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE account ADD COLUMN x int;",
        "CREATE TRIGGER t BEFORE UPDATE ON account EXECUTE FUNCTION f();",
        "DROP TABLE account;",
        "GRANT ALL ON account TO PUBLIC;",
        "CREATE OR REPLACE FUNCTION other.f() RETURNS text LANGUAGE sql AS $$ $$;",
        "DROP VIEW IF EXISTS public.v;",
        "CREATE OR REPLACE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$ $$",
    ],
)
def test_a_file_has_nothing_but_what_can_be_repeated(text: str) -> None:
    with pytest.raises(UnknownStatement):
        parse(text, "x.sql")
