"""The result of checking a certificate: findings, one verdict, and what the verifier chose to trust."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from cryptography import x509

from mailflatrate.rules.proof.record import EventRecord
from mailflatrate.rules.proof.signature import PublishedKey


class ProofMark(Enum):
    HOLDS = "ok  "
    NOTE = "note"
    OPEN = "open"
    FAULT = "BAD "


@dataclass(frozen=True, slots=True)
class ProofFinding:
    kind: ProofMark
    sentence: str

    @property
    def mark(self) -> str:
        return self.kind.value

    @property
    def bad(self) -> bool:
        return self.kind is ProofMark.FAULT


class CertificateVerdict(Enum):
    """The value is the exit status of `mailflatrate consent verify`. CONSISTENT: nothing that the verifier trusts
    vouches for it, so anyone could have made it up.
    """

    HOLDS = 0
    REFUSED = 1
    INCOMPLETE = 3
    CONSISTENT = 4

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    CertificateVerdict.HOLDS: "The certificate holds.",
    CertificateVerdict.REFUSED: "The certificate does not hold.",
    CertificateVerdict.INCOMPLETE: "The certificate is incomplete: not every event is proved. Ask for a new one.",
    CertificateVerdict.CONSISTENT: (
        "The certificate is consistent, but not vouched for by anyone outside. Name the service's signing keys"
        " (--service-keys) or a time-stamping authority (--tsa-certificates), or compare it with the ledger (--ledger)."
    ),
}


@dataclass(frozen=True, slots=True)
class NamedRows:
    event_ids: tuple[int, ...]
    seal_numbers: tuple[int, ...]
    account: int
    contact: int
    mailing_list: int


@dataclass(frozen=True, slots=True)
class LedgerExtract:
    """`history` has every event of the person on the list, in order, so that a certificate cannot leave any out."""

    service_domain: str
    events: Mapping[int, EventRecord]
    history: Sequence[EventRecord]
    seal_hashes: Mapping[int, bytes]
    keys: Mapping[str, PublishedKey]


@dataclass(frozen=True, slots=True)
class Anchors:
    """`authorities` stamp, `keys` are the service's by id, `ledger` is the database's. Without any, all checks fail."""

    authorities: Sequence[x509.Certificate] | None = None
    keys: Mapping[str, PublishedKey] | None = None
    ledger: LedgerExtract | None = None


@dataclass(frozen=True, slots=True)
class CertificateReport:
    verdict: CertificateVerdict
    findings: tuple[ProofFinding, ...] = field(default=())

    @property
    def faults(self) -> tuple[ProofFinding, ...]:
        return tuple(finding for finding in self.findings if finding.bad)
