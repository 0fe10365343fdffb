"""Files of contacts to import, and what an import leaves in the tables."""

import io
import json
from datetime import UTC, datetime
from typing import Any

from click.testing import CliRunner
from django.db import connection, connections, transaction

from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.cli.main import cli

HEADER = "email;Vorname;Nachname;Anmeldezeit;Anmelde-IP;Bestätigt am;Quelle;Stadt"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_PEOPLE = ("contact", "subscription", "consent_event", "consent_evidence")


def line(email: str, first: str = "Dora", **changed: str) -> str:
    """A row with full evidence, from the beginning of this month or before."""
    day = clock.now().date().replace(day=1).isoformat()
    cells = {
        "first": first,
        "last": "Klein",
        "signup": f"{day}T00:00:00+01:00",
        "ip": "203.0.113.9",
        "confirmed": f"{day}T00:05:00+01:00",
        "source": "https://anna.example/news",
        "city": "Kiel",
    } | changed
    return ";".join([email, *cells.values()])


def file_of(*lines: str, header: str = HEADER) -> io.BytesIO:
    """A CSV file as a browser uploads it."""
    file = io.BytesIO("\n".join([header, *lines, ""]).encode())
    file.name = "people.csv"
    return file


def dry_run(*arguments: str) -> dict[str, Any]:
    """The printed object of a dry run in November 2026."""
    with clock.frozen_at(NOW):
        done = CliRunner().invoke(cli, ["import", "--dry-run", "--json", *arguments])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def tables(account_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of an account's people and ledger, for comparing before and after."""
    found = {}
    with tenancy.account(account_id), connection.cursor() as cursor:
        for name in _PEOPLE:
            cursor.execute(f"SELECT * FROM {name} ORDER BY 1")
            found[name] = cursor.fetchall()
    return found


def readdress(contact_id: int, **values: Any) -> None:
    """Put another address under a contact, past the trigger that keeps it: only the owner can, and our code never
    does. The contact is committed.
    """
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        columns = ", ".join(f"{name} = %s" for name in values)
        cursor.execute(f"UPDATE contact SET {columns} WHERE id = %s", [*values.values(), contact_id])
        assert cursor.rowcount == 1
    connections["owner"].close()
