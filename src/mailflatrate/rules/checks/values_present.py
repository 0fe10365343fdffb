"""R-52: recipients whose value can't be printed, or leads to others, are counted before they are skipped."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


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
    places={CheckedChain.CAMPAIGN: 5100},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Derived",
    version=2,
    hits=_hits,
    text=RuleText(
        title="Merge fields have values that may be sent",
        sentence=(
            "Recipients who will be skipped, because {names} is empty or leads to someone else's website: {count} of "
            "{recipients}."
        ),
        why=(
            "An email with an empty field shows readers that no one checked it, and a web address in a field leads "
            "where no one has checked. So neither is sent."
        ),
        fix=(
            "Give the field a default in the content, or add the values to the contacts. For web addresses, verify "
            "their domain, or write the host into the content and merge only the part that changes."
        ),
    ),
)
