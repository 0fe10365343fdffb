"""Fetches a page as a browser would (R-03). The address comes from a stranger: only ports 80 and 443 of public
addresses, whatever its name resolves to and redirects to; size, redirects and the whole visit are bounded. Failures are
UNKNOWN, never a verdict.
"""

from __future__ import annotations

import errno
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import Message
from enum import Enum
from io import BufferedIOBase
from urllib.parse import quote, urljoin, urlsplit

from mailflatrate.mail.reading.mime import decode_bytes
from mailflatrate.wire.deadline import Deadline
from mailflatrate.wire.dns.resolver import Resolver
from mailflatrate.wire.public_urls import PORTS, Networks, is_public

TIMEOUT_SECONDS = 8.0
VISIT_SECONDS = 30.0
LARGEST_HEADER_OCTETS = 64 * 1024
LARGEST_PAGE_OCTETS = 768 * 1024
MOST_REDIRECTS = 4
AGENT = "mailflatrate-vetting/1 (+a person applied with this website)"
_REDIRECTS = (301, 302, 303, 307, 308)
_PLAIN = "%/?:@!$&'()*+,;=-._~"  # what a path or query may contain as it is (RFC 3986 section 3.4), escapes included
# The network, not the website: nothing can be concluded.
_OURS = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM}


class WebStatus(Enum):
    """The result of a visit. UNKNOWN: the network failed; check again, or by hand."""

    OK = "ok"
    MISSING = "missing"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """`url` is final, `html` the beginning of the page; if there is none, `problem` says why."""

    url: str
    status: WebStatus
    html: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """`url` is the address after `redirects`, `content_type` the server's value."""

    url: str
    status: WebStatus
    body: bytes = b""
    content_type: str = ""
    charset: str = "utf-8"
    problem: str = ""
    redirects: int = 0


@dataclass(frozen=True, slots=True)
class Want:
    """The most octets to read, the most seconds (None: the default). `secrets` are headers, such as a key, and `form`
    the body of a POST: only `ask_api`, which follows no redirect, sends them.
    """

    accept: str = "text/html"
    agent: str = AGENT
    most_octets: int = LARGEST_PAGE_OCTETS
    seconds: float | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """The response of an API. `is_whole`: the body was read to its end."""

    status: int
    headers: Message
    body: bytes
    is_whole: bool


class VisitRefused(Exception):
    """The address must not, or cannot, be visited; carries the result of the visit."""

    def __init__(self, status: WebStatus, problem: str) -> None:
        super().__init__(problem)
        self.status = status


def fetch_page(
    url: str,
    resolver: Resolver,
    *,
    private: bool = False,
    context: ssl.SSLContext | None = None,
    accept: str = "text/html",
) -> FetchedPage:
    """http or https; follows redirects. Never raises. `private` permits private networks; only tests set it."""
    seen = fetch(url, resolver, Want(accept=accept), private=private, context=context)
    return FetchedPage(seen.url, seen.status, decode_bytes(seen.body, seen.charset), seen.problem)


def fetch(
    url: str, resolver: Resolver, want: Want = Want(), *, private: bool = False, context: ssl.SSLContext | None = None
) -> Document:
    """http or https; redirects are each judged like the first. Never raises. `private` as for `fetch_page`."""
    try:
        with Deadline(want.seconds or VISIT_SECONDS) as deadline:
            return _follow(url, _Visitor(resolver, want, private, context, deadline))
    except TimeoutError:
        return Document(url, WebStatus.UNKNOWN, problem="no answer in time")


def ask_api(
    url: str, resolver: Resolver, want: Want, *, private: bool = False, context: ssl.SSLContext | None = None
) -> ServiceAnswer:
    """One request over TLS, at a public address. Raises OSError. A redirect isn't followed, because the secrets belong
    to this host only. `private` as for `fetch_page`; it also permits plain HTTP.
    """
    if not url.lower().startswith("https://") and not private:
        raise OSError("not an https address")
    try:
        with Deadline(want.seconds or VISIT_SECONDS) as deadline:
            answer, body = _visit(url, _Visitor(resolver, want, private, context, deadline), with_secrets=True)
    except (VisitRefused, http.client.HTTPException) as problem:
        raise OSError(str(problem) or "no HTTP response") from None
    except ValueError:  # http.client quotes a header that it refuses, and it may be the key
        raise OSError("the request can't be sent") from None
    is_whole = answer.isclosed() if answer.length is None else not answer.length
    return ServiceAnswer(answer.status, answer.headers, body, is_whole)


@dataclass(frozen=True, slots=True)
class _Visitor:
    resolver: Resolver
    want: Want
    private: bool
    context: ssl.SSLContext | None
    deadline: Deadline


def _follow(url: str, visitor: _Visitor) -> Document:
    here = url
    try:
        for redirects in range(MOST_REDIRECTS + 1):
            answer, body = _visit(here, visitor)
            if answer.status in _REDIRECTS and answer.headers.get("Location"):
                here = _redirected(here, answer.headers["Location"])
                continue
            if answer.status in (404, 410):
                return Document(here, WebStatus.MISSING, problem=f"HTTP {answer.status}", redirects=redirects)
            if answer.status >= 400:
                return Document(here, WebStatus.FAILED, problem=f"HTTP {answer.status}", redirects=redirects)
            charset, kind = answer.headers.get_content_charset() or "utf-8", answer.headers.get("Content-Type", "")
            return Document(here, WebStatus.OK, body, kind, charset, redirects=redirects)
    except VisitRefused as refused:
        return Document(here, refused.status, problem=str(refused))
    except ssl.SSLCertVerificationError as problem:
        return Document(here, WebStatus.FAILED, problem=f"certificate: {problem.verify_message}")
    except TimeoutError:
        return Document(here, WebStatus.UNKNOWN, problem="no answer in time")
    except (OSError, http.client.HTTPException, LookupError, ValueError) as problem:
        ours = isinstance(problem, OSError) and problem.errno in _OURS
        return Document(
            here, WebStatus.UNKNOWN if ours else WebStatus.FAILED, problem=str(problem) or "no HTTP response"
        )
    return Document(here, WebStatus.FAILED, problem="too many redirects")


def _redirected(here: str, location: str) -> str:
    with suppress(UnicodeError):  # http.client reads headers as Latin-1, and most servers write UTF-8
        location = location.encode("latin-1").decode()
    return urljoin(here, location)


def _visit(url: str, visitor: _Visitor, *, with_secrets: bool = False) -> tuple[http.client.HTTPResponse, bytes]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except (ValueError, UnicodeError) as problem:
        raise VisitRefused(WebStatus.FAILED, "not a web address") from problem
    if parts.scheme not in ("http", "https") or not host:
        raise VisitRefused(WebStatus.FAILED, "not a web address")
    tls = parts.scheme == "https"
    port = port or (443 if tls else 80)
    if port not in PORTS and not visitor.private:
        raise VisitRefused(WebStatus.UNKNOWN, "not a web port")
    visitor.deadline.left(TIMEOUT_SECONDS)
    address = allowed_address(host, visitor.resolver, private=visitor.private)
    link = visitor.deadline.connect(address, port, silence_seconds=TIMEOUT_SECONDS)
    try:
        if tls:
            link.settimeout(visitor.deadline.left(TIMEOUT_SECONDS))  # holds for the handshake as a whole
            link = (visitor.context or ssl.create_default_context()).wrap_socket(link, server_hostname=host)
            visitor.deadline.guard(link)
        link.settimeout(TIMEOUT_SECONDS)
        target = quote(parts.path or "/", _PLAIN, errors="replace")
        target += f"?{quote(parts.query, _PLAIN, errors='replace')}" if parts.query else ""
        named = f"[{host}]" if ":" in host else host
        named += f":{parts.port}" if parts.port else ""
        want = visitor.want if with_secrets else replace(visitor.want, secrets={}, form=None)
        return _get(link, named, target, want)
    finally:
        link.close()


def _get(link: socket.socket, host: str, target: str, want: Want) -> tuple[http.client.HTTPResponse, bytes]:
    """Request one page. A redirect's own content is not read."""
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS)
    connection.response_class = BoundedResponse
    connection.sock = link
    headers = {"User-Agent": want.agent, "Accept": want.accept, "Connection": "close", **want.secrets}
    connection.request("GET" if want.form is None else "POST", target, want.form, headers)
    answer = connection.getresponse()
    return answer, b"" if answer.status in _REDIRECTS else _read(answer, want.most_octets)


class BoundedResponse(http.client.HTTPResponse):
    def begin(self) -> None:
        source = self.fp
        self.fp = _BoundedLines(source, LARGEST_HEADER_OCTETS)  # type: ignore[assignment]  # what http.client uses of it
        try:
            super().begin()
        finally:
            if self.fp is not None:
                self.fp = source


class _BoundedLines:
    def __init__(self, source: BufferedIOBase, octets: int) -> None:
        self._source, self._left = source, octets

    def readline(self, limit: int = -1) -> bytes:
        """Return one line. Raises HTTPException beyond the limit."""
        line = self._source.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise http.client.HTTPException("the header is too long")
        return line

    def close(self) -> None:
        self._source.close()

    def flush(self) -> None: ...


def _read(answer: http.client.HTTPResponse, most_octets: int) -> bytes:
    parts, whole = [], 0
    while whole < most_octets and (part := answer.read1(min(most_octets - whole, 65536))):
        parts.append(part)
        whole += len(part)
    return b"".join(parts)


def allowed_address(host: str, resolver: Resolver, networks: Networks = (), *, private: bool = False) -> str:
    """A public one, or of these networks. Raises VisitRefused. `private` as for `fetch_page`."""
    try:
        addresses = [str(ipaddress.ip_address(host.strip("[]")))]
    except ValueError:
        four, six = resolver.a(host), resolver.aaaa(host)
        addresses = [*four.values, *six.values]
        if not addresses:
            is_answered = four.is_known and six.is_known
            status = WebStatus.MISSING if is_answered else WebStatus.UNKNOWN
            problem = "the name has no address" if is_answered else "the DNS gave no answer"
            raise VisitRefused(status, problem) from None
    allowed = [text for text in addresses if private or is_public(text) or _is_in(text, networks)]
    if not allowed:
        raise VisitRefused(WebStatus.UNKNOWN, "the address is not public")
    return allowed[0]


def _is_in(text: str, networks: Networks) -> bool:
    address = ipaddress.ip_address(text)
    return any(address in network for network in networks if network.version == address.version)
