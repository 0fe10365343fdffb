"""Rows of an export of contacts: one for each list that they are or were on, with the proof and its hash."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from mailflatrate.apps.consent.ledger import moment_sql
from mailflatrate.apps.segments.exports.file_formats import Value
from mailflatrate.apps.segments.exports.selection import STRONGEST, ContactPages, attribute_keys, strength
from mailflatrate.apps.segments.models import Export, ExportFormat
from mailflatrate.base import tenancy
from mailflatrate.rules.fields.values import value_text

MOST_FIELDS = 400
FIXED = (
    "contact_id",
    "email",
    "first_name",
    "last_name",
    "list_id",
    "list",
    "state",
    "state_since",
    "signup_at",
    "signup_ip",
    "confirmed_at",
    "confirmed_ip",
    "source",
    "user_agent",
    "proof_id",
    "proof_sha256",
    "quarantine_reason",
    "suppressed",
    "suppressed_since",
    "created_at",
    "last_activity_at",
    "tags",
    "external_id",
)
"""Custom fields follow. Importers recognize the proof by these names: id and salted hash of the ledger's event."""
_SINCE = (
    "CASE s.state WHEN 'confirmed' THEN s.confirmed_at WHEN 'unsubscribed' THEN s.unsubscribed_at ELSE s.created_at END"
)
_ROWS = f"""
SELECT c.id, c.email, c.first_name, c.last_name, l.id, l.name, s.state, {moment_sql(_SINCE)},
    {moment_sql("v.signup_at")}, host(v.signup_ip), {moment_sql("v.confirmed_at")}, host(v.confirmed_ip), v.source,
    v.user_agent, e.id, encode(e.commitment, 'hex'), s.quarantine_reason, x.reason, {moment_sql("x.created_at")},
    {moment_sql("c.created_at")}, {moment_sql("c.last_activity_at")},
    (SELECT string_agg(t.name, ', ' ORDER BY t.folded) FROM contact_tag ct JOIN tag t ON t.id = ct.tag_id
     WHERE ct.account_id = c.account_id AND ct.contact_id = c.id),
    c.external_id,
    c.attributes::text
FROM contact c
LEFT JOIN subscription s ON s.account_id = c.account_id AND s.contact_id = c.id
    AND (%s::bigint IS NULL OR s.mailing_list_id = %s)
LEFT JOIN mailing_list l ON l.id = s.mailing_list_id
LEFT JOIN consent_event e ON e.id = s.consent_event_id
LEFT JOIN consent_evidence v ON v.event_id = e.id
LEFT JOIN LATERAL {STRONGEST} x ON TRUE
WHERE c.account_id = %s AND c.id = ANY(%s)
ORDER BY c.email, c.id, s.id
"""  # noqa: S608  # made of constants


class ContactRows:
    def __init__(self, job: Export) -> None:
        self._job = job
        self._nested = job.file_format == ExportFormat.NDJSON
        with tenancy.account(job.account_id):
            self._keys = [] if self._nested else attribute_keys(job, MOST_FIELDS)
        self.columns: Sequence[str] = (*FIXED, "attributes") if self._nested else (*FIXED, *map(_title, self._keys))

    def pages(self) -> Iterator[tuple[int, list[Sequence[Value]]]]:
        for ids in ContactPages(self._job):
            with tenancy.account(self._job.account_id), connection.cursor() as cursor:
                list_id = self._job.mailing_list_id
                cursor.execute(_ROWS, [list_id, list_id, strength(), self._job.account_id, ids])
                rows = [self._row(row) for row in cursor.fetchall()]
            yield len(ids), rows

    def _row(self, row: tuple[Any, ...]) -> Sequence[Value]:
        attributes: dict[str, Value] = json.loads(row[-1]) if row[-1] != "{}" else {}
        fixed = [value if isinstance(value, int) else (value or "") for value in row[:-1]]
        return (*fixed, attributes) if self._nested else (*fixed, *(_cell(attributes.get(key)) for key in self._keys))


def _cell(value: Any) -> Value:
    return value_text(value) if isinstance(value, list) else value


def _title(key: str) -> str:
    return f"field_{key}" if key in FIXED else key
