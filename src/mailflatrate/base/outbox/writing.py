"""Writing to the outbox, in the transaction of the change itself."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.db import connection

from mailflatrate.base import tenancy
from mailflatrate.rules.events import NEVER_STORED, EventType, InvalidPayload, check_payload

_INSERT: Final = "INSERT INTO outbox_event (account_id, type, payload) VALUES (%s, %s, %s::jsonb)"


def emit(event: EventType, payload: Mapping[str, Any]) -> None:
    """Kept if the transaction commits. Raises InvalidPayload for a payload that doesn't fit its type, and NoAccount."""
    if event in NEVER_STORED:
        raise InvalidPayload(f"{event.value} isn't written to the outbox")
    check_payload(event, payload)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [tenancy.current_account_id(), event.value, json.dumps(dict(payload))])


def emitted(event: EventType, account: str, payload: str, source: str) -> str:
    """Return SQL that writes one event for each row of `source` (what follows FROM), as a statement or in a WITH.
    `account` and `payload` are SQL, such as `jsonb_build_object('contact_id', e.contact_id)`.
    """
    if event in NEVER_STORED:
        raise InvalidPayload(f"{event.value} isn't written to the outbox")
    return (
        f"INSERT INTO outbox_event (account_id, type, payload) SELECT {account}, '{event.value}', {payload} "  # noqa: S608
        f"FROM {source}"
    )
