"""Exports proof, and everything else stored about a person, with an entry in the audit log (R-98)."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.models import Subscription
from mailflatrate.apps.privacy.certificate.build import build_certificate, form_versions
from mailflatrate.apps.privacy.certificate.pdf import certificate_json, certificate_pdf
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.base import audit, tenancy
from mailflatrate.base.pdf import PdfUnavailable


def evidence_pack(certificate: dict[str, Any], *, versions: list[dict[str, Any]]) -> bytes:
    """`versions`: the frozen form versions. Without Pango the PDF is left out, and `README.txt` says so."""
    files = _files(certificate, versions)
    lacking = ""
    try:
        files["certificate.pdf"] = certificate_pdf(certificate)
    except PdfUnavailable as problem:
        lacking = str(problem)
    with translation.override(certificate["language"]):
        context = {"certificate": certificate, "names": sorted(files), "lacking": lacking}
        files["README.txt"] = render_to_string("privacy/pack.txt", context).lstrip().encode()
    sums = "".join(f"{hashlib.sha256(octets).hexdigest()}  {name}\n" for name, octets in sorted(files.items()))
    files["SHA256SUMS"] = sums.encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in sorted(files.items()):
            archive.writestr(name, octets)
    return packed.getvalue()


def _files(certificate: dict[str, Any], versions: list[dict[str, Any]]) -> dict[str, bytes]:
    events = certificate["events"]
    files = {
        "certificate.json": certificate_json(certificate),
        "events.json": _json([item["event"] for item in events]),
        "evidence.json": _json(
            [{"event": item["event"]["id"], **(item["evidence"] or {"erased": True})} for item in events]
        ),
        "proofs.json": _json([{"event": item["event"]["id"], "inclusion": item["inclusion"]} for item in events]),
        "seals.json": _json(certificate["seals"]),
    }
    wording = next((item["value"] for item in certificate["elements"] if item["key"] == "wording"), None)
    if wording:
        files["wording.txt"] = f"{wording}\n".encode()
    for version in versions:
        files[f"form-versions/{version['sha256']}.json"] = _json(version)
    for source in certificate["imports"]:
        row = next(item["evidence"] for item in events if item["event"]["id"] == source["event"])
        files[f"imports/import-{source['import']}-event-{source['event']}.json"] = _json(
            {**source, "row": row["fields"] if row else None}
        )
    for stamp in certificate["time_stamps"]:
        files[f"time-stamps/seal-{stamp['seal']}.tsr"] = bytes.fromhex(stamp["answer"])
        files[f"time-stamps/seal-{stamp['seal']}-believed.pem"] = stamp["believed"].encode()
    return files


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


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
    contact_id: int, list_id: int, proof_format: ProofFormat, *, language: str, by: audit.Actor, reason: str = ""
) -> Download:
    """With an entry in the audit log (R-98). Raises PrivacyError if there is none, PdfUnavailable without Pango."""
    certificate = build_certificate(contact_id, list_id, language=language)
    if proof_format is ProofFormat.JSON:
        octets = certificate_json(certificate)
    elif proof_format is ProofFormat.PDF:
        octets = certificate_pdf(certificate)
    else:
        octets = evidence_pack(certificate, versions=form_versions(certificate))
    audit.record(
        "evidence.exported",
        by=by,
        account_id=tenancy.current_account_id(),
        subject=f"contact:{contact_id}",
        reason=reason,
        details={"list": list_id, "format": proof_format.value, "events": len(certificate["events"])},
    )
    return Download(f"consent-{contact_id}-{list_id}.{proof_format.value}", MEDIA_TYPES[proof_format], octets)


def export_person(contact_id: int, *, language: str, by: audit.Actor, reason: str = "") -> Download:
    """A ZIP: data, and a certificate of each subscription (R-94). Raises PrivacyError if there is no such person."""
    stored = stored_about(contact_id, language=language)
    if stored is None:
        raise PrivacyError(_("No data is stored about this person."))
    files = {"stored.json": json.dumps(stored, ensure_ascii=False, indent=1).encode()}
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
        details={name: len(value) for name, value in stored.items() if isinstance(value, list)},
    )
    return Download(f"person-{contact_id}.zip", MEDIA_TYPES[ProofFormat.PACK], zipped(files))


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in sorted(files.items()):
            archive.writestr(name, octets)
    return packed.getvalue()
