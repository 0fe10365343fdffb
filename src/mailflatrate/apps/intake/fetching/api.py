"""Requests to another system's API: one host, JSON, limits everywhere. No error quotes the key or the response."""

import itertools
import json
import re
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
MOST_VALUES: Final = 500_000
"""In one answer: read into memory, even the smallest takes a hundred times its bytes."""
_FEW_OCTETS: Final = 512 * 1024
_OCTETS_PER_OBJECT: Final = 8 * 1024
_FEW_VALUES: Final = 20_000
_VALUES_PER_OBJECT: Final = 400
SECONDS: Final = 60.0
MOST_REQUESTS: Final = 60_000
MOST_TRIES: Final = 5
MOST_MINUTES: Final = 60
"""For one part."""
SLOT_MINUTES: Final = 5
"""How long a fetch keeps a worker before others get their turn."""
SLOWEST_PACE_SECONDS: Final = 5.0
"""Average time of an answer, waiting included, of a part that goes on after its slot."""
MOST_WAIT_SECONDS: Final = 120.0
_TOO_MANY: Final = (429, 503)
_REFUSED_KEY: Final = 401
_FORBIDDEN: Final = 403
_MISSING: Final = 404
_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_OPENERS: Final = b"{[,"


@dataclass(slots=True)
class ApiLink:
    """Errors of `on_request` end the fetch. `private` permits private networks and plain HTTP; only tests set it."""

    resolver: Resolver
    on_request: Callable[[], None] = lambda: None
    pause: Callable[[float], None] = time.sleep
    private: bool = False
    context: ssl.SSLContext | None = None
    seconds: Callable[[], float] = time.monotonic
    requests: int = field(default=0, init=False)
    _answers: int = field(default=0, init=False)
    _part_began: float = field(default=0.0, init=False)
    _slot_began: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._slot_began = self._part_began = self.seconds()

    def begin_part(self) -> None:
        self._answers, self._part_began = 0, self.seconds()

    @property
    def is_slot_over(self) -> bool:
        return self.seconds() - self._slot_began > 60 * SLOT_MINUTES

    def before_request(self) -> None:
        """Raises FetchProblem if there were too many, or if this part takes too long."""
        self.requests += 1
        passed = self.seconds() - self._part_began
        if self.requests > MOST_REQUESTS or passed > 60 * MOST_MINUTES:
            raise FetchProblem(_("This account is too large to fetch. Upload the files of an export instead."))
        if passed > max(60 * SLOT_MINUTES, self._answers * SLOWEST_PACE_SECONDS):
            raise FetchProblem(_("The other system is too slow. Try again. Everything fetched so far is kept."))
        self.on_request()

    def count_answer(self) -> None:
        self._answers += 1


class JsonApi:
    """`secrets`: the headers with the key."""

    def __init__(self, base_url: str, secrets: Mapping[str, str], link: ApiLink) -> None:
        self._base_url, self._link, self._secrets = base_url.rstrip("/"), link, dict(secrets)

    def get(self, path: str, most: int = 1000, *, is_large: bool = False, **query: object) -> Any:
        """`most`: objects requested, which limits its size unless it `is_large`. Raises FetchProblem."""
        pairs = {name: value for name, value in query.items() if value is not None}
        octets = MOST_OCTETS if is_large else min(MOST_OCTETS, _FEW_OCTETS + most * _OCTETS_PER_OBJECT)
        values = MOST_VALUES if is_large else min(MOST_VALUES, _FEW_VALUES + most * _VALUES_PER_OBJECT)
        want = Want("application/json", AGENT, octets, SECONDS, self._secrets)
        return self._ask(f"{path}?{urlencode(pairs)}" if pairs else path, want, values)

    def post_form(self, path: str, **values: str) -> Any:
        """Raises FetchProblem."""
        secrets = {**self._secrets, "Content-Type": "application/x-www-form-urlencoded"}
        form = urlencode(values).encode()
        want = Want("application/json", AGENT, min(MOST_OCTETS, _FEW_OCTETS), SECONDS, secrets, form)
        return self._ask(path, want, _FEW_VALUES)

    def pages(self, read: Callable[[int], list[Any]], size: int) -> Iterator[Any]:
        """From each offset on, until a page isn't full. A repeated page ends it."""
        before: object = None
        offset = 0
        while page := page_of(read(offset), size):
            if page[0] == before:
                raise FetchProblem(
                    _("The other system keeps sending the same page. Upload the files of an export instead.")
                )
            before = page[0]
            yield from page
            offset += len(page)
            if len(page) < size:
                return

    def numbered(self, read: Callable[[int], list[Any]], size: int) -> Iterator[Any]:
        """From page 0 on, until one is empty. If page 1 repeats page 0, the service doesn't page."""
        before: list[Any] = []
        for number in itertools.count():
            page = read(number)
            if page and page == before:
                if number == 1 and len(page) != size:
                    return
                raise FetchProblem(
                    _("The other system keeps sending the same page. Upload the files of an export instead.")
                )
            if not page:
                return
            yield from page
            before = page

    def _ask(self, path: str, want: Want, most_values: int) -> Any:
        for attempt in range(MOST_TRIES):
            self._link.before_request()
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
                self._link.count_answer()
                return _json_of(answer, want.most_octets, most_values)
            if attempt + 1 < MOST_TRIES:
                self._link.pause(_wait_seconds(answer, attempt))
        raise FetchProblem(
            _("The other system doesn't respond, or only partly. Check the address, and try again in a few minutes.")
        )


def page_of(rows: list[Any], size: int) -> list[Any]:
    """Raises FetchProblem if it has more than were requested."""
    if len(rows) > size:
        raise _too_much()
    return rows


def _too_much() -> FetchProblem:
    return FetchProblem(
        _("The other system sends more data than we can process. Upload the files of an export instead.")
    )


def _count_values(body: bytes) -> int:
    """At least, before it is read: each follows an opening sign or a comma."""
    openers = sum(map(body.count, _OPENERS))
    if openers > _FEW_VALUES:
        openers -= sum(sum(map(text.group().count, _OPENERS)) for text in _TEXT.finditer(body))
    return openers


def _is_worth_reading(answer: ServiceAnswer, most_octets: int) -> bool:
    """False if another try may do better: the service is busy, or the connection was cut."""
    if answer.status in _TOO_MANY or answer.status >= 500:
        return False
    return answer.status >= 300 or answer.is_whole or len(answer.body) >= most_octets


def _wait_seconds(answer: ServiceAnswer | None, attempt: int) -> float:
    """Raises FetchProblem if the service asks for too long."""
    stated = "" if answer is None else answer.headers.get("Retry-After", "") or ""
    seconds = float(2**attempt)
    if stated.isdecimal():
        seconds = float(stated[:9])
    elif stated:
        with suppress(ValueError):
            seconds = max(0.0, (parsedate_to_datetime(stated).astimezone(UTC) - clock.now()).total_seconds())
    if seconds > MOST_WAIT_SECONDS:
        raise FetchProblem(
            _(
                "The other system asks us to wait for %(minutes)d minutes. Try again then. "
                "Everything fetched so far is kept."
            )
            % {"minutes": min(10_000, round(seconds / 60))}
        )
    return seconds


def _json_of(answer: ServiceAnswer, most_octets: int, most_values: int) -> Any:
    """Raises FetchProblem."""
    if answer.status == _REFUSED_KEY:
        raise FetchProblem(
            _("The other system rejects this key. Create a new one there and start again."), is_final=True
        )
    if answer.status == _FORBIDDEN:
        raise FetchProblem(
            _("This key can't read everything we need. Give it permission to read contacts, and start again."),
            is_forbidden=True,
        )
    if answer.status == _MISSING:
        raise FetchProblem(
            _("We found nothing at this address of the other system. Check the address."), is_missing=True
        )
    if answer.status >= 300:
        raise FetchProblem(
            _("The other system returned error %(status)d. Check the address and the key.") % {"status": answer.status}
        )
    if not answer.is_whole and len(answer.body) >= most_octets:
        raise _too_much()
    is_json = answer.body.rstrip().endswith((b"}", b"]"))
    if is_json and _count_values(answer.body) > most_values:
        raise _too_much()
    try:
        return json.loads(answer.body if is_json else b"")
    except (ValueError, RecursionError):
        raise FetchProblem(_("We can't read the other system's response. Check the address.")) from None
