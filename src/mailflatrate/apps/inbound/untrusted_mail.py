"""Untrusted mail, parsed in a child process. Our keys stay in this process."""

from dataclasses import replace

from mailflatrate.base import child
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.inspect import Inspection
from mailflatrate.mail.reading.identify import marks_in_octets
from mailflatrate.mail.reading.values import ReturnedMessageKind
from mailflatrate.mail.untrusted_mail import ForeignMail, ShownMail

UNREADABLE = ShownMail(sender="", subject="", text="", message_id="", telling=0)
_WHY = {
    child.ChildTimeout: "it takes too long to read",
    child.ChildOutOfMemory: "it takes too much memory to read",
    child.ChildCrashed: "it crashed the reader",
    child.ChildFailed: "it caused an error in the reader",
}


def why(problem: child.ChildError) -> str:
    return _WHY.get(type(problem), "it could not be read")


def read_mail(raw: bytes, *, with_tokens: bool, expects_aggregate: bool = False) -> ForeignMail:
    """Parse a message and verify its tokens. Raises ChildError."""
    mail: ForeignMail = child.call("mail.read", raw, with_tokens, expects_aggregate)
    return replace(mail, inspection=mail.inspection.verify(key_ring())) if with_tokens else mail


def unread(problem: child.ChildError) -> ForeignMail:
    inspection = Inspection(kind=ReturnedMessageKind.OTHER, error=why(problem))
    return ForeignMail(inspection, recipients=(), is_bulk=False, is_marked_spam=False, aggregates=())


def show_mail(raw: bytes, *, text_characters: int = 0) -> ShownMail:
    """Return the parts of a message that a page shows; `UNREADABLE` if reading it does not finish."""
    try:
        mail: ShownMail = child.call("mail.show", raw, text_characters)
    except child.ChildError:
        return UNREADABLE
    return mail


def mail_in_file(data: bytes) -> bytes | None:
    """Return the mail in an uploaded file (.eml or .msg); None if the file has none. Raises ChildError."""
    mail: bytes | None = child.call("mail.file", data)
    return mail


def names_a_delivery(raw: bytes) -> bool:
    """Return whether a token in the bytes names one of our deliveries. Searches the bytes without parsing them."""
    return marks_in_octets(raw).verify(key_ring()).claims is not None
