"""Checking a certificate of consent from the file alone: no database, no network, nobody's word but the hashes'.

A certificate is a JSON object; the PDF carries the same object as an attachment. It holds the events of one
subscription with their personal halves and salts, the path of each event to the root of its seal, the seals, and the
time stamps. What is shown to people (`elements`) is computed again from the events and has to be the same.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from cryptography import x509

from mailflatrate.rules.proof import merkle
from mailflatrate.rules.proof.elements import ProofEvent, elements_of, missing_of
from mailflatrate.rules.proof.record import EventRecord, Malformed, SealRecord, commitment, read_evidence
from mailflatrate.rules.proof.stamps import StampRefused, check_stamp, read_certificates

FORM = "mailflatrate consent certificate 1"
ATTACHMENT = "certificate.json"
MOST_OCTETS = 64 * 1024 * 1024

_EMBEDDED = re.compile(rb"/EmbeddedFile\b")
_STREAM = re.compile(rb"stream\r?\n")


class Mark(Enum):
    """How a finding is meant."""

    HOLDS = "ok  "
    NOTE = "note"
    FAULT = "BAD "


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about a certificate."""

    kind: Mark
    sentence: str

    @property
    def mark(self) -> str:
        """Four letters before the sentence."""
        return self.kind.value

    @property
    def bad(self) -> bool:
        """True where the certificate does not hold."""
        return self.kind is Mark.FAULT


def _holds(sentence: str) -> Finding:
    return Finding(Mark.HOLDS, sentence)


def _note(sentence: str) -> Finding:
    return Finding(Mark.NOTE, sentence)


def _fault(sentence: str) -> Finding:
    return Finding(Mark.FAULT, sentence)


def read_certificate(octets: bytes) -> dict[str, Any]:
    """The certificate in a file: JSON, or a PDF that carries it. Raises Malformed."""
    if octets.startswith(b"%PDF-"):
        octets = _attachment(octets)
    try:
        found = json.loads(octets)
    except ValueError as problem:
        raise Malformed("this is neither a certificate of ours as JSON nor a PDF that carries one") from problem
    if not isinstance(found, dict) or found.get("format") != FORM:
        raise Malformed(f"this is no certificate of the form “{FORM}”")
    return found


def _attachment(pdf: bytes) -> bytes:
    """The embedded certificate (ISO 32000-1 section 7.11.4), as our PDFs hold it. Raises Malformed.

    A file that another program has written anew may hold it differently: then the JSON has to serve.
    """
    for found in _EMBEDDED.finditer(pdf):
        stream = _STREAM.search(pdf, found.end())
        if stream is None or b"endobj" in pdf[found.end() : stream.start()]:
            continue
        end = pdf.find(b"endstream", stream.end())
        octets = pdf[stream.end() : end].rstrip(b"\r\n")
        try:
            inflater = zlib.decompressobj()
            octets = inflater.decompress(pdf[stream.end() : end], MOST_OCTETS)
        except zlib.error:
            pass  # it stands there as it is
        if FORM.encode() in octets:
            return octets
    raise Malformed("this PDF carries no certificate that can be read; use the JSON file")


def check_certificate(
    certificate: Mapping[str, Any], *, believed: Sequence[x509.Certificate] | None = None
) -> list[Finding]:
    """Everything there is to say about a certificate. It holds when no finding is bad.

    `believed`: the time-stamping authorities that the verifier believes; without them the stamps are checked against
    the certificates that stand in the file, and a note says so. Raises Malformed for what is no certificate at all.
    """
    try:
        return _check(certificate, believed)
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        if isinstance(problem, Malformed):
            raise
        raise Malformed(f"the certificate is not complete: {problem!r}") from problem


def _check(certificate: Mapping[str, Any], believed: Sequence[x509.Certificate] | None) -> list[Finding]:
    findings: list[Finding] = []
    events: list[ProofEvent] = []
    seals = {seal.number: seal for seal in map(SealRecord.from_json, certificate["seals"])}
    for item in certificate["events"]:
        record = EventRecord.from_json(item["event"])
        evidence, told = _check_evidence(record, item.get("evidence"))
        findings += [*told, *_check_inclusion(record, item.get("inclusion"), seals)]
        events.append(ProofEvent(record, evidence))
    if not events:
        findings.append(_fault("there is no event, so nothing is proved"))
    findings += _check_subject(certificate, events)
    findings += _check_elements(certificate, events)
    findings += _check_seals(certificate, seals)
    findings += _check_stamps(certificate, seals, believed)
    return findings


def _check_evidence(record: EventRecord, item: Mapping[str, Any] | None) -> tuple[dict[str, Any] | None, list[Finding]]:
    name = f"event {record.id} ({record.kind} {record.occurred_at})"
    if item is None:
        return None, [_note(f"{name}: its personal half is not here; it was erased, or the event never had one")]
    text = str(item["text"])
    if commitment(bytes.fromhex(item["salt"]), text).hex() != record.commitment:
        return None, [_fault(f"{name}: the evidence is not the one that was recorded")]
    return read_evidence(text), [_holds(f"{name}: the evidence is the one that was recorded")]


def _check_inclusion(
    record: EventRecord, item: Mapping[str, Any] | None, seals: Mapping[int, SealRecord]
) -> list[Finding]:
    if item is None:
        return [_note(f"event {record.id}: was not sealed yet when the certificate was made; ask for it again")]
    seal = seals.get(int(item["seal"]))
    if seal is None:
        return [_fault(f"event {record.id}: seal {item['seal']} is not in the file")]
    path = [bytes.fromhex(step) for step in item["path"]]
    root = merkle.root_of_path(record.leaf(), int(item["index"]), seal.events, path)
    if root != seal.root:
        return [_fault(f"event {record.id}: is not the one that seal {seal.number} of {seal.sealed_at} holds")]
    return [_holds(f"event {record.id}: is in seal {seal.number} of {seal.sealed_at}, as it stands here")]


def _check_subject(certificate: Mapping[str, Any], events: Sequence[ProofEvent]) -> list[Finding]:
    """All events are about the one person and list that the certificate names."""
    findings = []
    account, contact = int(certificate["account"]["id"]), int(certificate["person"]["contact"])
    mailing_list = int(certificate["list"]["id"])
    for each in events:
        record = each.record
        if (record.account, record.contact) != (account, contact) or record.mailing_list not in (None, mailing_list):
            findings.append(_fault(f"event {record.id}: is about another person, list or account"))
    addresses = {each.value("email") for each in events} - {None}
    if addresses and certificate["person"]["email"] not in addresses:
        findings.append(_fault("the address of the certificate is in none of its events"))
    if [each.record.id for each in events] != sorted({each.record.id for each in events}):
        findings.append(_fault("the events are not in order, or one stands twice"))
    return findings


def _check_elements(certificate: Mapping[str, Any], events: Sequence[ProofEvent]) -> list[Finding]:
    elements = elements_of(events)
    stated = [(item["step"], item["key"], item["value"], item["event"]) for item in certificate["elements"]]
    if stated != [(each.step.value, each.key, each.value, each.event) for each in elements]:
        return [_fault("what the certificate shows is not what its events say")]
    missing = ", ".join(f"{each.step.value}/{each.key}" for each in missing_of(elements))
    if missing:
        return [_holds("what the certificate shows is what its events say"), _note(f"not on record: {missing}")]
    return [_holds("what the certificate shows is what its events say; every element of R-29 is there")]


def _check_seals(certificate: Mapping[str, Any], seals: Mapping[int, SealRecord]) -> list[Finding]:
    findings = []
    for item in certificate["seals"]:
        if seals[int(item["number"])].hash().hex() != item["hash"]:
            findings.append(_fault(f"seal {item['number']}: its columns do not give its hash"))
    for number, seal in seals.items():
        following = seals.get(number + 1)
        if following is not None and following.previous != seal.hash():
            findings.append(_fault(f"seal {number + 1} does not continue seal {number}"))
    if seals and not findings:
        newest = seals[max(seals)]
        findings.append(_holds(f"the seals fit together; the newest is {newest.number}, {newest.hash().hex()}"))
    return findings


def _check_stamps(
    certificate: Mapping[str, Any], seals: Mapping[int, SealRecord], believed: Sequence[x509.Certificate] | None
) -> list[Finding]:
    findings: list[Finding] = []
    stamped: set[int] = set()
    for item in certificate["time_stamps"]:
        number = int(item["seal"])
        anchors = believed if believed is not None else read_certificates(str(item["believed"]).encode())
        try:
            stamp = check_stamp(bytes.fromhex(item["answer"]), seals[number].hash(), anchors)
        except StampRefused as problem:
            findings.append(_fault(f"seal {number}: the time stamp does not hold: {problem}"))
            continue
        stamped.add(number)
        findings.append(_holds(f"seal {number}: existed at {stamp.at.isoformat()}, says {stamp.authority}"))
    if stamped and believed is None:
        findings.append(_note("the authority's root certificate stands in the file itself; name your own to be sure"))
    for number in sorted({int(item["inclusion"]["seal"]) for item in certificate["events"] if item.get("inclusion")}):
        if not _reaches(number, stamped, seals):
            findings.append(_note(f"seal {number}: no third party says when it was made, only the service itself"))
    return findings


def _reaches(number: int, stamped: set[int], seals: Mapping[int, SealRecord]) -> bool:
    """True where the chain leads from a seal to a stamped one inside the file."""
    while number in seals:
        if number in stamped:
            return True
        number += 1
    return False
