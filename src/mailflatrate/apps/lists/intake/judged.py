"""Judged rows on their way to the database, or to the figures of a dry run. Needs neither Django nor a database."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from mailflatrate.apps.lists.intake.portable_rows import OwnEvent
from mailflatrate.apps.lists.intake.timestamps import Moment
from mailflatrate.rules.prior_status.status_words import NO, PriorStatus

SLICE_ROWS = 20_000
FIRST_SLICE_ROWS = 5_000
UNUSABLE_ID = "unusable"
TAKEN_ID = "taken"
"""Why an id of the customer's own system wasn't taken over: it isn't one word, or another contact has it."""
UNREAD_NO = "no_without_address"
"""Why a row that says no suppresses nobody: no address can be found in it."""
REFUSAL_REASONS = {status: f"{status.value}_before" for status in NO}


class SaidNo(NamedTuple):
    """A person who said no in a row: its position, the address's keyed hash, the status word, its
    column, and the time.
    """

    line: int
    address_key: bytes
    status: PriorStatus
    column: str
    text: str
    at: Moment | None
    left_list_as: str = ""
    """The canonical address, if the person left only the list: they are unsubscribed from it, and not suppressed."""
    mailbox_key: bytes | None = None


Refusal = tuple[int, list[str], str, str, str]
"""Line number, cells as in the file, rule ID (may be empty), reason, suggestion (may be empty)."""


@dataclass(slots=True)
class Slice:
    """A series of judged rows, passed from `row_decisions` to the code that writes them.

    `staged` is CSV for COPY in the order of the staging columns, `cells` the original rows by line number.
    """

    first_row: int
    rows: int = 0
    position_bytes: int = 0
    staged: bytes = b""
    cells: dict[int, list[str]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    noes: list[SaidNo] = field(default_factory=list)
    """Rows whose people said no in the previous system; they are among the refusals, too."""
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(column, word) -> rows whose status word is unknown."""
    unread: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(field, fault) -> rows whose value doesn't suit the field."""
    own_events: dict[int, OwnEvent] = field(default_factory=dict)
    """Line number -> the event of this installation that its proof rests on."""
    companies: Counter[str] = field(default_factory=Counter)
    """Other company -> rows whose proof is for it."""
    has_external_ids: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    """The tags that its rows name: folded -> as first written."""


def slice_sizes(most: int) -> Iterator[int]:
    """Yield how many rows each slice of a file has: few at first, then half as many again, at most `most`.

    A slice is judged while the one before is written, which takes almost twice as long, so writing begins at once and
    waits for no slice after the first.
    """
    size = min(most, FIRST_SLICE_ROWS)
    while True:
        yield size
        size = min(most, size + (size + 1) // 2)
