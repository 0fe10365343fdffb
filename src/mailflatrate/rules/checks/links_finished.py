"""R-52: no link is unfinished: its URL is more than https:// and not an example domain."""

from urllib.parse import urlsplit

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_EXAMPLES = ("example.com", "example.net", "example.org")
"""Names that belong to nobody, for use in examples (RFC 2606 section 3). Our templates use them, too."""


def _hits(facts: HasContent) -> Params | None:
    if facts.content.is_example:
        return None
    open_ones = dict.fromkeys(link.url for link in facts.content.links if is_unfinished(link.url))
    return {"links": tuple(open_ones)[:5]} if open_ones else None


def is_example(domain: str) -> bool:
    return domain.endswith((".example", ".test", ".invalid")) or any(
        domain == name or domain.endswith(f".{name}") for name in _EXAMPLES
    )


def is_unfinished(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().rstrip(".")
    except ValueError:
        return False
    if parts.scheme.lower() not in ("http", "https"):
        return False
    return not host or host in _EXAMPLES or host.endswith(tuple(f".{name}" for name in _EXAMPLES))


CHECK: Check[HasContent] = Check(
    rule="R-52",
    key="links-finished",
    places={CheckedChain.CAMPAIGN: 5120},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="RFC 2606 section 3",
    hits=_hits,
    text=RuleText(
        title="Links lead to your pages",
        sentence="These links don't lead anywhere yet: {links}.",
        why="They come from a template or a block and were never filled in, so a click on them goes nowhere.",
        fix="Give each link the address of your own page, or remove it.",
    ),
)
