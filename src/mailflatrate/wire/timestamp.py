"""Asking a time-stamping authority over HTTP (RFC 3161 section 3.4). What the answer is worth is for others to say."""

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

QUERY_TYPE = "application/timestamp-query"
REPLY_TYPE = "application/timestamp-reply"
MOST_OCTETS = 256 * 1024


class StampUnavailable(Exception):
    """The authority gave no answer; the message says why. Worth asking again later."""


def ask_authority(url: str, request: bytes, *, timeout_seconds: float = 10.0) -> bytes:
    """POST a request (DER) to the authority at `url`; its whole answer (DER). Raises StampUnavailable."""
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection = connect(parts.netloc, timeout=timeout_seconds)
        try:
            connection.request("POST", path, request, {"Content-Type": QUERY_TYPE, "Accept": REPLY_TYPE})
            answer = connection.getresponse()
            body = answer.read(MOST_OCTETS + 1)
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as problem:
        raise StampUnavailable(f"{url} does not answer: {problem}") from problem
    kind = answer.headers.get_content_type()
    if answer.status != 200 or kind != REPLY_TYPE or len(body) > MOST_OCTETS:
        raise StampUnavailable(f"{url} answers {answer.status} with {kind}, {len(body)} octets")
    return body
