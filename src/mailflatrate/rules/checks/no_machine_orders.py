"""R-48: the mailing speaks to its readers, not to their assistants."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    orders = facts.content.machine_orders
    return {"orders": orders[:3]} if orders else None


CHECK: Check[HasContent] = Check(
    rule="R-48",
    key="no-machine-orders",
    severity=Severity.REVIEW,
    anchor="campaign.content",
    source="Microsoft Defender quarantines instructions to AI readers since Sep 2026",
    hits=_hits,
    text=RuleText(
        title="No orders to machines",
        sentence="The mailing gives orders to the reader's assistant: {orders}.",
        why="Mailboxes treat that as an attack on their readers and quarantine the whole mailing.",
        fix="Delete these sentences, or release the mailing if you only write about them: a reviewer looks.",
    ),
)
