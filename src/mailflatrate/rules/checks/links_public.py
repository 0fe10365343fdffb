"""R-49: links lead to pages that readers can reach."""

from urllib.parse import urlsplit

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_ENDINGS = ("localhost", ".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid", ".onion")


def _hits(facts: HasContent) -> Params | None:
    bad = dict.fromkeys(link.url for link in facts.content.links if _host(link.url).endswith(_ENDINGS))
    return {"links": tuple(bad)[:5]} if bad else None


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".") if url.lower().startswith("http") else ""
    except ValueError:
        return ""


CHECK: Check[HasContent] = Check(
    rule="R-49",
    key="links-public",
    places={CheckedChain.CAMPAIGN: 5150},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="RFC 6761; RFC 6762; RFC 2606: names that the public DNS does not hold",
    hits=_hits,
    text=RuleText(
        title="Links lead to public pages",
        sentence="Readers can't reach these pages: {links}.",
        why="Such names only exist on your own computer or in your own network.",
        fix="Link to the public address of the page.",
    ),
)
