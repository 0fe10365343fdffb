"""R-50: images fit into a message."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: HasContent) -> Params | None:
    found = facts.content.oversized_images
    return {"samples": found[:3], "count": len(found)} if found else None


CHECK: Check[HasContent] = Check(
    rule="R-50",
    key="images-fit",
    severity=Severity.WARN,
    anchor="campaign.content",
    source="Outlook for Windows takes the width attribute alone, and the file's own width without one",
    hits=_hits,
    en=Words(
        title="Images fit the message",
        sentence="Images without a usable width: {count} ({samples}).",
        why="Outlook shows an image without a width attribute in its full size, "
        "and a wide one pushes the layout apart.",
        mend="Give each image a width attribute in whole pixels, at most 640.",
    ),
    de=Words(
        title="Bilder passen in die E-Mail",
        sentence="Bilder ohne brauchbare Breite: {count} ({samples}).",
        why="Outlook zeigt ein Bild ohne Breitenangabe in voller Größe, "
        "und ein breites schiebt das Layout auseinander.",
        mend="Geben Sie jedem Bild ein width-Attribut in ganzen Pixeln, höchstens 640.",
    ),
)
