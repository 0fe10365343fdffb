"""Reads untrusted mail in a child process, in one call and without a key; `base.child` limits time and memory."""

from dataclasses import dataclass

from mailflatrate.mail.inspect import Inspection, inspect_part
from mailflatrate.mail.reading.aggregate import AggregateReport, read_aggregates
from mailflatrate.mail.reading.body import notice_text
from mailflatrate.mail.reading.mime import Headers, parse
from mailflatrate.mail.reading.outlook import is_outlook, outlook_message
from mailflatrate.mail.reading.values import ReturnedMessageKind

_BULK_FIELDS = ("list-unsubscribe", "list-id", "feedback-id")
_BULK_WORDS = ("bulk", "list", "junk")
_TELLING = ("from", "subject", "message-id", "received")
_MOST_FIELDS = 20


@dataclass(frozen=True, slots=True)
class ForeignMail:
    inspection: Inspection
    recipients: tuple[str, ...]
    is_bulk: bool
    is_marked_spam: bool
    aggregates: tuple[AggregateReport, ...]


@dataclass(frozen=True, slots=True)
class ShownMail:
    sender: str
    subject: str
    text: str
    message_id: str
    telling: int


def read_foreign_mail(raw: bytes, with_tokens: bool, expects_aggregate: bool) -> ForeignMail:
    message = parse(raw)
    inspection = inspect_part(message, with_tokens=with_tokens)
    has_aggregate = expects_aggregate or inspection.kind is ReturnedMessageKind.REPORT
    headers = message.headers
    return ForeignMail(
        inspection=inspection,
        recipients=tuple([*headers.all("to"), *headers.all("cc")][:_MOST_FIELDS]),
        is_bulk=any(name in headers for name in _BULK_FIELDS) or headers.raw("precedence").lower() in _BULK_WORDS,
        is_marked_spam=_says_yes(headers, "x-spam-flag") or _says_yes(headers, "x-spam-status"),
        aggregates=tuple(read_aggregates(message)) if has_aggregate else (),
    )


def read_shown_mail(raw: bytes, text_characters: int) -> ShownMail:
    message = parse(raw)
    headers = message.headers
    return ShownMail(
        sender=headers.text("from"),
        subject=headers.text("subject"),
        text=notice_text(message).strip()[:text_characters] if text_characters else "",
        message_id=headers.raw("message-id"),
        telling=sum(name in headers for name in _TELLING),
    )


def read_mail_file(data: bytes) -> bytes | None:
    return outlook_message(data) if is_outlook(data) else data


def _says_yes(headers: Headers, name: str) -> bool:
    return headers.raw(name).lower().startswith("yes")
