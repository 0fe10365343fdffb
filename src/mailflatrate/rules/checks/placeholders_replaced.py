"""R-52: no words of our blocks and templates stand where the author's own belong."""

from __future__ import annotations

from textwrap import shorten

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, Severity, Words

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
    en=Words(
        title="Sample texts replaced",
        sentence="“{texts}” still stands in the mailing: words of our blocks and templates that were to be replaced.",
        why="They were invented to show how it looks. To your readers they say something untrue, or nothing at all.",
        mend="Write your own words in their place, or take the block out.",
    ),
    de=Words(
        title="Beispieltexte ersetzt",
        sentence="„{texts}“ steht noch im Mailing: Worte unserer Bausteine und Vorlagen, die zu ersetzen waren.",
        why="Sie sind erfunden und zeigen nur, wie es aussieht. Ihren Lesern sagen sie Falsches oder gar nichts.",
        mend="Schreiben Sie an ihre Stelle Ihre eigenen Worte, oder nehmen Sie den Baustein heraus.",
    ),
)
