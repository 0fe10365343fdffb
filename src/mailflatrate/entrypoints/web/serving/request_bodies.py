"""Request bodies: the largest size for a path, the time limit, and where a body is stored meanwhile."""

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise
else:
    StrPromise = str

KB: Final = 1024
MB: Final = 1024 * KB
IN_MEMORY_OCTETS: Final = 64 * KB
GRACE_SECONDS: Final = 15.0
SLOWEST_OCTETS_PER_SECOND: Final = 32 * KB
"""A body has GRACE_SECONDS, and more only for what has arrived: a slow mobile connection passes, dripping doesn't."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How many bytes a path accepts; `members_only`: only from signed-in people and programs with a key."""

    octets: int
    members_only: bool = False


PUBLIC: Final = BodyLimit(64 * KB)
_PATHS: Final = (
    (re.compile(r"/report/"), BodyLimit(6 * MB)),
    (re.compile(r"/hooks/[a-z]{1,12}/[\w-]{1,64}"), BodyLimit(8 * MB)),
    (re.compile(r"/(studio/imports/new/|api/v1/(?:imports|moves))"), BodyLimit(512 * MB, members_only=True)),
    (re.compile(r"/studio/media/upload/"), BodyLimit(64 * MB, members_only=True)),
    (re.compile(r"/desk/.*"), BodyLimit(24 * MB, members_only=True)),
    (re.compile(r"/(studio|api/v1)/.*"), BodyLimit(12 * MB, members_only=True)),
)


FIELDS_OCTETS: Final = 1536 * KB
_FIELDS: Final = "application/x-www-form-urlencoded"


def limit_of(path: str, content_type: str = "") -> BodyLimit:
    """Small for pages that aren't listed. Less without files: fields become objects many times their size."""
    limit = next((limit for pattern, limit in _PATHS if pattern.fullmatch(path)), PUBLIC)
    if not content_type.strip().lower().startswith(_FIELDS):
        return limit
    return replace(limit, octets=min(limit.octets, FIELDS_OCTETS)) if limit.members_only else PUBLIC


class BodyRefused(Exception):
    """The request was rejected. `problem` says why, `fix` what to do; both are translated when read."""

    def __init__(self, status: int, problem: StrPromise, fix: StrPromise, *, size: str = "") -> None:
        super().__init__(status)
        self.status, self._problem, self._fix, self._size = status, problem, fix, size

    @property
    def problem(self) -> str:
        return str(self._problem) % {"size": self._size}

    @property
    def fix(self) -> str:
        return str(self._fix)


class ClientGone(Exception):
    """Raised when the client closed the connection, so that no one is waiting for a response."""


@dataclass
class DiskBudget:
    octets: int
    octets_per_client: int
    _used: int = 0
    _by_client: dict[str, int] = field(default_factory=dict)

    def take(self, client: str, octets: int) -> bool:
        """Reserve space; return False if there is none. A client without an address counts only toward the total."""
        mine = self._by_client.get(client, 0) + octets
        if self._used + octets > self.octets or (client and mine > self.octets_per_client):
            return False
        self._used += octets
        if client:
            self._by_client[client] = mine
        return True

    def give_back(self, client: str, octets: int) -> None:
        self._used -= octets
        if client:
            rest = self._by_client[client] - octets
            if rest > 0:
                self._by_client[client] = rest
            else:
                del self._by_client[client]


@dataclass
class RequestBody:
    """The part of a body read so far; small ones stay in memory. `close` frees its space."""

    folder: Path
    budget: DiskBudget
    client: str
    octets: int = 0
    _reserved: int = 0
    _file: IO[bytes] | None = None

    def write(self, part: bytes) -> None:
        """Append a part. Raises BodyRefused if there is no room on disk."""
        self.octets += len(part)
        if self._file is None:
            self._file = tempfile.SpooledTemporaryFile(IN_MEMORY_OCTETS, dir=str(self.folder))  # noqa: SIM115  closed by close()
        if self.octets > IN_MEMORY_OCTETS:
            octets = self.octets - self._reserved
            if not self.budget.take(self.client, octets):
                raise BodyRefused(
                    503, _("Too many large files are being uploaded right now."), _("Try again in a few minutes.")
                )
            self._reserved += octets
        self._file.write(part)

    def open(self) -> IO[bytes] | None:
        if self._file is not None:
            self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Delete the body and release its space. Idempotent."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._reserved:
            self.budget.give_back(self.client, self._reserved)
            self._reserved = 0


async def read_body(receive: Receive, body: RequestBody, limit: BodyLimit, declared: int | None) -> None:
    """Raises BodyRefused, ClientGone. The declared size is checked before reading, the actual size while reading."""
    if declared is not None and declared > limit.octets:
        raise _too_large(limit)
    loop = asyncio.get_running_loop()
    began = loop.time()
    more = True
    while more:
        left = began + GRACE_SECONDS + body.octets / SLOWEST_OCTETS_PER_SECOND - loop.time()
        try:
            message = await asyncio.wait_for(receive(), max(left, 0.001))
        except TimeoutError as late:
            raise BodyRefused(408, _("Your request took too long to arrive."), _("Send it again.")) from late
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        if body.octets + len(part) > limit.octets:
            raise _too_large(limit)
        if part:
            body.write(part)
        more = message.get("more_body", False)


def _too_large(limit: BodyLimit) -> BodyRefused:
    size = f"{limit.octets // MB} MB" if limit.octets >= MB else f"{limit.octets // KB} kB"
    problem = _("Your request is too large. This page accepts up to %(size)s.")
    return BodyRefused(413, problem, _("Send less data. If you were signed in, sign in again first."), size=size)
