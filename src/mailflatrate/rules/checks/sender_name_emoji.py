"""R-47: a sender's name consists of letters, because emoji in it only grab attention."""

import re

from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_PICTURE = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\u25a0-\u25ff]")


def _hits(facts: HasFrom) -> Params | None:
    emoji = tuple(dict.fromkeys(_PICTURE.findall(facts.from_line.name)))
    return {"found": emoji} if emoji else None


CHECK: Check[HasFrom] = Check(
    rule="R-47",
    key="sender-name-emoji",
    places={CheckedChain.CAMPAIGN: 2110, CheckedChain.FROM: 1070},
    severity=Severity.WARN,
    anchor="campaign.sender_name",
    source="Derived from Google's and Yahoo's rules on the display name",
    hits=_hits,
    text=RuleText(
        title="No emoji in the sender name",
        sentence="The sender name contains emoji: {found}.",
        why="Filters and readers take them as a sign of spam, and screen readers read each one aloud.",
        fix="Leave only the name. An occasional emoji in the subject does less harm.",
    ),
)
