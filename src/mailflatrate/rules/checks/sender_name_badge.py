"""R-45 and R-47: no tick, padlock, bell or counter in the name imitates a mail program's badge."""

import re

from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_BADGE = re.compile(
    "[\u2713\u2714\u2705\u2611\u2717\u2718\u274c\u26a0\u2757\u203c\u26d4\u23f0\u23f3"
    "\U0001f512\U0001f510\U0001f513\U0001f50f\U0001f6e1\U0001f511\U0001f514\U0001f6a8\U0001f6ab\U0001f534\U0001f535"
    "\U0001f4e7\U0001f4e8\U0001f4e9\U0001f4e5\U0001f4ec\U0001f4ee\U0001f4b3\u2709\U0001f195\U0001f4de\U0001f4f2"
    "\U0001f5f8\U0001f6d1\u2460-\u2473\u2776-\u277f]"
    r"|^\s*[(\[]\d{1,3}[)\]]|[(\[]\d{1,3}[)\]]\s*$"
)


def _hits(facts: HasFrom) -> Params | None:
    match = _BADGE.search(facts.from_line.name)
    return None if match is None else {"found": match.group().strip()}


CHECK: Check[HasFrom] = Check(
    rule="R-45",
    key="sender-name-badge",
    places={CheckedChain.CAMPAIGN: 2100, CheckedChain.FROM: 1060},
    severity=Severity.REVIEW,
    anchor="campaign.sender_name",
    source="Google and Yahoo sender rules: no check marks in From; UWG section 5; DDG section 6(2)",
    hits=_hits,
    text=RuleText(
        title="No fake badge in the sender name",
        sentence="The sender name contains {found}, which looks like a symbol from the email client.",
        why="Check marks, padlocks and counters make readers believe that someone verified the sender.",
        fix="Remove the symbol from the sender name.",
    ),
)
