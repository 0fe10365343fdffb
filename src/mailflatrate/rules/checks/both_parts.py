"""R-50: a campaign has an HTML part and a text part."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    sides = (("part.html", facts.content.html_octets), ("part.text", facts.content.text_octets))
    plain = facts.content.is_plain
    empty = tuple(part for part, octets in sides if octets == 0 and not (plain and part == "part.html"))
    return {"parts": empty} if empty else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="both-parts",
    places={CheckedChain.CAMPAIGN: 6010},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="RFC 2046 section 5.1.4 (multipart/alternative); CSA",
    hits=_hits,
    text=RuleText(
        title="HTML and plain text",
        sentence="There's no content in {parts}.",
        why="Some people read email as plain text, by choice or with a screen reader.",
        fix="Add your content. We generate the text part from it unless you edit the text part yourself.",
    ),
)
