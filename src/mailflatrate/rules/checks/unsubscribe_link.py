"""R-40: a working unsubscribe link in both parts of every campaign."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    sides = (("part.html", content.unsubscribe_in_html), ("part.text", content.unsubscribe_in_text))
    parts = tuple(part for part, there in sides if not there)
    return {"parts": parts} if parts else None


CHECK: Check[HasContent] = Check(
    rule="R-40",
    key="unsubscribe-link",
    places={CheckedChain.CAMPAIGN: 4040},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="MFR; CAN-SPAM 15 USC 7704(a)(5); CASL s. 11; UWG (CH) Art. 3(1)(o)",
    hits=_hits,
    text=RuleText(
        title="Unsubscribe link in both parts",
        sentence="There's no unsubscribe link in {parts}.",
        why="Unsubscribing has to be as easy as signing up, in every email client.",
        fix="Put the unsubscribe block back, or add the unsubscribe address to the text.",
    ),
)
