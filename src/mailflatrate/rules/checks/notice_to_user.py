"""R-32: service notices are sent to users of the service, and never advertise. Subscribers get them only in answer to a
request about their data (R-94), a mailbox to prove its owner, and afterward as test sends (R-46).
"""

from mailflatrate.rules.facts import NoticeFacts
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: NoticeFacts) -> Params | None:
    is_expected = facts.recipient_is_user or facts.answers_request or facts.asks_mailbox or facts.gets_tests
    return None if is_expected and not facts.advertising else NO_PARAMS


CHECK: Check[NoticeFacts] = Check(
    rule="R-32",
    key="notice-to-user",
    places={CheckedChain.NOTICE: 1010},
    severity=Severity.BLOCK,
    anchor="account.users",
    source="RFC 3834 section 5.2; derived",
    hits=_hits,
    text=RuleText(
        title="Service notice to a user",
        sentence=(
            "Service notices may only go to users of the account or to people who made a data request, and they "
            "can't advertise."
        ),
        why="Otherwise, notices would be a way around consent.",
        fix="Send a campaign to people who confirmed that they want it.",
    ),
)
