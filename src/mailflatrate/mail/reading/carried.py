"""Mails that a mail carries as files: attached by the standard, or as the clients and people of the world attach them.

Outlook drags a .msg, webmail uploads an .eml as octets, and who was asked for "the header" saves it as a text. Bytes
out, as they were sent; what is no mail is none.
"""

from mailflatrate.mail.reading.evidence import mails_in_json
from mailflatrate.mail.reading.mime import Part, parse, split_headers
from mailflatrate.mail.reading.outlook import is_outlook, outlook_message

_CARRIERS = ("message/rfc822", "text/rfc822", "message/global", "application/eml")
_NO_CARRIERS = ("message/global-d", "message/global-h")
_TEXT_NAMES = (".txt", ".hdr", ".head", ".header")
_TELLING = ("from", "to", "subject", "message-id", "received", "date", "return-path")
_FEWEST_FIELDS = 3


def carried_mails(message: Part) -> list[Part]:
    """The mails that the message carries, in order, attached ones before those in its JSON; kept with the message."""
    if message.carried is None:
        attached = [mail for part in message.walk() if (mail := _carried_mail(part)) is not None]
        read = [parse(mail) for mail in (*attached, *map(_lines, mails_in_json(message)))]
        message.carried = [mail for mail in read if mail.headers]
    return message.carried


def _carried_mail(part: Part) -> bytes | None:
    """The mail in a part, or None when it carries none. A carrier by type may hold nothing but fields."""
    if part.parts:
        return None
    if part.media_type.startswith(_CARRIERS) and not part.media_type.startswith(_NO_CARRIERS):
        return _lines(part.data())
    if not part.filename.lower().endswith((".eml", ".msg", *_TEXT_NAMES)):
        return None
    data = part.data()
    if is_outlook(data):
        return outlook_message(data)
    data = _lines(data)
    return data if _is_mail(data) else None


def _is_mail(data: bytes) -> bool:
    """Whether the text begins with the fields of a mail."""
    headers = split_headers(data)[0]
    return sum(name in headers for name in _TELLING) >= _FEWEST_FIELDS


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").lstrip(b"\n")
