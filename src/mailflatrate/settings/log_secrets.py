"""Shortens secrets in log lines: tokens in links, API keys, session cookies. The rest of a line is unchanged."""

import re
from collections.abc import Mapping
from typing import Any, Final

KEPT: Final = 6
_LONGEST_LINE: Final = 200_000
_SECRET: Final = re.compile(
    # Links in mails carry 20 octets in hexadecimal. Hashes of the ledger and of the audit log are longer, and have to
    # stay whole: the log is where they are kept.
    r"(?<![0-9a-zA-Z])[0-9a-fA-F]{40}(?![0-9a-zA-Z])"
    # Links whose secret has no form of its own to recognize: the segment after these paths.
    r"|(?<=/password/reset/key/)[^/?#\s\"'<>]+|(?<=/apply/begin/)[^/?#\s\"'<>]+|(?<=/confirm/)[^/?#\s\"'<>]+"
    r"|(?<=/mailbox/)[^/?#\s\"'<>]+|(?<=/invitation/)[^/?#\s\"'<>]+|(?<=/report/stop/)[^/?#\s\"'<>]+|(?<=/[upwckdrmsn]/)[^/?#\s\"'<>]{12,}"
    # What programs and browsers send along.
    r"|(?<=mfk_)[0-9a-z]{8}_[0-9a-z]+|(?<=sessionid=)[\w.-]+|(?<=token=)[^&\s\"']+|(?<=[Bb]earer )[\w.~+/-]+"
)


def shorten(text: str) -> str:
    """Return the text with every secret cut to its first characters, which are enough to tell two lines apart."""
    return _SECRET.sub(lambda match: f"{match[0][:KEPT]}…" if len(match[0]) > KEPT else match[0], text[:_LONGEST_LINE])


def shorten_secrets(_logger: object, _method: str, event: Any) -> Any:
    """It is structlog's last processor before rendering, so that it sees all lines."""
    return {key: _shortened(value) for key, value in event.items()}


def _shortened(value: Any, depth: int = 4) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return shorten(value)
    if depth and isinstance(value, Mapping):
        return {key: _shortened(child, depth - 1) for key, child in value.items()}
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [_shortened(child, depth - 1) for child in value]
    return shorten(str(value))
