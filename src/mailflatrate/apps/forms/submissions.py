"""What a visitor submitted, and the response to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from mailflatrate.rules.addresses import AddressDecision


class SignupOutcome(Enum):
    TAKEN = "taken"
    ADDRESS = "address"
    """Refused, or something has to be asked about it: see `SignupResult.address`."""
    BUSY = "busy"
    """Too many from the visitor's network within the hour."""
    STEP = "step"
    CLOSED = "closed"
    MINOR = "minor"
    """By a date of birth the visitor is below the age of R-39."""


@dataclass(frozen=True, slots=True)
class SignupResult:
    outcome: SignupOutcome
    address: AddressDecision | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """`checked`: the visitor confirmed what looked mistyped. `kept`: entered before the session that sent it."""

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
