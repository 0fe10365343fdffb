"""R-15: a campaign to a list waits while a file is imported into it: are its people accepted?"""

from mailflatrate.rules.facts import CampaignFacts
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: CampaignFacts) -> Params | None:
    lists = facts.audience.lists_importing
    return {"lists": lists} if lists else None


CHECK: Check[CampaignFacts] = Check(
    rule="R-15",
    key="import-finished",
    places={CheckedChain.CAMPAIGN: 3020},
    severity=Severity.BLOCK,
    anchor="list.imports",
    source="Derived: an import is checked when it has ended, and nobody of it is mailed before",
    hits=_hits,
    text=RuleText(
        title="No import running",
        sentence="A file is being imported into these lists: {lists}.",
        why="We check each import as a whole when it's finished. Its contacts can only be emailed after that.",
        fix="Wait until the import has finished, or stop it.",
    ),
)
