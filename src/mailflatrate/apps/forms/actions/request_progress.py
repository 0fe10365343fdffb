"""The progress of a request through gate and engine.

`decide_queued` hands the gate one batch and acts on its decisions; the engine records with `note_messages` what it is
about to send, and with `note_sent` that the relay accepted it.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NewType

from django.db import connection
from django.db.models import Count

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
from mailflatrate.apps.lists import ledger
from mailflatrate.apps.lists.actions import optin
from mailflatrate.apps.lists.models import ConsentKind
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.forms import content_from_json

A_DAY = timedelta(hours=24)
AN_HOUR = timedelta(hours=1)
NO_SUCH_DOMAIN = "confirmation-address"
"""The rule that finds out only at the gate that a domain takes no mail."""
_LockedMailboxes = NewType("_LockedMailboxes", frozenset[bytes])
"""Keys of mailboxes that only this transaction counts emails to. Only `_lock_mailboxes` makes one (ADR 0041)."""


@dataclass(frozen=True, slots=True)
class AllowedConfirmation:
    """A request whose email may be sent, with the contact and the list that the delivery is for."""

    request_id: int
    contact_id: int | None
    mailing_list_id: int
    decision: ConfirmationDecision


@tenancy.needs_account
def decide_queued(
    most: int, domains: Set[str], judge: Callable[[ConfirmationBatch], Sequence[ConfirmationDecision]]
) -> tuple[int, list[AllowedConfirmation]]:
    """Let the gate decide about the oldest queued requests to these domains, and record its decisions.

    Returns how many requests were decided, and those whose email may be sent. The rows stay locked until the
    transaction ends.
    """
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
    allowed = [each for each in decisions if not each.reason]
    ConfirmationMark.objects.bulk_create(
        ConfirmationMark(mailbox_key=mailboxes[each.request_id], at=batch.now) for each in allowed
    )
    _begin_asking([rows[each.request_id] for each in allowed])
    _withhold([(rows[each.request_id], each.reason) for each in decisions if each.reason])
    return len(taken), [
        AllowedConfirmation(row.id, row.contact_id, row.mailing_list_id, each)
        for each in allowed
        for row in [rows[each.request_id]]
    ]


def _lock_mailboxes(keys: Set[bytes]) -> _LockedMailboxes:
    """Lock these mailboxes so that only one transaction at a time, across all accounts, counts emails to them."""
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(key[:8], "big", signed=True)])
    return _LockedMailboxes(frozenset(keys))


def _mails_to_mailboxes(mailboxes: _LockedMailboxes, now: datetime) -> Counter[bytes]:
    """Count all customers' confirmation emails to mailboxes within a day."""
    rows = ConfirmationMark.objects.filter(mailbox_key__in=mailboxes, at__gt=now - A_DAY)
    return Counter(bytes(key) for key in rows.values_list("mailbox_key", flat=True))


def _mails_of_forms(form_ids: Set[int], now: datetime) -> dict[int, int]:
    """Count the emails that each form requested within the last hour."""
    rows = SignupRequest.objects.filter(form_id__in=form_ids, requested_at__gt=now - AN_HOUR)
    asked = rows.filter(requested_event_id__isnull=False)
    return dict(asked.order_by().values_list("form_id").annotate(Count("id")))


def _begin_asking(requests: Sequence[SignupRequest]) -> None:
    """Make contacts pending and record their requests, after the gate allowed the emails (R-29, first)."""
    for request in requests:
        person = optin.SignupPerson(request.email, bytes(request.address_key))
        request.contact_id, request.requested_event_id = optin.begin_opt_in(
            person, request.mailing_list_id, request.requested_at, _requested_evidence(request)
        )
        for each in request.further:
            _contact_id, each["requested"] = optin.begin_opt_in(
                person, each["list"], request.requested_at, _requested_evidence(request, each["list"])
            )
        request.state = ConfirmationRequestState.ASKED
    SignupRequest.objects.bulk_update(requests, ["contact", "requested_event_id", "further", "state"])


def _withhold(refused: Sequence[tuple[SignupRequest, str]]) -> None:
    """Record requests the gate refused; each reason is the key of the rule. The visitor never learns it."""
    for request, reason in refused:
        request.state, request.reason = ConfirmationRequestState.WITHHELD, reason
    SignupRequest.objects.bulk_update([request for request, _ in refused], ["state", "reason"])
    note_unknown([request.id for request, reason in refused if reason == NO_SUCH_DOMAIN], clock.now())


def token_hash(token: str) -> bytes:
    """Return the stored hash of a token."""
    return hashlib.sha256(token.encode()).digest()


def token_id(request: SignupRequest) -> str:
    """Return the name under which the ledger knows the token."""
    return bytes(request.token_hash or b"").hex()[:32]


@dataclass(frozen=True, slots=True)
class ConfirmationDraft:
    """A confirmation email that is about to be sent, with its token."""

    request_id: int
    token: str
    message_id: str
    body_sha256: str


@tenancy.needs_account
def note_messages(messages: Sequence[ConfirmationDraft]) -> None:
    """Make the tokens of these messages valid from now on, replacing earlier ones."""
    rows = [
        SignupRequest(
            id=each.request_id,
            token_hash=token_hash(each.token),
            message_id=each.message_id,
            body_sha256=each.body_sha256,
        )
        for each in messages
    ]
    SignupRequest.objects.bulk_update(rows, ["token_hash", "message_id", "body_sha256"])


@dataclass(frozen=True, slots=True)
class AcceptedConfirmation:
    """A confirmation email accepted by the relay: its reply as one line, and the time of acceptance."""

    request_id: int
    delivery_id: int
    reply: str
    at: datetime


@tenancy.needs_account
def note_sent(accepted: Sequence[AcceptedConfirmation]) -> int:
    """Record in the ledger that emails were sent (R-29, second); return how many. Idempotent."""
    by_request = {each.request_id: each for each in accepted}
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
            for list_id in (request.mailing_list_id, *(each["list"] for each in request.further))
        ]
        request.further = [{**each, "sent": event_id} for each, event_id in zip(request.further, further, strict=True)]
    SignupRequest.objects.bulk_update(waiting, ["sent_event_id", "further"])
    return len(waiting)


def events_by_list(request: SignupRequest) -> dict[int, list[int]]:
    """Return the ledger's events about the request and its email, by list; a list without any is missing."""
    rows = [(request.mailing_list_id, request.requested_event_id, request.sent_event_id)]
    rows += [(each["list"], each.get("requested"), each.get("sent")) for each in request.further]
    found = {list_id: [event for event in events if event is not None] for list_id, *events in rows}
    return {list_id: events for list_id, events in found.items() if events}


def about(request: SignupRequest, list_id: int | None = None) -> dict[str, Any]:
    """Return what every event of a sign-up records about form, wording and page.

    `list_id`: which of the request's lists the event is about; None: its first.
    """
    details: dict[str, Any] = {"request": request.id, "kind": request.kind, "language": request.language}
    if request.version is not None:
        asked = asked_lists(request)
        details |= {
            "form": request.form_id,
            "form_code": request.form.code if request.form else "",
            "form_version": request.version.number,
            "form_sha256": request.version.sha256,
            "wording": next((each.wording for each in asked if each.list_id == list_id), asked[0].wording),
            "ticked": request.ticked,
        }
    if request.page_url:
        details["page"] = request.page_url
    if request.placement:
        details["placement"] = request.placement
    shown = _shown_text(request)
    if shown is not None:
        details["shown"] = shown
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
    """Return the headline, text and button that the visitor read, if the form compares several."""
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
