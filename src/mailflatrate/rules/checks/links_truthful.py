"""R-49: a link whose text is an address leads to that address."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, Severity, Words

_SHOWN = re.compile(r"\s*(?:https?://)?((?:[\w-]+\.)+[a-z]{2,24})(?:[/?#:]\S*)?\s*", re.IGNORECASE)


def _hits(facts: HasContent) -> Params | None:
    for link in facts.content.links:
        shown = _SHOWN.fullmatch(link.text)
        if shown is None or not link.url.lower().startswith(("http://", "https://")):
            continue
        try:
            target = (urlsplit(link.url).hostname or "").removeprefix("www.")
        except ValueError:
            target = ""
        named = shown.group(1).lower().removeprefix("www.")
        if target != named and not target.endswith(f".{named}"):
            return {"shown": shown.group(1), "target": target or link.url}
    return None


CHECK: Check[HasContent] = Check(
    rule="R-49",
    key="links-truthful",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Deliverability guides: visible address equals target host",
    hits=_hits,
    en=Words(
        title="Visible addresses are the real ones",
        sentence="A link shows {shown} but leads to {target}.",
        why="That is how phishing looks, to readers and to filters.",
        mend="Show the real address, or write words instead of an address.",
    ),
    de=Words(
        title="Sichtbare Adressen sind die wirklichen",
        sentence="Ein Link zeigt {shown}, führt aber zu {target}.",
        why="So sieht Betrug aus, für Leser wie für Filter.",
        mend="Zeigen Sie die wirkliche Adresse oder schreiben Sie Worte statt einer Adresse.",
    ),
)
