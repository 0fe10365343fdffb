"""R-65: the date is valid."""

import re
from email.utils import parsedate_to_datetime

from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

_ZONE = re.compile(r"(?:[+-]\d{4}|\b(?:UT|GMT|[ECMP][SD]T|[A-IK-Z]))\s*(?:\(.*\)\s*)?$", re.IGNORECASE)


def _hits(facts: MessageFacts) -> Params | None:
    written = facts.message.first("date")
    if not written:
        return None  # header-complete says so
    return None if _is_date(written) else {"date": written[:60]}


def _is_date(written: str) -> bool:
    try:
        parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    # "-0000" is a zone that says nothing about the place (RFC 5322 section 3.3); Python reads it as none.
    return _ZONE.search(written) is not None


CHECK: Check[MessageFacts] = Check(
    rule="R-65",
    key="header-date",
    severity=Severity.WARN,
    anchor="header.date",
    source="RFC 5322 section 3.3",
    hits=_hits,
    text=RuleText(
        title="Valid date",
        sentence="The Date field contains {date}, which isn't a date with a time zone.",
        why="Email clients show such a message in the wrong place, and filters take it as a sign of spam.",
        fix="Write the date as specified in RFC 5322, for example Tue, 24 Nov 2026 12:00:00 +0100.",
    ),
)
