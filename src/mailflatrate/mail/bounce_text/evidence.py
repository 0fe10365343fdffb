"""Whether to trust a notice: features that only a mail system's notice has and a phisher's message lacks. Sender names
and list headers prove nothing; a null return path, a refusal code and a returned message count.
"""

import re
from dataclasses import dataclass

from mailflatrate.mail.bounce_text.undelivered import tells_of_delivery
from mailflatrate.mail.reading import address
from mailflatrate.mail.reading.mime import MimePart
from mailflatrate.mail.reading.original import carried_headers, returned_headers
from mailflatrate.mail.reading.reply import is_auto_reply, is_auto_submitted

#: Mailboxes that only systems write from.
_SYSTEM_MAILBOX = re.compile(
    r"[\w.+=-]*(?:(?:mailer|mail|m)[-_.]?daemon|post[-_.]?master|mail[-_.]?(?:delivery|system|admin|er)|sysadmin)"
    r"[\w.+=-]*@",
    re.I,
)
_CODE = re.compile(r"(?<![\d.\w])[45][0-5]\d[ -]|(?<![\d.])[45]\.\d{1,2}\.\d{1,3}(?![\d.])|<<<|>>>")
_PASSING = re.compile(r"[\w.+=-]*(?:bounces?|-admin|-owner|-request)(?:[+=-][\w.+=-]*)?@", re.I)
_LINK = re.compile(rb"<a\b[^>]{0,500}href", re.I)
#: Deception needs a link or an invitation; a notice without recipients may contain neither.
_CLICK = re.compile(r"https?:|www\.|\bclick|\bverif|\bconfirm|\blog ?in|\bpassword", re.I)
_BRIEF = 1200
NULL_PATHS = ("<>", "< >", "<mailer-daemon>", "mailer-daemon")


@dataclass(frozen=True, slots=True)
class BounceEvidence:
    """Computed when first used. `named`: the sender calls itself a mail system; `failure`: the subject mentions one."""

    message: MimePart
    named: bool
    failure: bool

    @property
    def path(self) -> str:
        return self.message.headers.raw("return-path").lower()

    @property
    def null_path(self) -> bool:
        return self.path in NULL_PATHS

    @property
    def is_system(self) -> bool:
        """Whether mailbox and path belong to a mail system; a list's path may replace the original."""
        mailbox = address.clean(self.message.headers.raw("from"))
        path = address.clean(self.path)
        if mailbox and not is_system_mailbox(mailbox):
            return False
        return not path or bool(_SYSTEM_MAILBOX.match(path) or _PASSING.match(path))

    def speaks_of_delivery(self, text: str) -> bool:
        """A null sender is not enough to tell of delivery: vacation notes use it (RFC 3834 3.3)."""
        if self.named:
            return True
        headers = self.message.headers
        if is_auto_reply(self.message) or "in-reply-to" in headers or "references" in headers:
            return False
        if not self.failure:
            return self.null_path and has_code(text)
        # A sender with any name: a machine says so itself, or returns the mail.
        return self.null_path or is_auto_submitted(self.message) or carried_headers(self.message) is not None

    def proven(self, text: str) -> bool:
        """A null return path, a code, or the returned message proves it."""
        if _is_only_links(self.message) and returned_headers(self.message) is None:
            return self.null_path and has_code(text)
        return self.null_path or has_code(text) or returned_headers(self.message) is not None

    def shown(self, text: str) -> bool:
        """Return whether it is `proven`, or a system's few words about a failure that offer nothing to click."""
        if self.proven(text):
            return True
        brief = len(text) < _BRIEF and _CLICK.search(text) is None and not _is_only_links(self.message)
        return brief and self.is_system and tells_of_delivery(text)

    def believable(self, text: str, *, known_form: bool = False) -> bool:
        """Less than `proven` is enough: a known form, or a system's mailbox and path. More than links is required."""
        if (known_form or self.is_system) and not _is_only_links(self.message):
            return True
        if not self.proven(text):
            return False
        # People write about codes, too: if the envelope has a sender, the notice must include the returned mail.
        by_machine = self.null_path or not self.path or self.is_system or is_auto_submitted(self.message)
        return known_form or by_machine or returned_headers(self.message) is not None


def has_code(text: str) -> bool:
    return _CODE.search(text) is not None


def is_system_mailbox(mailbox: str) -> bool:
    return _SYSTEM_MAILBOX.match(mailbox) is not None


def _is_only_links(message: MimePart) -> bool:
    parts = [part for part in message.walk() if not part.parts and part.media_type.startswith(("text/", "message/"))]
    html = [part for part in parts if part.media_type == "text/html"]
    return bool(html) and len(html) == len(parts) and any(_LINK.search(part.data()[:60_000]) for part in html)
