"""Where values lead: only to hosts that the approved content spells out, or to the account's own. A host is read where
a mail program sees one: in a URL of fixed text and values, in `mailto:`, as a bare domain in text. So no composition of
parts needs a rule of its own.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from mailflatrate.mail.address import AddressError, domain_of, suffixes, to_a_label
from mailflatrate.mail.links import LINK_VARIABLES
from mailflatrate.mail.liquid.marks import MarkKind, replace_marks
from mailflatrate.mail.segments import Segment, Static
from mailflatrate.mail.source_errors import ForeignHost

OURS = re.compile(rf"(?:{'|'.join(LINK_VARIABLES.values())}|mailing_id|subscription\.\w+)(?: \| mailflatrate_\w+)?")
"""Outputs that the service fills itself; the source of a subscription is part of its proof."""
_EDGE = re.compile(r"[\s<>\"'()\u00ab\u00bb\u2018-\u201f\u2039\u203a]")
"""What no host contains."""
FOLDED_SIGNS = (
    r"\u2024-\u2026\u2100\u2101\u2105\u2106\u2488-\u249b\u2a74\u3002\u33c2\u33c7\u33d8\ufe12\ufe13\ufe19\ufe30\ufe52\ufe55\ufe68"
    r"\uff0e\uff0f\uff1a\uff3c\uff61\U0001f100"
)
"""What NFKC turns into a dot, a colon or a slash, and the dots of Chinese and Japanese; for a set in an expression."""
_has_sign = re.compile(rf"[.:/\\{FOLDED_SIGNS}]").search
"""In half the time: a set alone is searched without trying alternatives."""
_may_lead = re.compile(rf"[.:{FOLDED_SIGNS}]|[/\\]{{2}}").search
_may_end = re.compile(r"[^\w.@%=+~/:-]").search
_SETTLED = re.compile(r"https?://[^/?#\s<>\"'{}()\\@]+[/?#]", re.IGNORECASE)
"""A URL whose host no value can change; only a sign that ends it may begin another."""
_LED = re.compile(
    r"(?:(?P<scheme>https?:)[/\\]*|[/\\]{2,})(?P<web>[^/?#\s<>\"'{}()]*)[^\s<>\"'()]*"
    r"|mailto:(?P<mail>[^?\s<>\"'{}]*)"
    r"|(?<![\w@.-])(?P<bare>(?:[^\W_][\w-]*\.)+(?:[^\W\d_]{2,24}|xn--[a-z0-9-]+))(?![\w@-])(?:\.?[/?#:][^\s<>\"'()]*)?",
    re.IGNORECASE,
)
_FOLDED = re.compile(r"https?:[/\\\s]*[^/?#<>\"'{} ]*", re.IGNORECASE)
"""A URL up to its path as browsers read an attribute: without the line ends and tabs in it."""
_RESERVED = (".example", ".test", ".invalid", ".localhost")


def _hosts(text: str) -> Iterator[str]:
    """Yield A-labels. What browsers leave out or fold is left out and folded."""
    if not text.isascii():
        plain = unicodedata.normalize("NFKC", text).replace("\u3002", ".")
        text = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    for match in _LED.finditer(text):
        if match["bare"]:
            host = match["bare"].lower()
            yield from [host] if suffixes().privatesuffix(host) or host.endswith(_RESERVED) else ()
        elif match["mail"]:
            yield from (_label(domain_of(address)) for address in re.split("[,;]", unquote(match["mail"])))
        elif "\\" in (match["web"] or ""):
            yield match["web"]  # a path to browsers, a name to others, an escape in CSS
        elif host := _label(re.sub(r":\d*$", "", domain_of(unquote(match["web"] or "")))):
            yield from [host] if match["scheme"] or "." in host or host.isdigit() else ()


def _label(host: str) -> str:
    bare = host.strip().lower().rstrip(".")
    try:
        return bare if bare.isascii() else to_a_label(bare)
    except AddressError:
        return bare


@dataclass(frozen=True, slots=True)
class LedHosts:
    """Pieces are fixed text and numbers of strings that stand together without a space."""

    allowed: frozenset[str]
    pieces: tuple[tuple[bool, tuple[str | int, ...]], ...]
    """Each with whether its fixed beginning settles the host already."""
    is_html: bool
    alone: tuple[int, ...]
    """The dynamic strings that are a piece each, which are searched together because hardly any leads anywhere."""
    composed: tuple[tuple[bool, tuple[str | int, ...]], ...]
    """The other pieces."""

    @classmethod
    def of(
        cls, source: str, segments: Sequence[Segment], ours: frozenset[int], own: frozenset[str], *, is_html: bool
    ) -> LedHosts:
        fixed = replace_marks(source, lambda mark: mark.inner if mark.kind is MarkKind.RAW else " { ")
        joined: list[list[str | int]] = [[]]
        for segment in segments:
            if not isinstance(segment, Static):
                joined[-1].append(segment.index)
                continue
            first, *others = _EDGE.split(html.unescape(segment.text) if is_html else segment.text)
            joined[-1].append(first.rstrip(".,;:!?") if others else first)
            joined += [[others[-1]]] if others else []
        read = [
            (_SETTLED.match(str(run[0])) is not None, tuple(part for part in run if part != ""))
            for run in joined
            if any(isinstance(part, int) and part not in ours for part in run)
        ]
        literal = _hosts(html.unescape(fixed) if is_html else fixed)
        alone = tuple(number for _, piece in read if len(piece) == 1 and isinstance(number := piece[0], int))
        composed = tuple(pair for pair in read if len(pair[1]) > 1)
        return cls(own | frozenset(literal), tuple(read), is_html, alone, composed)

    def check(self, dynamic: Sequence[str], values: Mapping[str, object]) -> None:
        """Raise ForeignHost if the strings of one recipient lead anywhere else."""
        if self.composed or _has_sign(" ".join([dynamic[number] for number in self.alone])) is not None:
            self._check_pieces(dynamic, values)

    def _check_pieces(self, dynamic: Sequence[str], values: Mapping[str, object]) -> None:
        contact = values.get("contact")
        mailbox = contact.get("email") if isinstance(contact, Mapping) else None
        alone = " ".join([text for number in self.alone if (text := dynamic[number]) != mailbox])
        for is_settled, piece in self.composed if _may_lead(alone) is None else self.pieces:
            filled = [dynamic[part] if isinstance(part, int) else part for part in piece]
            if is_settled and _may_end("".join(filled[1:])) is None:
                continue
            text = "".join(filled)
            if text == mailbox or _may_lead(text) is None:
                continue
            if self.is_html:
                text = _FOLDED.sub(lambda url: re.sub(r"[\t\r\n]", "", url.group()), html.unescape(text))
            for host in _hosts(text):
                if not self._allows(host) and not _leads_home(host, values):
                    raise ForeignHost(_source_of(host, values), host)

    def _allows(self, host: str) -> bool:
        return host in self.allowed or any(host.endswith(f".{domain}") for domain in self.allowed if "." in domain)


def _leads_home(host: str, values: Mapping[str, object]) -> bool:
    contact = values.get("contact")
    mailbox = domain_of(str(contact.get("email", "") if isinstance(contact, Mapping) else ""))
    return host == mailbox or any(host in _hosts(str(values.get(name, ""))) for name in LINK_VARIABLES.values())


def _source_of(host: str, values: Mapping[str, object]) -> str:
    contact = values.get("contact")
    fields = contact.items() if isinstance(contact, Mapping) else ()
    return next((f"contact.{name}" for name, value in fields if host in str(value).lower()), host)
