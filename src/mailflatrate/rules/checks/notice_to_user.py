"""R-32: service notices go to users of the house, to subscribers only in answer to their own request about their data
(R-94), to a mailbox to have it proved and as a test once it is (R-46), and never advertise."""

from __future__ import annotations

from mailflatrate.rules.facts import NoticeFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, Params, RuleText, Severity


def _hits(facts: NoticeFacts) -> Params | None:
    wanted = facts.recipient_is_user or facts.answers_request or facts.asks_mailbox or facts.own_mailbox
    return None if wanted and not facts.advertising else NO_PARAMS


CHECK: Check[NoticeFacts] = Check(
    rule="R-32",
    key="notice-to-user",
    severity=Severity.BLOCK,
    anchor="account.users",
    source="RFC 3834 section 5.2; derived",
    hits=_hits,
    text=RuleText(
        title="Notice to a user",
        sentence=(
            "A service notice may go to a user of the account only, or to somebody who asked about his own data, "
            "and without advertising."
        ),
        why="Otherwise notices would be a way around consent.",
        fix="Write a mailing to people who confirmed that they want it.",
    ),
)
