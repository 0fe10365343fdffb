"""The progress of a request: gate and engine call these functions inside `tenancy.account(...)`.

The gate judges what `take_queued` returns; `begin_asking` or `withhold` records the verdict; the engine records with
`note_messages` what it is about to send, and with `note_sent` that the relay accepted it.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from mailflatrate.apps.forms.actions.request_limits import note_unknown
from mailflatrate.apps.forms.defence import VisitorProof
from mailflatrate.apps.forms.models import (
    ConfirmationMark,
    ConfirmationRequestKind,
    ConfirmationRequestState,
    SignupRequest,
)
from mailflatrate.apps.lists import actions as lists
from mailflatrate.apps.lists import ledger
from mailflatrate.apps.lists.models import ConsentKind
from mailflatrate.base import clock
from mailflatrate.base.ids import canonical_address_key
from mailflatrate.mail.address import canonical_key, domain_of, mailbox_form

A_DAY = timedelta(hours=24)
NO_SUCH_DOMAIN = "confirmation-address"
"""The rule that finds out only at the gate that a domain takes no mail."""


def queued_domains(most: int) -> set[str]:
    """Return the domains of the oldest requests waiting for their email."""
    queued = SignupRequest.objects.filter(state=ConfirmationRequestState.QUEUED).order_by("id")
    return {domain_of(email) for email in queued.values_list("email", flat=True)[:most]}


def take_queued(most: int) -> list[SignupRequest]:
    """Return requests waiting for their email, oldest first, locked until the transaction ends."""
    rows = SignupRequest.objects.select_related("form", "version", "mailing_list", "moves", "created_by", "key")
    queued = rows.filter(state=ConfirmationRequestState.QUEUED).order_by("id")
    return list(queued.select_for_update(of=("self",), skip_locked=True)[:most])


def mailbox_key(request: SignupRequest) -> bytes:
    """Return the keyed hash of an address's mailbox, under which emails to it are counted (R-20, R-35)."""
    return canonical_address_key(mailbox_form(canonical_key(request.email)))


def lock_mailboxes(keys: Sequence[bytes]) -> None:
    """Lock these mailboxes so that only one transaction at a time, across all accounts, counts emails to them."""
    with connection.cursor() as cursor:
        for key in sorted(set(keys)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(key[:8], "big", signed=True)])


def mails_to_mailboxes(keys: Sequence[bytes], now: datetime) -> Counter[bytes]:
    """Count all customers' confirmation emails to mailboxes within a day. Callers deciding by it hold their locks."""
    rows = ConfirmationMark.objects.filter(mailbox_key__in=set(keys), at__gt=now - A_DAY)
    return Counter(bytes(key) for key in rows.values_list("mailbox_key", flat=True))


def mark_mails(keys: Sequence[bytes], now: datetime) -> None:
    """Count one more email to each of these mailboxes."""
    ConfirmationMark.objects.bulk_create([ConfirmationMark(mailbox_key=key, at=now) for key in keys])


def mails_of_form(form_id: int | None, now: datetime) -> int:
    """Return how many emails a form requested within the last hour."""
    if form_id is None:
        return 0
    rows = SignupRequest.objects.filter(form_id=form_id, requested_at__gt=now - timedelta(hours=1))
    return rows.filter(requested_event_id__isnull=False).count()


def begin_asking(requests: Sequence[SignupRequest]) -> None:
    """Make contacts pending and record their requests, after the gate allowed the emails (R-29, first)."""
    for request in requests:
        person = lists.SignupPerson(request.email, bytes(request.address_key))
        request.contact_id, request.requested_event_id = lists.begin_opt_in(
            person, request.mailing_list_id, request.requested_at, _requested_evidence(request)
        )
        request.state = ConfirmationRequestState.ASKED
    SignupRequest.objects.bulk_update(requests, ["contact", "requested_event_id", "state"])


def withhold(reasons: Mapping[SignupRequest, str]) -> None:
    """Record requests the gate refused; each reason is the key of the rule. The visitor never learns it."""
    for request, reason in reasons.items():
        request.state, request.reason = ConfirmationRequestState.WITHHELD, reason
    SignupRequest.objects.bulk_update(reasons, ["state", "reason"])
    note_unknown([request.id for request, reason in reasons.items() if reason == NO_SUCH_DOMAIN], clock.now())


def token_hash(token: str) -> bytes:
    """Return the stored hash of a token."""
    return hashlib.sha256(token.encode()).digest()


def token_id(request: SignupRequest) -> str:
    """Return the token's name in the ledger."""
    return bytes(request.token_hash or b"").hex()[:32]


@dataclass(frozen=True, slots=True)
class ConfirmationDraft:
    """A message to be sent next, with the token in it."""

    request: SignupRequest
    token: str
    message_id: str
    body_sha256: str


def note_messages(messages: Sequence[ConfirmationDraft]) -> None:
    """Make the tokens of these messages valid from now on, replacing earlier ones."""
    for message in messages:
        request = message.request
        request.token_hash, request.message_id = token_hash(message.token), message.message_id
        request.body_sha256 = message.body_sha256
    SignupRequest.objects.bulk_update(
        [message.request for message in messages], ["token_hash", "message_id", "body_sha256"]
    )


@dataclass(frozen=True, slots=True)
class AcceptedConfirmation:
    """A confirmation email accepted by the relay: its reply as one line, and the time of acceptance."""

    request_id: int
    delivery_id: int
    reply: str
    at: datetime


def note_sent(accepted: Sequence[AcceptedConfirmation]) -> int:
    """Record in the ledger that emails were sent (R-29, second); return how many. Repeated, it writes nothing twice."""
    by_request = {each.request_id: each for each in accepted}
    rows = SignupRequest.objects.select_for_update(of=("self",)).select_related("version")
    waiting = list(rows.filter(id__in=by_request, sent_event_id=None, contact_id__isnull=False).order_by("id"))
    for request in waiting:
        sent = by_request[request.id]
        assert request.contact_id is not None
        request.sent_event_id = ledger.append(
            request.contact_id, request.mailing_list_id, ConsentKind.CONFIRMATION_SENT, sent.at,
            ledger.EventEvidence(
                email=request.email, signup_at=request.requested_at, signup_ip=request.ip, source=request.source_url,
                details={
                    "request": request.id, "delivery": sent.delivery_id, "message_id": request.message_id,
                    "sent_at": sent.at.isoformat(), "body_sha256": request.body_sha256, "reply": sent.reply,
                    "form_sha256": request.version.sha256 if request.version else "",
                },
            ),
        )  # fmt: skip
    SignupRequest.objects.bulk_update(waiting, ["sent_event_id"])
    return len(waiting)


def about(request: SignupRequest) -> dict[str, Any]:
    """Return what every event of a sign-up records about form, wording and page."""
    details: dict[str, Any] = {"request": request.id, "kind": request.kind, "language": request.language}
    if request.version is not None:
        frozen = request.version.content["frozen"]
        details |= {
            "form": request.form_id,
            "form_code": request.form.code if request.form else "",
            "form_version": request.version.number,
            "form_sha256": request.version.sha256,
            "wording": frozen[request.language]["wording"],
            "ticked": request.ticked,
        }
    if request.page_url:
        details["page"] = request.page_url
    if request.proof:
        details["proof"] = request.proof
    if request.kind in (ConfirmationRequestKind.PERSON, ConfirmationRequestKind.API):
        details |= {"by": request.created_by.email if request.created_by else "", "note": request.note}
    if request.key is not None:
        details |= {"key": request.key.label}
    if request.visited_at is not None:
        details |= {"visited_at": request.visited_at.isoformat(), "visit_told_by": "key"}
    if request.moves_id is not None:
        details["moved_from"] = request.moves_id
    return details


def _requested_evidence(request: SignupRequest) -> ledger.EventEvidence:
    return ledger.EventEvidence(
        email=request.email,
        signup_at=request.requested_at,
        signup_ip=request.ip,
        source=request.source_url or request.page_url,
        user_agent=request.user_agent,
        details=about(request),
    )


def queued_since(moment: datetime) -> list[int]:
    """Return accounts whose requests were queued before `moment`: their job was never woken. Inside `platform(...)`."""
    rows = SignupRequest.objects.filter(state=ConfirmationRequestState.QUEUED, requested_at__lt=moment)
    return list(rows.values_list("account_id", flat=True).distinct())


def still_valid(request: SignupRequest) -> bool:
    """Return whether the person may still answer. A change of address requires consent from the old mailbox."""
    return request.state == ConfirmationRequestState.ASKED and clock.now() < request.expires_at and is_agreed(request)


def is_agreed(request: SignupRequest) -> bool:
    """Return False for a change of address not agreed to by the old mailbox: the requester may not own it."""
    return request.kind != ConfirmationRequestKind.MOVE or request.proof == VisitorProof.MAILBOX
