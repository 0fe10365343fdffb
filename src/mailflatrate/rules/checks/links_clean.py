"""R-49: no link hides where it leads: no shorteners, no bare IP addresses, no strange schemes."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.verdict import Check, Params, Severity, Words

_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_SHORTENERS = frozenset(
    {
        *("bit.ly", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "buff.ly", "rebrand.ly", "cutt.ly"),
        *("shorturl.at", "rb.gy", "t1p.de", "tiny.cc", "v.gd", "s.id", "kurzelinks.de", "kurz.li", "lnkd.in"),
        *("t.ly", "bl.ink", "short.io", "shrtco.de", "tr.im", "qr.ae", "adf.ly", "x.gd", "amzn.to"),
    }
)


def _hits(facts: HasContent) -> Params | None:
    bad = dict.fromkeys(link.url for link in facts.content.links if _is_bad(link.url))
    return {"links": tuple(bad)[:5]} if bad else None


def _is_bad(url: str) -> bool:
    if url.startswith("#"):
        return False
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return True
    if parts.scheme.lower() not in _SCHEMES:
        return True
    if parts.scheme.lower() in ("mailto", "tel"):
        return False
    if host == "localhost":
        return False  # an installation on one machine; of a mailing, links-public says so
    return not host or host in _SHORTENERS or _is_ip(host) or "." not in host


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Decimal, octal and hexadecimal spellings of IPv4 lead to an address as well.
        return all(part.isdigit() or part.lower().startswith("0x") for part in host.split("."))
    return True


CHECK: Check[HasContent] = Check(
    rule="R-49",
    key="links-clean",
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Google 4.7.28 (URL domains); Spamhaus on public shorteners",
    version=2,
    hits=_hits,
    en=Words(
        title="Links show where they lead",
        sentence="These links hide where they lead: {links}.",
        why="Short links, bare IP addresses and unusual schemes are the tools of phishing; filters refuse them.",
        mend="Link to the page itself, with its full https address.",
    ),
    de=Words(
        title="Links zeigen, wohin sie führen",
        sentence="Diese Links verbergen ihr Ziel: {links}.",
        why="Kurzlinks, bloße IP-Adressen und ungewöhnliche Schemata sind Werkzeuge von Betrügern; Filter weisen sie "
        "ab.",
        mend="Verlinken Sie die Seite selbst, mit ihrer vollen https-Adresse.",
    ),
)
