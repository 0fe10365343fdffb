"""R-59: the signature of a sample message verifies against the domain's published key."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    sample = facts.sample
    if sample is None or sample.problem or sample.is_signed:
        return None
    return {"domain": facts.sender.dkim_domain or "-"}


CHECK: Check[CampaignFacts] = Check(
    rule="R-59",
    key="letter-signed",
    places={CheckedChain.CAMPAIGN: 7030},
    severity=Severity.BLOCK,
    anchor="domain.dkim",
    source="RFC 6376; section N: DKIM self-verify",
    hits=_hits,
    text=RuleText(
        title="Signature tested",
        sentence="The signature of a sample message isn't valid for {domain}.",
        why="Receiving servers would reject the whole campaign.",
        fix="Create a new key under Senders and publish its record.",
    ),
)
