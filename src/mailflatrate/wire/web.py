"""Looking at a page of somebody's website, as a visitor does: for the reviewer of an application (R-03), or a feed.

The address comes from a stranger, so it leads only to public addresses, whatever its name resolves to and wherever it
redirects to; size, time and redirects are bounded. What cannot be known comes back as UNKNOWN, never as a verdict.
"""

from __future__ import annotations

import errno
import http.client
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urljoin, urlsplit

from mailflatrate.wire.dns.resolver import Resolver

TIMEOUT_SECONDS = 8.0
LONGEST_READ_SECONDS = 20.0
LARGEST_PAGE_OCTETS = 768 * 1024
MOST_REDIRECTS = 4
AGENT = "mailflatrate-vetting/1 (+a person applied with this website)"
_REDIRECTS = (301, 302, 303, 307, 308)
# The network, not the website: nothing can be concluded.
_OURS = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM}


class WebStatus(Enum):
    """How a look ended. UNKNOWN: the network could not say; look again, or by hand."""

    OK = "ok"
    MISSING = "missing"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PageLook:
    """What a visitor gets. `url` is where he ended up, `html` the beginning of the page, `problem` says why not."""

    url: str
    status: WebStatus
    html: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What stands at an address. `url` is where the last redirect led, `content_type` as the server says."""

    url: str
    status: WebStatus
    body: bytes = b""
    content_type: str = ""
    charset: str = "utf-8"
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Want:
    """What is asked for, by whom, and how much of it is read at most, in octets."""

    accept: str = "text/html"
    agent: str = AGENT
    most_octets: int = LARGEST_PAGE_OCTETS


class _Refused(Exception):
    """The address must not, or cannot, be visited; carries how the look ends."""

    def __init__(self, status: WebStatus, problem: str) -> None:
        super().__init__(problem)
        self.status = status


def look_at_page(
    url: str, resolver: Resolver, *, private: bool = False, context: ssl.SSLContext | None = None,
    accept: str = "text/html",
) -> PageLook:  # fmt: skip
    """Visit `url` (http or https) and follow redirects. Never raises.

    `private` lets it visit addresses of the own network; tests and nobody else want that.
    """
    seen = fetch(url, resolver, Want(accept=accept), private=private, context=context)
    try:
        text = seen.body.decode(seen.charset, "replace")
    except LookupError as problem:
        return PageLook(seen.url, WebStatus.FAILED, problem=str(problem))
    return PageLook(seen.url, seen.status, text, seen.problem)


def fetch(
    url: str, resolver: Resolver, want: Want = Want(), *, private: bool = False, context: ssl.SSLContext | None = None
) -> Document:
    """Get what stands at `url` (http or https), following redirects; each is judged like the first. Never raises.

    `private` as for `look_at_page`.
    """
    here = url
    try:
        for _ in range(MOST_REDIRECTS + 1):
            answer, body = _visit(here, resolver, want, private, context)
            if answer.status in _REDIRECTS and answer.headers.get("Location"):
                here = urljoin(here, answer.headers["Location"])
                continue
            if answer.status in (404, 410):
                return Document(here, WebStatus.MISSING, problem=f"HTTP {answer.status}")
            if answer.status >= 400:
                return Document(here, WebStatus.FAILED, problem=f"HTTP {answer.status}")
            charset = answer.headers.get_content_charset() or "utf-8"
            return Document(here, WebStatus.OK, body, answer.headers.get("Content-Type", ""), charset)
    except _Refused as refused:
        return Document(here, refused.status, problem=str(refused))
    except ssl.SSLCertVerificationError as problem:
        return Document(here, WebStatus.FAILED, problem=f"certificate: {problem.verify_message}")
    except TimeoutError:
        return Document(here, WebStatus.UNKNOWN, problem="no answer in time")
    except (OSError, http.client.HTTPException, LookupError) as problem:
        ours = isinstance(problem, OSError) and problem.errno in _OURS
        return Document(here, WebStatus.UNKNOWN if ours else WebStatus.FAILED, problem=str(problem) or "no HTTP")
    return Document(here, WebStatus.FAILED, problem="too many redirects")


def _visit(
    url: str, resolver: Resolver, want: Want, private: bool, context: ssl.SSLContext | None
) -> tuple[http.client.HTTPResponse, bytes]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except (ValueError, UnicodeError) as problem:
        raise _Refused(WebStatus.FAILED, "not a web address") from problem
    if parts.scheme not in ("http", "https") or not host:
        raise _Refused(WebStatus.FAILED, "not a web address")
    tls = parts.scheme == "https"
    address = _address(host, resolver, private)
    link: socket.socket = socket.create_connection((address, port or (443 if tls else 80)), timeout=TIMEOUT_SECONDS)
    try:
        if tls:
            link = (context or ssl.create_default_context()).wrap_socket(link, server_hostname=host)
        connection = http.client.HTTPConnection(host, port or 80, timeout=TIMEOUT_SECONDS)
        connection.sock = link
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(
            "GET", target, headers={"User-Agent": want.agent, "Accept": want.accept, "Connection": "close"}
        )
        answer = connection.getresponse()
        return answer, _read(answer, want.most_octets)
    finally:
        link.close()


def _read(answer: http.client.HTTPResponse, most_octets: int) -> bytes:
    """The beginning of the body. A server that sends drop by drop does not hold us longer than LONGEST_READ_SECONDS."""
    ends = time.monotonic() + LONGEST_READ_SECONDS
    parts, whole = [], 0
    while whole < most_octets and (part := answer.read1(min(most_octets - whole, 65536))):
        parts.append(part)
        whole += len(part)
        if time.monotonic() > ends:
            raise TimeoutError
    return b"".join(parts)


def _address(host: str, resolver: Resolver, private: bool) -> str:
    """One address of the host that a stranger may send us to. Raises _Refused."""
    try:
        found = [str(ipaddress.ip_address(host.strip("[]")))]
    except ValueError:
        four, six = resolver.a(host), resolver.aaaa(host)
        found = [*four.values, *six.values]
        if not found:
            known = four.is_known and six.is_known
            status = WebStatus.MISSING if known else WebStatus.UNKNOWN
            problem = "the name has no address" if known else "the DNS gave no answer"
            raise _Refused(status, problem) from None
    allowed = [text for text in found if private or ipaddress.ip_address(text).is_global]
    if not allowed:
        raise _Refused(WebStatus.UNKNOWN, "the address is not a public one")
    return allowed[0]
