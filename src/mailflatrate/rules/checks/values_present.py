"""R-52: recipients without a value that the content prints are named before they are skipped."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    content = facts.content
    if not content.people_lacking_values:
        return None
    return {
        "count": content.people_lacking_values,
        "recipients": facts.audience.recipients,
        "names": ", ".join(content.lacking_values),
    }


CHECK: Check[CampaignFacts] = Check(
    rule="R-52",
    key="values-present",
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Merge fields have values for everyone",
        sentence="Recipients without a value for {names}, who will be skipped: {count} of {recipients}.",
        why="An email with an empty field shows readers that no one checked it, so it isn't sent.",
        fix="Give the field a default in the content, or add the values to the contacts.",
    ),
)
