"""Export of a case: as a ZIP with everything, for the operator's own records, and as XARF to pass on, which names no
reporter or recipient (R-80), only keyed hashes (RFC 6590).
"""

import base64
import io
import json
import re
import uuid
import zipfile
from datetime import UTC, datetime
from typing import Any

from mailflatrate.apps.abuse.models import Case, CaseQuestion, Complaint, Report
from mailflatrate.apps.abuse.queries.case import CaseView, ReportedPerson
from mailflatrate.apps.lists.queries import lists_of
from mailflatrate.base import clock
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TOKEN_PATTERN
from mailflatrate.mail.reading.address import ADDRESS
from mailflatrate.settings import load_settings

XARF_VERSION = "4.0.0"
_NAMESPACE = uuid.UUID("3f0c9d5e-6a55-5c58-9c1b-7d0f6f0f6a11")
_TOKEN = re.compile(TOKEN_PATTERN)
_TYPES = {Complaint.FALSE_SENDER: ("content", "phishing"), Complaint.ILLEGAL: ("content", "fraud")}
_SOURCE_OCTETS = 200_000


def case_zip(view: CaseView) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(name: str, content: bytes | str) -> None:
            entry = zipfile.ZipInfo(name, clock.now().timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)

        put("case.json", _json(_case(view)))
        put("events.json", _json([_event_fields(event) for event in view.events]))
        put("xarf.json", _json(xarf_reports(view)))
        for report in view.reports:
            if report.raw_mail is not None and (raw := report.raw_mail.content()):
                put(f"mails/report-{report.id}.eml", raw)
        for person in view.people:
            put(f"proof/recipient-of-report-{person.report.id}.json", _json(_proof(person)))
        for question in view.questions:
            put(f"questions/{question.id}.json", _json(_question(question)))
            for answer in question.answers.all():
                if answer.file:
                    put(f"questions/{question.id}-answer-{answer.id}{_ending(answer.file_type)}", bytes(answer.file))
    return out.getvalue()


def _ending(media_type: str) -> str:
    suffixes = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "application/zip": ".zip"}
    return suffixes.get(media_type, ".txt")


def _case(view: CaseView) -> dict[str, Any]:
    case = view.case
    return {
        "reference": case.reference, "kind": case.kind, "state": case.state, "cause": case.cause,
        "opened_at": case.opened_at, "closed_at": case.closed_at, "subject": case.subject,
        "account": {"id": view.sender.account.id, "name": view.sender.account.name} if view.sender else None,
        "mailing": _campaign(view), "reports": [_report(report) for report in view.reports],
        "exported_at": clock.now(), "service": load_settings().service_name,
    }  # fmt: skip


def _campaign(view: CaseView) -> dict[str, Any] | None:
    if view.about is None:
        return None
    campaign = view.about.campaign
    return {
        "mailing_id": campaign.mailing_id,
        "name": campaign.name,
        "subject": campaign.subject,
        "started_at": campaign.started_at,
        "delivered": view.about.delivered,
        "complaints": view.about.complaints,
        "lists": [row.public_name for row in view.about.lists],
    }


def _report(report: Report) -> dict[str, Any]:
    names = (
        "id", "via", "reporter", "reporter_name", "complaint", "text", "notice", "how", "proof", "effect", "platform",
        "forged", "ip", "at", "first_answered_at",
    )  # fmt: skip
    return {name: getattr(report, name) for name in names}


def _event_fields(event: Any) -> dict[str, Any]:
    return {"at": event.at, "kind": event.kind, "by": event.actor_name, "text": event.text, "details": event.details}


def _question(question: CaseQuestion) -> dict[str, Any]:
    answers = [
        {"at": answer.at, "by": answer.author.email, "text": answer.text, "file": answer.file_name}
        for answer in question.answers.all()
    ]
    return {"asked_at": question.asked_at, "due_at": question.due_at, "text": question.text, "answers": answers}


def _proof(person: ReportedPerson) -> dict[str, Any]:
    lists = lists_of(person.events)
    return {
        "address": person.contact.email if person.contact else None,
        "events": [
            {
                "kind": event.kind, "occurred_at": event.occurred_at, "recorded_at": event.recorded_at,
                "list": lists[event.mailing_list_id].public_name if event.mailing_list_id else None,
                "commitment": bytes(event.commitment).hex(), "evidence": _evidence(event),
            }
            for event in person.events
        ],
        "suppressions": [
            {"reason": row.reason, "everywhere": row.account_id is None, "at": row.created_at, "lifted": row.lifted_at,
             "source": row.source}
            for row in person.suppressions
        ],
    }  # fmt: skip


def _evidence(event: Any) -> dict[str, Any] | None:
    evidence = getattr(event, "evidence", None)
    names = ("email", "signup_at", "signup_ip", "confirmed_at", "confirmed_ip", "source", "user_agent", "details")
    return {name: getattr(evidence, name) for name in names} if evidence is not None else None


def xarf_reports(view: CaseView) -> list[dict[str, Any]]:
    """Return one XARF object (version 4) per report: what was sent through us, for other parties it may concern."""
    return [_xarf(view.case, view, report) for report in view.reports]


def _xarf(case: Case, view: CaseView, report: Report) -> dict[str, Any]:
    settings = load_settings()
    category, kind = (
        _TYPES.get(Complaint(report.complaint), ("messaging", "spam")) if report.complaint else ("messaging", "spam")
    )
    us = {
        "org": settings.service_name,
        "contact": f"abuse@{settings.service_domain}",
        "domain": settings.service_domain,
    }
    content: dict[str, Any] = {
        "xarf_version": XARF_VERSION,
        "report_id": str(uuid.uuid5(_NAMESPACE, f"{settings.service_domain}/{report.id}")),
        "timestamp": report.at.astimezone(UTC).isoformat(),
        "reporter": us,
        "sender": us,
        "source_identifier": settings.helo_name,
        "category": category,
        "type": kind,
        "evidence_source": "user_complaint" if report.is_from_person else "automated_scan",
        "protocol": "smtp",
        "tags": [f"mailflatrate:case:{case.reference}"],
        "evidence": _xarf_evidence(report),
    }
    if view.about is not None:
        campaign = view.about.campaign
        sender = campaign.sender.email if campaign.sender else ""
        content |= {"smtp_from": sender, "subject": campaign.subject, "message_id": campaign.mailing_id}
    return content


def _xarf_evidence(report: Report) -> list[dict[str, Any]]:
    """Return the mail as submitted, without anyone's address and without tokens that identify a person."""
    raw = report.raw_mail.content()[:_SOURCE_OCTETS] if report.raw_mail is not None else b""
    if not raw:
        return []
    text = redacted(raw.decode("utf-8", "replace"))
    return [
        {
            "content_type": "message/rfc822",
            "description": "The message as it was reported, redacted (RFC 6590).",
            "payload": base64.b64encode(text.encode()).decode(),
        }
    ]


def redacted(text: str) -> str:
    """Return the text without our tokens and with local parts of addresses replaced by a keyed hash (RFC 6590)."""
    text = _TOKEN.sub("0" * 40, text)
    return ADDRESS.sub(lambda match: _hashed(match.group()), text)


def _hashed(address: str) -> str:
    local, _at, domain = address.rpartition("@")
    return f"{key_ring().suppression_key(local.lower()).hex()[:16]}@{domain}"


def _json(value: dict[str, Any] | list[dict[str, Any]]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
