"""R-52: no placeholder text of our blocks and templates is left."""

from textwrap import shorten

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

SHOWN, LONGEST = 3, 40


def _hits(facts: HasContent) -> Params | None:
    texts = facts.content.placeholders
    return {"texts": " · ".join(shorten(text, LONGEST, placeholder="…") for text in texts[:SHOWN])} if texts else None


CHECK: Check[HasContent] = Check(
    rule="R-52",
    key="placeholders-replaced",
    places={CheckedChain.CAMPAIGN: 5080},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Sample text replaced",
        sentence="The campaign still contains sample text from our blocks and templates: “{texts}”.",
        why="It only shows what the design looks like. To your readers, it says something untrue or nothing at all.",
        fix="Replace it with your own text, or remove the block.",
    ),
)
