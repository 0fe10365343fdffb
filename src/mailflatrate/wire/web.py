"""Looking at a page of somebody's website, as a visitor does: for the reviewer of an application (R-03).

The address comes from a stranger, so it leads only to public addresses, whatever its name resolves to and wherever it
redirects to; size, time and redirects are bounded. What cannot be known comes back as UNKNOWN, never as a verdict.
"""

from __future__ import annotations

import errno
import http.client
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urljoin, urlsplit

from mailflatrate.wire.dns.resolver import Resolver

TIMEOUT_SECONDS = 8.0
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
    here = url
    try:
        for _ in range(MOST_REDIRECTS + 1):
            answer, body = _visit(here, resolver, private, context, accept)
            if answer.status in _REDIRECTS and answer.headers.get("Location"):
                here = urljoin(here, answer.headers["Location"])
                continue
            if answer.status in (404, 410):
                return PageLook(here, WebStatus.MISSING, problem=f"HTTP {answer.status}")
            if answer.status >= 400:
                return PageLook(here, WebStatus.FAILED, problem=f"HTTP {answer.status}")
            return PageLook(here, WebStatus.OK, body.decode(answer.headers.get_content_charset() or "utf-8", "replace"))
    except _Refused as refused:
        return PageLook(here, refused.status, problem=str(refused))
    except ssl.SSLCertVerificationError as problem:
        return PageLook(here, WebStatus.FAILED, problem=f"certificate: {problem.verify_message}")
    except TimeoutError:
        return PageLook(here, WebStatus.UNKNOWN, problem="no answer in time")
    except (OSError, http.client.HTTPException, LookupError) as problem:
        ours = isinstance(problem, OSError) and problem.errno in _OURS
        return PageLook(here, WebStatus.UNKNOWN if ours else WebStatus.FAILED, problem=str(problem) or "no HTTP")
    return PageLook(here, WebStatus.FAILED, problem="too many redirects")


def _visit(
    url: str, resolver: Resolver, private: bool, context: ssl.SSLContext | None, accept: str
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
        connection.request("GET", target, headers={"User-Agent": AGENT, "Accept": accept, "Connection": "close"})
        answer = connection.getresponse()
        return answer, answer.read(LARGEST_PAGE_OCTETS)
    finally:
        link.close()


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
