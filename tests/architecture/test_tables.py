"""Every table is under row-level security, or says why not; foreign keys run down the path only."""

import tomllib
from pathlib import Path

import psycopg
from django.apps import apps

from mailflatrate.base.tenancy.policies import WITHOUT_POLICY
from mailflatrate.settings.roles import APP_ROLE, ENTERED_ROLES

ROOT = Path(__file__).parents[2]

ROLES = (APP_ROLE, *ENTERED_ROLES)


def test_every_table_has_a_policy_or_a_reason(database: str) -> None:
    """A new table cannot be forgotten, nor a reason outlive its table."""
    with psycopg.connect(database) as connection:
        tables = dict(
            connection.execute(
                "SELECT relname, relrowsecurity FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            ).fetchall()
        )
    unsecured = {name for name, secured in tables.items() if not secured}
    assert unsecured == set(WITHOUT_POLICY)


def test_the_roles_own_nothing_and_cannot_bypass(database: str) -> None:
    """No role owns a table, is a superuser, or has BYPASSRLS."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, "
            "(SELECT count(*) FROM pg_class WHERE relowner = r.oid) FROM pg_roles r WHERE rolname = ANY(%s)",
            [list(ROLES)],
        ).fetchall()
    assert sorted(rows) == [(role, False, False, False, 0) for role in sorted(ROLES)]


def test_foreign_keys_run_down_the_path() -> None:
    """A table points at tables of its own or an earlier stop only (contract 2 in pyproject.toml)."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    path = next(c for c in contracts if c["containers"] == ["mailflatrate.apps"])["layers"]
    depth = {
        name.strip().strip("()"): len(path) - position
        for position, layer in enumerate(path)
        for name in layer.split("|")
    }
    wrong = [
        f"{model.__name__}.{field.name} -> {field.related_model.__name__}"
        for model in apps.get_models()
        if model._meta.app_label in depth
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model._meta.app_label in depth
        if field.related_model._meta.app_label != model._meta.app_label
        if depth[field.related_model._meta.app_label] >= depth[model._meta.app_label]
    ]
    assert wrong == []
