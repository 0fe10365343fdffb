"""R-49: links are encrypted."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    plain = dict.fromkeys(link.url for link in facts.content.links if link.url.lower().startswith("http:"))
    return {"count": len(plain), "links": tuple(plain)[:5]} if plain else None


CHECK: Check[HasContent] = Check(
    rule="R-49",
    key="links-https",
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Deliverability guides; browsers warn of http pages",
    hits=_hits,
    text=RuleText(
        title="Links are encrypted",
        sentence="{count} links use http instead of https: {links}.",
        why="Browsers warn of such pages, and anybody on the way can read along.",
        fix="Change http to https where the page offers it.",
    ),
)
