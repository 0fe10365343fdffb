"""Bring functions, policies, triggers and rights to what the models say, touching only what differs.

`migrate` runs beside senders and readers, and most of its runs change nothing. A policy or a trigger that is made anew
takes a lock that waits for every reader of the table, and everyone behind it waits, too. So what is there is compared
first; what differs is changed one table a transaction, with a short wait for locks and some tries.

The server prints a definition in words of its own. Each object we make carries a mark as its comment: a hash of the
statement that made it and of what the server printed right after. Another statement, and a change by hand, both show.
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
class Made:
    """A policy, trigger or function: the words that name it in SQL, and the statement that makes it."""

    kind: str
    name: str
    statement: str

    def mark(self, shown: str) -> str:
        """The comment of this object while the server shows it as `shown`."""
        return MARK + hashlib.sha256(f"{self.statement}\0{shown}".encode()).hexdigest()


@dataclass(slots=True)
class Table:
    """What a table is to have: whether rows are guarded, its policies and triggers, and the rights of each role."""

    name: str
    is_guarded: bool = False
    policies: list[Made] = field(default_factory=list)
    triggers: list[Made] = field(default_factory=list)
    rights: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Found:
    """What a table has: its objects with what the server shows and their comments, and the rights of each role."""

    is_guarded: bool = False
    made: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    rights: dict[str, set[str]] = field(default_factory=dict)


# -- patience ----------------------------------------------------------------------------------------------------------


def patiently(alias: str, what: str, work: Callable[[CursorWrapper], None]) -> None:
    """Run `work` in a transaction that waits three seconds for a lock, and again when it did not get it.

    Nobody who comes behind it waits longer than that. Raises OperationalError after the last try.
    """
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
    """True when a lock was not to be had: somebody else may give it back in a moment."""
    return isinstance(problem.__cause__, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)


# -- functions ---------------------------------------------------------------------------------------------------------


def apply_functions(alias: str, functions: Iterable[Made]) -> list[str]:
    """Make each function that is missing or differs; their names. No table is locked by it."""
    changed = []
    for made in functions:
        with connections[alias].cursor() as cursor:
            if _is_as_made(made, _shown_function(cursor, made)):
                continue

        def work(cursor: CursorWrapper, made: Made = made) -> None:
            cursor.execute(made.statement)
            shown, _ = _shown_function(cursor, made) or ("", "")
            _comment(cursor, "FUNCTION", made, shown)

        patiently(alias, made.name, work)
        changed.append(made.name)
    return changed


def _shown_function(cursor: CursorWrapper, made: Made) -> tuple[str, str] | None:
    cursor.execute(
        "SELECT pg_get_functiondef(p.oid), coalesce(obj_description(p.oid, 'pg_proc'), '') FROM pg_proc p"
        " WHERE p.oid = to_regprocedure(%s)",
        [made.name],
    )
    row = cursor.fetchone()
    return (str(row[0]), str(row[1])) if row else None


def _is_as_made(made: Made, found: tuple[str, str] | None) -> bool:
    return found is not None and found[1] == made.mark(found[0])


def _comment(cursor: CursorWrapper, kind: str, made: Made, shown: str) -> None:
    cursor.execute(f"COMMENT ON {kind} {made.name} IS '{made.mark(shown)}'")


# -- tables ------------------------------------------------------------------------------------------------------------


def apply_tables(alias: str, tables: Iterable[Table]) -> list[str]:
    """Change each table that differs, one a transaction; their names."""
    wanted = {table.name: table for table in tables}
    with connections[alias].cursor() as cursor:
        found = _read(cursor, list(wanted))
    changed = [name for name, table in wanted.items() if _differs(table, found[name])]
    for name in changed:
        patiently(alias, name, _change(wanted[name], found[name]))
    return changed


def _differs(table: Table, found: Found) -> bool:
    return (
        (table.is_guarded and not found.is_guarded)
        or any(not _is_as_made(made, found.made.get((made.kind, made.name))) for made in _objects(table))
        or any(found.rights.get(role, set()) != rights_of(words) for role, words in table.rights.items())
    )


def _objects(table: Table) -> list[Made]:
    return [*table.policies, *table.triggers]


def _change(table: Table, found: Found) -> Callable[[CursorWrapper], None]:
    def work(cursor: CursorWrapper) -> None:
        if table.is_guarded and not found.is_guarded:
            cursor.execute(f'ALTER TABLE "{table.name}" ENABLE ROW LEVEL SECURITY')
        changed = [made for made in _objects(table) if not _is_as_made(made, found.made.get((made.kind, made.name)))]
        for made in changed:
            cursor.execute(made.statement)
        for role, words in table.rights.items():
            if found.rights.get(role, set()) != rights_of(words):
                cursor.execute(f'REVOKE ALL ON "{table.name}" FROM {role}')
                if words:
                    cursor.execute(f'GRANT {words} ON "{table.name}" TO {role}')
        now = _read(cursor, [table.name])[table.name]
        for made in changed:
            _comment(cursor, made.kind.upper(), made, now.made[made.kind, made.name][0])

    return work


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


def _read(cursor: CursorWrapper, names: list[str]) -> dict[str, Found]:
    found = {name: Found() for name in names}
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity"
        " AND relname = ANY(%(names)s)",
        {"names": names},
    )
    for (name,) in cursor.fetchall():
        found[name].is_guarded = True
    cursor.execute(_SHOWN, {"names": names})
    for name, kind, words, shown, comment in cursor.fetchall():
        found[name].made[kind, words] = (shown, comment)
    cursor.execute(_RIGHTS, {"names": names})
    for name, role, right, column in cursor.fetchall():
        found[name].rights.setdefault(role, set()).add(f"{right} ({column})" if column else right)
    return found


_RIGHT = re.compile(r"([A-Z]+)(?:\s*\(([^)]*)\))?")


def rights_of(words: str) -> set[str]:
    """The rights in the words of a GRANT, columns one by one: `SELECT, UPDATE (a, b)`."""
    found = set()
    for right, columns in _RIGHT.findall(words):
        found |= {f"{right} ({each.strip()})" for each in columns.split(",")} if columns else {right}
    return found
