"""Reads Authentication-Results (RFC 8601), its ARC copy and Received-SPF, as written: the caller decides whether to
trust a field, because anyone can write one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailflatrate.mail.address import domain_of

MAX_OCTETS = 8000
MAX_FIELDS = 50
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*([a-z0-9-]+)(?:/\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(
    r"\b(header\.d|header\.i|header\.s|header\.from|smtp\.mailfrom|smtp\.helo)\s*=\s*([^\s;]+)", re.I
)
_SPF_RESULT = re.compile(r"\s*(pass|fail|softfail|neutral|none|temperror|permerror)\b", re.IGNORECASE)
_SPF_SENDER = re.compile(r"\benvelope-from\s*=\s*\"?<?([^\s;\">]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AuthResult:
    method: str
    result: str
    domain: str = ""
    selector: str = ""


def authserv_id(value: str) -> str:
    """Return it in lower case; "" if the field names none."""
    statements = [part.strip() for part in _bare(value).split(";")]
    named = next(
        (statement for statement in statements if statement and not statement.lower().startswith("i=")), ""
    ).split(" ")[0]
    return "" if "=" in named else named.lower()


def read_results(values: Sequence[str]) -> tuple[AuthResult, ...]:
    """Keep the order. Never raises."""
    results = []
    for value in values[:MAX_FIELDS]:
        for statement in _bare(value).split(";"):
            match = _RESULT.match(statement)
            if match is None or match[1].lower() in ("i", "v"):
                continue
            named = {key.lower(): text for key, text in _PROPERTY.findall(statement)}
            identity = named.get("header.d") or named.get("header.i") or ""
            if match[1].lower() == "spf":
                identity = named.get("smtp.mailfrom") or named.get("smtp.helo") or ""
            elif match[1].lower() == "dmarc":
                identity = named.get("header.from", "")
            domain = domain_of(identity.strip('"<>'))
            results.append(AuthResult(match[1].lower(), match[2].lower(), domain, named.get("header.s", "")))
    return tuple(results)


def read_received_spf(values: Sequence[str]) -> tuple[AuthResult, ...]:
    """RFC 7208 section 9.1. Never raises."""
    results = []
    for value in values[:MAX_FIELDS]:
        match, sender = _SPF_RESULT.match(value), _SPF_SENDER.search(value[:MAX_OCTETS])
        if match is not None:
            domain = domain_of(sender[1]) if sender else ""
            results.append(AuthResult("spf", match[1].lower(), domain))
    return tuple(results)


def _bare(value: str) -> str:
    text = value[:MAX_OCTETS]
    for _ in range(3):
        text = _COMMENT.sub(" ", text)
    return " ".join(text.split())
