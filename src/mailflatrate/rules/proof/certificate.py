"""Checks a certificate of consent: a JSON object, also attached to the PDF, with a subscription's events, personal
halves and salts, paths to the seals' roots, seals, stamps, and the service's signature (form 1 had none). `elements` is
recomputed from the events and has to match. A consistent file proves nothing, anyone can make one up: every event must
lead to something that the verifier named (`Anchors`).
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography import x509

from mailflatrate.rules.proof import merkle
from mailflatrate.rules.proof.elements import SINCE_FORM_3, ProofEvent, elements_of, missing_of
from mailflatrate.rules.proof.record import (
    CERTIFICATE_FORM,
    EARLIER_CERTIFICATE_FORM,
    SALT_OCTETS,
    UNSIGNED_CERTIFICATE_FORM,
    EventRecord,
    MalformedRecord,
    SealRecord,
    commitment,
    read_evidence,
    read_json,
)
from mailflatrate.rules.proof.stamps import StampRefused, check_stamp, read_certificates
from mailflatrate.rules.proof.verdict import (
    Anchors,
    CertificateReport,
    CertificateVerdict,
    NamedRows,
    ProofFinding,
    ProofMark,
)
from mailflatrate.rules.proof.witness import TrustedCertificate

ATTACHMENT = "certificate.json"
MOST_OCTETS = 64 * 1024 * 1024
MOST_EVENTS = 10_000
MOST_SEALS = 100_000

_EMBEDDED = re.compile(rb"/EmbeddedFile\b")
_STREAM = re.compile(rb"stream\r?\n")
_FORM_MARK = b"mailflatrate consent certificate "
_LONGEST_DICTIONARY = 4_096
MOST_STAMPS = 1_000
_FORMS = (CERTIFICATE_FORM, EARLIER_CERTIFICATE_FORM, UNSIGNED_CERTIFICATE_FORM)


def _holds(sentence: str) -> ProofFinding:
    return ProofFinding(ProofMark.HOLDS, sentence)


def _note(sentence: str) -> ProofFinding:
    return ProofFinding(ProofMark.NOTE, sentence)


def _open(sentence: str) -> ProofFinding:
    return ProofFinding(ProofMark.OPEN, sentence)


def _fault(sentence: str) -> ProofFinding:
    return ProofFinding(ProofMark.FAULT, sentence)


def read_certificate(octets: bytes) -> dict[str, Any]:
    """Return the certificate in a file: JSON, or a PDF that carries it. Raises Malformed."""
    if octets.startswith(b"%PDF-"):
        octets = _attachment(octets)
    try:
        document = read_json(octets)
    except (ValueError, RecursionError) as problem:
        words = "this is neither a whole certificate as JSON, each name once, nor a PDF that carries one"
        raise MalformedRecord(words) from problem
    if not isinstance(document, dict) or document.get("format") not in _FORMS:
        raise MalformedRecord(f"this is not a certificate of the form “{CERTIFICATE_FORM}”")
    return document


def _attachment(pdf: bytes) -> bytes:
    """ISO 32000-1 section 7.11.4, as our PDFs hold it; rewritten by another program, use the JSON. Raises Malformed."""
    end = 0
    for match in _EMBEDDED.finditer(pdf):
        if match.start() < end:
            continue  # inside a stream that was read already
        stream = _STREAM.search(pdf, match.end(), match.end() + _LONGEST_DICTIONARY)
        if stream is None or b"endobj" in pdf[match.end() : stream.start()]:
            continue
        end = pdf.find(b"endstream", stream.end())
        if end < 0:
            break
        octets = pdf[stream.end() : end].rstrip(b"\r\n")
        try:
            inflater = zlib.decompressobj()
            octets = inflater.decompress(pdf[stream.end() : end], MOST_OCTETS)
        except zlib.error:
            pass  # it is stored uncompressed
        if _FORM_MARK in octets:
            return octets
    raise MalformedRecord("this PDF carries no certificate that can be read; use the JSON file")


def named_rows(certificate: Mapping[str, Any]) -> NamedRows:
    """Return what a certificate references in a ledger. Raises Malformed."""
    try:
        events = [int(item["event"]["id"]) for item in certificate["events"][:MOST_EVENTS]]
        seals = [int(item["number"]) for item in certificate["seals"][:MOST_SEALS]]
        subject = tuple(
            int(certificate[name][key]) for name, key in (("account", "id"), ("person", "contact"), ("list", "id"))
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise MalformedRecord(f"the certificate is not complete: {problem!r}") from problem
    if not all(0 < number < 2**63 for number in (*events, *seals, *subject)):
        raise MalformedRecord("the certificate names numbers that no ledger has")
    return NamedRows(tuple(events), tuple(seals), *subject)


def subject_of(certificate: Mapping[str, Any]) -> str:
    """Return whose consent a certificate that holds is about: what its events say, not names beside them."""
    person = certificate["person"]["email"] or "a person whose address was erased"
    return f"{person} (list {certificate['list']['id']}, account {certificate['account']['id']})"


def check_certificate(certificate: Mapping[str, Any], anchors: Anchors = Anchors()) -> CertificateReport:  # noqa: B008
    try:
        findings, covered = _check(certificate, anchors)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as problem:
        if isinstance(problem, MalformedRecord):
            raise
        raise MalformedRecord(f"the certificate is not complete: {problem!r}") from problem
    kinds = {finding.kind for finding in findings}
    if ProofMark.FAULT in kinds:
        verdict = CertificateVerdict.REFUSED
    elif ProofMark.OPEN in kinds:
        verdict = CertificateVerdict.INCOMPLETE
    else:
        verdict = CertificateVerdict.HOLDS if covered else CertificateVerdict.CONSISTENT
    return CertificateReport(verdict, tuple(findings))


def _check(certificate: Mapping[str, Any], anchors: Anchors) -> tuple[list[ProofFinding], bool]:
    if len(certificate["events"]) > MOST_EVENTS or len(certificate["seals"]) > MOST_SEALS:
        raise MalformedRecord("the certificate names more events or seals than one subscription can have")
    findings: list[ProofFinding] = []
    events: list[ProofEvent] = []
    seal_of: dict[int, int] = {}
    seals = {seal.number: seal for seal in map(SealRecord.from_json, certificate["seals"])}
    for item in certificate["events"]:
        record = EventRecord.from_json(item["event"])
        evidence, faults = _check_evidence(record, item.get("evidence"))
        findings += [*faults, *_check_inclusion(record, item.get("inclusion"), seals)]
        events.append(ProofEvent(record, evidence))
        if item.get("inclusion") is not None:
            seal_of[record.id] = int(item["inclusion"]["seal"])
    if not events:
        findings.append(_fault("there is no event, so nothing is proved"))
    findings += _check_subject(certificate, events)
    findings += _check_elements(certificate, events)
    findings += _check_seals(certificate, seals)
    stamped, faults = _check_stamps(certificate, seals, anchors.authorities)
    witness = TrustedCertificate(certificate, [event.record for event in events], seals, seal_of)
    covered, vouched = witness.ask(anchors, stamped)
    return [*findings, *faults, *vouched], covered


def _check_evidence(
    record: EventRecord, item: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, list[ProofFinding]]:
    name = f"event {record.id} ({record.kind} {record.occurred_at})"
    if item is None:
        return None, [_note(f"{name}: its personal half is not here; it was erased, or the event never had one")]
    text, salt = str(item["text"]), bytes.fromhex(item["salt"])
    if len(salt) != SALT_OCTETS or commitment(salt, text).hex() != record.commitment:
        return None, [_fault(f"{name}: the evidence is not the one that was recorded")]
    return read_evidence(text), [_holds(f"{name}: the evidence is the one that was recorded")]


def _check_inclusion(
    record: EventRecord, item: Mapping[str, Any] | None, seals: Mapping[int, SealRecord]
) -> list[ProofFinding]:
    if item is None:
        return [_open(f"event {record.id}: has no proof of inclusion; it was not sealed yet, or the proof was removed")]
    seal = seals.get(int(item["seal"]))
    if seal is None:
        return [_fault(f"event {record.id}: seal {item['seal']} is not in the file")]
    path = [bytes.fromhex(step) for step in item["path"]]
    root = merkle.root_of_path(record.leaf(), int(item["index"]), seal.events, path)
    if any(len(step) != merkle.HASH_OCTETS for step in path) or root != seal.root:
        return [_fault(f"event {record.id}: is not the one that seal {seal.number} of {seal.sealed_at} holds")]
    return [_holds(f"event {record.id}: is in seal {seal.number} of {seal.sealed_at}, as it stands here")]


def _check_subject(certificate: Mapping[str, Any], events: Sequence[ProofEvent]) -> list[ProofFinding]:
    findings = []
    account, contact = int(certificate["account"]["id"]), int(certificate["person"]["contact"])
    mailing_list = int(certificate["list"]["id"])
    for event in events:
        record = event.record
        if (record.account, record.contact) != (account, contact) or record.mailing_list not in (None, mailing_list):
            findings.append(_fault(f"event {record.id}: is about another person, list or account"))
    addresses = {event.value("email") for event in events} - {None}
    if addresses and certificate["person"]["email"] not in addresses:
        findings.append(_fault("the address of the certificate is in none of its events"))
    if not addresses and certificate["person"]["email"]:
        findings.append(_open("no event shows the address, so nothing proves whose consent it was"))
    if [event.record.id for event in events] != sorted({event.record.id for event in events}):
        findings.append(_fault("the events are not in order, or one stands twice"))
    return findings


def _check_elements(certificate: Mapping[str, Any], events: Sequence[ProofEvent]) -> list[ProofFinding]:
    elements = elements_of(events)
    if certificate["format"] != CERTIFICATE_FORM:
        elements = [element for element in elements if element.key not in SINCE_FORM_3]
    stated = [(item["step"], item["key"], item["value"], item["event"]) for item in certificate["elements"]]
    if stated != [(element.step.value, element.key, element.value, element.event) for element in elements]:
        return [_fault("what the certificate shows is not what its events say")]
    missing = ", ".join(
        f"{required_element.step.value}/{required_element.key}" for required_element in missing_of(elements)
    )
    if missing:
        return [_holds("what the certificate shows is what its events say"), _note(f"not on record: {missing}")]
    return [_holds("what the certificate shows is what its events say; every element of R-29 is there")]


def _check_seals(certificate: Mapping[str, Any], seals: Mapping[int, SealRecord]) -> list[ProofFinding]:
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
) -> tuple[set[int], list[ProofFinding]]:
    findings: list[ProofFinding] = []
    stamped: set[int] = set()
    for item in certificate["time_stamps"][:MOST_STAMPS]:
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
        findings.append(_note("the authority's root certificate comes from the file itself; name your own to be sure"))
        return set(), findings
    if not stamped:
        findings.append(_note("no third party has time-stamped a seal in this file"))
    return stamped, findings
