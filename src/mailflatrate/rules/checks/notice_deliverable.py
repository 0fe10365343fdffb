"""R-69: a dead mailbox gets no further notices."""

from mailflatrate.rules.facts import NoticeFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: NoticeFacts) -> Params | None:
    return NO_PARAMS if facts.address_dead else None


CHECK: Check[NoticeFacts] = Check(
    rule="R-69",
    key="notice-deliverable",
    places={CheckedChain.NOTICE: 1020},
    severity=Severity.BLOCK,
    anchor="account.users",
    source="CSA 2026 section 1.4.5; Microsoft: never retry after 5xx",
    hits=_hits,
    text=RuleText(
        title="User's mailbox exists",
        sentence="Email to this user's address bounced permanently.",
        why="Email to a mailbox that doesn't exist hurts delivery for everyone else.",
        fix="Enter another address for this user.",
    ),
)
