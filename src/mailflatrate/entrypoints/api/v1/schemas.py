"""Schemas that many operations share: IDs, keyset pages, and texts that a database can store."""

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ConfigDict, Field

from mailflatrate.entrypoints.api.v1.problems import Code, Problem
from mailflatrate.rules.tags import MAX_TAG_CHARACTERS

T = TypeVar("T")
R = TypeVar("R")
M = TypeVar("M", bound=Model)
S = TypeVar("S", bound=Schema)
LARGEST_ID = 2**63 - 1
MOST_ROWS = 200

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Address = Annotated[str, Field(min_length=3, max_length=254)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
TagName = Annotated[str, Field(min_length=1, max_length=MAX_TAG_CHARACTERS)]
Value = str | int | float | bool
Cursor = Annotated[
    str, Field(max_length=600, description="`next` of the previous page; leave it out for the first page")
]
Rows = Annotated[int, Field(ge=1, le=MOST_ROWS, description="maximum number of rows")]


class RequestBodySchema(Schema):
    """A request body, in which unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Schema):
    """The page to return."""

    cursor: Cursor = ""
    limit: Rows = 50


class Page(Schema, Generic[T]):
    """A page of rows and the cursor of the next page, which is null on the last page."""

    items: list[T]
    next: str | None = None


class SuccessResult(Schema):
    """The request was carried out."""

    done: bool = True


def seal_cursor(*parts: str | int) -> str:
    """Return the end of a page as an opaque string."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def open_cursor(cursor: str, *kinds: type) -> list[Any]:
    """Return the parts that `seal_cursor` sealed; empty for an empty string. Raises Problem for anything else."""
    if not cursor:
        return []
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or len(parts) != len(kinds) or not all(map(_fits, parts, kinds)):
        raise _no_cursor()
    return parts


def _no_cursor() -> Problem:
    return Problem(Code.INVALID, more={"errors": [{"pointer": "query.cursor", "message": _("invalid cursor")}]})


def _fits(part: Any, kind: type) -> bool:
    if kind is int:
        return type(part) is int and 0 <= part <= LARGEST_ID
    return isinstance(part, str) and "\0" not in part and part.isprintable()


def before_id(cursor: str) -> int | None:
    """Return the last ID of the previous page; None for the first page."""
    parts = open_cursor(cursor, int)
    return parts[0] if parts else None


def page_of(
    rows: Iterable[R], which: PageQuery, show: Callable[[R], T], *, id_of: Callable[[R], int] = attrgetter("id")
) -> Page[T]:
    """Return a page of rows already loaded from its first one on, with at least one more row than the page if there
    is a next one. The cursor names the last one shown.
    """
    shown = list(rows)
    more = len(shown) > which.limit
    shown = shown[: which.limit]
    return Page[T](items=[show(row) for row in shown], next=seal_cursor(id_of(shown[-1])) if more else None)


def newest_first(rows: QuerySet[M], which: PageQuery, show: Callable[[M], T]) -> Page[T]:
    """Return a page of a table's rows, newest first. Raises Problem."""
    last = before_id(which.cursor)
    found = rows if last is None else rows.filter(id__lt=last)
    return page_of(found.order_by("-id")[: which.limit + 1], which, show)


def page_from(rows: Sequence[R], which: PageQuery, id_of: Callable[[R], int], show: Callable[[R], T]) -> Page[T]:
    """Return a page of all rows, in their order. Raises Problem."""
    begin, last = 0, before_id(which.cursor)
    if last is not None:
        begin = next((place for place, row in enumerate(rows, start=1) if id_of(row) == last), 0)
        if not begin:
            raise _no_cursor()
    return page_of(rows[begin:], which, show, id_of=id_of)


def filled(schema: type[S], row: object, **more: Any) -> S:
    """Return a schema with `more` and, for the other fields, the row's attributes of these names."""
    names = schema.model_fields.keys() - more.keys()
    return schema(**{name: getattr(row, name) for name in names}, **more)
