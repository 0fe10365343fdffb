"""POST a small body to a server named in the settings, and read a small response under one deadline."""

import ssl
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from mailflatrate.wire.deadline import Deadline


@dataclass(frozen=True, slots=True)
class PostAnswer:
    status: int
    headers: Message
    body: bytes


def post(
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    seconds: float,
    most_octets: int,
    context: ssl.SSLContext | None = None,
    deadline: Deadline | None = None,
) -> PostAnswer:
    """Read at most `most_octets`. A `deadline` that the caller may cut replaces `seconds`. Raises OSError, also if the
    server doesn't speak HTTP.
    """
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    with deadline or Deadline(seconds) as limit:
        connection: HTTPConnection
        if parts.scheme == "https":
            connection = HTTPSConnection(parts.netloc, timeout=limit.left(seconds), context=context)
        else:
            connection = HTTPConnection(parts.netloc, timeout=limit.left(seconds))
        try:
            connection.connect()
            limit.guard(connection.sock)
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return PostAnswer(answer.status, answer.headers, answer.read(most_octets))
        except (HTTPException, ValueError) as problem:
            raise OSError(f"not HTTP: {problem!r:.200}") from problem
        finally:
            connection.close()
