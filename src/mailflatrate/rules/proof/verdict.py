"""The result of checking a certificate: findings, one verdict, and what the verifier chose to trust."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from cryptography import x509

from mailflatrate.rules.proof.record import EventRecord
from mailflatrate.rules.proof.signature import PublishedKey


class ProofMark(Enum):
    """The severity of a finding."""

    HOLDS = "ok  "
    NOTE = "note"
    OPEN = "open"
    FAULT = "BAD "


@dataclass(frozen=True, slots=True)
class ProofFinding:
    """One sentence about a certificate."""

    kind: ProofMark
    sentence: str

    @property
    def mark(self) -> str:
        """Return four letters that mark the severity, to put before the sentence."""
        return self.kind.value

    @property
    def bad(self) -> bool:
        """Return True if the finding invalidates the certificate."""
        return self.kind is ProofMark.FAULT


class CertificateVerdict(Enum):
    """What a certificate is worth; the value is the exit status of `mailflatrate consent verify`.

    CONSISTENT: it is consistent, but nothing that the verifier trusts vouches for it, so anyone could have made it up.
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
    """What a certificate references in a ledger: events and seals, and the person and list they belong to."""

    event_ids: tuple[int, ...]
    seal_numbers: tuple[int, ...]
    account: int
    contact: int
    mailing_list: int


@dataclass(frozen=True, slots=True)
class LedgerExtract:
    """The ledger's own record of the events and seals that a certificate names, and of the signing keys.

    `history` has every event of the same person on the same list, in order, so that a certificate cannot leave any out.
    """

    service_domain: str
    events: Mapping[int, EventRecord]
    history: Sequence[EventRecord]
    seal_hashes: Mapping[int, bytes]
    keys: Mapping[str, PublishedKey]


@dataclass(frozen=True, slots=True)
class Anchors:
    """What the verifier trusts. `authorities`: certificates of time-stamping authorities; `keys`: the service's keys
    by id, from its published history; `ledger`: the ledger in the database. Without any, no check can pass.
    """

    authorities: Sequence[x509.Certificate] | None = None
    keys: Mapping[str, PublishedKey] | None = None
    ledger: LedgerExtract | None = None


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """The complete result for one certificate."""

    verdict: CertificateVerdict
    findings: tuple[ProofFinding, ...] = field(default=())

    @property
    def faults(self) -> tuple[ProofFinding, ...]:
        """Return the findings that invalidate the certificate; empty if it is valid."""
        return tuple(finding for finding in self.findings if finding.bad)
