"""Exports proof, and everything else stored about a person, with an entry in the audit log (R-98)."""

import io
import json
import zipfile
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.models import Subscription
from mailflatrate.apps.privacy.certificate.build import build_certificate, form_versions
from mailflatrate.apps.privacy.certificate.pack import evidence_pack
from mailflatrate.apps.privacy.certificate.pdf import certificate_json, certificate_pdf
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.base import audit, tenancy


class ProofFormat(Enum):
    """The file format of a certificate; the value is the file extension."""

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
    name: str
    media_type: str
    octets: bytes


@tenancy.needs_account
def export_proof(
    contact_id: int, list_id: int, wanted: ProofFormat, *, language: str, by: audit.Actor, reason: str = ""
) -> Download:
    """With an entry in the audit log (R-98). Raises PrivacyError if there is none, PdfUnavailable without Pango."""
    certificate = build_certificate(contact_id, list_id, language=language)
    if wanted is ProofFormat.JSON:
        octets = certificate_json(certificate)
    elif wanted is ProofFormat.PDF:
        octets = certificate_pdf(certificate)
    else:
        octets = evidence_pack(certificate, versions=form_versions(certificate))
    audit.record(
        "evidence.exported",
        by=by,
        account_id=tenancy.current_account_id(),
        subject=f"contact:{contact_id}",
        reason=reason,
        details={"list": list_id, "format": wanted.value, "events": len(certificate["events"])},
    )
    return Download(f"consent-{contact_id}-{list_id}.{wanted.value}", MEDIA_TYPES[wanted], octets)


def export_person(contact_id: int, *, language: str, by: audit.Actor, reason: str = "") -> Download:
    """A ZIP: data, and a certificate of each subscription (R-94). Raises PrivacyError if there is no such person."""
    found = stored_about(contact_id, language=language)
    if found is None:
        raise PrivacyError(_("No data is stored about this person."))
    files = {"stored.json": json.dumps(found, ensure_ascii=False, indent=1).encode()}
    for row in Subscription.objects.filter(contact_id=contact_id).order_by("id"):
        try:
            certificate = build_certificate(contact_id, row.mailing_list_id, language=language)
        except PrivacyError:
            continue
        files[f"consent-list-{row.mailing_list_id}.json"] = certificate_json(certificate)
    audit.record(
        "person.exported",
        by=by,
        account_id=tenancy.current_account_id(),
        subject=f"contact:{contact_id}",
        reason=reason,
        details={name: len(value) for name, value in found.items() if isinstance(value, list)},
    )
    return Download(f"person-{contact_id}.zip", MEDIA_TYPES[ProofFormat.PACK], zipped(files))


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in sorted(files.items()):
            archive.writestr(name, octets)
    return packed.getvalue()
