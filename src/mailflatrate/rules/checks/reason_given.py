"""R-51 and R-14: the campaign says why readers get it, and where it got their address."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    sides = (("part.html", content.reason_in_html), ("part.text", content.reason_in_text))
    parts = tuple(part for part, there in sides if not there)
    return {"parts": parts} if parts else None


CHECK: Check[HasContent] = Check(
    rule="R-51",
    key="reason-given",
    places={CheckedChain.CAMPAIGN: 4050},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="GDPR Art. 13, 14(2)(f) and 14(3)(a); CNIL; practice of Mailchimp",
    version=2,
    hits=_hits,
    text=RuleText(
        title="Says why readers get it",
        sentence="Nothing in {parts} says why the reader gets this email.",
        why="Imported contacts must be told where you got their address, and people who remember signing up don't "
        "complain.",
        fix="Say which list people signed up for, when and where.",
    ),
)
