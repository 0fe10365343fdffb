"""Finds addresses and domains in a text, and domains of one organization, by the shipped list of public suffixes."""

import re
from dataclasses import dataclass
from functools import lru_cache

from mailflatrate.mail.address import AddressError, suffixes, to_a_label, to_u_label
from mailflatrate.rules.addresses.domains import RESERVED_ENDINGS
from mailflatrate.rules.names.scripts import undisguised

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS = re.compile(rf"[\w.+'-]+\s?@\s?\[?((?:{_LABEL}\.)*{_LABEL})", re.UNICODE)
_DOMAIN = re.compile(
    rf"(?<![\w.])(?<!\w@)(?<!\w\s@)(?:https?://)?((?:{_LABEL}\.)+([^\W\d_]{{2,24}}|xn--[a-z0-9-]+))(?![\w@])(?!-\w)",
    re.UNICODE,
)
# Endings that aren't words, and those that are words somewhere: where a dot is only hinted at, few are believed.
_PLAIN = "com|net|org|info|biz"
_KNOWN = f"{_PLAIN}|eu|de|at|ch|fr|it|nl|es|pl|uk|us|io|ru|br|ie|be|dk|se"
# How a dot and an @ are written so that no program takes a name for an address, and every reader does.
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:(?<=\s)|^)(?:\S\s){5,}\S(?=\s|$)"), ""),  # l i n d e n . d e
    (re.compile(r"\s*[\[({]\s*(?:dot|punkt|point|punto|\.)\s*[\])}]\s*", re.IGNORECASE), "."),
    (re.compile(r"\s*[\[({]\s*(?:at|ät|@)\s*[\])}]\s*", re.IGNORECASE), "@"),
    (re.compile(r"(?<=[a-zA-Z0-9])[\u3002\uff61](?=[a-zA-Z])"), "."),
    (re.compile(rf"(?<=[a-z0-9])[\u00b7\u2022\u2027\u2219\u22c5\u30fb,](?=(?:{_KNOWN})\b)"), "."),
    (re.compile(rf"(?<=\w)\s+(?:dot|punkt)\s+(?=(?:{_KNOWN})\b)", re.IGNORECASE), "."),
    (re.compile(rf"(?<=\w)\s+\.\s?(?=(?:{_KNOWN})\b)", re.IGNORECASE), "."),
    (re.compile(rf"(?<=\w\w\w)\.\s(?=(?:{_PLAIN})\b)"), "."),
    (re.compile(rf"\bwww[\s.]+([\w-]+)\s+(?=(?:{_KNOWN})\b)", re.IGNORECASE), r"www.\1."),
    (re.compile(r"(?<=\w)\s+at\s+(?=[\w-]+\.[a-z]{2,})"), "@"),
)
# Names of programming languages and of people that only look like hosts.
_NO_HOSTS = frozenset({"asp.net", "vb.net", "ado.net", "ml.net", "paint.net", "will.i.am"})
# "Dr.Huber", "Mrs.Li": a title before a dot isn't a domain.
_TITLES = frozenset({
    "dr", "mr", "mrs", "ms", "mx", "st", "prof", "hr", "hon", "rev", "sir", "mme", "mlle", "sig", "sra", "ing",
    "dipl", "mag", "nr", "no", "vs", "inc",
})  # fmt: skip
# What follows a title without a space: "Dr.med".
_DEGREES = frozenset({"med", "dent", "vet", "phil", "jur", "rer", "nat", "oec", "ing", "habil"})
# Endings that are also words, names or abbreviations in names: taken for domains only in lower case.
_WORD_ENDINGS = frozenset({
    "co", "ag", "kg", "ev", "sa", "me", "my", "so", "to", "is", "it", "in", "at", "am", "be", "do", "page", "ford",
    "lee", "li", "moe", "case", "love", "life", "team", "world", "group", "gmbh", "bank", "inc", "ltd", "llc",
    "sarl", "srl", "family", "company", "partners", "law", "legal", "ing", "man", "now", "one", "win", "you", "zip",
    "mov", "id",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mention:
    """The original text, its domain as A-label, its position, and whether it is an address."""

    text: str
    domain: str
    start: int
    end: int
    is_address: bool


def mentions(text: str) -> tuple[Mention, ...]:
    plain = _unmasked(undisguised(text))
    domain_mentions = []
    taken: list[range] = []
    for match in _ADDRESS.finditer(plain):
        domain = match[1].lower().rstrip(".")
        # `Anna @Lindenhof` is a handle; without spaces it reads as an address, whatever its ending.
        if is_domain(domain) or not re.search(r"\s", match.group().strip()):
            domain_mentions.append(Mention(match.group().strip(), _label(domain), match.start(), match.end(), True))
            taken.append(range(match.start(), match.end()))
    for match in _DOMAIN.finditer(plain):
        if not any(match.start(1) in span for span in taken) and _reads_as_domain(match[1]):
            domain_mentions.append(Mention(match[1], _label(match[1].lower()), match.start(), match.end(), False))
    for match in _DOMAIN.finditer(text):  # an ending of another script has no look-alike letters
        if not match[2].isascii() and is_domain(label := _label(match[1].lower())):
            domain_mentions.append(Mention(match[1], label, match.start(), match.end(), False))
    return tuple(sorted(domain_mentions, key=lambda mention: mention.start))


def _unmasked(text: str) -> str:
    """Restore dots and at-signs that are only hinted at: `bank (dot) de`, `bank . de`, `info(at)bank.de`."""
    for mask, plain in _MASKS:
        text = mask.sub(lambda match: "".join(match.group().split()), text) if not plain else mask.sub(plain, text)
    return text


def _reads_as_domain(written: str) -> bool:
    first, _, rest = written.partition(".")
    ending = written.rpartition(".")[2]
    if not is_domain(written.lower()) or written.lower() in _NO_HOSTS:
        return False
    if first.lower() in _TITLES and (rest[:1].isupper() or rest.lower() in _DEGREES):
        return False
    if ending.lower() in _WORD_ENDINGS and ending != ending.lower():
        return False
    if len(ending) > 3 and ending[0].isupper() and ending[1:].islower():
        return False  # `Look.Book`, `Kiel.Sailing.City`: words set apart by dots
    initial = len(first) == 1 and written.count(".") == 1
    return not (initial and not first.isdigit() and ending != ending.lower())


def _label(domain: str) -> str:
    try:
        return to_a_label(domain)
    except AddressError:
        return domain


def as_read(domain: str) -> str:
    """Return the form of `mentions`: `xn--mller-kva.de` is `müller.de`, read as `muller.de`."""
    try:
        return _label(undisguised(to_u_label(domain))) if "xn--" in domain else domain
    except AddressError:
        return domain


def is_domain(name: str) -> bool:
    """Return True if a name has something before a public suffix; reserved endings count (RFC 2606)."""
    if "." not in name:
        return False
    return registrable(name) != "" or name.rpartition(".")[2] in RESERVED_ENDINGS


def same_house(domain: str, other: str) -> bool:
    """A-labels, lower case: the same registered domain, or one is a subdomain of the other."""
    if domain == other or domain.endswith(f".{other}") or other.endswith(f".{domain}"):
        return "." in domain and "." in other
    return registered(domain) != "" and registered(domain) == registered(other)


def registered(domain: str) -> str:
    labels = domain.split(".")
    is_reserved = len(labels) > 1 and labels[-1] in RESERVED_ENDINGS
    return registrable(domain) or (".".join(labels[-2:]) if is_reserved else "")


@lru_cache(maxsize=65536)
def registrable(domain: str) -> str:
    """`shop.lindenhof.co.uk` -> `lindenhof.co.uk`; "" for a public suffix and for an ending that does not exist."""
    return suffixes().privatesuffix(domain.lower().rstrip(".")) or ""
