"""Who vouches for a certificate: the service's published keys, a time-stamping authority, or the ledger itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from mailflatrate.rules.proof.record import UNSIGNED_CERTIFICATE_FORM, EventRecord, SealRecord
from mailflatrate.rules.proof.signature import PublishedKey, certificate_signature_holds, seal_signature_holds
from mailflatrate.rules.proof.verdict import Anchors, LedgerExtract, ProofFinding, ProofMark


class TrustedCertificate:
    def __init__(
        self,
        certificate: Mapping[str, Any],
        records: Sequence[EventRecord],
        seals: Mapping[int, SealRecord],
        seal_of: Mapping[int, int],
    ) -> None:
        self._certificate = certificate
        self._records = records
        self._seals = seals
        self._seal_of = seal_of
        self._findings: list[ProofFinding] = []

    def ask(self, anchors: Anchors, stamped: set[int]) -> tuple[bool, list[ProofFinding]]:
        keys = dict(anchors.keys or {})
        if anchors.ledger is not None:
            keys |= anchors.ledger.keys
        signed = self._check_signature(keys, named=bool(keys))
        self._check_seal_signatures(keys)
        covered = signed
        if anchors.authorities is not None and self._all_reach(stamped):
            covered = True
            if not signed and anchors.ledger is None:
                self._say(
                    ProofMark.NOTE,
                    "a time stamp proves when the chain existed, not whose it is; name the service's keys",
                )
        if anchors.ledger is not None:
            covered |= self._compare_ledger(anchors.ledger)
        return covered and bool(self._records), self._findings

    def _say(self, kind: ProofMark, sentence: str) -> None:
        self._findings.append(ProofFinding(kind, sentence))

    def _check_signature(self, keys: Mapping[str, PublishedKey], *, named: bool) -> bool:
        """Return True if a key that the verifier named signed this certificate while in use."""
        signature = self._certificate.get("signature")
        if signature is None:
            if self._certificate["format"] == UNSIGNED_CERTIFICATE_FORM:
                self._say(
                    ProofMark.NOTE, "a certificate of form 1 is not signed: names, state and imprint are not proved"
                )
            else:
                self._say(ProofMark.FAULT, "the service's signature is missing")
            return False
        own_key = bytes.fromhex(signature["public_key"])
        if not certificate_signature_holds(own_key, bytes.fromhex(signature["value"]), self._certificate):
            self._say(ProofMark.FAULT, "the signature is not one over this certificate: something in it was changed")
            return False
        if not named:
            self._say(
                ProofMark.NOTE, "the signature fits the key in the file itself, which says nothing about whose it is"
            )
            return False
        key = keys.get(str(signature["key"]))
        if key is None or key.octets != own_key:
            self._say(
                ProofMark.FAULT, f"it was signed with a key that is not the service's: {str(signature['key'])[:32]}"
            )
            return False
        issued_at = str(self._certificate["issued_at"])
        if not key.was_in_use(issued_at):
            self._say(ProofMark.FAULT, f"it says it was issued at {issued_at[:32]}, when key {key.id} was not in use")
            return False
        self._say(ProofMark.HOLDS, f"signed by the service with its key {key.id}")
        return True

    def _check_seal_signatures(self, keys: Mapping[str, PublishedKey]) -> None:
        for item in self._certificate["seals"]:
            signature = item.get("signature")
            if signature is None:
                continue
            key = keys.get(str(signature["key"]))
            seal = self._seals[int(item["number"])]
            if key is not None and not (
                key.was_in_use(seal.sealed_at)
                and seal_signature_holds(key.octets, bytes.fromhex(signature["value"]), seal.hash())
            ):
                self._say(ProofMark.FAULT, f"seal {seal.number}: the service's signature on it does not hold")

    def _all_reach(self, stamped: set[int]) -> bool:
        reaching: set[int] = set()
        for number in sorted(self._seals, reverse=True):
            if number in stamped or number + 1 in reaching:
                reaching.add(number)
        missing = sorted(set(self._seal_of.values()) - reaching)
        for number in missing:
            self._say(ProofMark.NOTE, f"seal {number}: no authority that you named says when it was made")
        return not missing and all(record.id in self._seal_of for record in self._records)

    def _compare_ledger(self, ledger: LedgerExtract) -> bool:
        domain = str(self._certificate["service"]["domain"])
        if domain != ledger.service_domain:
            self._say(
                ProofMark.FAULT, f"it was issued by {domain[:255]}, and this is the ledger of {ledger.service_domain}"
            )
            return False
        strange = [number for number, seal in self._seals.items() if ledger.seal_hashes.get(number) != seal.hash()]
        if strange:
            self._say(ProofMark.FAULT, f"seals {_numbers(strange)} are not those of this ledger")
        unknown = [record.id for record in self._records if record.id not in ledger.events]
        if unknown:
            self._say(ProofMark.FAULT, f"events {_numbers(unknown)} are not in this ledger")
        changed = [
            proof_record.id
            for proof_record in self._records
            if proof_record.id in ledger.events and not self._same(proof_record, ledger)
        ]
        if changed:
            self._say(ProofMark.FAULT, f"events {_numbers(changed)} are in this ledger with another content")
        left_out, unsigned = self._left_out(ledger), self._should_be_signed(ledger)
        if strange or unknown or changed or left_out or unsigned:
            return False
        self._say(
            ProofMark.HOLDS, f"its {len(self._records)} events and {len(self._seals)} seals are those of this ledger"
        )
        return all(record.id in self._seal_of for record in self._records)

    def _left_out(self, ledger: LedgerExtract) -> bool:
        """Return True if an event of this person and list is missing; later events are only reported."""
        issued_at, named = str(self._certificate["issued_at"]), {record.id for record in self._records}
        missing = [event for event in ledger.history if event.id not in named]
        earlier = [event.id for event in missing if event.recorded_at <= issued_at]
        later = [event for event in missing if event.recorded_at > issued_at]
        for event in later[:10]:
            self._say(
                ProofMark.NOTE,
                f"since it was issued, the ledger got event {event.id}: {event.kind} {event.occurred_at}",
            )
        if earlier:
            self._say(ProofMark.FAULT, f"events {_numbers(earlier)} of this person and list were left out")
        return bool(earlier)

    def _should_be_signed(self, ledger: LedgerExtract) -> bool:
        """Return True for an unsigned certificate from a time when the service signed: the signature was removed."""
        if self._certificate["format"] != UNSIGNED_CERTIFICATE_FORM or not ledger.keys:
            return False
        first = min(key.created_at for key in ledger.keys.values())
        moments = [str(self._certificate["issued_at"]), *(seal.sealed_at for seal in self._seals.values())]
        if max(moments) <= first:
            return False
        self._say(
            ProofMark.FAULT, f"it is of the unsigned form 1, but the service has signed every certificate since {first}"
        )
        return True

    @staticmethod
    def _same(record: EventRecord, ledger: LedgerExtract) -> bool:
        held = ledger.events[record.id]
        return record.leaf() == held.leaf() and record.commitment == held.commitment


def _numbers(numbers: Sequence[int]) -> str:
    listed = ", ".join(str(number) for number in numbers[:10])
    return f"{listed} and {len(numbers) - 10} more" if len(numbers) > 10 else listed
