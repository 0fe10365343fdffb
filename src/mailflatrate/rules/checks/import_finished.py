"""R-15: while a file is being read into a list, nobody knows yet whether it may stay; the mailing waits that long."""

from __future__ import annotations

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    lists = facts.audience.lists_importing
    return {"lists": lists} if lists else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-15",
    key="import-finished",
    severity=Severity.BLOCK,
    anchor="list.imports",
    source="Derived: an import is checked when it has ended, and nobody of it is mailed before",
    hits=_hits,
    text=RuleText(
        title="No import is running",
        sentence="A file is being read into these lists: {lists}.",
        why="Each import is checked as a whole when it has ended. Who came with it is mailed only after that.",
        fix="Wait until the import has ended, or stop it.",
    ),
)
