"""Accounts with a list, and the contents of their tables; for tests of lists and imports."""

import io
import itertools
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import connection, connections, transaction
from PIL import Image

from mailflatrate.apps.accounts.actions import create_account, create_user
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.lists import actions
from mailflatrate.apps.lists.intake.runner import run_import
from mailflatrate.apps.lists.models import Import, ListOrigin
from mailflatrate.base import clock, tenancy

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
        """Import a file to its end in small slices; the import as it stands afterward."""
        data = content.encode() if isinstance(content, str) else content
        with tenancy.account(self.account_id):
            target = list_id or self.list_id
            job = actions.start_import(target, io.BytesIO(data), "people.csv", mapping or {}, enqueue=False)
        run_import(self.account_id, job.id, slice_rows=slice_rows)
        with tenancy.account(self.account_id):
            actions.check_import(job.id)
            return Import.objects.get(id=job.id)


def home(name: str, *, approved: bool = True) -> Home:
    """A fresh account called after `name`; the origin of its list is approved, or `approved` False: not declared."""
    account = create_account(f"{name} {next(NUMBERS)}")
    with tenancy.account(account.id):
        mailing_list = actions.create_list("News", "News of the house", "de")
    if approved:
        approve_origin(account.id, mailing_list.id)
    return Home(account.id, mailing_list.id)


def declaration(**changed: Any) -> actions.Declaration:
    """A declaration that lacks nothing."""
    today = clock.now().date()
    whole = actions.Declaration(
        kind="website",
        form_urls=("https://anna.example/news",),
        wording="Yes, send me Anna's news about plants, about twice a month.",
        collected_from=today - timedelta(days=900),
        collected_to=None,
        previous_system="Postino",
        last_mailed_on=None,
        declared_count=1000,
        controller="Anna GmbH",
        signatory="Anna Lindner",
        evidence=("signup_at", "signup_ip", "confirmed_at", "source"),
        assured=True,
    )
    return replace(whole, **changed)


def declare_origin(account_id: int, list_id: int, **changed: Any) -> ListOrigin:
    """Sign a declaration for a list."""
    with tenancy.account(account_id):
        return actions.declare_origin(list_id, declaration(**changed), by=None)


def picture() -> bytes:
    """A small picture of a form."""
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(out, "PNG")
    return out.getvalue()


def reviewer() -> User:
    """Return an operator."""
    email = f"otto-{secrets.token_hex(4)}@mailflatrate.example"
    return create_user(email, name="Otto", password=None, is_staff=True)


def approve_origin(account_id: int, list_id: int) -> ListOrigin:
    """Declared, and approved by Otto."""
    origin = declare_origin(account_id, list_id)
    return actions.decide_origin(origin.id, actions.OriginDecision.APPROVE, reviewer=reviewer(), reason="Seen.")


_PEOPLE = ("contact", "subscription", "consent_event", "consent_evidence")


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
