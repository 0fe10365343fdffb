"""R-48: nothing in the mailing is invisible beyond the preheader."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: HasContent) -> Params | None:
    hidden = facts.content.hidden
    return {"samples": hidden[:3]} if hidden else None


CHECK: Check[HasContent] = Check(
    rule="R-48",
    key="nothing-hidden",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Google answer 81126: no hidden content; Microsoft Defender on instructions to AI readers (Sep 2026)",
    hits=_hits,
    en=Words(
        title="Nothing hidden",
        sentence="The mailing contains text that readers cannot see: {samples}.",
        why="Hidden text serves to deceive filters or assistants, and mailboxes treat it so.",
        mend="Delete the text or make it visible. For the preview line use the preheader field.",
    ),
    de=Words(
        title="Nichts verborgen",
        sentence="Das Mailing enthält Text, den man nicht sieht: {samples}.",
        why="Verborgener Text dient dazu, Filter oder Assistenten zu täuschen, und wird so behandelt.",
        mend="Löschen Sie den Text oder machen Sie ihn sichtbar. Für die Vorschauzeile gibt es das Feld Vorschautext.",
    ),
)
