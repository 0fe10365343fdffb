"""R-50: room is left below the clipping point for tracking and personal fields."""

from __future__ import annotations

from mailflatrate.rules import limits
from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    comfortable = int(limits.value("html_warn_octets"))
    size = facts.content.html_octets
    return {"size": size // 1024, "limit": comfortable // 1024} if size > comfortable else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="size-comfortable",
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Derived: 80 KB before tracking leave room below Gmail's 102 KB",
    hits=_hits,
    text=RuleText(
        title="Room left below Gmail's limit",
        sentence="The HTML part has {size} KB; above {limit} KB Gmail may cut it off.",
        why="Tracking and long personal fields make it a little longer for each reader.",
        fix="Shorten it, or take out markup that was pasted from a word processor.",
    ),
)
