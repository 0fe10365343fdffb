"""The addresses that lead back to us. Every message has its own Return-Path, so that a bounce names its delivery (R-55,
R-65). The caller checks whether the domain is ours.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mailflatrate.mail.identifiers.tokens import TOKEN_PATTERN

_BOUNCE_TAG: Final = "b"
_UNSUBSCRIBE_TAG: Final = "unsub"
_CASE_TAG: Final = "case"
_TOKEN: Final = re.compile(TOKEN_PATTERN)


class RecipientKind(Enum):
    BOUNCE = "bounce"
    UNSUBSCRIBE = "unsubscribe"
    CASE = "case"
    FEEDBACK = "feedback"
    AGGREGATE = "aggregate"
    ABUSE = "abuse"
    POSTMASTER = "postmaster"
    OTHER = "other"


_ROLES: Final = {
    _BOUNCE_TAG: RecipientKind.BOUNCE,
    _UNSUBSCRIBE_TAG: RecipientKind.UNSUBSCRIBE,
    _CASE_TAG: RecipientKind.CASE,
    "fbl": RecipientKind.FEEDBACK,
    "dmarc": RecipientKind.AGGREGATE,
    "tls-reports": RecipientKind.AGGREGATE,
    "abuse": RecipientKind.ABUSE,
    "postmaster": RecipientKind.POSTMASTER,  # RFC 5321 4.5.1: without regard to case, like the others here
}


@dataclass(frozen=True, slots=True)
class InboundAddress:
    """`token` is well-formed but not yet verified; `domain` is lower-case, or ""."""

    kind: RecipientKind
    token: str | None
    domain: str


def return_path(token: str, bounce_domain: str) -> str:
    """Return the envelope sender of one message; `token` is sealed for VERP."""
    return f"{_BOUNCE_TAG}+{token}@{bounce_domain}"


def unsubscribe_address(token: str, service_domain: str) -> str:
    """Return the mailto target of List-Unsubscribe; `token` is sealed for UNSUBSCRIBE."""
    return f"{_UNSUBSCRIBE_TAG}+{token}@{service_domain}"


def case_address(token: str, service_domain: str) -> str:
    """Return the address for replies about a report at the abuse desk; `token` is sealed for CASE."""
    return f"{_CASE_TAG}+{token}@{service_domain}"


def parse_recipient(address: str) -> InboundAddress:
    """Angle brackets are optional; never raises. A malformed token makes the whole address OTHER, so that guesses are
    refused at RCPT TO; the bare `b@`, `unsub@` and `case@` are OTHER, too.
    """
    local, _, domain = address.strip().removeprefix("<").removesuffix(">").rpartition("@")
    if not local:
        # RFC 5321 4.5.1: the bare "Postmaster" has no domain.
        local, domain = domain, ""
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = local[1:-1]
    domain = domain.lower().removesuffix(".")
    role, plus, tag = local.lower().partition("+")
    kind = _ROLES.get(role, RecipientKind.OTHER)
    needs_token = kind in (RecipientKind.BOUNCE, RecipientKind.UNSUBSCRIBE, RecipientKind.CASE)
    if not plus:
        return InboundAddress(RecipientKind.OTHER if needs_token else kind, None, domain)
    if needs_token and _TOKEN.fullmatch(tag):
        return InboundAddress(kind, tag, domain)
    return InboundAddress(RecipientKind.OTHER, None, domain)
