"""R-54: a message of this campaign can be written, with the whole header."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    sample = facts.sample
    if sample is None or not (sample.problem or sample.broken):
        return None
    return {"problems": (sample.problem,) if sample.problem else tuple(f"rule.{key}" for key in sample.broken)}


CHECK: Check[CampaignFacts] = Check(
    rule="R-54",
    key="letter-built",
    places={CheckedChain.CAMPAIGN: 7010},
    severity=Severity.BLOCK,
    anchor="campaign.sender",
    source="RFC 5322; RFC 2369; RFC 8058; Google answer 6254652",
    hits=_hits,
    text=RuleText(
        title="Headers complete",
        sentence="A sample message couldn't be created correctly: {problems}.",
        why="Every message carries headers that let people unsubscribe, reply and complain.",
        fix=(
            "Check what's named here: a merge field, the sender name, the reply-to address or the subject. If that "
            "doesn't help, contact us."
        ),
    ),
)
