"""R-52: no words of our blocks and templates stand where the author's own belong."""

from __future__ import annotations

from textwrap import shorten

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity

SHOWN, LONGEST = 5, 60


def _hits(facts: HasContent) -> Params | None:
    texts = facts.content.placeholders
    return {"texts": " · ".join(shorten(text, LONGEST, placeholder="…") for text in texts[:SHOWN])} if texts else None


CHECK: Check[HasContent] = Check(
    rule="R-52",
    key="placeholders-replaced",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    text=RuleText(
        title="Sample texts replaced",
        sentence="“{texts}” still stands in the mailing: words of our blocks and templates that were to be replaced.",
        why="They were invented to show how it looks. To your readers they say something untrue, or nothing at all.",
        fix="Write your own words in their place, or take the block out.",
    ),
)
