"""Signed rows of portable consent (`rules.proof.portable`). A no comes first, so a truncated file lacks none."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.consent.ledger import evidence_sql, moment_sql
from mailflatrate.apps.consent.signing_keys import KEYS_PATH, key_in_use, private_key
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.segments.exports.file_formats import Value
from mailflatrate.apps.segments.exports.selection import STRONGEST, ContactPages, strength
from mailflatrate.apps.segments.exports.suppressions import STATE_SQL
from mailflatrate.apps.segments.models import Export
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.proof.portable import END_FORM, PORTABLE_FORM, written_line
from mailflatrate.rules.proof.record import EventRecord, moment_text
from mailflatrate.rules.proof.signature import sign_portable
from mailflatrate.settings.schema import load_settings

COLUMNS = ("email", "list", "state", "suppressed", "mailflatrate_proof")
"""`mailflatrate_proof` holds the NDJSON line."""

_SAID_NO = f"""(EXISTS (SELECT 1 FROM {STRONGEST} AS found) OR EXISTS (
    SELECT 1 FROM subscription n WHERE n.account_id = c.account_id AND n.contact_id = c.id
      AND n.state = 'unsubscribed'))"""  # noqa: S608
_PEOPLE = f"""
SELECT c.id, c.email, c.first_name, c.last_name, c.external_id, c.attributes::text, s.mailing_list_id, l.name, l.code,
    s.state,
    {
    moment_sql(
        "CASE s.state WHEN 'confirmed' THEN s.confirmed_at WHEN 'unsubscribed' THEN s.unsubscribed_at"
        " ELSE s.created_at END"
    )
},
    {STATE_SQL}, x.reason, {moment_sql("x.created_at")}
FROM contact c
LEFT JOIN subscription s ON s.account_id = c.account_id AND s.contact_id = c.id
    AND (%s::bigint IS NULL OR s.mailing_list_id = %s)
LEFT JOIN mailing_list l ON l.id = s.mailing_list_id
LEFT JOIN LATERAL {STRONGEST} x ON TRUE
WHERE c.account_id = %s AND c.id = ANY(%s)
ORDER BY c.email, c.id, s.id
"""  # noqa: S608  # made of constants
_EVENTS = f"""
SELECT e.contact_id, e.id, e.mailing_list_id, e.kind, {moment_sql("e.occurred_at")}, {moment_sql("e.recorded_at")},
    e.source_import_id, encode(e.commitment, 'hex'), encode(v.salt, 'hex'), {evidence_sql("v")}
FROM consent_event e LEFT JOIN consent_evidence v ON v.event_id = e.id AND v.account_id = e.account_id
WHERE e.account_id = %s AND e.contact_id = ANY(%s) ORDER BY e.id
"""  # noqa: S608  # made of constants
Event = tuple[int | None, dict[str, Any]]


class ProofRows:
    """`lines` and `digest` sum up what was written so far."""

    columns: Sequence[str] = COLUMNS

    def __init__(self, job: Export) -> None:
        """Raises ListError if there is no signing key yet."""
        self._job = job
        self.lines, self._digest = 0, hashlib.sha256()
        settings = load_settings()
        with tenancy.account(job.account_id):
            key, account = key_in_use(), current_account()
            if key is None:
                raise ListError("The service has no signing key yet. Run mailflatrate migrate.")
            self._key = private_key(key)
            company = account.vetting_record.legal_name if account.vetting_record is not None else ""
        self._frame = {
            "issued_at": moment_text(clock.now()),
            "service": {
                "name": settings.service_name,
                "domain": settings.service_domain,
                "keys": f"{settings.public_url}{KEYS_PATH}",
            },
            "account": {"id": account.id, "name": account.name, "company": company},
        }

    def pages(self) -> Iterator[tuple[int, list[Sequence[Value]]]]:
        """The number of contacts, and the rows; a row's last value is the line."""
        for condition in (_SAID_NO, f"NOT {_SAID_NO}"):
            for ids in ContactPages(self._job, condition, [strength()]):
                with tenancy.account(self._job.account_id), connection.cursor() as cursor:
                    list_id, account_id = self._job.mailing_list_id, self._job.account_id
                    cursor.execute(_PEOPLE, [list_id, list_id, strength(), account_id, ids])
                    people = cursor.fetchall()
                    cursor.execute(_EVENTS, [account_id, ids])
                    events = self._by_contact(cursor.fetchall())
                yield len(ids), [self._row(person, events[person[0]]) for person in people]

    def end_line(self) -> str:
        end = {"format": END_FORM, **self._frame, "lines": self.lines, "sha256": self._digest.hexdigest()}
        return self._signed(end)

    def _row(self, person: tuple[Any, ...], events: Sequence[Event]) -> Sequence[Value]:
        (contact, email, first_name, last_name, external_id, attributes, list_id, name, code, *of_list) = person
        state, since, no, reason, no_since = of_list
        line = self._signed(
            {
                "format": PORTABLE_FORM,
                **self._frame,
                "person": {
                    "contact": contact,
                    "email": email,
                    "first_name": first_name,
                    "last_name": last_name,
                    **({"external_id": external_id} if external_id else {}),
                    "attributes": json.loads(attributes),
                },
                "list": None if list_id is None else {"id": list_id, "name": name, "code": code},
                "state": {"state": state or "none", "since": since},
                "suppression": None if reason is None else {"state": no, "reason": reason, "since": no_since},
                "events": [event for on_list, event in events if on_list in (None, list_id)],
            }
        )
        self.lines += 1
        self._digest.update(line.encode() + b"\n")
        return (email, name or "", state or "", reason or "", line)

    def _signed(self, line: dict[str, Any]) -> str:
        return written_line({**line, "signature": sign_portable(self._key, line)})

    def _by_contact(self, rows: Sequence[tuple[Any, ...]]) -> dict[int, list[Event]]:
        by_contact: dict[int, list[Event]] = defaultdict(list)
        for contact, event_id, list_id, kind, occurred, recorded, source_import, commitment, salt, text in rows:
            record = EventRecord(
                event_id, self._job.account_id, contact, list_id, kind, occurred, recorded, source_import, commitment
            )
            half = None if salt is None else {"salt": salt, "text": text}
            by_contact[contact].append((list_id, {"event": record.as_json(), "evidence": half}))
        return by_contact
