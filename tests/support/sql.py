"""SQL of a test's own: as the owner of the tables, beside what the product does, or as the application's role."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from mailflatrate.base import tenancy
from mailflatrate.settings.roles import app_url, owner_url
from mailflatrate.settings.schema import load_settings
from support.scope import HasAccount

REFUSALS = (psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation)
"""How PostgreSQL says no to the application's role: by a right that it lacks, or by a check."""

Values = Sequence[Any] | Mapping[str, Any] | None


def by_owner(statement: str, values: Values = None) -> list[tuple[Any, ...]]:
    """Run a statement as the owner; return its rows."""
    return _by_owner("origin", statement, values)


def beside_triggers(statement: str, values: Values = None) -> list[tuple[Any, ...]]:
    """Do the same where the triggers would keep what it changes."""
    return _by_owner("replica", statement, values)


def _by_owner(role: str, statement: str, values: Values) -> list[tuple[Any, ...]]:
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute(f"SET session_replication_role = {role}")
        done = owner.execute(statement, values)
        return done.fetchall() if done.description else []


@contextmanager
def as_application(of: HasAccount | int, *, for_session: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the application's role in an account's scope, for one transaction or for the whole session."""
    with psycopg.connect(app_url(load_settings()), autocommit=for_session) as opened:
        tenancy.enter_account(opened, of if isinstance(of, int) else of.account_id, for_session=for_session)
        yield opened
