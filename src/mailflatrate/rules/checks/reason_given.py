"""R-51 and R-14: the mailing says why the reader gets it, and where his address comes from."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    sides = (("part.html", content.reason_in_html), ("part.text", content.reason_in_text))
    parts = tuple(part for part, there in sides if not there)
    return {"parts": parts} if parts else None


CHECK: Check[HasContent] = Check(
    rule="R-51",
    key="reason-given",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="GDPR Art. 13, 14(2)(f) and 14(3)(a); CNIL; practice of Mailchimp",
    version=2,
    hits=_hits,
    text=RuleText(
        title="Says why the reader gets it",
        sentence="{parts} does not say why the reader gets this mailing.",
        why="Whoever was imported must learn the source, and who remembers the sign-up does not complain.",
        fix="Add the block 'Why you get this': list, date and place of the sign-up.",
    ),
)
