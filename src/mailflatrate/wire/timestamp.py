"""Requests to a time-stamping authority over HTTP (RFC 3161 section 3.4). The caller verifies the answer."""

from mailflatrate.wire.http_post import post

QUERY_TYPE = "application/timestamp-query"
REPLY_TYPE = "application/timestamp-reply"
MOST_OCTETS = 256 * 1024


class StampUnavailable(Exception):
    """The authority gave no answer; the message says why. Retrying later may help."""


def ask_authority(url: str, request: bytes, *, timeout_seconds: float = 20.0) -> bytes:
    """POST a request (DER) to `url`; return the whole answer (DER). Raises StampUnavailable."""
    try:
        answer = post(
            url,
            request,
            {"Content-Type": QUERY_TYPE, "Accept": REPLY_TYPE},
            seconds=timeout_seconds,
            most_octets=MOST_OCTETS + 1,
        )
    except OSError as problem:
        raise StampUnavailable(f"{url} doesn't respond: {problem}") from problem
    kind = answer.headers.get_content_type()
    if answer.status != 200 or kind != REPLY_TYPE or len(answer.body) > MOST_OCTETS:
        raise StampUnavailable(f"{url} responds {answer.status} with {kind}, {len(answer.body)} bytes")
    return answer.body
