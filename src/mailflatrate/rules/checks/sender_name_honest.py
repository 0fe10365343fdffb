"""R-45: the sender's name does not show another party's address or domain."""

from mailflatrate.rules.facts import HasFrom
from mailflatrate.rules.names.domains import Mention, as_read, mentions, same_house
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasFrom) -> Params | None:
    line = facts.from_line
    own_domains = [form for domain in (line.domain, *line.own_domains) for form in (domain, as_read(domain))]
    for mention in mentions(line.name):
        own = any(same_house(mention.domain, domain) for domain in own_domains)
        if own or (facts.imprint is None and _is_title(line.name, mention)):
            continue
        return {"found": mention.text, "domain": line.domain or "-"}
    return None


def _is_title(name: str, mention: Mention) -> bool:
    """`Planet News.com Daily`. Our own customers get no such exception: their domains are known."""
    before, after = name[: mention.start].rstrip(), name[mention.end :].lstrip()
    amid = before[-1:].isalnum() and after[:1].isalnum()
    titled = mention.text[:1].isupper() and mention.text[1:].islower() and mention.domain.endswith((".com", ".net"))
    return not mention.is_address and amid and titled


CHECK: Check[HasFrom] = Check(
    rule="R-45",
    key="sender-name-honest",
    places={
        CheckedChain.CAMPAIGN: 2050,
        CheckedChain.FROM: 1020,
        CheckedChain.CONFIRMATION: 1140,
        CheckedChain.CONTRACT: 1080,
    },
    severity=Severity.BLOCK,
    anchor="campaign.sender_name",
    source="UWG section 7(2) no. 3; ePrivacy 13(4); DDG section 6(1) no. 2; CAN-SPAM 15 USC 7704(a)(1)",
    version=2,
    hits=_hits,
    text=RuleText(
        title="Sender name says who's sending",
        sentence="The sender name contains {found}, but the campaign comes from {domain}.",
        why="Readers see the name first. It must not point to anyone but the sender.",
        fix="Use the name of your company or brand, without anyone else's address.",
    ),
)
