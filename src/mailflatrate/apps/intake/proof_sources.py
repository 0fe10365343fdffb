"""Whose consent a signed line proves: it counts for the same controller only (the company vetted, not the account's
name), and as long as our own ledger of now agrees.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.consent.signing_keys import published_keys
from mailflatrate.apps.intake.reading.portable_rows import LineSource, OwnEvent
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules import sql
from mailflatrate.rules.contacts.audience_states import CONSENTS


class ProofSources:
    def __init__(self, account_id: int) -> None:
        self._account_id = account_id
        self._own_keys = frozenset(key.id for key in published_keys())
        self._company_of = cache(_company_of)
        self._company = _folded(_company_of(account_id))

    def __call__(self, text: str) -> LineSource:
        line: Mapping[str, Any] = json.loads(text)
        account = line["account"]
        if line["signature"]["key"] not in self._own_keys:
            company = str(account.get("company") or account.get("name") or "")
            return LineSource("" if self._is_same(company) else company or "?", None)
        account_id = int(account["id"])
        ids = [int(item["event"]["id"]) for item in line["events"] if item["event"]["kind"] in CONSENTS]
        event = OwnEvent(account_id, max(ids, default=0))
        if account_id == self._account_id or self._is_same(company := self._company_of(account_id)):
            return LineSource("", event)
        return LineSource(company or str(account.get("name") or "?"), event)

    def _is_same(self, company: str) -> bool:
        return self._company != "" and _folded(company) == self._company


def ended_lines(events: Mapping[int, OwnEvent]) -> list[int]:
    if not events:
        return []
    with tenancy.platform(PlatformReason.PROOF), connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT x.line FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS x (line, account_id, event_id)
            LEFT JOIN consent_event e ON e.id = x.event_id AND e.account_id = x.account_id
            LEFT JOIN subscription s ON s.account_id = e.account_id AND s.contact_id = e.contact_id
                AND s.mailing_list_id = e.mailing_list_id
            WHERE e.id IS NULL OR ({sql.is_confirmed("s.state")}) IS NOT TRUE OR {sql.consent_ended("e")}""",  # noqa: S608
            [
                list(events),
                [event.account_id for event in events.values()],
                [event.event_id for event in events.values()],
            ],
        )
        return [line for (line,) in cursor.fetchall()]


def _company_of(account_id: int) -> str:
    with tenancy.platform(PlatformReason.PROOF):
        name = Account.objects.filter(id=account_id).values_list("vetting_record__legal_name", flat=True).first()
    return name or ""


def _folded(company: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", company).casefold()))


def other_companies(imports: Sequence[Any]) -> dict[str, int]:
    companies: dict[str, int] = {}
    for job in imports:
        for company, rows in job.terms.get("proof_companies", {}).items():
            companies[company] = companies.get(company, 0) + rows
    return dict(sorted(companies.items(), key=lambda item: -item[1]))
