"""The printed certificate: one page, followed by the wording. The PDF carries the JSON as an attachment."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.consent.models import CONSENT_LABELS
from mailflatrate.apps.lists.models import ConsentKind
from mailflatrate.base.pdf import AttachedFile, PdfUnavailable, html_to_pdf, typeface
from mailflatrate.locale.cldr import language_names
from mailflatrate.locale.formats import formats_of, written_date
from mailflatrate.locale.texts import known_language
from mailflatrate.rules.proof.certificate import ATTACHMENT
from mailflatrate.rules.proof.elements import ProofStep, box_names, element_name, step_name
from mailflatrate.settings.schema import load_settings

TEMPLATE = "privacy/certificate.html"
_MOMENTS = ("signed_up_at", "sent_at", "confirmed_at")
_LONG = 240
_HASHES = ("body_sha256", "token")


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """One printed element; without `value` it is missing. `mono` marks text that is compared character by character."""

    label: str
    value: str
    mono: bool = False


@dataclass(frozen=True, slots=True)
class SealedEvent:
    number: int
    kind: str
    at: str
    seal: int | None
    sealed_at: str
    root: str


def certificate_json(certificate: dict[str, Any]) -> bytes:
    return json.dumps(certificate, ensure_ascii=False, indent=1).encode()


def certificate_pdf(certificate: dict[str, Any]) -> bytes:
    """Return the certificate as PDF/A-3 with the JSON attached. Raises PdfUnavailable if Pango is missing."""
    attached = AttachedFile(ATTACHMENT, certificate_json(certificate), "mailflatrate consent certificate")
    try:
        return html_to_pdf(certificate_html(certificate), [attached], variant="pdf/a-3b")
    except PdfUnavailable as problem:
        raise PdfUnavailable(f"{problem} {_('The JSON file contains the same proof.')}") from problem


def certificate_html(certificate: dict[str, Any]) -> str:
    language = certificate["language"]
    with translation.override(language):
        return render_to_string(TEMPLATE, _context(certificate, language))


def _context(certificate: dict[str, Any], language: str) -> dict[str, Any]:
    zone = ZoneInfo(formats_of(language).home_zone)
    steps = [(step_name(step, language), _lines(certificate, step, language, zone)) for step in ProofStep]
    missing = [item["key"] for item in certificate["elements"] if item["value"] is None]
    wording = next((item["value"] for item in certificate["elements"] if item["key"] == "wording"), None)
    is_entered = any(item["key"] == "entered_how" for item in certificate["elements"])
    return {
        "certificate": certificate,
        "is_entered": is_entered,
        "language": language,
        "issued_at": _moment(certificate["issued_at"], zone),
        "state": _state(certificate, zone),
        "steps": steps,
        "missing": missing,
        "total": len(certificate["elements"]),
        "consented": any(item["event"]["kind"] in ("confirmed", "imported") for item in certificate["events"]),
        "events": _events(certificate, zone),
        "stamps": [(item["seal"], item["authority"], _moment(item["at"], zone)) for item in certificate["time_stamps"]],
        "wording": wording,
        "zone": zone.key,
        "font": typeface(),
        "head": certificate["seals"][-1]["hash"] if certificate["seals"] else "",
        "public_url": load_settings().public_url,
    }


def _lines(certificate: dict[str, Any], step: ProofStep, language: str, zone: ZoneInfo) -> list[CertificateLine]:
    lines = []
    for item in certificate["elements"]:
        key, value = item["key"], item["value"]
        if item["step"] != step.value:
            continue
        if value is not None and key in _MOMENTS:
            value = _moment(value, zone)
        elif value is not None and key == "wording":
            value = _("on the next page, word for word")
        elif value is not None and key == "language":
            value = language_names(language).get(value, value)
        elif value is not None and key == "ticked":
            value = box_names(value, language)
        elif key == "withdrawals":
            value = _endings(value, zone)
        text = value or ""
        if len(text) > _LONG:
            text = f"{text[:_LONG]}…"
        lines.append(CertificateLine(element_name(key, language), text, key in _HASHES or key == "message_id"))
    if step is ProofStep.SIGN_UP:
        for source in certificate["imports"]:
            values = {"file": source["file"], "line": source["line"], "hash": source["sha256"]}
            lines.append(
                CertificateLine(
                    _("Added by an import"), _("%(file)s, line %(line)s, SHA-256 %(hash)s") % values, mono=True
                )
            )
    return lines


def _endings(value: str, zone: ZoneInfo) -> str:
    if value == "-":
        return _("none")
    parts = []
    for ending in value.split(", "):
        kind, _space, moment = ending.partition(" ")
        parts.append(f"{CONSENT_LABELS[ConsentKind(kind)]}: {_moment(moment, zone)}")
    return ", ".join(parts)


def _events(certificate: dict[str, Any], zone: ZoneInfo) -> list[SealedEvent]:
    seals = {item["number"]: item for item in certificate["seals"]}
    rows = []
    for item in certificate["events"]:
        inclusion = item["inclusion"]
        seal = seals.get(inclusion["seal"]) if inclusion else None
        event = item["event"]
        rows.append(
            SealedEvent(
                event["id"],
                str(CONSENT_LABELS[ConsentKind(event["kind"])]),
                _short(event["occurred_at"], zone),
                seal["number"] if seal else None,
                _short(seal["sealed_at"], zone) if seal else "",
                seal["root"] if seal else "",
            )
        )
    return rows


def _state(certificate: dict[str, Any], zone: ZoneInfo) -> str:
    since = certificate["state"]["since"]
    values = {"since": _moment(since, zone) if since else ""}
    sentences = {
        "confirmed": _("On the list since %(since)s, and still on it on the date of this certificate."),
        "unsubscribed": _("No longer on the list since %(since)s."),
        "pending": _("Confirmation requested on %(since)s, not confirmed."),
        "quarantined": _("In quarantine since %(since)s: no campaigns are sent to this person."),
    }
    return sentences.get(certificate["state"]["state"], _("Not on the list.")) % values


def _moment(text: str, zone: ZoneInfo) -> str:
    """Format a moment of the ledger, or as a person wrote it, for readers: to the second and with its offset."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(zone)
    except ValueError:
        return text
    return f"{written_date(moment.date(), known_language(translation.get_language()))}, {moment:%H:%M:%S %Z}"


def _short(text: str, zone: ZoneInfo) -> str:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(zone)
    return moment.strftime(formats_of(known_language(translation.get_language())).timestamp)
