"""Portable consent: a signed line of JSON for each person and list, with state and all ledger events, which another
installation verifies on its own (`docs/portable-consent.md`). The last line counts the others, so that a truncated file
is recognized.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mailflatrate.rules.proof.elements import ProofEvent, basis_of
from mailflatrate.rules.proof.record import (
    SALT_OCTETS,
    EventRecord,
    MalformedRecord,
    commitment,
    read_evidence,
    read_json,
)
from mailflatrate.rules.proof.signature import PublishedKey, portable_signature_holds

PORTABLE_FORM = "mailflatrate portable consent 1"
END_FORM = "mailflatrate portable consent end 1"
MOST_LINE_OCTETS = 1024 * 1024
MOST_EVENTS = 1_000
_ENDED = ("withdrawn", "objection", "erased", "expired")


class PortableFault(StrEnum):
    UNREADABLE = "proof_unreadable"
    UNKNOWN_KEY = "proof_unknown_key"
    SIGNATURE = "proof_signature"
    EVIDENCE = "proof_evidence"
    SUBJECT = "proof_subject"
    CUT_OFF = "proof_cut_off"


class PortableRefused(Exception):
    def __init__(self, fault: PortableFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class PortableConsent:
    """`status`: confirmed, or the word for why not. Times, IP addresses and source are the confirmation's."""

    email: str
    first_name: str
    last_name: str
    attributes: Mapping[str, str]
    external_id: str
    status: str
    since: str
    signup_at: str = ""
    signup_ip: str = ""
    confirmed_at: str = ""
    confirmed_ip: str = ""
    source: str = ""
    user_agent: str = ""


def read_line(octets: bytes) -> dict[str, Any]:
    """Exactly as `written_line` writes: what was read is then all that its bytes say. Raises PortableRefused."""
    try:
        document = read_json(octets)
    except (ValueError, RecursionError):
        raise PortableRefused(PortableFault.UNREADABLE) from None
    if (
        not isinstance(document, dict)
        or document.get("format") not in (PORTABLE_FORM, END_FORM)
        or b"\\u0000" in octets
    ):
        raise PortableRefused(PortableFault.UNREADABLE)
    if written_line(document).encode("utf-8", "surrogatepass") != octets.strip():
        raise PortableRefused(PortableFault.UNREADABLE)
    return document


def written_line(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False)


def check_signature(line: Mapping[str, Any], keys: Mapping[str, PublishedKey]) -> PublishedKey:
    """Return the trusted key that signed the line while the key was in use. Raises PortableRefused."""
    signature, issued_at = line.get("signature"), line.get("issued_at")
    if not isinstance(signature, dict) or not isinstance(issued_at, str):
        raise PortableRefused(PortableFault.SIGNATURE)
    key = keys.get(str(signature.get("key")))
    if key is None:
        raise PortableRefused(PortableFault.UNKNOWN_KEY)
    try:
        value = bytes.fromhex(str(signature.get("value")))
    except ValueError:
        raise PortableRefused(PortableFault.SIGNATURE) from None
    if not key.was_in_use(issued_at) or not portable_signature_holds(key.octets, value, line):
        raise PortableRefused(PortableFault.SIGNATURE)
    return key


def check_line(line: Mapping[str, Any], keys: Mapping[str, PublishedKey]) -> PortableConsent:
    """Verify a line with the keys of trusted installations, and return its content. Raises PortableRefused."""
    try:
        events = _events(line)
    except (MalformedRecord, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        raise PortableRefused(PortableFault.UNREADABLE) from None
    check_signature(line, keys)
    try:
        return read_consent(line, events)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise PortableRefused(PortableFault.UNREADABLE) from None


def read_unverified(line: Mapping[str, Any]) -> PortableConsent:
    """Return the content of a line without verifying its signature, for a preview. Raises PortableRefused."""
    try:
        return read_consent(line, _events(line))
    except (MalformedRecord, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        raise PortableRefused(PortableFault.UNREADABLE) from None


def _events(line: Mapping[str, Any]) -> list[ProofEvent]:
    if line["format"] != PORTABLE_FORM or len(line["events"]) > MOST_EVENTS:
        raise PortableRefused(PortableFault.UNREADABLE)
    mailing_list = None if line["list"] is None else int(line["list"]["id"])
    subject = (int(line["account"]["id"]), int(line["person"]["contact"]))
    events = []
    for item in line["events"]:
        record = EventRecord.from_json(item["event"])
        if (record.account, record.contact) != subject or record.mailing_list not in (None, mailing_list):
            raise PortableRefused(PortableFault.SUBJECT)
        half = item["evidence"]
        if half is None:
            events.append(ProofEvent(record, None))
            continue
        text, salt = str(half["text"]), bytes.fromhex(half["salt"])
        if len(salt) != SALT_OCTETS or commitment(salt, text).hex() != record.commitment:
            raise PortableRefused(PortableFault.EVIDENCE)
        events.append(ProofEvent(record, read_evidence(text)))
    ids = [event.record.id for event in events]
    if ids != sorted(set(ids)):
        raise PortableRefused(PortableFault.SUBJECT)
    return events


def read_consent(line: Mapping[str, Any], events: list[ProofEvent]) -> PortableConsent:
    person = line["person"]
    attributes = {str(name): str(value) for name, value in person["attributes"].items() if value not in (None, "")}
    state, since = str(line["state"]["state"]), str(line["state"]["since"] or "")
    if line["suppression"] is not None:
        state, since = str(line["suppression"]["state"]), str(line["suppression"]["since"] or "")
    own_id = str(person.get("external_id") or "")
    who = (str(person["email"]), str(person["first_name"]), str(person["last_name"]), attributes, own_id)
    basis = basis_of(events)
    if state != "confirmed" or basis is None:
        return PortableConsent(*who, "unconfirmed" if state == "confirmed" else state, since)
    if any(event.record.id > basis.record.id and event.record.kind in _ENDED for event in events):
        return PortableConsent(*who, "unsubscribed", since)
    if basis.value("email") != who[0]:
        raise PortableRefused(PortableFault.SUBJECT)
    return PortableConsent(
        *who,
        state,
        since,
        basis.value("signup_at") or "",
        basis.value("signup_ip") or "",
        basis.value("confirmed_at") or basis.record.occurred_at,
        basis.value("confirmed_ip") or "",
        basis.value("source") or "",
        str(basis.detail("signup_user_agent") or basis.value("user_agent") or ""),
    )
