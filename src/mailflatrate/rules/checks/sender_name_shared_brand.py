"""R-45: a brand shared by many independent companies needs a manual review."""

from mailflatrate.rules.checks.sender_name_brand import foreign_brand
from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasFrom) -> Params | None:
    brand = foreign_brand(facts, shared=True)
    return None if brand is None else {"brand": brand, "domain": facts.from_line.domain or "-"}


CHECK: Check[HasFrom] = Check(
    rule="R-45",
    key="sender-name-shared-brand",
    places={CheckedChain.CAMPAIGN: 2080, CheckedChain.FROM: 1050, CheckedChain.CONTRACT: 1110},
    severity=Severity.REVIEW,
    anchor="campaign.sender_name",
    source="UWG section 7(2) no. 3 and section 5; operator's list",
    hits=_hits,
    text=RuleText(
        title="Shared brand in the sender name is yours to use",
        sentence="The sender name mentions {brand}, a brand that many companies share, but we don't know {domain} "
        "as one of theirs.",
        why="Savings banks, cooperatives and retailers share a name, and forgers borrow it.",
        fix="Name your company as in the imprint. Otherwise, our team reviews the campaign before it's sent.",
    ),
)
