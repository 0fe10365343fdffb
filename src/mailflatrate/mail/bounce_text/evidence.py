"""Whether a notice may be believed: what a mail system shows, and a thief of passwords in its name does not.

Names of senders and list headers prove nothing and veto nothing. A null return path, a code of a refusal and a returned
message count.
"""

import re
from dataclasses import dataclass

from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.mime import Part
from mailflatrate.mail.reading.original import carried_headers, returned_headers
from mailflatrate.mail.reply import is_auto_reply, is_auto_submitted

#: Mailboxes that only systems write from.
_SYSTEM_MAILBOX = re.compile(
    r"[\w.+=-]*(?:(?:mailer|mail|m)[-_.]?daemon|post[-_.]?master|mail[-_.]?(?:delivery|system|admin|er)|sysadmin)"
    r"[\w.+=-]*@",
    re.I,
)
_CODE = re.compile(r"(?<![\d.\w])[45][0-5]\d[ -]|(?<![\d.])[45]\.\d{1,2}\.\d{1,3}(?![\d.])|<<<|>>>")
_PASSING = re.compile(r"[\w.+=-]*(?:bounces?|-admin|-owner|-request)(?:[+=-][\w.+=-]*)?@", re.I)
_LINK = re.compile(rb"<a\b[^>]{0,500}href", re.I)
_NULL_PATHS = ("<>", "< >", "<mailer-daemon>", "mailer-daemon")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a notice before its text is read.

    `named`: its sender calls itself a mail system. `failure`: its subject speaks of a failure. `path`: the return path
    as given, or "". `only_links`: it is nothing but HTML with links.
    """

    named: bool
    failure: bool
    path: str
    system_mailbox: bool
    only_links: bool
    returned: bool
    auto_reply: bool

    @classmethod
    def of(cls, message: Part, *, named: bool, failure: bool) -> "Evidence":
        """Collect it from the message."""
        mailbox = address.clean(message.headers.raw("from"))
        return cls(
            named=named,
            failure=failure,
            path=message.headers.raw("return-path").lower(),
            system_mailbox=not mailbox or _SYSTEM_MAILBOX.match(mailbox) is not None,
            only_links=_is_only_links(message),
            returned=returned_headers(message) is not None,
            auto_reply=is_auto_reply(message),
        )

    @property
    def null_path(self) -> bool:
        """Whether the envelope says that nobody wants an answer (RFC 5321 4.5.5)."""
        return self.path in _NULL_PATHS

    def speaks_of_delivery(self, message: Part) -> bool:
        """Whether sender or subject make it a notice; vacation notes have the null sender, too (RFC 3834 3.3)."""
        if self.named:
            return True
        if self.auto_reply or not self.failure:
            return False
        # A sender with any name: a machine says so itself, or returns the mail and talks to nobody in particular.
        headers = message.headers
        if "in-reply-to" in headers or "references" in headers:
            return False
        return self.null_path or is_auto_submitted(message) or carried_headers(message) is not None

    def proven(self, text: str) -> bool:
        """Whether it shows what only a mail system knows: a null return path, a code, or the mail that it returns."""
        if self.only_links and not self.returned:
            return self.null_path and _CODE.search(text) is not None
        return self.null_path or self.returned or _CODE.search(text) is not None

    def believable(self, text: str, *, known_form: bool = False) -> bool:
        """As `proven`; less is enough where it names recipients and is more than links: a known form, or a mailbox
        and a return path that are those of a system.
        """
        if self.proven(text):
            return True
        return not self.only_links and (known_form or (self.system_mailbox and self.system_path))

    @property
    def system_path(self) -> bool:
        """Whether the return path is a system's, or that of a list which the notice passed, or not known."""
        mailbox = address.clean(self.path)
        return not mailbox or _SYSTEM_MAILBOX.match(mailbox) is not None or _PASSING.match(mailbox) is not None


def _is_only_links(message: Part) -> bool:
    parts = [part for part in message.walk() if not part.parts and part.media_type.startswith(("text/", "message/"))]
    html = [part for part in parts if part.media_type == "text/html"]
    return bool(html) and len(html) == len(parts) and any(_LINK.search(part.data()[:60_000]) for part in html)
