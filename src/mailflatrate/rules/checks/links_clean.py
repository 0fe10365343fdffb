"""R-49: no link hides where it leads: no shorteners, IP addresses, strange schemes, false letters."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from mailflatrate.rules.checks.links_finished import is_unfinished
from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.names.scripts import disguised_word, script_of, undisguised
from mailflatrate.rules.verdict import Check, Params, Severity, Words

_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms"})
# Services that anybody may use to hide a target; a brand's own (youtu.be, amzn.eu) says whose it is.
_SHORTENERS = frozenset(
    {
        *("bit.ly", "bitly.com", "j.mp", "tinyurl.com", "tiny.one", "goo.gl", "t.co", "ow.ly", "is.gd", "v.gd"),
        *("buff.ly", "rebrand.ly", "cutt.ly", "cutt.us", "shorturl.at", "shorturl.asia", "rb.gy", "t1p.de", "tiny.cc"),
        *("s.id", "kurzelinks.de", "kurz.li", "kurzurl.net", "lnkd.in", "t.ly", "bl.ink", "short.io", "short.gy"),
        *("shrtco.de", "tr.im", "qr.ae", "adf.ly", "x.gd", "amzn.to", "soo.gd", "urlz.fr", "dub.sh", "clck.ru"),
        *("did.li", "kutt.it", "snip.ly", "bc.vc", "ouo.io", "shorte.st", "po.st", "mcaf.ee", "u.to", "goo.su"),
        *("vk.cc", "2no.co", "iplogger.org", "1url.com", "lc.chat", "n9.cl", "acortar.link", "urlzs.com", "spoo.me"),
        *("tny.im", "budurl.com", "hyperurl.co", "smarturl.it", "shorturl.gg", "ur1.ca", "l.ead.me", "qrco.de"),
    }
)
# Where a whole name in Cyrillic or Greek letters is at home; elsewhere one that reads like Latin is meant to.
_AT_HOME = frozenset({"ru", "ua", "by", "bg", "kz", "rs", "mk", "su", "gr", "cy", "рф", "укр", "бг", "бел", "ελ"})


def _hits(facts: HasContent) -> Params | None:
    bad = dict.fromkeys(link.url for link in facts.content.links if _is_bad(link.url))
    return {"links": tuple(bad)[:5]} if bad else None


def _is_bad(url: str) -> bool:
    if url.startswith("#"):
        return False
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    except ValueError:
        return True
    if parts.scheme.lower() not in _SCHEMES:
        return True
    if parts.scheme.lower() in ("mailto", "tel", "sms"):
        return False
    pretends = "@" in parts.netloc or _is_disguised(host)  # bank.example@evil.example leads to evil.example
    if is_unfinished(url) and not pretends:
        return False  # links-finished says so
    if host == "localhost":
        return False  # an installation on one machine; of a mailing, links-public says so
    return pretends or not host or _is_shortener(host) or _is_ip(host) or "." not in host


def _is_shortener(host: str) -> bool:
    return host in _SHORTENERS or any(host.endswith(f".{one}") for one in _SHORTENERS)


def _is_disguised(host: str) -> bool:
    """Whether letters of other scripts stand for Latin ones in a host, written as such or as `xn--`."""
    labels = [_unicode(label) for label in host.split(".")]
    if all(label.isascii() for label in labels):
        return False
    alike = any(not one.isascii() and undisguised(one).isascii() and script_of(one[0]) != "LATIN" for one in labels)
    return disguised_word(" ".join(labels)) is not None or (alike and labels[-1] not in _AT_HOME)


def _unicode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode") or label
    except UnicodeError:
        return label


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
    version=3,
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
