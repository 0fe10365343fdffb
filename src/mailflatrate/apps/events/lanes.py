"""The lanes of an endpoint: events that must be obeyed come first, all others follow."""

from enum import Enum

from mailflatrate.apps.events.feed import ENDPOINT_TYPES, FIRST_TYPES, FeedPosition
from mailflatrate.apps.events.models import WebhookEndpoint
from mailflatrate.rules.events import EventType


class Lane(Enum):
    """FIRST and REST read the feed, each from its own position. WAITING: events that were refused. TEST: the button."""

    FIRST = "first"
    REST = "rest"
    WAITING = "waiting"
    TEST = "test"

    @property
    def reads_feed(self) -> bool:
        return self in (Lane.FIRST, Lane.REST)

    @property
    def columns(self) -> list[str]:
        return [f"{self.value}_{part}" for part in ("xid", "source", "event_id")] if self.reads_feed else []

    def types(self, endpoint: WebhookEndpoint) -> frozenset[EventType]:
        chosen = frozenset(map(EventType, endpoint.types)) or ENDPOINT_TYPES
        return chosen & FIRST_TYPES if self is Lane.FIRST else (chosen - FIRST_TYPES) | {EventType.AUTOMATION_STEP}

    def position(self, endpoint: WebhookEndpoint) -> FeedPosition:
        return FeedPosition(*(getattr(endpoint, name) for name in self.columns))

    def move(self, endpoint: WebhookEndpoint, position: FeedPosition) -> None:
        for name, value in zip(self.columns, (position.xid, position.source, position.id), strict=False):
            setattr(endpoint, name, value)
