"""Events, evidence and seals of the consent ledger as exact text, and their hashes (ARCHITECTURE section 7). An event's
line has nothing personal: numbers, UTC times with microseconds and `Z`, the commitment to its personal half, separated
by bars, which no field can hold. PostgreSQL writes the same text (`apps.consent.ledger`). A member
named twice is refused, because RFC 8259 section 4 leaves open which one counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from mailflatrate.rules.proof import merkle

CERTIFICATE_FORM = "mailflatrate consent certificate 3"
EARLIER_CERTIFICATE_FORM = "mailflatrate consent certificate 2"
"""The form that didn't show who entered a person, nor the page of the confirmation (docs/features/certificates.md)."""
UNSIGNED_CERTIFICATE_FORM = "mailflatrate consent certificate 1"
EVENT_FORM = "mailflatrate consent event 1"
SEAL_FORM = "mailflatrate consent seal 1"
SEAL_PREFIX = b"\x02"
FIRST_PREVIOUS = bytes(32)
"""What the first seal of a ledger names as the seal before it."""
SALT_OCTETS = 16
"""The length of every salt. It is fixed, so that no octet of a salt can be read as one of the text after it."""
NO_EVIDENCE = sha256(b"").digest()
"""The commitment of an event that never had a personal half: the erasure of a person."""

EVIDENCE_FIELDS = ("email", "signup_at", "signup_ip", "confirmed_at", "confirmed_ip", "source", "user_agent", "details")
"""The personal half in the order of its text, a JSON array."""


class MalformedRecord(ValueError):
    """The record is malformed; the message names the field."""


def moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class EventRecord:
    id: int
    account: int
    contact: int
    mailing_list: int | None
    kind: str
    occurred_at: str
    recorded_at: str
    source_import: int | None
    commitment: str

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> EventRecord:
        """Read what `as_json` wrote. Raises Malformed."""
        try:
            return cls(
                id=int(item["id"]),
                account=int(item["account"]),
                contact=int(item["contact"]),
                mailing_list=None if item["list"] is None else int(item["list"]),
                kind=str(item["kind"]),
                occurred_at=str(item["occurred_at"]),
                recorded_at=str(item["recorded_at"]),
                source_import=None if item["import"] is None else int(item["import"]),
                commitment=str(item["commitment"]),
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise MalformedRecord(f"an event is not readable: {problem}") from problem

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "account": self.account, "contact": self.contact, "list": self.mailing_list,
            "kind": self.kind, "occurred_at": self.occurred_at, "recorded_at": self.recorded_at,
            "import": self.source_import, "commitment": self.commitment,
        }  # fmt: skip

    def text(self) -> str:
        fields = (
            self.id, self.account, self.contact, self.mailing_list, self.kind, self.occurred_at, self.recorded_at,
            self.source_import, self.commitment,
        )  # fmt: skip
        written = ["" if field is None else str(field) for field in fields]
        if any("|" in field for field in written):
            raise MalformedRecord(f"event {self.id} has a field with a bar in it")
        return "|".join((EVENT_FORM, *written))

    def leaf(self) -> bytes:
        return merkle.leaf_hash(self.text().encode())


def commitment(salt: bytes, evidence_text: str) -> bytes:
    """Return an event's commitment to its personal half: SHA-256 over salt and text. Says nothing without the salt."""
    return sha256(salt + evidence_text.encode()).digest()


def read_evidence(evidence_text: str) -> dict[str, Any]:
    """Return the personal half by name, from the exact text that was committed to. Raises Malformed."""
    try:
        values = read_json(evidence_text)
    except (ValueError, RecursionError) as problem:
        raise MalformedRecord("the evidence is no JSON text") from problem
    if not isinstance(values, list) or len(values) != len(EVIDENCE_FIELDS):
        raise MalformedRecord(f"the evidence has not {len(EVIDENCE_FIELDS)} fields")
    return dict(zip(EVIDENCE_FIELDS, values, strict=True))


@dataclass(frozen=True, slots=True)
class SealRecord:
    number: int
    sealed_at: str
    after_id: int
    up_to_id: int
    events: int
    root: bytes
    previous: bytes

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> SealRecord:
        """Read what `as_json` wrote; its `hash` is recomputed, not trusted. Raises Malformed."""
        try:
            return cls(
                number=int(item["number"]),
                sealed_at=str(item["sealed_at"]),
                after_id=int(item["after_id"]),
                up_to_id=int(item["up_to_id"]),
                events=int(item["events"]),
                root=bytes.fromhex(item["root"]),
                previous=bytes.fromhex(item["previous"]),
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise MalformedRecord(f"a seal is not readable: {problem}") from problem

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "sealed_at": self.sealed_at,
            "after_id": self.after_id,
            "up_to_id": self.up_to_id,
            "events": self.events,
            "root": self.root.hex(),
            "previous": self.previous.hex(),
            "hash": self.hash().hex(),
        }

    def hash(self) -> bytes:
        """Return the seal's own hash, which the next seal names and a third party stamps."""
        fields = (
            SEAL_FORM, self.number, self.sealed_at, self.after_id, self.up_to_id, self.events, self.root.hex(),
            self.previous.hex(),
        )  # fmt: skip
        return sha256(SEAL_PREFIX + "|".join(map(str, fields)).encode()).digest()


def read_json(text: bytes | str) -> Any:
    """Raises ValueError for what readers could understand differently, and RecursionError for too deep a nesting."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("an object names a member twice")
    return fields


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")
