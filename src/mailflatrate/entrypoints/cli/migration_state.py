"""Compares a database's applied migrations with this version's, and refuses one that can't be upgraded. Only reads."""

from collections.abc import Iterator

import click
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from mailflatrate.apps.lists import role_address_errors
from mailflatrate.base.tenancy.policies import plan_policies

OWNER = "owner"

Name = tuple[str, str]


class NotUpgradable(click.ClickException):
    """The database is newer than this version, or isn't what its record says; the message says what to do."""


def known_migrations() -> frozenset[Name]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def demand_upgradable() -> None:
    applied = set(MigrationRecorder(connections[OWNER]).applied_migrations())
    _demand_known(applied)
    _demand_columns(applied)


def _demand_known(applied: set[Name]) -> None:
    unknown = sorted(applied - known_migrations())
    if unknown:
        raise NotUpgradable(
            "The database is newer than this version of mailflatrate: it has migration "
            f"{'/'.join(unknown[0])}{f' and {len(unknown) - 1} more' if len(unknown) > 1 else ''}, which this "
            "version doesn't know. Install the version that applied it, or restore an earlier backup. Nothing was "
            "changed."
        )


def _demand_columns(applied: set[Name]) -> None:
    """Compare the tables with what the applied migrations define, because the record alone proves nothing."""
    executor = MigrationExecutor(connections[OWNER])
    nodes = [name for name in executor.loader.graph.nodes if name in applied and name[0] in _own_apps()]
    if not nodes:
        return
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        present = {(str(table), str(column)) for table, column in cursor.fetchall()}
    state = executor.loader.project_state(nodes)
    for model in state.apps.get_models(include_auto_created=True):
        if model._meta.app_label not in _own_apps() or not model._meta.managed:
            continue
        for field in model._meta.local_concrete_fields:
            if (model._meta.db_table, field.column) not in present:
                raise NotUpgradable(
                    f"The database has no column {model._meta.db_table}.{field.column}, although its migration "
                    "history says it was created. Restore a backup, or ask for help before you change anything."
                )


def _own_apps() -> frozenset[str]:
    from django.apps import apps

    return frozenset(config.label for config in apps.get_app_configs() if config.name.startswith("mailflatrate."))


def is_migrated() -> bool:
    executor = MigrationExecutor(connections[OWNER])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def planned() -> Iterator[str]:
    executor = MigrationExecutor(connections[OWNER])
    for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield f"migration {migration.app_label}/{migration.name}"
        for operation in migration.operations:
            yield f"    {operation.describe()}"
    missing, superfluous = role_address_errors.differences(connections[OWNER])
    if missing or superfluous:
        yield f"words of role addresses: {missing} to add, {superfluous} to remove"
    yield from plan_policies(connections[OWNER])
