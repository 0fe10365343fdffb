"""R-51: people who signed up for a list in one language are not mailed in another."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    others = facts.audience.lists_in_other_language
    return {"language": (f"language.{facts.audience.language}",), "lists": others} if others else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-51",
    key="list-language",
    places={CheckedChain.CAMPAIGN: 3060},
    severity=Severity.WARN,
    anchor="campaign.language",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Language matches the lists",
        sentence="The campaign's language is {language}, but these lists have a different one: {lists}.",
        why="The imprint, the unsubscribe link and the pages behind it follow the campaign's language.",
        fix="Change the campaign's language, or remove these lists.",
    ),
)
