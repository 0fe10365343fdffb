"""How often a list's people were promised to be mailed (R-27), as a limit for follow-ups."""

from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.db import connection

from mailflatrate.apps.delivery.archive.lookup import ids_since_sql
from mailflatrate.apps.segments.builders import Built, account_sql, at_least
from mailflatrate.base import tenancy
from mailflatrate.rules import sql
from mailflatrate.rules.automations.promises import Promise, promise_in

_CACHE_SECONDS = 600
"""A newer wording belongs to no one who got a campaign before it."""
_WORDINGS = f"""
SELECT DISTINCT s.mailing_list_id, v.details->>'wording' FROM subscription s
JOIN consent_evidence v ON v.event_id = s.consent_event_id AND v.account_id = s.account_id
WHERE s.account_id = %(account_id)s AND s.mailing_list_id = ANY(%(list_ids)s::bigint[])
    AND {sql.is_confirmed("s.state")} AND v.details->>'wording' IS NOT NULL
"""  # noqa: S608  # made of constants


@tenancy.needs_account
def promises_of(list_ids: Sequence[int]) -> dict[int, Promise]:
    """The strictest that confirmed people agreed to: nobody gets more than promised. Lists without one are missing."""
    account_id = tenancy.current_account_id()
    key = f"promises-{account_id}-{'-'.join(map(str, sorted(list_ids)))}"
    rows: list[list[int]] | None = cache.get(key)
    if rows is None:
        rows = [
            [list_id, promise.messages, promise.days] for list_id, promise in _strictest(account_id, list_ids).items()
        ]
        cache.set(key, rows, _CACHE_SECONDS)
    return {list_id: Promise(messages, days) for list_id, messages, days in rows}


def _strictest(account_id: int, list_ids: Sequence[int]) -> dict[int, Promise]:
    strictest: dict[int, Promise] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WORDINGS, {"account_id": account_id, "list_ids": list(list_ids)})
        for list_id, wording in cursor.fetchall():
            promise = promise_in(wording)
            if promise is not None and (list_id not in strictest or _rate(promise) < _rate(strictest[list_id])):
                strictest[list_id] = promise
    return strictest


def _rate(promise: Promise) -> float:
    return promise.messages / promise.days


def promise_reached(list_ids: Sequence[int], alias: str) -> Built:
    """SQL: the contact got, or is about to get, what one of these lists promised at most."""
    parts: list[str] = []
    values: list[Any] = []
    for list_id, promise in sorted(promises_of(list_ids).items()):
        rows = (
            f"FROM delivery_record got WHERE got.account_id = {account_sql(alias)} AND got.campaign_id IS NOT NULL "
            "AND got.state IN ('sent', 'pending', 'deferred', 'in_doubt') AND got.mailing_list_id = %s "
            "AND greatest(got.granted_at, got.settled_at) > now() - make_interval(days => %s) "
            f"AND {ids_since_sql(promise.days, 'got')}"
        )
        part, more = at_least("got.contact_id", rows, [list_id, promise.days], alias, promise.messages)
        parts.append(part)
        values += more
    return (f"({' OR '.join(parts)})", values) if parts else ("FALSE", [])
