"""The evidence pack: a ZIP with the certificate and all of its evidence; each file can be read on its own."""

import hashlib
import io
import json
import zipfile
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from mailflatrate.apps.privacy.certificate.pdf import certificate_json, certificate_pdf
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
