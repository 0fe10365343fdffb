"""R-54: filling in one message takes little work, because every message of the campaign takes it."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    # Imported here because lint loads every rule and starts without the template engine.
    from mailflatrate.mail.liquid.work import MOST_SAMPLE_WORK

    work = facts.sample.work if facts.sample else 0
    return {"times": -(-work // MOST_SAMPLE_WORK)} if work > MOST_SAMPLE_WORK else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-54",
    key="rendering-light",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived: 20 ms of processor time for each message, counted as work so that a busy machine changes nothing",
    hits=_hits,
    text=RuleText(
        title="Quick to fill in",
        sentence="Filling in one message takes up to {times} times the work that a campaign may take.",
        why="The work is done again for each recipient, and it would hold up everyone's campaigns.",
        fix="Use fewer Liquid loops and filters: prepare values in your contacts' fields instead.",
    ),
)
