"""Amazon SES notifications: JSON in the body of a message from SNS, or posted as is, enveloped or not."""

import json

from mailflatrate.mail.reading.mime import MimePart

#: SNS begins with the object, at most after one line of its own.
_BEFORE = 2_000
_MARKS = (b"bouncedRecipients", b"complainedRecipients")


def read_notification(message: MimePart) -> dict[str, object] | None:
    if message.parts or b"{" not in message.body[:_BEFORE] or not any(mark in message.body for mark in _MARKS):
        return None
    data = _first_object(message.text())
    inner = data.get("Message") if data is not None else None
    if isinstance(inner, str):
        # The envelope of SNS carries the notification as a string.
        data = _first_object(inner)
    return data


def _first_object(text: str) -> dict[str, object] | None:
    start = text.find("{")
    if start < 0:
        return None
    try:
        # SNS folds long lines like mail; a line end inside a string isn't part of it.
        data, _ = json.JSONDecoder(strict=False).raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
