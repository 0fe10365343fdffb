"""Brings functions, policies, triggers and rights in line with the models, changing only those that differ: recreating
one takes a lock that blocks everyone. Differences are applied one table per transaction, with a short lock timeout
and a few retries. The server reformats definitions, so each object's comment is a mark: a hash of its statement and
of what the server printed right after, which reveals manual changes, too.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import psycopg
import structlog
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.utils import OperationalError

LOCK_SECONDS = 3
TRIES = 20
PAUSE_SECONDS = 1.0
MARK = "mailflatrate "

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SqlObject:
    """`name` is as written in SQL; `table` is that of a policy or trigger, `source` the file with the statement."""

    kind: str
    name: str
    statement: str
    table: str = ""
    source: str = ""

    def mark(self, definition: str) -> str:
        """Return the comment that this object should have if the server prints it as `definition`."""
        return MARK + hashlib.sha256(f"{self.statement}\0{definition}".encode()).hexdigest()


@dataclass(slots=True)
class TableSpec:
    """The wanted state of a table: row-level security, its policies and triggers, and the rights of each role."""

    name: str
    is_guarded: bool = False
    policies: list[SqlObject] = field(default_factory=list)
    triggers: list[SqlObject] = field(default_factory=list)
    rights: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class TableState:
    """The current state of a table: its objects as the server shows them with their comments, and its rights."""

    is_guarded: bool = False
    made: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    rights: dict[str, set[str]] = field(default_factory=dict)


# -- patience ----------------------------------------------------------------------------------------------------------


def patiently(alias: str, what: str, work: Callable[[CursorWrapper], None]) -> None:
    """Wait three seconds at a time for locks, so that no one queues behind it longer. Raises OperationalError."""
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
                work(cursor)
            return
        except OperationalError as problem:
            if not is_busy(problem) or not tries_left:
                raise
            log.warning("table_is_busy", waits_for=what, tries_left=tries_left)
            time.sleep(PAUSE_SECONDS)


def is_busy(problem: OperationalError) -> bool:
    return isinstance(problem.__cause__, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)


# -- functions and views -----------------------------------------------------------------------------------------------


def differing(alias: str, objects: Iterable[SqlObject]) -> list[SqlObject]:
    with connections[alias].cursor() as cursor:
        return [made for made in objects if not _is_as_made(made, _shown(cursor, made))]


def apply_objects(alias: str, objects: Iterable[SqlObject]) -> list[str]:
    """Create each function and view that is missing or differs; return their names. Locks no table."""
    changed = differing(alias, objects)
    for made in changed:

        def work(cursor: CursorWrapper, made: SqlObject = made) -> None:
            cursor.execute(made.statement)
            definition, _ = _shown(cursor, made) or ("", "")
            _comment(cursor, made.kind.upper(), made, definition)

        patiently(alias, made.name, work)
    return [made.name for made in changed]


_DEFINITION = {
    "function": "SELECT pg_get_functiondef(p.oid), coalesce(obj_description(p.oid, 'pg_proc'), '') FROM pg_proc p"
    " WHERE p.oid = to_regprocedure(%s)",
    "view": "SELECT concat_ws(' | ', c.reloptions::text, pg_get_viewdef(c.oid)),"
    " coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c WHERE c.oid = to_regclass(%s)",
}


def _shown(cursor: CursorWrapper, made: SqlObject) -> tuple[str, str] | None:
    cursor.execute(_DEFINITION[made.kind], [made.name])
    row = cursor.fetchone()
    return (str(row[0]), str(row[1])) if row else None


# Our functions that nothing declares any longer.
_LEFT_OVER = f"""
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND NOT p.oid = ANY (
        SELECT to_regprocedure(name) FROM unnest(%s::text[]) AS name WHERE to_regprocedure(name) IS NOT NULL)
    AND coalesce(obj_description(p.oid, 'pg_proc'), '') LIKE '{MARK}%%'
"""  # noqa: S608  # made of constants


def left_over(alias: str, objects: Iterable[SqlObject]) -> list[str]:
    with connections[alias].cursor() as cursor:
        cursor.execute(_LEFT_OVER, [[made.name for made in objects if made.kind == "function"]])
        return [str(name) for (name,) in cursor.fetchall()]


def drop_functions(alias: str, names: Iterable[str]) -> None:
    """Drop functions. Fails with an error if another object still depends on one."""
    for name in names:
        patiently(alias, name, lambda cursor, name=name: cursor.execute(f"DROP FUNCTION {name}"))  # type: ignore[misc]


def _is_as_made(made: SqlObject, current: tuple[str, str] | None) -> bool:
    return current is not None and current[1] == made.mark(current[0])


def _comment(cursor: CursorWrapper, kind: str, made: SqlObject, definition: str) -> None:
    cursor.execute(f"COMMENT ON {kind} {made.name} IS '{made.mark(definition)}'")


# -- tables ------------------------------------------------------------------------------------------------------------


def apply_tables(alias: str, tables: Iterable[TableSpec]) -> list[str]:
    differing = differing_tables(alias, tables)
    for table, state in differing:
        patiently(alias, table.name, _change(table, state))
    return [table.name for table, _found in differing]


def differing_tables(alias: str, tables: Iterable[TableSpec]) -> list[tuple[TableSpec, TableState]]:
    by_name = {table.name: table for table in tables}
    with connections[alias].cursor() as cursor:
        states = _read(cursor, list(by_name))
    return [(table, states[name]) for name, table in by_name.items() if _differs(table, states[name])]


def differences(table: TableSpec, state: TableState) -> list[str]:
    rights = [role for role, words in table.rights.items() if state.rights.get(role, set()) != rights_of(words)]
    return [
        *(["row-level security"] if table.is_guarded and not state.is_guarded else []),
        *(f"{made.kind} {made.name.partition(' ')[0]}" for made in _changed(table, state)),
        *(f"remove trigger {name}" for name in _superseded(table, state)),
        *([f"rights of {', '.join(rights)}"] if rights else []),
    ]


def _differs(table: TableSpec, state: TableState) -> bool:
    return bool(differences(table, state))


def _changed(table: TableSpec, state: TableState) -> list[SqlObject]:
    objects = [*table.policies, *table.triggers]
    return [made for made in objects if not _is_as_made(made, state.made.get((made.kind, made.name)))]


def _superseded(table: TableSpec, state: TableState) -> list[str]:
    names = {made.name for made in table.triggers}
    return [
        name.partition(" ")[0]
        for (kind, name), (_shown, comment) in state.made.items()
        if kind == "trigger" and name not in names and comment.startswith(MARK)
    ]


def _change(table: TableSpec, state: TableState) -> Callable[[CursorWrapper], None]:
    def work(cursor: CursorWrapper) -> None:
        if table.is_guarded and not state.is_guarded:
            cursor.execute(f'ALTER TABLE "{table.name}" ENABLE ROW LEVEL SECURITY')
        changed = _changed(table, state)
        for made in changed:
            cursor.execute(made.statement)
        for name in _superseded(table, state):
            cursor.execute(f'DROP TRIGGER "{name}" ON "{table.name}"')
        for role, words in table.rights.items():
            if state.rights.get(role, set()) != rights_of(words):
                cursor.execute(f'REVOKE ALL ON "{table.name}" FROM {role}')
                if words:
                    cursor.execute(f'GRANT {words} ON "{table.name}" TO {role}')
        now = _read(cursor, [table.name])[table.name]
        for made in changed:
            _comment(cursor, made.kind.upper(), made, now.made[made.kind, made.name][0])

    return work


# A partition has the triggers of its parent, and they come and go with those.
_SHOWN = """
SELECT c.relname, 'policy', p.polname || ' ON "' || c.relname || '"',
    concat_ws(' | ', p.polcmd, p.polpermissive, p.polroles::regrole[]::text, pg_get_expr(p.polqual, p.polrelid),
        pg_get_expr(p.polwithcheck, p.polrelid)), coalesce(obj_description(p.oid, 'pg_policy'), '')
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%(names)s)
UNION ALL
SELECT c.relname, 'trigger', t.tgname || ' ON "' || c.relname || '"',
    concat_ws(' | ', t.tgenabled, pg_get_triggerdef(t.oid)), coalesce(obj_description(t.oid, 'pg_trigger'), '')
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%(names)s) AND NOT t.tgisinternal
    AND t.tgparentid = 0
"""
_RIGHTS = """
SELECT c.relname, r.rolname, a.privilege_type, NULL
FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%(names)s)
UNION ALL
SELECT c.relname, r.rolname, a.privilege_type, t.attname
FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a JOIN pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%(names)s)
"""


def _read(cursor: CursorWrapper, names: list[str]) -> dict[str, TableState]:
    states = {name: TableState() for name in names}
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity"
        " AND relname = ANY(%(names)s)",
        {"names": names},
    )
    for (name,) in cursor.fetchall():
        states[name].is_guarded = True
    cursor.execute(_SHOWN, {"names": names})
    for name, kind, words, definition, comment in cursor.fetchall():
        states[name].made[kind, words] = (definition, comment)
    cursor.execute(_RIGHTS, {"names": names})
    for name, role, right, column in cursor.fetchall():
        states[name].rights.setdefault(role, set()).add(f"{right} ({column})" if column else right)
    return states


_RIGHT = re.compile(r"([A-Z]+)(?:\s*\(([^)]*)\))?")


def rights_of(words: str) -> set[str]:
    """Return the rights named in a GRANT, columns one by one: `SELECT, UPDATE (a, b)`."""
    rights = set()
    for right, columns in _RIGHT.findall(words):
        rights |= {f"{right} ({column.strip()})" for column in columns.split(",")} if columns else {right}
    return rights
