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
    """One event about one recipient.

    `token` is our token as the provider returned it, "" if it returned none; nothing has verified it yet. `event_id`
    is the same whenever the provider posts the event again. `status` is the enhanced status code that the provider
    gives or implies, `text` the reply of the recipient's server, both "" if unknown. `raw` is the event as posted.
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
    """A post: the events that mean something for a recipient, and how many events of any kind it has."""

    events: tuple[ProviderEvent, ...]
    total: int
