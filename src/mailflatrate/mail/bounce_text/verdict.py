"""From a status code, a reply code and a text to one verdict: the tables of this package, applied in order (R-68)."""

import re
from collections.abc import Set as AbstractSet
from functools import lru_cache

from mailflatrate.mail.bounce_text.status_codes import (
    BY_DETAIL,
    BY_SUBJECT,
    CODE_OF,
    DEAD_DETAILS,
    HARD_REASONS,
    PLAIN,
    outcome_of,
)
from mailflatrate.mail.bounce_text.words import grams_of
from mailflatrate.mail.bounce_text.words_mailbox import DEAD, LIVING
from mailflatrate.mail.bounce_text.words_providers import PROVIDERS
from mailflatrate.mail.bounce_text.words_rest import REST, VAGUE
from mailflatrate.mail.bounce_text.words_route import QUEUE, ROUTE
from mailflatrate.mail.bounce_text.words_sender import MAIL_FROM, MESSAGE, SENDER
from mailflatrate.mail.reading.values import BounceVerdict, Reason

_STATUS = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.\w-])([45][0-5]\d)(?=[ \-:#<]|$)")
_CONTINUED = re.compile(r"\s[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3}\s)?\s*")
_ADDRESS = re.compile(r"[\w.+=#/-]+@[\w.-]+")
_BEFORE_DATA = re.compile(r">>> rcpt to:[^>]*?(?:<<<|>) ?(?:<<< )?[45]\d\d|in reply to rcpt to|after rcpt to")
_AT_MAIL_FROM = re.compile(r"in reply to mail from|after mail from|\[mail_from\]|>>> mail from:[^>]*> ?<<< [45]\d\d")
_AFTER_DATA = re.compile(
    r"in reply to (?:end of )?data|>>> data|after end of data|after data|final data|\[data\]|"
    r"step: data|smtp command data"
)
MAX_TEXT = 4000


def classify_smtp_reply(code: int, enhanced: str | None, text: str) -> BounceVerdict:
    """The verdict on a reply that a server gave in session: `code` 4xx or 5xx, `enhanced` as "5.1.1" or None.

    Never raises. Source: RFC 5321 4.2, RFC 3463, R-68.
    """
    return judge(f"{code} {text}", enhanced or "")


def judge(text: str, status: str = "", *, delayed: bool = False, after_data: bool = False) -> BounceVerdict:
    """The verdict on a diagnostic `text` with the `status` that the report gives ("" for none).

    `delayed`: the report says that delivery is still tried. `after_data`: the writer refuses only after it has taken
    the message, so that "user unknown" without a dead-address code hides a filter.
    """
    return _judge(text[:MAX_TEXT], status, delayed, after_data)


@lru_cache(maxsize=2048)
def _judge(text: str, status: str, delayed: bool, after_data: bool) -> BounceVerdict:
    plain = _CONTINUED.sub(" ", " ".join(text.lower().split()))
    status = _best_status(plain, status)
    reply = _REPLY.search(plain)
    code = reply[1] if reply else ""
    detail = status[2:]
    transient = status.startswith("4") or (not status and code.startswith("4"))
    if not after_data and _AFTER_DATA.search(plain):
        after_data = _BEFORE_DATA.search(plain) is None
    reason = _reason(plain, detail, after_data)
    if reason is Reason.USERUNKNOWN and detail not in DEAD_DETAILS and _AT_MAIL_FROM.search(plain):
        # No recipient has been named yet: the unknown user is the sender.
        reason = Reason.REJECTED
    if reason is Reason.UNDEFINED:
        reason = _by_code(code, transient)
    hard = reason in HARD_REASONS and not delayed
    # "4.1.1 user unknown" is said of addresses that stay unknown; "4.2.1 mailbox unavailable" is said of living ones.
    if hard and transient and (reason is not Reason.USERUNKNOWN or detail.startswith("2.")):
        hard = False
    if not status:
        status = CODE_OF.get(reason, "")
    return BounceVerdict(reason, hard, status, outcome_of(reason, hard))


def _best_status(text: str, given: str) -> str:
    """The most telling code: one inside the text beats a given one that says nothing or only that the queue gave up."""
    if given and given[2:] not in ("0.0", "4.7") and not given.startswith("2"):
        found = _STATUS.search(text)
        if found and f"{found[2]}.{found[3]}" in PLAIN:
            return f"{found[1]}.{found[2]}.{found[3]}"
        return given
    for found in _STATUS.finditer(text):
        if f"{found[2]}.{found[3]}" != "0.0":
            return f"{found[1]}.{int(found[2])}.{int(found[3])}"
    return given if not given.startswith("2") else ""


def _reason(text: str, detail: str, after_data: bool) -> Reason:
    row = PROVIDERS.find(text)
    if row is not None:
        return row.reason
    if detail in PLAIN:
        return BY_DETAIL[detail]
    bare = _ADDRESS.sub("addr", text)
    grams = grams_of(bare)
    for table in (MESSAGE, SENDER, LIVING, MAIL_FROM, ROUTE):
        row = table.find(bare, grams)
        if row is not None:
            # "550 5.1.1 mailbox suspended": the code of a dead address outweighs the word.
            if row.reason is Reason.SUSPEND and detail in DEAD_DETAILS:
                return BY_DETAIL[detail]
            return row.reason
    if detail in DEAD_DETAILS:
        return BY_DETAIL[detail]
    row = DEAD.find(bare, grams)
    if row is not None:
        return Reason.FILTERED if after_data else row.reason
    return _last_reasons(bare, grams, detail)


def _last_reasons(bare: str, grams: AbstractSet[str], detail: str) -> Reason:
    row = QUEUE.find(bare, grams)
    if row is not None:
        return row.reason
    by_code = BY_DETAIL.get(detail, Reason.UNDEFINED)
    if by_code is Reason.UNDEFINED or detail in ("7.1", "7.0", "3.0", "4.0", "2.0", "2.1"):
        row = REST.find(bare, grams)
        if row is not None:
            return row.reason
    if by_code is Reason.UNDEFINED:
        by_code = BY_SUBJECT.get(detail.partition(".")[0], Reason.UNDEFINED)
    if by_code is Reason.UNDEFINED:
        row = VAGUE.find(bare, grams)
        if row is not None:
            return row.reason
    return by_code


def _by_code(code: str, transient: bool) -> Reason:
    if code in ("552", "452"):
        return Reason.MAILBOXFULL
    if code in ("421", "451"):
        return Reason.SYSTEMERROR
    if code in ("500", "501", "502", "503", "504"):
        return Reason.SYNTAXERROR
    if code in ("550", "551", "553", "554", "450"):
        return Reason.REJECTED
    return Reason.EXPIRED if transient else Reason.UNDEFINED
