"""R-49: links show where they lead: no shorteners, IP addresses, unusual schemes, look-alike letters."""

import ipaddress
import re
from urllib.parse import urlsplit

from mailflatrate.rules.checks.links_finished import is_unfinished
from mailflatrate.rules.facts import HasContent
from mailflatrate.rules.names.scripts import disguised_word, script_of, undisguised
from mailflatrate.rules.verdict import Check, CheckedChain, Params, RuleText, Severity

_ADDRESS = re.compile(r"[^\s@/?#]+@[^\s@/?#]+\.[^\s@/?#]+")
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms"})
# Services that anyone may use to hide a target; a brand's own (youtu.be, amzn.eu) says whose it is.
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
# Where names in Cyrillic or Greek script are native; elsewhere one that reads like Latin does so on purpose.
_AT_HOME = frozenset({"ru", "ua", "by", "bg", "kz", "rs", "mk", "su", "gr", "cy", "рф", "укр", "бг", "бел", "ελ"})


def _hits(facts: HasContent) -> Params | None:
    bad = {link.url: fault for link in facts.content.links if (fault := _fault(link.url))}
    if not bad:
        return None
    reasons = tuple(dict.fromkeys(bad.values()))
    return {"links": tuple(bad)[:5], "reasons": tuple(f"link.{reason}" for reason in reasons)}


def _fault(url: str) -> str:
    if url.startswith("#"):
        return ""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    except ValueError:
        return "unreadable"
    scheme = parts.scheme.lower()
    if scheme in ("mailto", "tel", "sms"):
        return ""
    if scheme not in _SCHEMES:
        return _schemeless(url) if not scheme else "scheme"
    pretends = "@" in parts.netloc or _is_disguised(host)  # bank.example@evil.example leads to evil.example
    if is_unfinished(url) and not pretends:
        return ""  # links-finished says so
    if host == "localhost":
        return ""  # an installation on one machine; for a campaign, links-public says so
    return "disguised" if pretends else _host_fault(host)


def _schemeless(url: str) -> str:
    if url.startswith("//"):
        return "no_scheme"
    return "bare_address" if _ADDRESS.fullmatch(url) else "relative"


def _host_fault(host: str) -> str:
    if not host:
        return "unreadable"
    if _is_shortener(host):
        return "shortener"
    if is_ip_host(host):
        return "ip"
    return "" if "." in host else "intranet"


def _is_shortener(host: str) -> bool:
    return host in _SHORTENERS or any(host.endswith(f".{shortener}") for shortener in _SHORTENERS)


def _is_disguised(host: str) -> bool:
    labels = [_unicode(label) for label in host.split(".")]
    if all(label.isascii() for label in labels):
        return False
    alike = any(not part.isascii() and undisguised(part).isascii() and script_of(part[0]) != "LATIN" for part in labels)
    return disguised_word(" ".join(labels)) is not None or (alike and labels[-1] not in _AT_HOME)


def _unicode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode") or label
    except UnicodeError:
        return label


def is_ip_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Decimal, octal and hexadecimal spellings of IPv4 lead to an address as well.
        return all(part.isdigit() or part.lower().startswith("0x") for part in host.split("."))
    return True


CHECK: Check[HasContent] = Check(
    rule="R-49",
    key="links-clean",
    places={CheckedChain.CAMPAIGN: 5130},
    severity=Severity.BLOCK,
    anchor="campaign.content",
    source="Google 4.7.28 (URL domains); Spamhaus on public shorteners",
    version=4,
    hits=_hits,
    text=RuleText(
        title="Links show where they lead",
        sentence="These links need fixing: {links} ({reasons}).",
        why=(
            "Links that don't work annoy readers. Short links, bare IP addresses and unusual schemes are the tools "
            "of phishing, and filters reject them."
        ),
        fix="Link to the page itself, with its full https address.",
    ),
)
