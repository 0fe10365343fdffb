"""R-51: a text in a further language that is still a copy of the first one is announced in a language it isn't in."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    copies = facts.audience.untranslated
    return {"copies": tuple(f"language.{language}" for language in copies)} if copies else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-51",
    key="languages-translated",
    places={CheckedChain.CAMPAIGN: 3080},
    severity=Severity.BLOCK,
    anchor="campaign.translations",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Every text is translated",
        sentence="The content in {copies} is still a copy of the campaign's first text.",
        why="Screen readers would read it out in the wrong language, and the imprint would be in another one.",
        fix="Translate it, or remove the language.",
    ),
)
