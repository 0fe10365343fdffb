"""R-51: of a campaign in several languages, people get the one they chose, or learn that the sender lacks it."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    unwritten = facts.audience.unwritten_languages
    if not unwritten:
        return None
    return {
        "people": sum(people for _language, people in unwritten),
        "missing": tuple(f"language.{language}" for language, _people in unwritten),
    }


CHECK: Check[CampaignFacts] = Check(
    rule="R-51",
    key="languages-written",
    places={CheckedChain.CAMPAIGN: 3070},
    severity=Severity.WARN,
    anchor="campaign.translations",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Recipients get the language they chose",
        sentence="There's no text in {missing}, the choice of {people} recipients. They get the campaign's first text.",
        why="The imprint, the unsubscribe link and the pages behind it follow the language of the text.",
        fix="Add a text in this language, or exclude these recipients.",
    ),
)
