"""Schemas that many operations share: IDs, keyset pages, and texts that a database can store."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ConfigDict, Field

from mailflatrate.base import tenancy
from mailflatrate.entrypoints.api.v1.problems import Code, Problem
from mailflatrate.rules.contacts.tags import MAX_TAG_CHARACTERS

T = TypeVar("T")
R = TypeVar("R")
M = TypeVar("M", bound=Model)
S = TypeVar("S", bound=Schema)
LARGEST_ID = 2**63 - 1
_NONCE_OCTETS = 12
MOST_ROWS = 1_000

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
    """Encrypted, for this account only: it may hold an address, in a URL. One end gives one string, for the ETag."""
    plain = json.dumps(parts).encode()
    cipher, place = _cipher()
    nonce = hmac.digest(_key(b"nonce"), place + plain, hashlib.sha256)[:_NONCE_OCTETS]
    return base64.urlsafe_b64encode(nonce + cipher.encrypt(nonce, plain, place)).decode().rstrip("=")


def _cipher() -> tuple[AESGCM, bytes]:
    return AESGCM(_key(b"cipher")), str(tenancy.current_account_id()).encode()


def _key(use: bytes) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"api cursor " + use, hashlib.sha256)


def cursor_parts(cursor: str) -> list[Any]:
    """Return what `seal_cursor` sealed; empty for an empty string. Raises Problem for anything else."""
    if not cursor:
        return []
    try:
        octets = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        cipher, place = _cipher()
        parts = json.loads(cipher.decrypt(octets[:_NONCE_OCTETS], octets[_NONCE_OCTETS:], place))
    except (ValueError, InvalidTag):
        parts = None
    if not isinstance(parts, list):
        raise no_cursor()
    return parts


def open_cursor(cursor: str, *kinds: type) -> list[Any]:
    """Return the parts of a cursor of this kind; empty for an empty string. Raises Problem for any other cursor."""
    parts = cursor_parts(cursor)
    if parts and not fits(parts, *kinds):
        raise no_cursor()
    return parts


def no_cursor() -> Problem:
    return Problem(Code.INVALID, more={"errors": [{"pointer": "query.cursor", "message": _("invalid cursor")}]})


def fits(parts: Sequence[Any], *kinds: type) -> bool:
    return len(parts) == len(kinds) and all(map(isinstance, parts, kinds))


def before_id(cursor: str) -> int | None:
    parts = open_cursor(cursor, int)
    return parts[0] if parts else None


def page_of(
    rows: Iterable[R],
    which: PageQuery,
    show: Callable[[R], T] = lambda row: row,  # type: ignore[assignment,return-value]
    *,
    id_of: Callable[[R], int] = attrgetter("id"),
) -> Page[T]:
    """`rows` are loaded already: the page's and, if there is a next page, at least one more."""
    page_rows = list(rows)
    more = len(page_rows) > which.limit
    page_rows = page_rows[: which.limit]
    return Page[T](items=[show(row) for row in page_rows], next=seal_cursor(id_of(page_rows[-1])) if more else None)


def newest_first(rows: QuerySet[M], which: PageQuery, show: Callable[[M], T]) -> Page[T]:
    last = before_id(which.cursor)
    older_rows = rows if last is None else rows.filter(id__lt=last)
    return page_of(older_rows.order_by("-id")[: which.limit + 1], which, show)


def page_from(
    rows: Sequence[R],
    which: PageQuery,
    show: Callable[[R], T] = lambda row: row,  # type: ignore[assignment,return-value]
    *,
    id_of: Callable[[R], int] = attrgetter("id"),
) -> Page[T]:
    begin, last = 0, before_id(which.cursor)
    if last is not None:
        begin = next((place for place, row in enumerate(rows, start=1) if id_of(row) == last), 0)
        if not begin:
            raise no_cursor()
    return page_of(rows[begin:], which, show, id_of=id_of)


def with_changes(row: object, given: Schema) -> dict[str, Any]:
    """Return what was sent and, for each field that was left out, the row's value."""
    return {name: getattr(row, name) if value is None else value for name, value in given}


def filled(schema: type[S], row: object, **more: Any) -> S:
    """Return a schema with the values in `more` and, for the other fields, the row's attributes of the same names."""
    names = schema.model_fields.keys() - more.keys()
    return schema(**{name: getattr(row, name) for name in names}, **more)
