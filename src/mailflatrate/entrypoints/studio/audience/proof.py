"""The proof of consent as a timeline: each event and its time, with the evidence below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.consent.models import ConsentEvent, ConsentEvidence
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.models import ConsentKind
from mailflatrate.apps.lists.queries import lists_of
from mailflatrate.entrypoints.ui.source_labels import source_word

_DENIED = "not_me"


@dataclass(frozen=True, slots=True)
class ConsentTimelineEvent:
    at: datetime
    kind: ConsentKind
    title: str
    proof: str
    list_name: str
    import_id: int | None = None


def happenings(events: Sequence[ConsentEvent]) -> list[ConsentTimelineEvent]:
    """Return the ledger's events in the order in which they happened; an imported one describes three moments."""
    lists = lists_of(events)
    imports = Import.objects.in_bulk({event.source_import_id for event in events} - {None})
    points = []
    for event in events:
        mailing_list = lists.get(event.mailing_list_id)
        name = mailing_list.name if mailing_list else ""
        points += _points(event, name, imports.get(event.source_import_id))
    return sorted(points, key=lambda point: point.at)


def _points(event: ConsentEvent, name: str, source: Import | None) -> list[ConsentTimelineEvent]:
    evidence = getattr(event, "evidence", None)
    kind, title = ConsentKind(event.kind), event.get_kind_display()
    if evidence is None:
        return [ConsentTimelineEvent(event.occurred_at, kind, title, _("The personal data has been erased."), name)]
    if event.kind == ConsentKind.IMPORTED:
        return _imported(event, evidence, name, source)
    if event.kind == ConsentKind.CONFIRMATION_SENT:
        details = evidence.details
        return [
            ConsentTimelineEvent(
                event.occurred_at, kind, title, _joined(details.get("message_id"), details.get("reply")), name
            )
        ]
    ip, details = evidence.confirmed_ip or evidence.signup_ip, evidence.details
    proof = _joined(
        _ip(ip),
        source_word(evidence.source or ""),
        _page(details),
        _asked_by(details),
        _answered_on(details),
        _version(details),
        evidence.user_agent,
    )
    return [ConsentTimelineEvent(event.occurred_at, kind, title, proof, name)]


def _page(details: dict[str, Any]) -> str:
    page = details.get("page")
    return _("on the page %(page)s") % {"page": page} if page else ""


def _asked_by(details: dict[str, Any]) -> str:
    if not details.get("note") or details.get("by") == _DENIED:
        return ""
    person = details.get("by") or details.get("key") or _("someone whose user account no longer exists")
    return _("added by %(person)s: “%(note)s”") % {"person": person, "note": details["note"]}


def _answered_on(details: dict[str, Any]) -> str:
    page = details.get("answered_on")
    return _("confirmed on the page %(page)s") % {"page": page} if page and details.get("by") != _DENIED else ""


def _version(details: dict[str, Any]) -> str:
    if not details.get("form_sha256"):
        return ""
    values = {"number": details.get("form_version", "?"), "hash": str(details["form_sha256"])[:12]}
    return _("form version %(number)s, SHA-256 %(hash)s…") % values


def _imported(
    event: ConsentEvent, evidence: ConsentEvidence, name: str, source: Import | None
) -> list[ConsentTimelineEvent]:
    points = []
    details = evidence.details
    if evidence.signup_at:
        proof = _joined(_ip(evidence.signup_ip), evidence.source, _as_written(details, "signup_at"))
        points.append(ConsentTimelineEvent(evidence.signup_at, ConsentKind.REQUESTED, _("Signed up"), proof, name))
    if evidence.confirmed_at:
        agent = evidence.user_agent
        proof = _joined(_ip(evidence.confirmed_ip), agent, _as_written(details, "confirmed_at"))
        points.append(ConsentTimelineEvent(evidence.confirmed_at, ConsentKind.CONFIRMED, _("Confirmed"), proof, name))
    proof = ""
    if source is not None:
        values = {"file": source.file_name, "line": details.get("line", "?"), "hash": source.file_sha256[:12]}
        proof = _("%(file)s, line %(line)s, SHA-256 %(hash)s…") % values
    points.append(
        ConsentTimelineEvent(
            event.recorded_at,
            ConsentKind.IMPORTED,
            _("Imported with proof"),
            proof,
            name,
            source.id if source is not None else None,
        )
    )
    return points


def _ip(ip: str | None) -> str:
    return _("IP address %(ip)s") % {"ip": ip} if ip else ""


def _as_written(details: dict[str, dict[str, str]], moment: str) -> str:
    """Return a time as the file had it, if reading it needed an assumption."""
    text = details.get(moment, {}).get("text") if isinstance(details.get(moment), dict) else None
    return _("in the file: “%(text)s”") % {"text": text} if text else ""


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
