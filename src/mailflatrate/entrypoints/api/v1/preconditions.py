"""Entity tags, and the conditions that clients set with them (RFC 9110, sections 8.8.3 and 13). A tag is a hash of
what `GET` returns; a writing request's condition is compared with the resource that its path begins with, so a
release with the campaign's tag only releases what the client has seen. Guesses could be tested with a hash without
a key, so only a key that may read the resource may set a condition on it.
"""

import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.api.v1.problems import Code, Problem, missing_scope

Run = Callable[..., HttpResponseBase]
MayUse = Callable[[KeyScope], bool]
CONDITIONS = ("If-Match", "If-None-Match")
COMPRESSED = "-gzip"
"""Ends the tag of a compressed response, which isn't the same octets (RFC 9110, section 8.8.3.3)."""
_ANY = "*"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


@dataclass(frozen=True, slots=True)
class Reader:
    """The operation behind a resource's `GET`, the schema of its response, and the scopes that allow it."""

    run: Run
    answers: Any
    scopes: tuple[KeyScope, ...]


READERS: dict[str, Reader] = {}
"""Path template -> its reader; filled as operations are registered."""


def entity_tag(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def _known(tag: str) -> str:
    """Return a tag without weakness and without the mark of compression, both of which a proxy may add."""
    bare = tag.strip().removeprefix("W/")
    return bare.replace(f'{COMPRESSED}"', '"') if bare.endswith(f'{COMPRESSED}"') else bare


def is_named(header: str, tag: str) -> bool:
    return header.strip() == _ANY or _known(tag) in map(_known, header.split(","))


def reader_path(path: str) -> str | None:
    """Return the path template of the resource that an operation is about: its own, or the longest it begins with."""
    parts = path.split("/")
    prefixes = ("/".join(parts[:count]) for count in range(len(parts), 1, -1))
    return next((prefix for prefix in prefixes if prefix in READERS), None)


def refuse_failed_conditions(request: HttpRequest, path: str, values: dict[str, Any], may: MayUse) -> None:
    """Raise Problem unless the conditions of a writing request are met; `may`: the key must be allowed to read, too.
    Two requests with a condition on one resource wait for each other, so only one of them finds its tag.
    """
    stated = {name: request.headers[name] for name in CONDITIONS if request.headers.get(name)}
    if not stated:
        return
    reader = reader_path(path)
    if reader is None:
        if "If-Match" in stated:
            raise Problem(Code.PRECONDITION)
        return
    scopes = READERS[reader].scopes
    if scopes and not any(map(may, scopes)):
        raise missing_scope(*scopes)
    mine = {name: value for name, value in values.items() if f"{{{name}}}" in reader}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [f"if-match {tenancy.current_account_id()} {reader} {sorted(mine.items())}"])
    answer = READERS[reader].run(_as_reading(request), **mine)
    if answer.status_code != 200 or not isinstance(answer, HttpResponse):
        return  # the operation itself says that it isn't there
    tag = entity_tag(answer.content)
    if "If-Match" in stated and not is_named(stated["If-Match"], tag):
        raise Problem(Code.PRECONDITION, headers={"ETag": tag})
    if "If-None-Match" in stated and is_named(stated["If-None-Match"], tag):
        raise Problem(Code.PRECONDITION, headers={"ETag": tag})


def _as_reading(request: HttpRequest) -> HttpRequest:
    reading = copy.copy(request)
    reading.method, reading.GET = "GET", QueryDict("")  # the resource as such, not a part of it
    return reading


def show_tag(answer: HttpResponseBase, method: str, path: str, answers: Any) -> None:
    """Add the tag to the response of a reading request, and to that of a change if it returns the resource itself."""
    if answer.status_code != 200 or not isinstance(answer, HttpResponse):
        return
    reader = READERS.get(path)
    if method == "GET" or (method in ("PUT", "PATCH") and reader is not None and reader.answers is answers):
        answer.headers.setdefault("ETag", entity_tag(answer.content))
