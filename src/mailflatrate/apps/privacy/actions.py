"""Every write of this app; one transaction each."""

from dataclasses import dataclass
from enum import Enum

from mailflatrate.apps.privacy.certificate import (
    build_certificate,
    certificate_json,
    certificate_pdf,
    evidence_pack,
    form_versions,
)
from mailflatrate.base import audit, tenancy


class ProofFormat(Enum):
    """How a certificate is handed out; the value is the ending of the file's name."""

    PDF = "pdf"
    JSON = "json"
    PACK = "zip"


MEDIA_TYPES = {
    ProofFormat.PDF: "application/pdf",
    ProofFormat.JSON: "application/json",
    ProofFormat.PACK: "application/zip",
}


@dataclass(frozen=True, slots=True)
class Download:
    """A file to hand out."""

    name: str
    media_type: str
    octets: bytes


def export_proof(
    contact_id: int, list_id: int, wanted: ProofFormat, *, language: str, by: audit.Actor, reason: str = ""
) -> Download:
    """Hand out the proof of one consent, with a line in the audit log (R-98). Runs inside `tenancy.account(...)`.

    Raises PrivacyError where there is nothing, PdfUnavailable where this machine makes no PDFs.
    """
    certificate = build_certificate(contact_id, list_id, language=language)
    if wanted is ProofFormat.JSON:
        octets = certificate_json(certificate)
    elif wanted is ProofFormat.PDF:
        octets = certificate_pdf(certificate)
    else:
        octets = evidence_pack(certificate, versions=form_versions(certificate))
    audit.record(
        "evidence.exported", by=by, account_id=tenancy.current_account_id(), subject=f"contact:{contact_id}",
        reason=reason, details={"list": list_id, "format": wanted.value, "events": len(certificate["events"])},
    )  # fmt: skip
    return Download(f"consent-{contact_id}-{list_id}.{wanted.value}", MEDIA_TYPES[wanted], octets)
