"""R-52: each shared row that the campaign names still exists."""

from mailflatrate.mail.author_mistakes import ROW_MISSING, line_of_param
from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    lines = [line_of_param(leftover, ROW_MISSING) for leftover in facts.content.leftovers]
    numbers = tuple(str(line) for line in lines if line is not None)
    return {"lines": numbers} if numbers else None


CHECK: Check[HasContent] = Check(
    rule="R-52",
    key="shared-rows-exist",
    places={CheckedChain.CAMPAIGN: 5070},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Shared rows in place",
        sentence="A shared row in this campaign was deleted, or there are more than 30 of them (line {lines}).",
        why="There would be a gap where you planned a header, a footer or an offer.",
        fix="Open the editor and delete the row that's marked as missing, or insert another one in its place.",
    ),
)
