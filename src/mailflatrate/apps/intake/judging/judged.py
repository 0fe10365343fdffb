"""Judged rows on their way to the database or a dry run. Needs neither Django nor a database."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from mailflatrate.apps.intake.reading.portable_rows import OwnEvent
from mailflatrate.rules.contacts.timestamps import Moment
from mailflatrate.rules.prior_status.status_words import NO, PriorStatus

SLICE_ROWS = 20_000
FIRST_SLICE_ROWS = 5_000
UNUSABLE_ID = "unusable"
TAKEN_ID = "taken"
"""It isn't one word, or another contact has it."""
UNREAD_NO = "no_without_address"
"""No address can be found in the row, so its no suppresses nobody."""
REFUSAL_REASONS = {status: f"{status.value}_before" for status in NO}


class SaidNo(NamedTuple):
    """Position, keyed hash of the address, status word, its column, time."""

    line: int
    address_key: bytes
    status: PriorStatus
    column: str
    text: str
    at: Moment | None
    left_list_as: str = ""
    """The canonical address if they left only the list: unsubscribed from it, not suppressed."""
    mailbox_key: bytes | None = None


Refusal = tuple[int, list[str], str, str, str]


@dataclass(slots=True)
class Slice:
    """`staged`: CSV for COPY in staging order; `cells`: original rows by line number."""

    first_row: int
    rows: int = 0
    position_bytes: int = 0
    staged: bytes = b""
    cells: dict[int, list[str]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    noes: list[SaidNo] = field(default_factory=list)
    """They are among the refusals, too."""
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread: Counter[tuple[str, str]] = field(default_factory=Counter)
    own_events: dict[int, OwnEvent] = field(default_factory=dict)
    """Line number -> the event of this installation that its proof rests on."""
    companies: Counter[str] = field(default_factory=Counter)
    """Rows whose proof is for another company."""
    has_external_ids: bool = False
    tags: dict[str, str] = field(default_factory=dict)


def slice_sizes(most: int) -> Iterator[int]:
    """Few at first, then half as many again, up to `most`: writing, slower than judging, begins at once and never
    waits.
    """
    size = min(most, FIRST_SLICE_ROWS)
    while True:
        yield size
        size = min(most, size + (size + 1) // 2)
