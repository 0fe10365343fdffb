"""R-51: whoever signed up for a list in one language is not written to in another."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    others = facts.audience.lists_in_other_language
    return {"language": (f"language.{facts.audience.language}",), "lists": others} if others else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-51",
    key="list-language",
    severity=Severity.WARN,
    anchor="campaign.language",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="In the language of the list",
        sentence="The language of the mailing is set to {language}, but that of these lists is not: {lists}.",
        why="Imprint, unsubscribe link and the pages behind it follow the language of the mailing.",
        fix="Choose the language of the mailing, or leave these lists out.",
    ),
)
