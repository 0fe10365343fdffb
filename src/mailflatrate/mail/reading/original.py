"""The mail that a bounce, a report, an attachment or a forward carries: its sender, recipient and display name."""

import re

from mailflatrate.mail.reading.attached_messages import carried_mails
from mailflatrate.mail.reading.body import notice_text
from mailflatrate.mail.reading.mime import Headers, MimePart
from mailflatrate.mail.reading.values import Original

_FIRST_FIELD = re.compile(
    r"^(?:return-path|received|from|to|subject|date|message-id|mime-version|x-[\w-]+|dkim-signature|delivered-to|"
    r"list-[\w-]+|feedback-id|content-type|reply-to|sender):[ \t]?\S",
    re.M | re.I,
)
#: A line that announces the returned mail: rules, or words that every system has for it.
_ANNOUNCED = re.compile(
    r"^(?:[-=*_|#]{3,}.*|.*(?:copy of (?:the|your)|original (?:message|mail)|message headers?|"
    r"returned (?:message|mail)|"
    r"unsent message|original mail info|message text follows|header of the).*|)$",
    re.M | re.I,
)
_TELLING = ("from", "to", "subject", "message-id", "received", "date", "return-path")


def carried_headers(message: MimePart) -> Headers | None:
    return next((mail.headers for mail in carried_mails(message)), None)


def quoted_headers(text: str) -> Headers | None:
    for match in _FIRST_FIELD.finditer(text):
        start = match.start()
        line_before = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : max(start - 1, 0)]
        if start and not _ANNOUNCED.match(line_before.strip()):
            continue
        end = text.find("\n\n", start)
        headers = Headers(text[start : end if end >= 0 else len(text)].encode("utf-8", "replace"))
        if sum(name in headers for name in _TELLING) >= 3:
            return headers
    return None


def returned_headers(message: MimePart) -> Headers | None:
    return carried_headers(message) or quoted_headers(notice_text(message))


def describe(headers: Headers, how: str) -> Original | None:
    original = Original(
        sender=headers.text("from"),
        to=headers.text("to"),
        subject=headers.text("subject"),
        message_id=headers.raw("message-id"),
        how=how,
    )
    return original if (original.sender or original.to or original.subject or original.message_id) else None
