"""What values may bring into a transactional message: nothing that its reviewer hasn't read (R-112). Web hosts, email
addresses, phone numbers and words of advertising are refused unless the template or its sample has them; a text is read
as people read it.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mailflatrate.locale.texts import N_, translate
from mailflatrate.mail.address import domain_of
from mailflatrate.mail.html.tokens import TokenKind, tokenise
from mailflatrate.rules.messages.advertising import advertising_words
from mailflatrate.rules.names.domains import mentions, registered
from mailflatrate.rules.names.scripts import undisguised

MOST_FINDINGS: Final = 10
_LIQUID: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_ANY_VALUE: Final = "anyvalue"
_NO_SCHEME: Final = re.compile(r"(?<![:/])//+\s*([\w\[][^\s/\"'<>)]*)|mailto:\s*(\S+)", re.IGNORECASE)
_NUMERIC_HOST: Final = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?=[/:]\w)")
_PHONE: Final = re.compile(
    r"(?<![\w+])(?:\+|00)[1-9](?:[\s()/.-]{0,3}\d){6,14}(?!\d)"
    r"|(?<![\w./+-])(?<!\d\s)\(?0[1-9]\d{1,4}\)?[\s/-]{1,3}\d(?:[\s/-]?\d){4,11}(?!\w)"
    r"|(?<!\w)(?:tel|phone|fon|call|dial|whatsapp|sms|hotline|anruf\w*|mobil|handy|ruf\w* an)\b\D{0,12}"
    r"\d(?:[\s()/.-]{0,3}\d){4,14}",
    re.IGNORECASE,
)
_SPELLED_OUT: Final = re.compile(r"(?<!\w)[^\W\d_](?:[ ._*-]{1,3}[^\W\d_](?!\w)){3,}")
"""A word whose letters stand apart: `s a l e`."""
_DOTS: Final = dict.fromkeys(map(ord, "\u0701\u0702\u06d4\u1427\ua4f8\u2e33"), ".") | dict.fromkeys(
    map(ord, "\u2010\u2012\u2013\u2014\u2015\u2212"), "-"
)
_SHOWN_ATTRIBUTES: Final = ("alt", "title", "href", "src", "background", "aria-label")


class BroughtIn(Enum):
    HOST = N_(
        "The message would show the web address “{passage}”, which isn't in the reviewed template. Send it in a field "
        "of type url, or write it into a new version of the template."
    )
    ADDRESS = N_(
        "The message would show the email address “{passage}”, which isn't in the reviewed template. Write it into a "
        "new version of the template."
    )
    PHONE = N_(
        "The message would show the phone number “{passage}”, which isn't in the reviewed template. Send it in a field "
        "of type phone, or write it into a new version of the template."
    )
    WORDS = N_(
        "The message would say “{passage}”, which may be advertising and isn't in the reviewed template. If your "
        "orders have such values, add one to the sample of a new version, so that our team reads it."
    )


@dataclass(frozen=True, slots=True)
class ContentFinding:
    kind: BroughtIn
    passage: str

    def sentence(self, language: str) -> str:
        return translate(self.kind.value, language).format(passage=self.passage[:80])


@dataclass(frozen=True, slots=True)
class ReviewedContent:
    lines: frozenset[str]
    findings: frozenset[ContentFinding]


def reviewed_content(parts: Iterable[tuple[str, str, str]]) -> ReviewedContent:
    lines = [line for part in parts for line in shown_lines(*part)]
    return ReviewedContent(frozenset(lines), frozenset(find_content("\n".join(lines))))


def judge_finished(
    reviewed: ReviewedContent, subject: str, html_part: str, text: str, allowed: Iterable[str] = ()
) -> list[ContentFinding]:
    """Return what its reviewer didn't read. `allowed`: the recipient's address, and values checked as what they are."""
    fresh = " ".join(line for line in shown_lines(subject, html_part, text) if line not in reviewed.lines)
    for phrase in sorted(allowed, key=len, reverse=True):
        fresh = re.sub(re.escape(phrase), " ", fresh, flags=re.IGNORECASE) if phrase else fresh
    new_findings = set(find_content(fresh)) - reviewed.findings
    return sorted(new_findings, key=lambda finding: (finding.kind.name, finding.passage))[:MOST_FINDINGS]


def shown_lines(subject: str, html_part: str, text: str) -> Iterator[str]:
    """Line by line, with attributes that are shown or followed. Outputs of Liquid are read as a word."""
    pieces = [subject, *text.splitlines()]
    for token in tokenise(html_part):
        if token.kind is TokenKind.TEXT:
            pieces.append(html.unescape(token.text))
        elif token.kind is TokenKind.START:
            pieces.extend(token.attributes.get(name) or "" for name in _SHOWN_ATTRIBUTES)
    for piece in pieces:
        if line := " ".join(_LIQUID.sub(_ANY_VALUE, piece).split()):
            yield line


def find_content(text: str) -> Iterator[ContentFinding]:
    plain = _as_read(text)
    yield from find_hosts(plain)
    for mention in mentions(plain):
        if mention.is_address:
            yield ContentFinding(BroughtIn.ADDRESS, "".join(mention.text.split()))
    for number in find_phones(plain):
        yield ContentFinding(BroughtIn.PHONE, number)
    for reading in dict.fromkeys((plain, undisguised(plain), _SPELLED_OUT.sub(_joined, plain))):
        for words in advertising_words(reading):
            yield ContentFinding(BroughtIn.WORDS, words)


def find_hosts(text: str) -> Iterator[ContentFinding]:
    plain = _as_read(text)
    for mention in mentions(plain):
        if not mention.is_address:
            yield ContentFinding(BroughtIn.HOST, registered(mention.domain) or mention.domain)
    for match in _NO_SCHEME.finditer(plain):
        host = domain_of(match[1] or match[2]).partition("?")[0]
        yield ContentFinding(BroughtIn.HOST, registered(host) or host)
    for match in _NUMERIC_HOST.finditer(plain):
        yield ContentFinding(BroughtIn.HOST, match[1])


def find_phones(text: str) -> Iterator[str]:
    for match in _PHONE.finditer(_as_read(text)):
        yield re.sub(r"\D", "", match.group())


def _as_read(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    if not plain.isascii():
        seen = (char for char in plain if unicodedata.category(char) != "Cf")
        plain = "".join(str(unicodedata.decimal(char, char)) for char in seen).translate(_DOTS)
    return plain.lower()


def _joined(match: re.Match[str]) -> str:
    return re.sub(r"[\W_]", "", match.group())
