"""R-52: no image is without a picture."""

from __future__ import annotations

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, Severity, Words


def _hits(facts: HasContent) -> Params | None:
    count = facts.content.images_without_source
    return {"count": count} if count else None


CHECK: Check[HasContent] = Check(
    rule="R-52",
    key="pictures-chosen",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Derived",
    hits=_hits,
    en=Words(
        title="Pictures chosen",
        sentence="No picture is chosen for {count} of the images.",
        why="Readers see an empty frame, or the sign for something that is broken.",
        mend="Choose a picture from your library for each, or take the image out.",
    ),
    de=Words(
        title="Bilder ausgewählt",
        sentence="Für {count} der Bilder ist noch keine Datei ausgewählt.",
        why="Leser sehen dort einen leeren Rahmen oder das Zeichen für etwas Kaputtes.",
        mend="Wählen Sie für jede ein Bild aus Ihrer Mediathek, oder nehmen Sie das Bild heraus.",
    ),
)
