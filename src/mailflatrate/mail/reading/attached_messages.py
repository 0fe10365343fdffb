"""Messages carried as files: attached by the standard, a .msg, a winmail.dat, an .eml as octets, a header saved as
text. Files that are not messages are ignored.
"""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from mailflatrate.mail.reading.mime import MimePart, decode_base64, parse, split_headers
from mailflatrate.mail.reading.outlook import is_outlook, outlook_message
from mailflatrate.mail.reading.tnef import is_tnef, mails_in_tnef

_MOST_ITEMS = 20
_MOST_OCTETS = 1024 * 1024


def mails_in_json(message: MimePart) -> list[bytes]:
    """At most twenty: XARF has them in `Samples` (version 3) or `evidence` (version 4), mostly in base64."""
    mails: list[bytes] = []
    for part in message.walk():
        if not part.parts and (part.media_type.endswith("json") or part.filename.lower().endswith(".json")):
            try:
                data = json.loads(part.text())
            except (ValueError, RecursionError):
                continue
            mails.extend(_mails(data))
    return mails[:_MOST_ITEMS]


def _mails(data: Any) -> Iterator[bytes]:
    report = data.get("Report") if isinstance(data, dict) else None
    for holder in (data, report):
        for name in ("Samples", "samples", "evidence", "Evidence"):
            items = holder.get(name) if isinstance(holder, dict) else None
            for item in items[:_MOST_ITEMS] if isinstance(items, list) else []:
                if isinstance(item, dict) and (mail := _mail(item)):
                    yield mail


def _mail(item: dict[str, Any]) -> bytes:
    flat = {str(name).lower().replace("_", ""): value for name, value in item.items()}
    payload = flat.get("payload")
    if not isinstance(payload, str) or not str(flat.get("contenttype")).lower().startswith(("message/", "text/rfc822")):
        return b""
    text = payload[:_MOST_OCTETS]
    # Version 3 says whether it is encoded; version 4 always is. A header has a colon, which base64 never has.
    return text.encode("utf-8", "replace") if ":" in text[:2_000] else decode_base64(text.encode("ascii", "ignore"))


_CARRIERS = ("message/rfc822", "text/rfc822", "message/global", "application/eml")
_NO_CARRIERS = ("message/global-d", "message/global-h")
_NAMES = (".eml", ".msg", ".txt", ".hdr", ".head", ".header", "winmail.dat", "win.dat")
_TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
_MOST_IN_TNEF = 20
_TELLING = ("from", "to", "subject", "message-id", "received", "date", "return-path")
_FEWEST_FIELDS = 2


def carried_mails(message: MimePart) -> list[MimePart]:
    """Attached ones in order, then those in its JSON. Cached with the message."""
    if message.carried is None:
        attached = [mail for part in message.walk() for mail in _mails_in(part)]
        read = [parse(mail) for mail in (*attached, *map(_lines, mails_in_json(message)))]
        message.carried = [mail for mail in read if mail.headers]
    return message.carried


def _mails_in(part: MimePart) -> list[bytes]:
    if part.parts:
        return []
    if part.media_type.startswith(_CARRIERS) and not part.media_type.startswith(_NO_CARRIERS):
        return [_lines(part.data())]
    if part.media_type not in _TNEF_TYPES and not part.filename.lower().endswith(_NAMES):
        return []
    data = part.data()
    if is_tnef(data):
        mails = list(islice(mails_in_tnef(data), _MOST_IN_TNEF))
    else:
        mails = [mail for mail in [outlook_message(data) if is_outlook(data) else data] if mail is not None]
    return [mail for content in mails if _is_mail(mail := _lines(content))]


def _is_mail(data: bytes) -> bool:
    headers = split_headers(data)[0]
    return sum(name in headers for name in _TELLING) >= _FEWEST_FIELDS


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").lstrip(b"\n")
