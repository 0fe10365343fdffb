"""The two requests to Amazon SNS: the certificate that a message is signed with, and confirming a subscription."""

import ssl

from mailflatrate.wire.dns.resolver import Resolver
from mailflatrate.wire.web import Want, ask_api

LARGEST_OCTETS = 32 * 1024
SECONDS = 6.0
AGENT = "mailflatrate-hooks/1"


def fetch_certificate(
    url: str, resolver: Resolver, *, private: bool = False, context: ssl.SSLContext | None = None
) -> bytes:
    """Over TLS and without redirects. Raises OSError. `private` as for `web.fetch_page`."""
    return _get(url, "application/x-pem-file, */*", resolver, private, context)


def confirm_subscription(
    url: str, resolver: Resolver, *, private: bool = False, context: ssl.SSLContext | None = None
) -> None:
    _get(url, "application/xml, */*", resolver, private, context)


def _get(url: str, accept: str, resolver: Resolver, private: bool, context: ssl.SSLContext | None) -> bytes:
    want = Want(accept=accept, agent=AGENT, most_octets=LARGEST_OCTETS, seconds=SECONDS)
    answer = ask_api(url, resolver, want, private=private, context=context)
    if answer.status != 200 or not answer.is_whole:
        raise OSError(f"HTTP {answer.status}")
    return answer.body
