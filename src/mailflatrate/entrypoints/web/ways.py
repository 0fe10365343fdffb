"""How something about a person came to be: the short notes that the ledger and the suppressions keep, in words."""

import re
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

UNSUBSCRIBED_BY: Final[dict[str, str | Promise]] = {
    "link": gettext_lazy("through the link in a mailing"),
    "sunset": gettext_lazy("because no answer came to the question whether to stay"),
    "one_click": gettext_lazy("through the button of the mail program"),
    "mailto": gettext_lazy("by mail"),
    "customer": gettext_lazy("by you"),
    "complaint": gettext_lazy("through a complaint"),
}
_SOURCES: Final[tuple[tuple[re.Pattern[str], str | Promise], ...]] = (
    (re.compile(r"report page"), gettext_lazy("through the report page")),
    (re.compile(r"report \d+, proved by mail"), gettext_lazy("by a report, proved by mail")),
    (re.compile(r"raw mail \d+"), gettext_lazy("by a mail that came back")),
    (re.compile(r"delivery \d+"), gettext_lazy("by the answer of a mail server")),
    (re.compile(r"unsubscribe page of delivery \d+"), gettext_lazy("through the unsubscribe page")),
    (re.compile(r"rights page of delivery \d+"), gettext_lazy("through the page “Your data”")),
    (re.compile(r"privacy request \d+"), gettext_lazy("at the person's own request")),
    (re.compile(r"confirmed sign-up \d+"), gettext_lazy("by a confirmed sign-up")),
    (re.compile(r"campaign \d+: asked, no answer .*"), gettext_lazy("asked whether to stay, without an answer")),
)


def unsubscribed_word(by: str) -> str:
    """How an unsubscribe came."""
    return str(UNSUBSCRIBED_BY.get(by, by.replace("_", " ")))


def source_word(source: str) -> str:
    """Where an event came from: our own notes in words, an address or a name as it is."""
    return next((str(said) for pattern, said in _SOURCES if pattern.fullmatch(source)), source)
