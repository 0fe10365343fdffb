"""R-48: nothing in the campaign is invisible beyond the preheader."""

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity


def _hits(facts: HasContent) -> Params | None:
    hidden = facts.content.hidden
    return {"samples": hidden[:3]} if hidden else None


CHECK: Check[HasContent] = Check(
    rule="R-48",
    key="nothing-hidden",
    places={CheckedChain.CAMPAIGN: 5220},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Google answer 81126: no hidden content; Microsoft Defender on instructions to AI readers (Sep 2026)",
    hits=_hits,
    text=RuleText(
        title="No hidden text",
        sentence="The message contains text that readers can't see: {samples}.",
        why="Hidden text is used to deceive filters or AI assistants, and mailbox providers treat it that way.",
        fix="Delete the text or make it visible. For the preview line, use the preview text field.",
    ),
)
