"""R-50: enough room is left below the clipping point for tracking and personal fields."""

from mailflatrate.rules import limits
from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    comfortable = int(limits.value("html_warn_octets"))
    size = facts.content.html_octets
    return {"size": size // 1024, "limit": comfortable // 1024} if size > comfortable else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="size-comfortable",
    places={CheckedChain.CAMPAIGN: 6040},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Derived: 80 KB before tracking leave room below Gmail's 102 KB",
    hits=_hits,
    text=RuleText(
        title="Comfortably below Gmail's limit",
        sentence="The HTML part is {size} KB. Above {limit} KB, Gmail may cut it off.",
        why="Click tracking and long merge fields make it slightly longer for each recipient.",
        fix="Shorten it, or remove markup that was pasted from a word processor.",
    ),
)
