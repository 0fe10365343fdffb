"""Looks up a VAT ID in VIES and a domain's registration date by RDAP (RFC 9083). Responses are untrusted text, bounded
in size and time. VIES only suggests: some member states, Germany among them, confirm a number but name no company.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from mailflatrate.wire.dns.resolver import Resolver
from mailflatrate.wire.web import Want, WebStatus, fetch, fetch_page

MEDIA_TYPE = "application/rdap+json"


@dataclass(frozen=True, slots=True)
class Registration:
    at: datetime | None
    problem: str = ""


def find_registration(domain: str, server: str, resolver: Resolver, *, private: bool = False) -> Registration:
    """By its base address (RFC 9082 section 3.1.3). Never raises. Only tests permit a `private` network."""
    if not server:
        return Registration(None, "switched off")
    seen = fetch_page(f"{server.rstrip('/')}/domain/{domain}", resolver, private=private, accept=MEDIA_TYPE)
    if seen.status is not WebStatus.OK:
        return Registration(None, seen.problem)
    try:
        events = json.loads(seen.html)["events"]
        written = [event["eventDate"] for event in events if event.get("eventAction") == "registration"]
        moment = datetime.fromisoformat(min(written))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Registration(None, "the registry does not say")
    return Registration(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


MOST_OCTETS = 16 * 1024
MOST_SECONDS = 6.0
LONGEST_TEXT = 200
_NUMBER = re.compile(r"([A-Z]{2})([0-9A-Z+*]{2,12})")
_STATES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "EL",
        "ES",
        "FI",
        "FR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "XI",
    ]
)
_PLACE = re.compile(r"(?:[A-Z]{1,2}-)?(\d[\dA-Z -]{2,9}?)\s+(\D[^\n]*)")
_NOTHING = ("", "---")


class VatStatus(Enum):
    """The result of a lookup. NOT_CHECKED: the register couldn't be asked, so nothing is known."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class VatRecord:
    status: VatStatus
    name: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    problem: str = ""


def find_vat(number: str, server: str, resolver: Resolver, *, private: bool = False) -> VatRecord:
    """In any spelling. Never raises. Only tests permit a `private` network."""
    written = _NUMBER.fullmatch(re.sub(r"[\s./-]", "", number[:40]).upper())
    if written is None:
        return VatRecord(VatStatus.INVALID)
    state, digits = written[1].replace("GR", "EL"), written[2]
    if state not in _STATES:
        return VatRecord(VatStatus.NOT_CHECKED, problem="no member state")
    if not server:
        return VatRecord(VatStatus.NOT_CHECKED, problem="switched off")
    want = Want(accept="application/json", most_octets=MOST_OCTETS, seconds=MOST_SECONDS)
    seen = fetch(f"{server.rstrip('/')}/ms/{state}/vat/{digits}", resolver, want, private=private)
    if seen.status is not WebStatus.OK:
        return VatRecord(VatStatus.NOT_CHECKED, problem=seen.problem)
    return _read(seen.body)


def _read(body: bytes) -> VatRecord:
    try:
        answer = json.loads(body)
        valid = answer["isValid"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return VatRecord(VatStatus.NOT_CHECKED, problem="no answer that can be read")
    if valid is True:
        name, lines = _text(answer.get("name")), _lines(answer.get("address"))
        place = _PLACE.fullmatch(lines[-1]) if lines else None
        if place is None:
            return VatRecord(VatStatus.VALID, name, ", ".join(lines)[:LONGEST_TEXT])
        return VatRecord(
            VatStatus.VALID, name, ", ".join(lines[:-1])[:LONGEST_TEXT], place[1].strip(), place[2].strip()
        )
    # "Invalid" counts only when the member state itself says so; an overloaded one says other things.
    if valid is False and answer.get("userError") in ("INVALID", "INVALID_INPUT"):
        return VatRecord(VatStatus.INVALID)
    return VatRecord(VatStatus.NOT_CHECKED, problem=_text(answer.get("userError")) or "no answer that can be read")


def _text(value: object) -> str:
    text = " ".join(value.split())[:LONGEST_TEXT] if isinstance(value, str) else ""
    return "" if text in _NOTHING else text


def _lines(value: object) -> list[str]:
    lines = value.splitlines()[:8] if isinstance(value, str) else []
    return [text for line in lines if (text := _text(line))]
