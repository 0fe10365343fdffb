"""Events: what happened in the account, in an order that passes over nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.events import feed
from mailflatrate.apps.events.feed import DEFAULT_TYPES, EventsForgotten, FeedEvent, FeedPage, FeedPosition
from mailflatrate.base import clock
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.problems import Code, Problem, wrong_query
from mailflatrate.entrypoints.api.v1.schemas import no_cursor, open_cursor, seal_cursor
from mailflatrate.entrypoints.presenters.event_waits import MAY_WAIT, WAIT_FOR, EventWait
from mailflatrate.rules.events import EventType

ROUTER = Router(tags=["Events"])
MOST_EVENTS: Final = 1_000
MOST_SECONDS: Final = 25
FROM_NOW: Final = "now"
RENEWED_AFTER: Final = timedelta(days=1)
_KIND: Final = "events"


class Event(Schema):
    """One event. `data` has the members of its type, see “webhooks”. It may come more than once, with the same `id`."""

    id: str
    type: EventType
    timestamp: str
    must_be_obeyed: Annotated[bool, Field(description="a program that keeps a copy has to act on it")]
    data: dict[str, Any]
    cursor: Annotated[str, Field(description="send it as `after` to read on after this event")]


class EventPage(Schema):
    """Events in their order. Send `next` as `after` with your next request, even if there were none."""

    items: list[Event]
    next: str
    more: Annotated[bool, Field(description="there are further events already")]


class EventQuery(Schema):
    """Where to read on, and what."""

    after: Annotated[
        str, Field(max_length=400, description="`next` of the last page; empty: everything kept; `now`: nothing yet")
    ] = ""
    types: Annotated[str, Field(max_length=1000, description="comma-separated; empty: all")] = ""
    limit: Annotated[int, Field(ge=1, le=MOST_EVENTS)] = 100
    wait: Annotated[int, Field(ge=0, le=MOST_SECONDS, description="seconds to wait for an event if there is none")] = 0


@endpoint(ROUTER, "get", "/events", scope=KeyScope.EVENTS, protects=True, also=(410,))
def list_events(request: ApiRequest, which: Query[EventQuery]) -> EventPage:
    """List events in the order in which they were committed. Begin with `after=now` or with everything that is kept (30
    days), then send the last `next` each time. With `wait`, the request is answered as soon as there is an event. With
    `Accept: text/event-stream` you get them as server-sent events; `Last-Event-ID` works like `after`.
    """
    types = _types(which.types)
    if which.after == FROM_NOW:
        here = feed.horizon()
        return EventPage(items=[], next=_sealed(here.position, clock.now(), here.server), more=False)
    cursor = _opened(which.after)
    page = feed.read_events(cursor.position, types, which.limit)
    if not page.events and not page.more and which.wait and MAY_WAIT in request.META:
        request.META[WAIT_FOR] = EventWait(request.caller.account.id, page.position, types, which.wait)
    items = [_shown(event, cursor.server) for event in page.events]
    return EventPage(items=items, next=_sealed(*_reached(page, cursor)), more=page.more)


@dataclass(frozen=True, slots=True)
class EventCursor:
    """An opened cursor: the position, when it was good, and the database server it counts the transactions of."""

    position: FeedPosition
    at: datetime
    server: int


def _reached(page: FeedPage, cursor: EventCursor) -> tuple[FeedPosition, datetime, int]:
    """Return what the next cursor holds. The same page has the same, so that its ETag stays; an old one is renewed."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    if page.events:
        return page.events[-1].position, page.events[-1].at, cursor.server
    if page.more or cursor.at < today - RENEWED_AFTER:
        return page.position, today, cursor.server
    return cursor.position, cursor.at, cursor.server


def _types(written: str) -> Collection[EventType]:
    names = [name.strip() for name in written.split(",") if name.strip()]
    type_names = {event_type.value for event_type in DEFAULT_TYPES}
    for name in names:
        if name not in type_names:
            raise wrong_query("types", _("unknown event type: %(name)s") % {"name": name[:60]})
    return frozenset(map(EventType, names)) or DEFAULT_TYPES


def _sealed(position: FeedPosition, at: datetime, server: int) -> str:
    return seal_cursor(_KIND, position.xid, position.source, position.id, int(at.timestamp()), server)


def _opened(written: str) -> EventCursor:
    parts = open_cursor(written, str, int, int, int, int, int)
    if not parts:
        today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        return EventCursor(FeedPosition(), today, feed.horizon().server)
    if parts[0] != _KIND:
        raise no_cursor()
    cursor = EventCursor(FeedPosition(*parts[1:4]), datetime.fromtimestamp(parts[4], UTC), parts[5])
    try:
        feed.check_position(cursor.position, cursor.at, cursor.server)
    except EventsForgotten as error:
        raise Problem(Code.CURSOR_EXPIRED) from error
    return cursor


def _shown(event: FeedEvent, server: int) -> Event:
    return Event(**event.as_json(), cursor=_sealed(event.position, event.at, server))
