"""What a visitor submitted, and the response to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from mailflatrate.rules.addresses import AddressDecision


class SignupOutcome(Enum):
    """What to tell a visitor."""

    TAKEN = "taken"
    ADDRESS = "address"
    """The address is refused, or something has to be asked about it: see `SignupResult.address`."""
    BUSY = "busy"
    """Too many sign-ups from the visitor's network within the hour."""
    STEP = "step"
    """Show the form once more on our own page, where the visitor proves more."""
    CLOSED = "closed"
    MINOR = "minor"
    """By the date of birth in one of the fields the visitor is below the age of R-39."""


@dataclass(frozen=True, slots=True)
class SignupResult:
    """The response to a sign-up."""

    outcome: SignupOutcome
    address: AddressDecision | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A visitor's submission. `checked` means the visitor confirmed an address that looked mistyped.

    `move_in_id`: the move whose link brought the visitor here (`queries.move_in`). `placement`: how the form appeared,
    as the browser reports it; `compared_text`: the key of the text that it had. `list_ids`: the lists whose boxes are
    ticked. `stand_id`: the stand where it was filled in, with the `staff` on duty there, at `visited_at`. `kept`:
    instead of staff, that the tablet kept an entry from before the session that sent it, and who sent it.
    """

    email: str
    language: str
    values: Mapping[str, Any] = field(default_factory=dict)
    ticked: Sequence[str] = ()
    list_ids: Sequence[int] = ()
    ip: str | None = None
    user_agent: str = ""
    source_url: str = ""
    page_url: str = ""
    checked: bool = False
    move_in_id: int | None = None
    placement: str = ""
    compared_text: str = ""
    stand_id: int | None = None
    staff: str = ""
    kept: str = ""
    visited_at: datetime | None = None
