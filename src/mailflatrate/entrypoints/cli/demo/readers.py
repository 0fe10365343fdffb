"""The demonstration's readers: scanners that open every link at once, and people who click, leave and say why, over
HTTPS, each from an address of their own, slowly enough for someone to watch.
"""

import http.client
import math
import re
import ssl
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address
from urllib.parse import urlencode, urlsplit

import structlog
from django.db import connections

from mailflatrate.apps.inbound.models import InboxMessage, LeaveReason
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.feedback.clicks import TOO_SOON

log = structlog.get_logger("demo")

SCANNED, CLICKING = 60, 219
"""Messages that a scanner opens, and people who click."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
USUAL_SECONDS = 75.0
"""The middle of the people's delays is ln 2 times this; the last one clicks after some seven minutes."""
SECOND_LINK_SECONDS = 7.0
FIRST_PLACE = int(IPv4Address("127.8.0.1"))
PATIENCE_SECONDS = 10.0
_LINK = re.compile(rb"https://[^\s\"'<>)\]]+/([cku])/([A-Za-z0-9_-]+)")
_SOFT_BREAK = re.compile(rb"=\r?\n")
# In each hundred people: how many click the first link, the second, the third.
SHARES = (58, 27, 15)
LEAVERS: tuple[LeaveReason | None, ...] = (LeaveReason.TOO_MANY, LeaveReason.TOO_MANY, LeaveReason.NOT_RELEVANT, None)
"""Why the people leave who do; None: gives no reason."""


@dataclass(frozen=True, slots=True)
class ReaderRequest:
    seconds: float
    place: int
    url: str
    fields: tuple[tuple[str, str], ...] = ()


def start(mailing_id: str, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=_read, args=(mailing_id, stop), name="readers")
    thread.start()
    return thread


def _read(mailing_id: str, stop: threading.Event) -> None:
    try:
        messages = _messages(mailing_id, SCANNED + CLICKING + len(LEAVERS))
    finally:
        connections.close_all()
    begun = clock.now()
    for call in requests_of(messages):
        due = begun + timedelta(seconds=call.seconds) - clock.now()
        if stop.wait(max(0.0, due.total_seconds())):
            return
        try:
            send(call)
        except (OSError, http.client.HTTPException) as problem:
            log.warning("a reader of the demonstration got no answer", problem=str(problem))


def _messages(mailing_id: str, number: int) -> list[bytes]:
    with tenancy.platform(PlatformReason.TEST_INBOX):
        ordinary = InboxMessage.objects.filter(mailing_id=mailing_id, behaviour="")
        sample = sorted(
            ordinary.values_list("envelope_to", "id"), key=lambda row: (zlib.crc32(row[0].encode()), row[0])
        )
        raw = InboxMessage.objects.in_bulk([row[1] for row in sample[:number]])
        return [bytes(raw[row[1]].raw) for row in sample[:number]]


def requests_of(messages: Sequence[bytes]) -> list[ReaderRequest]:
    requests: list[ReaderRequest] = []
    for place, raw in enumerate(messages):
        clicks, leave = links_of(raw)
        if place < SCANNED:
            requests += [ReaderRequest(0.02 * place, place, url) for url in clicks]
        elif place < SCANNED + CLICKING:
            requests += _person(place, place - SCANNED, clicks)
        elif leave:
            requests += _leaver(place, place - SCANNED - CLICKING, leave)
    return sorted(requests, key=lambda call: call.seconds)


def links_of(raw: bytes) -> tuple[list[str], str]:
    clicks, leave = dict[str, None](), ""
    for match in _LINK.finditer(_SOFT_BREAK.sub(b"", raw)):
        if match[1] == b"u":
            leave = match[0].decode()
        else:
            clicks[match[0].decode()] = None
    return list(clicks), leave


def _person(place: int, number: int, links: Sequence[str]) -> Iterator[ReaderRequest]:
    if not links:
        return
    seconds = _delay(number / CLICKING)
    dice = number * 37 % 100  # spreads the shares evenly over time
    first = next((at for at in range(len(SHARES)) if dice < sum(SHARES[: at + 1])), 0) % len(links)
    yield ReaderRequest(seconds, place, links[first])
    if number % 8 == 0 and len(links) > 2:
        yield ReaderRequest(seconds + SECOND_LINK_SECONDS, place, links[(first + 1) % len(links)])


def _leaver(place: int, number: int, link: str) -> Iterator[ReaderRequest]:
    seconds = _delay((number + 0.5) / len(LEAVERS))
    yield ReaderRequest(seconds, place, link, (("scope", "list"),))
    reason = LEAVERS[number]
    if reason is not None:
        yield ReaderRequest(seconds + SECOND_LINK_SECONDS, place, link, (("act", "reason"), ("reason", reason.value)))
    else:
        until = (clock.now() + timedelta(days=91)).date().isoformat()
        fields = (("act", "stay"), ("how", "pause"), ("until", until))
        yield ReaderRequest(seconds + SECOND_LINK_SECONDS, place, link, fields)


def _delay(share: float) -> float:
    return TOO_SOON.total_seconds() + 1 - USUAL_SECONDS * math.log(1 - min(share, 0.995))


def send(request: ReaderRequest) -> int:
    parts = urlsplit(request.url)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE  # the demo's certificate is self-signed
    # The second argument of each source address: any port.
    source = (str(IPv4Address(FIRST_PLACE + request.place)), 0)
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS, source_address=source, context=trusting
    )
    try:
        headers = {"User-Agent": BROWSER}
        if request.fields:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", parts.path, urlencode(request.fields), headers)
        else:
            connection.request("GET", parts.path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
