"""R-47: a campaign without a subject hides what it is about."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import NO_PARAMS, Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    return None if facts.content.subject.strip() else NO_PARAMS


CHECK: Check[HasContent] = Check(
    rule="R-47",
    key="subject-present",
    places={CheckedChain.CAMPAIGN: 5010},
    severity=Severity.BLOCK,
    anchor="campaign.subject",
    source="DDG section 6(2): subject must not hide the commercial nature",
    hits=_hits,
    text=RuleText(
        title="Subject line present",
        sentence="There's no subject line.",
        why="The subject line tells readers what the message is about before they open it.",
        fix="Write a subject line.",
    ),
)
