"""The values that reading a provider's post yields."""

from dataclasses import dataclass
from enum import StrEnum


class ProviderEventKind(StrEnum):
    """DELAY: the provider is still trying."""

    BOUNCE = "bounce"
    DELAY = "delay"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"


class PostRefused(Exception):
    """Raised when a post isn't in its provider's format; `problem` says what is wrong with it."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """`token` is ours as the provider returned it, or ""; nothing has verified it yet. `event_id` stays the same when
    an event is posted again. `status` is enhanced, given or implied; `text` the server's reply. `raw` is as posted.
    """

    kind: ProviderEventKind
    token: str
    event_id: str
    recipient: str
    status: str
    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class PostedEvents:
    events: tuple[ProviderEvent, ...]
    total: int
