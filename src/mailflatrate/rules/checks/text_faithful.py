"""R-50: the text part has the same content as the HTML part."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

LEAST_PERCENT = 40
_ENOUGH_WORDS = 20


def _hits(facts: HasContent) -> Params | None:
    content = facts.content
    if content.html_words < _ENOUGH_WORDS or not content.text_octets:
        return None
    return {"percent": content.shared_words} if content.shared_words < LEAST_PERCENT else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="text-faithful",
    places={CheckedChain.CAMPAIGN: 6090},
    severity=Severity.WARN,
    anchor="campaign.text",
    source="RFC 2046 section 5.1.4; CSA; SpamAssassin MPART_ALT_DIFF",
    hits=_hits,
    text=RuleText(
        title="Text part matches the HTML part",
        sentence="Only {percent} percent of the words in the HTML part are also in the text part.",
        why="People who read plain text get a different email, and filters distrust parts that differ.",
        fix="Generate the text part from the HTML, or write the full content there as well.",
    ),
)
