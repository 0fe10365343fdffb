"""A request's way through gate and engine."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NewType

from django.db import connection
from django.db.models import Count

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.forms.actions.request_limits import note_unknown
from mailflatrate.apps.forms.facts import (
    ConfirmationBatch,
    ConfirmationDecision,
    asked_lists,
    confirmation_batch,
)
from mailflatrate.apps.forms.models import (
    ConfirmationMark,
    ConfirmationRequestKind,
    ConfirmationRequestState,
    SignupRequest,
)
from mailflatrate.apps.lists.actions import optin
from mailflatrate.apps.lists.models import ConsentKind
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.forms import content_from_json

A_DAY = timedelta(hours=24)
AN_HOUR = timedelta(hours=1)
NO_SUCH_DOMAIN = "confirmation-address"
_LockedMailboxes = NewType("_LockedMailboxes", frozenset[bytes])
"""Only this transaction counts emails to them. Only `_lock_mailboxes` makes one (ADR 0041)."""


@dataclass(frozen=True, slots=True)
class AllowedConfirmation:
    request_id: int
    contact_id: int | None
    mailing_list_id: int
    decision: ConfirmationDecision


@tenancy.needs_account
def decide_queued(
    most: int, domains: Set[str], judge: Callable[[ConfirmationBatch], Sequence[ConfirmationDecision]]
) -> tuple[int, list[AllowedConfirmation]]:
    """Of the oldest to these domains. Return how many were decided, and those allowed; rows stay locked."""
    related = SignupRequest.objects.select_related(
        "form", "version", "mailing_list", "moves", "created_by", "key", "stand"
    )
    queued = related.filter(state=ConfirmationRequestState.QUEUED).order_by("id")
    taken = list(queued.select_for_update(of=("self",), skip_locked=True)[:most])
    rows = {row.id: row for row in taken if domain_of(row.email) in domains}
    if not rows:
        return len(taken), []
    locked = _lock_mailboxes({mailbox_keys(row.email).mailbox for row in rows.values()})
    batch = confirmation_batch(list(rows.values()))
    mailboxes = {request.id: request.keys.mailbox for request in batch.requests}
    decisions = judge(
        replace(
            batch,
            mails_to_mailbox=_mails_to_mailboxes(locked, batch.now),
            mails_of_form=_mails_of_forms({row.form_id for row in taken if row.form_id is not None}, batch.now),
        )
    )
    allowed = [decision for decision in decisions if not decision.reason]
    ConfirmationMark.objects.bulk_create(
        ConfirmationMark(mailbox_key=mailboxes[confirmation.request_id], at=batch.now) for confirmation in allowed
    )
    _begin_asking([rows[confirmation.request_id] for confirmation in allowed])
    _withhold([(rows[decision.request_id], decision.reason) for decision in decisions if decision.reason])
    return len(taken), [
        AllowedConfirmation(row.id, row.contact_id, row.mailing_list_id, confirmation)
        for confirmation in allowed
        for row in [rows[confirmation.request_id]]
    ]


def _lock_mailboxes(keys: Set[bytes]) -> _LockedMailboxes:
    """One transaction at a time, across all accounts, counts emails to them."""
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(key[:8], "big", signed=True)])
    return _LockedMailboxes(frozenset(keys))


def _mails_to_mailboxes(mailboxes: _LockedMailboxes, now: datetime) -> Counter[bytes]:
    """Of all customers, within a day."""
    rows = ConfirmationMark.objects.filter(mailbox_key__in=mailboxes, at__gt=now - A_DAY)
    return Counter(bytes(key) for key in rows.values_list("mailbox_key", flat=True))


def _mails_of_forms(form_ids: Set[int], now: datetime) -> dict[int, int]:
    rows = SignupRequest.objects.filter(form_id__in=form_ids, requested_at__gt=now - AN_HOUR)
    asked = rows.filter(requested_event_id__isnull=False)
    return dict(asked.order_by().values_list("form_id").annotate(Count("id")))


def _begin_asking(requests: Sequence[SignupRequest]) -> None:
    """After the gate allowed the emails (R-29, first)."""
    for request in requests:
        person = optin.SignupPerson(request.email, bytes(request.address_key))
        request.contact_id, request.requested_event_id = optin.begin_opt_in(
            person, request.mailing_list_id, request.requested_at, _requested_evidence(request)
        )
        for choice in request.further:
            _contact_id, choice["requested"] = optin.begin_opt_in(
                person, choice["list"], request.requested_at, _requested_evidence(request, choice["list"])
            )
        request.state = ConfirmationRequestState.ASKED
    SignupRequest.objects.bulk_update(requests, ["contact", "requested_event_id", "further", "state"])


def _withhold(refused: Sequence[tuple[SignupRequest, str]]) -> None:
    """Each reason is the rule's key. The visitor never learns it."""
    for request, reason in refused:
        request.state, request.reason = ConfirmationRequestState.WITHHELD, reason
    SignupRequest.objects.bulk_update([request for request, _ in refused], ["state", "reason"])
    note_unknown([request.id for request, reason in refused if reason == NO_SUCH_DOMAIN], clock.now())


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def token_id(request: SignupRequest) -> str:
    """The ledger's name for the token."""
    return bytes(request.token_hash or b"").hex()[:32]


@dataclass(frozen=True, slots=True)
class ConfirmationDraft:
    request_id: int
    token: str
    message_id: str
    body_sha256: str


@tenancy.needs_account
def note_messages(messages: Sequence[ConfirmationDraft]) -> None:
    """Their tokens are valid from now on, and replace earlier ones."""
    rows = [
        SignupRequest(
            id=message.request_id,
            token_hash=token_hash(message.token),
            message_id=message.message_id,
            body_sha256=message.body_sha256,
        )
        for message in messages
    ]
    SignupRequest.objects.bulk_update(rows, ["token_hash", "message_id", "body_sha256"])


@dataclass(frozen=True, slots=True)
class AcceptedConfirmation:
    request_id: int
    delivery_id: int
    reply: str
    at: datetime


@tenancy.needs_account
def note_sent(accepted: Sequence[AcceptedConfirmation]) -> int:
    """In the ledger (R-29, second); return how many. Idempotent."""
    by_request = {confirmation.request_id: confirmation for confirmation in accepted}
    rows = SignupRequest.objects.select_for_update(of=("self",)).select_related("version")
    waiting = list(rows.filter(id__in=by_request, sent_event_id=None, contact_id__isnull=False).order_by("id"))
    for request in waiting:
        sent = by_request[request.id]
        assert request.contact_id is not None
        evidence = ledger.EventEvidence(
            email=request.email, signup_at=request.requested_at, signup_ip=request.ip, source=request.source_url,
            details={
                "request": request.id, "delivery": sent.delivery_id, "message_id": request.message_id,
                "sent_at": sent.at.isoformat(), "body_sha256": request.body_sha256, "reply": sent.reply,
                "form_sha256": request.version.sha256 if request.version else "",
            },
        )  # fmt: skip
        request.sent_event_id, *further = [
            ledger.append(request.contact_id, list_id, ConsentKind.CONFIRMATION_SENT, sent.at, evidence)
            for list_id in (request.mailing_list_id, *(choice["list"] for choice in request.further))
        ]
        request.further = [
            {**choice, "sent": event_id} for choice, event_id in zip(request.further, further, strict=True)
        ]
    SignupRequest.objects.bulk_update(waiting, ["sent_event_id", "further"])
    return len(waiting)


def events_by_list(request: SignupRequest) -> dict[int, list[int]]:
    rows = [(request.mailing_list_id, request.requested_event_id, request.sent_event_id)]
    rows += [(choice["list"], choice.get("requested"), choice.get("sent")) for choice in request.further]
    by_list = {list_id: [event for event in events if event is not None] for list_id, *events in rows}
    return {list_id: events for list_id, events in by_list.items() if events}


def about(request: SignupRequest, list_id: int | None = None) -> dict[str, Any]:
    """Form, wording and page, for every event of a sign-up. List None: the request's first."""
    details: dict[str, Any] = {"request": request.id, "kind": request.kind, "language": request.language}
    if request.version is not None:
        asked = asked_lists(request)
        details |= {
            "form": request.form_id,
            "form_code": request.form.code if request.form else "",
            "form_version": request.version.number,
            "form_sha256": request.version.sha256,
            "wording": next(
                (asked_list.wording for asked_list in asked if asked_list.list_id == list_id), asked[0].wording
            ),
            "ticked": request.ticked,
        }
    if request.page_url:
        details["page"] = request.page_url
    if request.placement:
        details["placement"] = request.placement
    shown_text = _shown_text(request)
    if shown_text is not None:
        details["shown"] = shown_text
    if request.proof:
        details["proof"] = request.proof
    if request.kind in (ConfirmationRequestKind.PERSON, ConfirmationRequestKind.API):
        details |= {"by": request.created_by.email if request.created_by else "", "note": request.note}
    if request.key is not None:
        details |= {"key": request.key.label}
    if request.visited_at is not None:
        told_by = "key" if request.stand is None else "stand"
        details |= {"visited_at": request.visited_at.isoformat(), "visit_told_by": told_by}
    if request.stand is not None:
        details |= {"stand": request.stand.id, "place": request.stand.place}
        details |= {"staff": request.staff} if request.staff else {"kept": request.note}
    if request.moves_id is not None:
        details["moved_from"] = request.moves_id
    return details


def _shown_text(request: SignupRequest) -> dict[str, str] | None:
    if not request.compared_text or request.version is None:
        return None
    text = content_from_json(request.version.content["content"]).compared_text(request.compared_text)
    return text.said(request.language) if text is not None else None


def _requested_evidence(request: SignupRequest, list_id: int | None = None) -> ledger.EventEvidence:
    return ledger.EventEvidence(
        email=request.email,
        signup_at=request.requested_at,
        signup_ip=request.ip,
        source=request.source_url or request.page_url,
        user_agent=request.user_agent,
        details=about(request, list_id),
    )
