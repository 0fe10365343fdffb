"""Messages that a XARF report has in its JSON: `Samples` of version 3, `evidence` of version 4, mostly in base64."""

import json
from collections.abc import Iterator
from typing import Any

from mailflatrate.mail.reading.mime import MimePart, decode_base64

_MOST_ITEMS = 20
_MOST_OCTETS = 1024 * 1024


def mails_in_json(message: MimePart) -> list[bytes]:
    """Return the carried messages, at most twenty; nothing for JSON that is invalid or carries none."""
    found: list[bytes] = []
    for part in message.walk():
        if not part.parts and (part.media_type.endswith("json") or part.filename.lower().endswith(".json")):
            try:
                data = json.loads(part.text())
            except (ValueError, RecursionError):
                continue
            found.extend(_mails(data))
    return found[:_MOST_ITEMS]


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
