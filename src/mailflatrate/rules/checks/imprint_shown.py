"""R-44, second half: the imprint appears as text in both parts; a link is not enough."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    sides = (("part.html", content.imprint_missing_html), ("part.text", content.imprint_missing_text))
    parts = tuple(part for part, missing in sides if missing)
    if not parts:
        return None
    fields = dict.fromkeys((*content.imprint_missing_html, *content.imprint_missing_text))
    return {"parts": parts, "fields": tuple(f"field.{field}" for field in fields)}


CHECK: Check[HasContent] = Check(
    rule="R-44",
    key="imprint-shown",
    places={CheckedChain.CAMPAIGN: 4020},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="CSA criteria 2018 section 2.4, mandatory since 25 May 2019",
    hits=_hits,
    text=RuleText(
        title="Imprint in both parts",
        sentence="Missing from {parts}: {fields}.",
        why="The imprint has to be readable in the message itself, whichever part an email client shows.",
        fix="Put the imprint block back. We fill it in from your imprint.",
    ),
)
