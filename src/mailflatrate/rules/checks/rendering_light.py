"""R-54: rendering one message takes little work, because every message of the campaign needs it."""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    # Imported here because lint loads every rule and starts without the template engine.
    from mailflatrate.mail.liquid.work_limit import MOST_SAMPLE_WORK

    work = facts.sample.work if facts.sample else 0
    return {"times": -(-work // MOST_SAMPLE_WORK)} if work > MOST_SAMPLE_WORK else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-54",
    key="rendering-light",
    places={CheckedChain.CAMPAIGN: 7020},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived: 20 ms of processor time for each message, counted as work so that a busy machine changes nothing",
    hits=_hits,
    text=RuleText(
        title="Quick to personalize",
        sentence="Personalizing one message takes up to {times} times as much work as a campaign may use.",
        why="This work is repeated for every recipient and would hold up everyone's campaigns.",
        fix="Use fewer Liquid loops and filters. Prepare the values in custom fields instead.",
    ),
)
