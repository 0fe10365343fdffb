"""R-49: links are encrypted."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    plain = dict.fromkeys(link.url for link in facts.content.links if link.url.lower().startswith("http:"))
    return {"count": len(plain), "links": tuple(plain)[:5]} if plain else None


CHECK: Check[HasContent] = Check(
    rule="R-49",
    key="links-https",
    places={CheckedChain.CAMPAIGN: 5160},
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Deliverability guides; browsers warn of http pages",
    hits=_hits,
    text=RuleText(
        title="Links encrypted",
        sentence="Links that use http instead of https: {count} ({links}).",
        why="Browsers warn about such pages, and anyone along the way can read what's sent.",
        fix="Change http to https wherever the page supports it.",
    ),
)
