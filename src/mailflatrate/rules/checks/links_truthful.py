"""R-49: a link whose text is an address leads to that address."""

import re
from urllib.parse import unquote, urlsplit

from mailflatrate.mail.address import AddressError, to_a_label
from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.names.domains import is_domain
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_SHOWN = re.compile(
    r"\s*(?P<surely>https?://|www\.|[^\s@<>]+@)?(?P<host>(?:[\w-]+\.)+[^\W\d_]{2,24})(?:[/?#:]\S*)?\s*", re.IGNORECASE
)


def _hits(facts: HasContent) -> Params | None:
    for link in facts.content.links:
        match = _SHOWN.fullmatch(link.text)
        # `Node.js` as the words of a link isn't a host name.
        if match is None or not (match["surely"] or is_domain(match["host"].lower())):
            continue
        named, target = _label(match["host"].lower()), _target(link.url)
        if target is not None and target != named and not target.endswith(f".{named}"):
            return {"shown": match["host"], "target": target or link.url}
    return None


def _target(url: str) -> str | None:
    scheme, _, rest = url.partition(":")
    if scheme.lower() == "mailto":
        return _label(unquote(rest.partition("?")[0]).partition(",")[0].rpartition("@")[2].lower())
    if scheme.lower() not in ("http", "https"):
        return None
    try:
        return _label(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def _label(host: str) -> str:
    bare = host.rstrip(".").removeprefix("www.")
    try:
        return to_a_label(bare)
    except AddressError:
        return bare


CHECK: Check[HasContent] = Check(
    rule="R-49",
    key="links-truthful",
    places={CheckedChain.CAMPAIGN: 5140},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Deliverability guides: visible address equals target host",
    hits=_hits,
    text=RuleText(
        title="Visible addresses match their links",
        sentence="A link shows {shown}, but leads to {target}.",
        why="That's what phishing looks like, to readers and to filters.",
        fix="Show the real address, or use words instead of an address.",
    ),
)
