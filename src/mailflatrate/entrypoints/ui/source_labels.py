"""Texts for where an event about a person came from: the short notes in the ledger and the suppressions."""

import re
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

UNSUBSCRIBED_BY: Final[dict[str, str | Promise]] = {
    "link": gettext_lazy("via the link in an email"),
    "sunset": gettext_lazy("because they didn't respond when asked whether to stay"),
    "one_click": gettext_lazy("via the unsubscribe button in their email app"),
    "mailto": gettext_lazy("by email"),
    "customer": gettext_lazy("by you"),
    "complaint": gettext_lazy("via a spam complaint"),
    "provider": gettext_lazy("via the sending provider"),
    "test_inbox": gettext_lazy("because they had been confirmed in the test inbox only"),
}
_SOURCES: Final[tuple[tuple[re.Pattern[str], str | Promise], ...]] = (
    (re.compile(r"report page"), gettext_lazy("via the report page")),
    (re.compile(r"report \d+, proved by mail"), gettext_lazy("via a report verified by email")),
    (re.compile(r"raw mail \d+"), gettext_lazy("via a returned email")),
    (re.compile(r"delivery \d+"), gettext_lazy("via a mail server response")),
    (re.compile(r"unsubscribe page of delivery \d+"), gettext_lazy("via the unsubscribe page")),
    (re.compile(r"rights page of delivery \d+"), gettext_lazy("via the “Your data” page")),
    (re.compile(r"privacy request \d+"), gettext_lazy("at their own request")),
    (re.compile(r"studio: .+"), gettext_lazy("by your team")),
    (re.compile(r"import \d+: .+"), gettext_lazy("by an import")),
    (re.compile(r"file \d+: .+"), gettext_lazy("by a file of suppressions")),
    (re.compile(r"bulk action \d+.*"), gettext_lazy("by a bulk action")),
    (re.compile(r"confirmed sign-up \d+"), gettext_lazy("via a confirmed sign-up")),
    (re.compile(r"campaign \d+: asked, no answer .*"), gettext_lazy("asked whether to stay, no response")),
)


def unsubscribed_word(by: str) -> str:
    return str(UNSUBSCRIBED_BY.get(by, by.replace("_", " ")))


def source_word(source: str) -> str:
    """Return where an event came from: our own notes as text, an address or a name unchanged."""
    return next((str(words) for pattern, words in _SOURCES if pattern.fullmatch(source)), source)
