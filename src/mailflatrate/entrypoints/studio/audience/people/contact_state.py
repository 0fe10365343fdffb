"""The state of the contact list: filter, order, columns. The URL contains all of it, so that it can be shared."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from mailflatrate.apps.segments.contact_list.columns import columns_of, known_columns
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter
from mailflatrate.apps.segments.contact_list.ordering import (
    EMAIL,
    ContactCursor,
    ContactOrder,
    cursor_of,
    cursor_text,
    order_named,
)
from mailflatrate.entrypoints.studio.access import StudioRequest
from mailflatrate.entrypoints.studio.audience.people.contact_filter import filter_pairs, posted_filter

MAX_CURSOR_CHARACTERS = 12_000
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ContactListState:
    """Filter, order and columns. `columns` None: the member's choice, or the default ones."""

    wanted: ContactFilter
    order: ContactOrder
    columns: tuple[str, ...] | None = None

    def pairs(self) -> Pairs:
        parts = filter_pairs(self.wanted)
        if self.order.name != EMAIL:
            parts.append(("sort", self.order.name))
        if self.columns is not None:
            parts.append(("columns", ",".join(self.columns)))
        return parts

    def query(self, **more: str) -> str:
        return urlencode([*self.pairs(), *more.items()])

    def narrowed(self, **changes: Any) -> "ContactListState":
        return replace(self, wanted=replace(self.wanted, **changes))

    def shown_columns(self, request: StudioRequest) -> list[str]:
        """Return the columns to show, always including the one that the list is sorted by."""
        columns = columns_of(request.user) if self.columns is None else list(self.columns)
        sorted_by = known_columns([self.order.key])
        return columns + [name for name in sorted_by if name not in columns]


def state_from(given: QueryDict) -> ContactListState:
    """Return the state in a URL or a form; invalid parts are left out."""
    columns = given.get("columns")
    return ContactListState(
        posted_filter(given),
        order_named(given.get("sort", "")),
        None if columns is None else tuple(known_columns(columns.split(","))),
    )


def read_cursor(order: ContactOrder, text: str | None) -> ContactCursor | None:
    """Return the position in a URL; None if it doesn't fit this order."""
    if not text or len(text) > MAX_CURSOR_CHARACTERS:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(parts, list) or len(parts) != 2:
        return None
    return cursor_of(order, parts[0], parts[1])


def written_cursor(cursor: ContactCursor) -> str:
    """Return a position in the form that a URL contains; it is sealed, so it reveals no email address."""
    parts: Sequence[Any] = (cursor_text(cursor.value), cursor.contact_id)
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
