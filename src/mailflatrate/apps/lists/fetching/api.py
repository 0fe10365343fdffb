"""Requests to another system's API: one host, JSON, and bounds on time, size, waiting and number.

A service that asks to wait (429, 503) gets its time, up to a limit. Errors become sentences that say what to do; none
of them quotes the key or the answer.
"""

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import FetchProblem
from mailflatrate.base import clock
from mailflatrate.wire.dns.resolver import Resolver
from mailflatrate.wire.web import ServiceAnswer, Want, ask_api

AGENT: Final = "mailflatrate-move/1 (+a customer moves with their own key)"
MOST_OCTETS: Final = 16 * 1024 * 1024
SECONDS: Final = 60.0
MOST_REQUESTS: Final = 60_000
MOST_TRIES: Final = 5
MOST_MINUTES: Final = 120
MOST_WAIT_SECONDS: Final = 120.0
_TOO_MANY: Final = (429, 503)
_REFUSED_KEY: Final = 401
_FORBIDDEN: Final = 403
_MISSING: Final = 404


@dataclass(slots=True)
class ApiLink:
    """How requests leave. `on_request` is called before each one; what it raises ends the fetch.

    `private` permits the own network and plain HTTP; only tests want that.
    """

    resolver: Resolver
    on_request: Callable[[], None] = lambda: None
    pause: Callable[[float], None] = time.sleep
    private: bool = False
    context: ssl.SSLContext | None = None
    requests: int = field(default=0, init=False)
    began: float = field(default_factory=time.monotonic, init=False)


class JsonApi:
    """One API. `secrets` are the headers that carry the key."""

    def __init__(self, base_url: str, secrets: Mapping[str, str], link: ApiLink) -> None:
        self._base_url, self._link = base_url.rstrip("/"), link
        self._want = Want("application/json", AGENT, MOST_OCTETS, SECONDS, dict(secrets))

    def get(self, path: str, **query: object) -> Any:
        """Return the JSON at a path. Raises FetchProblem."""
        pairs = {name: value for name, value in query.items() if value is not None}
        return self._ask(f"{path}?{urlencode(pairs)}" if pairs else path, None)

    def post_form(self, path: str, **values: str) -> Any:
        """Return the JSON that answers a form. Raises FetchProblem."""
        return self._ask(path, urlencode(values).encode())

    def pages(self, read: Callable[[int], list[Any]], size: int) -> Iterator[Any]:
        """Yield what `read` finds from each offset on, until a page isn't full. A page that repeats ends the fetch."""
        before: object = None
        offset = 0
        while found := read(offset):
            if found[0] == before:
                raise FetchProblem(_("The other system sends the same page again and again. Bring its files instead."))
            before = found[0]
            yield from found
            offset += len(found)
            if len(found) < size:
                return

    def _ask(self, path: str, form: bytes | None) -> Any:
        want = self._want
        if form is not None:
            secrets = {**want.secrets, "Content-Type": "application/x-www-form-urlencoded"}
            want = Want(want.accept, want.agent, want.most_octets, want.seconds, secrets, form)
        for attempt in range(MOST_TRIES):
            self._link.requests += 1
            if self._link.requests > MOST_REQUESTS:
                raise FetchProblem(_("This account is too large to fetch. Bring the files of an export instead."))
            if time.monotonic() - self._link.began > 60 * MOST_MINUTES:
                raise FetchProblem(_("The other system is too slow. Try again; what we have is kept."))
            self._link.on_request()
            try:
                answer = ask_api(
                    self._base_url + path,
                    self._link.resolver,
                    want,
                    private=self._link.private,
                    context=self._link.context,
                )
            except OSError:
                answer = None
            if answer is not None and _is_worth_reading(answer, want.most_octets):
                return _json_of(answer, want.most_octets)
            if attempt + 1 < MOST_TRIES:
                self._link.pause(_wait_seconds(answer, attempt))
        raise FetchProblem(
            _("The other system doesn't answer, or only in part. Check the address, and try again in a few minutes.")
        )


def _is_worth_reading(answer: ServiceAnswer, most_octets: int) -> bool:
    """Return False for an answer that another try may better: the service is busy, or the connection was cut."""
    if answer.status in _TOO_MANY or answer.status >= 500:
        return False
    return answer.status >= 300 or answer.is_whole or len(answer.body) >= most_octets


def _wait_seconds(answer: ServiceAnswer | None, attempt: int) -> float:
    """Return how long to wait before the next try. Raises FetchProblem if the service asks for too long."""
    stated = "" if answer is None else answer.headers.get("Retry-After", "") or ""
    seconds = float(2**attempt)
    if stated.isdecimal():
        seconds = float(stated[:9])
    elif stated:
        with suppress(ValueError):
            seconds = max(0.0, (parsedate_to_datetime(stated).astimezone(UTC) - clock.now()).total_seconds())
    if seconds > MOST_WAIT_SECONDS:
        raise FetchProblem(
            _("The other system asks us to wait for %(minutes)d minutes. Try again then; what we have is kept.")
            % {"minutes": min(10_000, round(seconds / 60))}
        )
    return seconds


def _json_of(answer: ServiceAnswer, most_octets: int) -> Any:
    """Return the JSON of an answer. Raises FetchProblem."""
    if answer.status == _REFUSED_KEY:
        raise FetchProblem(_("The other system refuses this key. Make a new one there and start again."), is_final=True)
    if answer.status == _FORBIDDEN:
        raise FetchProblem(
            _("This key may not read everything that's needed. Give it the right to read contacts, and start again."),
            is_forbidden=True,
        )
    if answer.status == _MISSING:
        raise FetchProblem(_("The other system has nothing at this address. Check the address."), is_missing=True)
    if answer.status >= 300:
        raise FetchProblem(
            _("The other system answers with the error %(status)d. Check the address and the key.")
            % {"status": answer.status}
        )
    if not answer.is_whole and len(answer.body) >= most_octets:
        raise FetchProblem(_("The other system sends more than we can take. Bring the files of an export instead."))
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise FetchProblem(_("The other system's answer can't be read. Check the address.")) from None
