"""R-05: trades that the house does not serve are looked at by a person."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    found = facts.content.categories
    return {"found": found} if found else None


CHECK: Check[HasContent] = Check(
    rule="R-05",
    key="content-category",
    severity=Severity.REVIEW,
    anchor="campaign.content",
    source="MFR anti-spam policy; CleverReach policy",
    hits=_hits,
    text=RuleText(
        title="Nothing that this house does not send",
        sentence="These words belong to a trade that we do not serve, or only after a look: {found}.",
        why="The anti-spam policy excludes erotic offers, gambling, medicine, drugs, quick money and politics.",
        fix="If it is meant otherwise, release the mailing: our reviewer looks and lets it go.",
    ),
)
