"""The mail that a bounce, a report, an attachment or a forward carries: who sent it, to whom, under which name."""

from mailflatrate.mail.reading.mime import Headers, Part, split_headers
from mailflatrate.mail.reading.values import Original

_CARRIERS = ("message/rfc822", "text/rfc822-header", "message/rfc822-header", "message/global")


def carried_headers(message: Part) -> Headers | None:
    """The header fields of the first mail that is attached to the message, or None."""
    for part in message.walk()[1:]:
        if part.media_type.startswith(_CARRIERS) and not part.media_type.startswith("message/global-d"):
            headers = split_headers(part.data().replace(b"\r\n", b"\n").lstrip(b"\n"))[0]
            if headers:
                return headers
    return None


def find_original(message: Part) -> Original | None:
    """The original mail as far as it can be read, with `how` it was found, or None."""
    headers = carried_headers(message)
    if headers is None:
        return None
    found = Original(
        sender=headers.text("from"),
        to=headers.text("to"),
        subject=headers.text("subject"),
        message_id=headers.raw("message-id"),
        how="attached",
    )
    return found if (found.sender or found.to or found.subject or found.message_id) else None
