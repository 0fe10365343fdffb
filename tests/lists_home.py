"""Accounts with a list, and what stands in their tables; for tests of lists and imports."""

import io
import itertools
from dataclasses import dataclass
from typing import Any

from django.db import connection

from mailflatrate.apps.accounts.actions import create_account
from mailflatrate.apps.lists import actions
from mailflatrate.apps.lists.intake.runner import run_import
from mailflatrate.apps.lists.models import Import
from mailflatrate.base import tenancy

NUMBERS = itertools.count(1)
HEADER = "email;Vorname;Nachname;Anmeldezeit;Anmelde-IP;Bestätigt am;Quelle;Stadt"


@dataclass(frozen=True)
class Home:
    """An account with one list."""

    account_id: int
    list_id: int

    def bring(
        self,
        content: bytes | str,
        mapping: dict[str, str] | None = None,
        *,
        slice_rows: int = 3,
        list_id: int | None = None,
    ) -> Import:
        """Import a file to its end in small slices; the import as it stands afterwards."""
        data = content.encode() if isinstance(content, str) else content
        with tenancy.account(self.account_id):
            target = list_id or self.list_id
            job = actions.start_import(target, io.BytesIO(data), "people.csv", mapping or {}, enqueue=False)
        run_import(self.account_id, job.id, slice_rows=slice_rows)
        with tenancy.account(self.account_id):
            return Import.objects.get(id=job.id)


def home(name: str) -> Home:
    """A fresh account called after `name`."""
    account = create_account(f"{name} {next(NUMBERS)}")
    with tenancy.account(account.id):
        mailing_list = actions.create_list("News", "News of the house", "de")
    return Home(account.id, mailing_list.id)


_PEOPLE = ("contact", "subscription", "consent_event", "consent_evidence")


def tables(account_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of an account's people and ledger, for comparing before and after."""
    found = {}
    with tenancy.account(account_id), connection.cursor() as cursor:
        for name in _PEOPLE:
            cursor.execute(f"SELECT * FROM {name} ORDER BY 1")
            found[name] = cursor.fetchall()
    return found
