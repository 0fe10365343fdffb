"""R-45: the sender's name is not another company's well-known brand."""

from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.names.brands import BrandKind
from mailflatrate.rules.names.scripts import skeleton
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def foreign_brand(facts: HasFrom, *, shared: bool) -> str | None:
    """Return the first brand in the name that is neither the sending domain's nor the imprinted company's."""
    line = facts.from_line
    legal = "" if facts.imprint is None else skeleton(f"{facts.imprint.legal_name} {facts.imprint.on_behalf_of}")
    for brand in line.brands.named_in(line.name):
        own = any(brand.owns(domain) for domain in (line.domain, *line.own_domains)) or skeleton(brand.name) in legal
        if not own and (brand.kind is BrandKind.SHARED) is shared:
            return brand.name
    return None


def _hits(facts: HasFrom) -> Params | None:
    brand = foreign_brand(facts, shared=False)
    return None if brand is None else {"brand": brand, "domain": facts.from_line.domain or "-"}


CHECK: Check[HasFrom] = Check(
    rule="R-45",
    key="sender-name-brand",
    places={
        CheckedChain.CAMPAIGN: 2070,
        CheckedChain.FROM: 1040,
        CheckedChain.CONFIRMATION: 1160,
        CheckedChain.CONTRACT: 1100,
    },
    severity=Severity.BLOCK,
    anchor="campaign.sender_name",
    source="UWG section 7(2) no. 3 and section 5; MarkenG section 14; CAN-SPAM 15 USC 7704(a)(1); operator's list",
    hits=_hits,
    text=RuleText(
        title="No one else's brand in the sender name",
        sentence="The sender name mentions {brand}, but {domain} doesn't belong to that brand.",
        why="Forgers use well-known names to get people to open their emails. Only the owner of a brand may use "
        "its name.",
        fix="Use your own name. If the brand is yours, tell us and we'll add your domain to the list.",
    ),
)
