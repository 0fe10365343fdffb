"""How many people a segment has now, and some of them, in bounded time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.lists.queries import UNSUPPRESSED, on_a_list
from mailflatrate.apps.segments.builders import conditions_sql, whole_account
from mailflatrate.apps.segments.conditions.parsing import parse_segment
from mailflatrate.apps.segments.conditions.tree import SegmentGroup
from mailflatrate.apps.segments.contact_list.bounded import within
from mailflatrate.apps.segments.inactive import open_lists
from mailflatrate.base import tenancy
from mailflatrate.rules.conditions import Field

COUNT_MILLISECONDS = 4_000
LEAST_MILLISECONDS = 1_500
LEAST_PEOPLE = 1_000
SAMPLE_PEOPLE = 5
_MAILABLE = f"c.account_id = %s AND {UNSUPPRESSED} AND {on_a_list('%s')}"


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """`people`: None if that takes too long; `is_least`: or more. `untracked`: mailable, but no clicks recorded."""

    people: int | None
    is_least: bool = False
    untracked: int | None = None
    asks_clicks: bool = False


@tenancy.needs_account
def count_people(definition: Any) -> SegmentCount:
    """Confirmed, unsuppressed people on open lists. Raises SegmentError."""
    tree = parse_segment(definition)
    with whole_account():
        where, values = conditions_sql(tree)
        return _counted(tree, where, values)


def _counted(tree: SegmentGroup, where: str, values: list[Any]) -> SegmentCount:
    base = [tenancy.current_account_id(), open_lists()]
    counted = f"SELECT count(*) FROM contact c WHERE {_MAILABLE} AND"  # noqa: S608
    people = _quickly(f"{counted} {where}", [*base, *values], COUNT_MILLISECONDS)
    is_least = False
    if people is None:
        count = _quickly(
            f"SELECT count(*) FROM (SELECT 1 FROM contact c WHERE {_MAILABLE} AND {where} LIMIT %s) AS found",  # noqa: S608
            [*base, *values, LEAST_PEOPLE],
            LEAST_MILLISECONDS,
        )
        people, is_least = count, count == LEAST_PEOPLE
    asks, untracked = asks_about_clicks(tree), None
    if asks:
        untracked = _quickly(f"{counted} c.tracking_event_id IS NULL", base, COUNT_MILLISECONDS)
    return SegmentCount(people, is_least, untracked, asks)


@tenancy.needs_account
def sample_people(definition: Any) -> list[Contact]:
    """None if finding them takes too long. Raises SegmentError."""
    where, values = conditions_sql(definition)
    ids = _quickly(
        f"SELECT array_agg(id) FROM (SELECT c.id FROM contact c WHERE {_MAILABLE} AND {where} LIMIT %s) AS found",  # noqa: S608
        [tenancy.current_account_id(), open_lists(), *values, SAMPLE_PEOPLE],
        LEAST_MILLISECONDS,
    )
    return list(Contact.objects.filter(id__in=ids or []).order_by("email"))


def asks_about_clicks(tree: SegmentGroup) -> bool:
    """Clicks or answers, known only of people who agreed to it."""
    return any(condition.field in (Field.CLICKED, Field.ANSWERED) for condition in tree.conditions())


def _quickly(statement: str, values: Sequence[Any], milliseconds: int) -> Any:
    def read() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()[0]

    return within(milliseconds, read)
