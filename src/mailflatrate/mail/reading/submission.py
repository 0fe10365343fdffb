"""A message submitted by SMTP (R-112): X-Template, X-Reference (`order A-4711`), and a JSON object or nothing as body.
HTML, attachments or text of its own are refused. Bounded in octets, lines and depth.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from quopri import decodestring
from typing import Any, Final

from mailflatrate.mail.reading.mime import find_codec

LARGEST: Final = 64 * 1024
MOST_FIELDS: Final = 100
_DEEPEST: Final = 8
_FIELD: Final = re.compile(r"([!-9;-~]{1,76}):[ \t]*(.*)", re.DOTALL)
_REFERENCE: Final = re.compile(r"([a-z]{1,20})[ :]+(\S.{0,79})")
_JSON: Final = ("application/json", "text/plain", "")


class SubmissionRefused(ValueError):
    """Raised for a message that isn't accepted; the text is an SMTP reply (RFC 5321 section 4.2, RFC 3463)."""


@dataclass(frozen=True, slots=True)
class SubmittedMessage:
    """What a program submitted. `message_id` makes a repeated submission recognizable; it may be empty."""

    template: str
    reference_kind: str
    reference: str
    data: Mapping[str, Any]
    message_id: str


def read_submission(raw: bytes) -> SubmittedMessage:
    """Read a submitted message. Raises SubmissionRefused; anything else never."""
    if len(raw) > LARGEST:
        raise SubmissionRefused("552 5.3.4 The message is too large: send data only, up to 64 KB")
    head, _blank, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = _fields(head)
    template = fields.get("x-template", "").strip()
    if not template:
        raise SubmissionRefused("550 5.7.1 Only messages that name a reviewed template are accepted: X-Template")
    reference = _REFERENCE.fullmatch(_decoded(fields.get("x-reference", "")).strip())
    if reference is None:
        raise SubmissionRefused("550 5.6.0 Say what the message is about, for example: X-Reference: order A-4711")
    return SubmittedMessage(
        template=template[:200],
        reference_kind=reference[1],
        reference=reference[2].strip(),
        data=_data(fields, body),
        message_id=fields.get("message-id", "").strip()[:200],
    )


def _fields(head: bytes) -> dict[str, str]:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SubmissionRefused("550 5.6.7 The header must be ASCII or UTF-8") from error
    unfolded = re.sub(r"\n[ \t]+", " ", text)
    lines = [line for line in unfolded.split("\n") if line]
    if len(lines) > MOST_FIELDS:
        raise SubmissionRefused("550 5.6.0 The header has too many fields")
    headers: dict[str, str] = {}
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise SubmissionRefused("550 5.6.0 The header has a line that isn't a field")
        name = match[1].lower()
        if name in headers and (name.startswith(("x-template", "x-reference", "content-")) or name == "message-id"):
            raise SubmissionRefused(f"550 5.6.0 The field {match[1][:40]} occurs twice")
        headers.setdefault(name, match[2])
    return headers


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value
    try:
        parts = decode_header(value)
        return "".join(
            part if isinstance(part, str) else part.decode(find_codec(charset or "") or "ascii")
            for part, charset in parts
        )
    except (HeaderParseError, UnicodeDecodeError, LookupError, ValueError) as error:
        raise SubmissionRefused("550 5.6.0 X-Reference can't be read") from error


def _data(fields: Mapping[str, str], body: bytes) -> dict[str, Any]:
    kind = fields.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON:
        raise SubmissionRefused("550 5.6.1 The body must be the data as JSON: content comes from the template")
    octets = _transferred(fields.get("content-transfer-encoding", "").strip().lower(), body).strip()
    if not octets:
        return {}
    try:
        data = json.loads(octets.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise SubmissionRefused("550 5.6.0 The body isn't JSON") from error
    if not isinstance(data, dict) or not _is_shallow(data, _DEEPEST):
        raise SubmissionRefused("550 5.6.0 The body must be a JSON object with the template's fields")
    return data


def _transferred(encoding: str, body: bytes) -> bytes:
    """Return the body's octets (RFC 2045 section 6). Raises SubmissionRefused."""
    if encoding in ("", "7bit", "8bit", "binary"):
        return body
    if encoding == "quoted-printable":
        return decodestring(body)
    if encoding == "base64":
        try:
            return b64decode(b"".join(body.split()), validate=True)
        except binascii.Error as error:
            raise SubmissionRefused("550 5.6.0 The body isn't valid base64") from error
    raise SubmissionRefused("550 5.6.1 This content transfer encoding isn't known")


def _no_number(text: str) -> float:
    raise ValueError(f"{text} isn't valid JSON")


def _is_shallow(value: object, levels: int) -> bool:
    if levels == 0:
        return False
    if isinstance(value, dict):
        return all(_is_shallow(child, levels - 1) for child in value.values())
    if isinstance(value, list):
        return all(_is_shallow(child, levels - 1) for child in value)
    return True
