"""Webhooks: addresses that get the account's events, signed as Standard Webhooks define it."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Body, Query, Router, Schema
from pydantic import AwareDatetime, Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.events import queries
from mailflatrate.apps.events.actions import endpoints
from mailflatrate.apps.events.actions.endpoints import (
    EndpointAbout,
    EndpointOrder,
    EndpointTypes,
    EndpointUrl,
    MadeEndpoint,
)
from mailflatrate.apps.events.feed import DEFAULT_TYPES
from mailflatrate.apps.events.models import EndpointState, WebhookAttempt, WebhookEndpoint
from mailflatrate.apps.events.queries import EndpointPaceInfo
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    SuccessResult,
    filled,
    newest_first,
    page_from,
    with_changes,
)
from mailflatrate.entrypoints.presenters.lookups import find_webhook
from mailflatrate.rules.events import EVENTS, MUST_BE_OBEYED, EventType, payload_schema

ROUTER = Router(tags=["Webhooks"])
Shape = dict[str, Any]


class WebhookInfo(Schema):
    """A webhook. Without `types` it gets everything but the events of each message."""

    id: int
    url: str
    about: str
    types: list[EventType]
    state: EndpointState
    waiting: Annotated[int, Field(description="events that wait for it; counted up to about 10,000")]
    failing_since: datetime | None
    succeeded_at: datetime | None
    old_secret_until: Annotated[datetime | None, Field(description="the former secret signs as well until then")]
    pace: EndpointPaceInfo | None
    created_at: datetime


class NewWebhookInfo(WebhookInfo):
    """A webhook with its secret, which is returned only this once."""

    secret: str


class WebhookChange(RequestBodySchema):
    """Changes to a webhook. Members you leave out stay the same."""

    url: EndpointUrl | None = None
    about: EndpointAbout | None = None
    types: EndpointTypes | None = None


class WebhookSwitch(RequestBodySchema):
    """Whether the webhook gets events."""

    is_on: bool


class WebhookReplay(RequestBodySchema):
    """The time from which all events are delivered again."""

    since: AwareDatetime


class WebhookAttemptInfo(Schema):
    """One attempt to deliver an event. Without `status` there was no response, and `answer` says why."""

    id: int
    event_id: str
    type: EventType
    event_at: datetime
    number: int
    at: datetime
    milliseconds: int
    status: int | None
    answer: str
    is_taken: bool
    is_last: Annotated[bool, Field(description="not tried again after this one")]


def _shown(row: WebhookEndpoint) -> WebhookInfo:
    return filled(WebhookInfo, row, **_more(row))


def _more(row: WebhookEndpoint) -> Shape:
    return {
        "waiting": queries.backlog(row),
        "pace": queries.pace(row),
    }


def _with_secret(made: MadeEndpoint) -> NewWebhookInfo:
    return filled(NewWebhookInfo, made.endpoint, secret=made.secret, **_more(made.endpoint))


@endpoint(ROUTER, "get", "/webhooks", scope=KeyScope.WEBHOOKS)
def list_webhooks(request: ApiRequest, which: Query[PageQuery]) -> Page[WebhookInfo]:
    """List webhooks, oldest first."""
    return page_from(queries.endpoints(), which, _shown)


@endpoint(ROUTER, "post", "/webhooks", scope=KeyScope.WEBHOOKS, status=201)
def create_webhook(request: ApiRequest, given: Body[EndpointOrder]) -> NewWebhookInfo:
    """Create a webhook. It gets all events from now on. The secret is returned only this once."""
    made = endpoints.create_endpoint(given, by=request.caller.user)
    return _with_secret(MadeEndpoint(find_webhook(made.endpoint.id), made.secret))


@endpoint(ROUTER, "get", "/webhooks/{webhook_id}", scope=KeyScope.WEBHOOKS)
def show_webhook(request: ApiRequest, webhook_id: Id) -> WebhookInfo:
    """Show a webhook, and how fast it takes what must be obeyed."""
    return _shown(find_webhook(webhook_id))


@endpoint(ROUTER, "patch", "/webhooks/{webhook_id}", scope=KeyScope.WEBHOOKS)
def change_webhook(request: ApiRequest, webhook_id: Id, given: WebhookChange) -> WebhookInfo:
    """Change a webhook. Its secret stays."""
    row = find_webhook(webhook_id)
    order = EndpointOrder(**with_changes(row, given))
    endpoints.change_endpoint(webhook_id, order, by=request.caller.user)
    return _shown(find_webhook(webhook_id))


@endpoint(ROUTER, "post", "/webhooks/{webhook_id}/rotate-secret", scope=KeyScope.WEBHOOKS)
def rotate_webhook_secret(request: ApiRequest, webhook_id: Id) -> NewWebhookInfo:
    """Create a new secret. For 24 hours, each delivery is signed with both."""
    find_webhook(webhook_id)
    return _with_secret(endpoints.rotate_secret(webhook_id, by=request.caller.user))


@endpoint(ROUTER, "post", "/webhooks/{webhook_id}/switch", scope=KeyScope.WEBHOOKS)
def switch_webhook(request: ApiRequest, webhook_id: Id, given: WebhookSwitch) -> WebhookInfo:
    """Switch a webhook on or off. Once on again, it gets the events of the last 30 days that it missed."""
    find_webhook(webhook_id)
    return _shown(endpoints.switch_endpoint(webhook_id, is_on=given.is_on, by=request.caller.user))


@endpoint(ROUTER, "post", "/webhooks/{webhook_id}/replay", scope=KeyScope.WEBHOOKS)
def replay_webhook(request: ApiRequest, webhook_id: Id, given: WebhookReplay) -> WebhookInfo:
    """Deliver all events since a time again, with the same IDs. Up to 30 days back."""
    find_webhook(webhook_id)
    return _shown(endpoints.replay(webhook_id, given.since, by=request.caller.user))


@endpoint(ROUTER, "post", "/webhooks/{webhook_id}/test", scope=KeyScope.WEBHOOKS)
def test_webhook(request: ApiRequest, webhook_id: Id) -> SuccessResult:
    """Send a test event. The attempt appears in the log."""
    find_webhook(webhook_id)
    endpoints.test_endpoint(webhook_id, by=request.caller.user)
    return SuccessResult()


@endpoint(ROUTER, "post", "/webhooks/{webhook_id}/delete", scope=KeyScope.WEBHOOKS)
def delete_webhook(request: ApiRequest, webhook_id: Id) -> SuccessResult:
    """Delete a webhook with its log."""
    find_webhook(webhook_id)
    endpoints.delete_endpoint(webhook_id, by=request.caller.user)
    return SuccessResult()


@endpoint(ROUTER, "get", "/webhooks/{webhook_id}/attempts", scope=KeyScope.WEBHOOKS)
def list_webhook_attempts(request: ApiRequest, webhook_id: Id, which: Query[PageQuery]) -> Page[WebhookAttemptInfo]:
    """List attempts, newest first. Accepted ones are kept for 7 days, others for 30."""
    row = find_webhook(webhook_id)
    return newest_first(
        WebhookAttempt.objects.filter(endpoint=row),
        which,
        WebhookAttemptInfo.model_validate,
    )


_HEADERS = {
    "webhook-id": "The event's id. It is the same if the event comes again.",
    "webhook-timestamp": "Seconds since 1970. Refuse what is older than five minutes.",
    "webhook-signature": "`v1,` and the signature; during a rotation one for each secret, separated by spaces.",
}


def described_webhooks() -> Shape:
    return {event.value: {"post": _delivery(event)} for event in EventType if event in DEFAULT_TYPES}


def _delivery(event: EventType) -> Shape:
    about = EVENTS[event]
    example = {
        "id": "evt_1027",
        "type": event.value,
        "timestamp": "2026-12-01T09:30:00.000Z",
        "must_be_obeyed": event in MUST_BE_OBEYED,
        "data": dict(about.example),
    }
    members: Shape = {
        "id": {"type": "string"},
        "type": {"type": "string", "const": event.value},
        "timestamp": {"type": "string", "format": "date-time"},
        "must_be_obeyed": {"type": "boolean"},
        "data": payload_schema(event),
    }
    schema = {"type": "object", "properties": members, "required": list(members)}
    return {
        "summary": event.value,
        "description": about.about,
        "tags": ["Webhooks"],
        "parameters": [
            {"in": "header", "name": name, "required": True, "description": text, "schema": {"type": "string"}}
            for name, text in _HEADERS.items()
        ],
        "requestBody": {"content": {"application/json": {"schema": schema, "example": example}}, "required": True},
        "responses": {
            "2XX": {"description": "You have it. Answer within 10 seconds, and do the work afterward."},
            "410": {"description": "You no longer want any; the webhook ends."},
            "default": {"description": "It comes again, for up to 24 hours."},
        },
    }
