"""R-48: the campaign speaks to its readers, not to their assistants."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    orders = facts.content.machine_orders
    return {"orders": orders[:3]} if orders else None


CHECK: Check[HasContent] = Check(
    rule="R-48",
    key="no-machine-orders",
    places={CheckedChain.CAMPAIGN: 5230},
    severity=Severity.REVIEW,
    anchor="campaign.content",
    source="Microsoft Defender quarantines instructions to AI readers since Sep 2026",
    hits=_hits,
    text=RuleText(
        title="No instructions to AI assistants",
        sentence="The message gives instructions to the reader's AI assistant: {orders}.",
        why="Mailbox providers treat that as an attack on their users and quarantine the whole campaign.",
        fix="Delete these sentences. If you're only writing about such instructions, send it as it is and our "
        "team will review it.",
    ),
)
