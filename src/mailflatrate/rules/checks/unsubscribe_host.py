"""R-57: the unsubscribe URL's host has a public name."""

from urllib.parse import urlsplit

from mailflatrate.rules.checks.links_clean import is_ip_host
from mailflatrate.rules.messages.message import MessageFacts
from mailflatrate.rules.verdict import Check, Params, RuleText, Severity


def _hits(facts: MessageFacts) -> Params | None:
    bad = tuple(dict.fromkeys(host for host in map(_host, facts.unsubscribe.uris) if host and _is_nameless(host)))
    return {"hosts": bad[:3]} if bad else None


def _host(uri: str) -> str:
    if uri.lower().startswith("mailto:"):
        return uri[7:].partition("?")[0].rpartition("@")[2].strip("[]").lower()
    try:
        return (urlsplit(uri).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_nameless(host: str) -> bool:
    if host == "localhost" or host.startswith("127."):
        return False  # an installation on one machine; of a campaign, links-public says so
    return is_ip_host(host) or "." not in host


CHECK: Check[MessageFacts] = Check(
    rule="R-57",
    key="unsubscribe-host",
    severity=Severity.BLOCK,
    anchor="header.list-unsubscribe",
    source="M3AAWG sender best practices; Google 4.7.28 (URL domains)",
    hits=_hits,
    text=RuleText(
        title="Unsubscribe address at a public host name",
        sentence="List-Unsubscribe leads to {hosts}, which isn't a public host name.",
        why="No one can tell who receives the request, and filters treat such links as phishing.",
        fix="Use an address at one of your own domains that anyone can reach.",
    ),
)
