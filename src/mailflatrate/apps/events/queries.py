"""Reads about webhooks, for pages and API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

from django.db import connection
from pydantic import Field

from mailflatrate.apps.events.models import EventSetting, WaitingEvent, WebhookEndpoint
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.events import MUST_BE_OBEYED

PACE_DAYS: Final = 7
# From the change itself until the endpoint had answered, refused attempts before included.
_PACE: Final = """
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
    percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds), max(seconds)
FROM (SELECT extract(epoch FROM at - event_at) + milliseconds / 1000.0 AS seconds FROM webhook_attempt
    WHERE account_id = %s AND endpoint_id = %s AND is_taken AND type = ANY(%s) AND at > %s
    ORDER BY id DESC LIMIT 10000) recent
"""
_BACKLOG: Final = """
SELECT count(*) FROM (SELECT 1 FROM outbox_event WHERE account_id = %s AND (xid, id) > (%s, %s)
    AND CASE type WHEN 'automation.step' THEN (payload ->> 'webhook_id')::bigint = %s
        ELSE %s::text[] = '{}' OR type = ANY(%s::text[]) END LIMIT 10001) waiting
"""
MOST_COUNTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class EndpointPaceInfo:
    """How many seconds the endpoint took to accept withdrawals, suppressions and erasures in the last 7 days."""

    events: int
    median: float
    most_within: Annotated[float, Field(description="95 of 100 were taken within this time")]
    longest: float


@tenancy.needs_account
def pace(endpoint: WebhookEndpoint) -> EndpointPaceInfo | None:
    """Withdrawals, suppressions and erasures of this week; None if there were none."""
    since = clock.now() - timedelta(days=PACE_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_PACE, [endpoint.account_id, endpoint.id, [kind.value for kind in MUST_BE_OBEYED], since])
        row = cursor.fetchone()
    if row is None or not row[0]:
        return None
    return EndpointPaceInfo(int(row[0]), *(max(0.0, float(number)) for number in row[1:]))


@tenancy.needs_account
def backlog(endpoint: WebhookEndpoint) -> int:
    """Return how many events wait for an endpoint, at most MOST_COUNTED + 1."""
    last = endpoint.rest_event_id if endpoint.rest_source == 0 else -1
    values: list[Any] = [endpoint.account_id, endpoint.rest_xid, last, endpoint.id, endpoint.types, endpoint.types]
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG, values)
        (unread,) = cursor.fetchone() or (0,)
    return int(unread) + WaitingEvent.objects.filter(endpoint=endpoint).count()


@tenancy.needs_account
def find_endpoint(endpoint_id: int) -> WebhookEndpoint | None:
    return WebhookEndpoint.objects.filter(id=endpoint_id).first()


@tenancy.needs_account
def endpoints() -> Sequence[WebhookEndpoint]:
    return list(WebhookEndpoint.objects.order_by("id"))


@tenancy.needs_account
def has_message_events() -> bool:
    return EventSetting.objects.filter(per_message=True).exists()
