"""Rows of forms as facts for the rules."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.db.models import Q

from mailflatrate.apps.accounts.facts import structured_imprint
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.forms.defence import VisitorProof
from mailflatrate.apps.forms.models import (
    TRACKING,
    ConfirmationRequestKind,
    ConfirmationRequestState,
    Form,
    FormState,
    SignupDenial,
    SignupRequest,
)
from mailflatrate.apps.forms.queries import newest_imprint, open_list_names
from mailflatrate.apps.lists.left_mailboxes import LeftMailboxes, last_noes
from mailflatrate.apps.lists.models import OriginState, Subscription, SubscriptionState
from mailflatrate.base import clock
from mailflatrate.base.ids import MailboxKeys, mailbox_keys
from mailflatrate.rules.form_facts import FormFacts
from mailflatrate.rules.forms import content_from_json
from mailflatrate.rules.forms.freeze import company_name
from mailflatrate.rules.limits import value

_FOR_OTHERS: Final = (ConfirmationRequestKind.API, ConfirmationRequestKind.PERSON)


@dataclass(frozen=True, slots=True)
class ConfirmationRequest:
    """`keys`: the address as stored first (a refusal covers all spellings), the one that counts emails last (R-20)."""

    id: int
    form_id: int | None
    email: str
    keys: MailboxKeys
    requested_at: datetime
    expires_at: datetime
    entered_at: datetime
    """At a stand: before the tablet had a connection."""
    is_for_another: bool = False
    """A member or program asks for the person, so a no of any spelling of the mailbox holds."""


@dataclass(frozen=True, slots=True)
class ConfirmationBatch:
    """`wanted`: from published forms, or by subscribers. `denied`: a recent "this was not me". `left`: left a list
    lately without using a form since. Emails are counted by day and hour, where it still matters.
    """

    requests: tuple[ConfirmationRequest, ...]
    now: datetime
    wanted: Set[int]
    denied: Set[int]
    left: Set[int] = frozenset()
    mails_to_mailbox: Mapping[bytes, int] = field(default_factory=dict)
    mails_of_form: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfirmationDecision:
    """`reason`: the first rule that stops the email, or empty."""

    request_id: int
    decision_id: int
    rules_version: str
    decided_at: datetime
    reason: str


def confirmation_batch(rows: Sequence[SignupRequest]) -> ConfirmationBatch:
    now = clock.now()
    requests = tuple(map(_request, rows))
    return ConfirmationBatch(requests, now, _wanted(rows), _denied(rows, requests, now), _left(requests, now))


def is_agreed(request: SignupRequest) -> bool:
    """False for a change of address without the old mailbox's consent: the requester may not own that mailbox."""
    return request.kind != ConfirmationRequestKind.MOVE or request.proof == VisitorProof.MAILBOX


def still_valid(request: SignupRequest) -> bool:
    """Whether the person may still answer; a change of address takes the old mailbox's consent."""
    return request.state == ConfirmationRequestState.ASKED and clock.now() < request.expires_at and is_agreed(request)


@dataclass(frozen=True, slots=True)
class AskedList:
    """With name and wording as they were published."""

    list_id: int
    name: str
    wording: str


def asked_lists(request: SignupRequest) -> list[AskedList]:
    """The request's own list first. A change of address has no wording."""
    if request.version is None:
        return [AskedList(request.mailing_list_id, request.mailing_list.public_name, "")]
    content = request.version.content
    texts = content["frozen"][request.language]
    further = {text["list"]: text for text in texts.get("further", ())}
    lists = []
    for list_id in (request.mailing_list_id, *(choice["list"] for choice in request.further)):
        other = further.get(list_id)
        name, wording = (other["name"], other["wording"]) if other else (content["list_name"], texts["wording"])
        lists.append(AskedList(list_id, name, wording))
    return lists


def confirmed_lists(request: SignupRequest) -> list[AskedList]:
    asked = asked_lists(request)
    if not request.further:
        return asked
    first = ConsentEvent.objects.filter(id=request.confirmed_event_id or 0, mailing_list_id=request.mailing_list_id)
    chosen = {choice["list"] for choice in request.further if choice.get("confirmed")}
    chosen |= {request.mailing_list_id} if first.exists() else set()
    return [asked_list for asked_list in asked if asked_list.list_id in chosen]


def asks_tracking(request: SignupRequest) -> bool:
    """The visitor ticked the box, so the mailbox is asked about it, too."""
    return TRACKING in request.ticked and bool(tracking_text(request))


def tracking_text(request: SignupRequest) -> str:
    """As the visitor read it; empty if their form had none."""
    if request.version is None:
        return ""
    frozen: dict[str, str] = request.version.content["frozen"].get(request.language, {})
    return frozen.get("tracking", "")


def entered_at(request: SignupRequest) -> datetime:
    return request.visited_at if request.stand is not None and request.visited_at is not None else request.requested_at


def entered_on(request: SignupRequest) -> str:
    if request.stand is not None:
        return request.stand.place
    form_url = "" if request.kind in _FOR_OTHERS else request.source_url  # theirs is a page of the studio
    return urlsplit(request.page_url or form_url).hostname or ""


def _request(row: SignupRequest) -> ConfirmationRequest:
    keys = mailbox_keys(row.email)._replace(exact=bytes(row.address_key))
    return ConfirmationRequest(
        row.id, row.form_id, row.email, keys, row.requested_at, row.expires_at, entered_at(row), row.kind in _FOR_OTHERS
    )


def _wanted(rows: Sequence[SignupRequest]) -> set[int]:
    request_ids, moves = set(), {}
    for row in rows:
        if row.kind != ConfirmationRequestKind.MOVE:
            if row.form is not None and row.form.state == FormState.PUBLISHED:
                request_ids.add(row.id)
        elif row.moves_id is not None and is_agreed(row):
            moves[row.id] = row.moves_id
    if moves:
        subscribed = Subscription.objects.filter(contact_id__in=moves.values(), state=SubscriptionState.CONFIRMED)
        contacts = set(subscribed.values_list("contact_id", flat=True))
        request_ids |= {request_id for request_id, contact_id in moves.items() if contact_id in contacts}
    return request_ids


def _denied(rows: Sequence[SignupRequest], requests: Sequence[ConfirmationRequest], now: datetime) -> set[int]:
    """Turned down before, for the list, or for a change to the address."""
    since = now - timedelta(days=value("confirmation_erase_days"))
    keys = {key for request in requests for key in request.keys}
    denials = SignupDenial.objects.filter(
        Q(address_key__in=keys) | Q(mailbox_key__in=keys), denied_at__gt=since
    ).values_list("address_key", "mailbox_key", "form__mailing_list_id", "further_list_ids")
    denied = {
        (bytes(key), list_id)
        for exact, mailbox, own, further in denials
        for key in (exact, mailbox)
        if key is not None
        for list_id in (own, *further)
    }
    lists = {row.id: _asked_about(row) for row in rows}
    return {
        request.id
        for request in requests
        if any((key, list_id) in denied for key in request.keys for list_id in lists[request.id])
    }


def _left(requests: Sequence[ConfirmationRequest], now: datetime) -> set[int]:
    """After they entered their address, or lately in any spelling if a member or program asks for them."""
    own = [request for request in requests if not request.is_for_another]
    asked = [request for request in requests if request.is_for_another]
    noes: dict[bytes, datetime] = {}
    if own:
        noes = last_noes([request.keys.exact for request in own], min(request.entered_at for request in own))
    left = {request.id for request in own if noes.get(request.keys.exact, request.entered_at) > request.entered_at}
    if asked:
        mailboxes = LeftMailboxes(now - timedelta(days=value("asks_after_no_days")))
        noes = mailboxes.last_noes([request.keys for request in asked])
        left |= {request.id for request in asked if request.keys.exact in noes}
    return left


def _asked_about(row: SignupRequest) -> set[int | None]:
    if row.kind == ConfirmationRequestKind.MOVE:
        return {None}
    return {row.mailing_list_id, *(choice["list"] for choice in row.further)}


def form_facts(form: Form) -> FormFacts:
    imprint = structured_imprint(newest_imprint())
    place, content = form.mailing_list, content_from_json(form.draft)
    further = [further_list.list_id for further_list in content.further]
    return FormFacts(
        content=content,
        imprint=imprint,
        company=company_name(imprint),
        list_open=place.archived_at is None
        and place.origin_state != OriginState.REJECTED
        and place.id not in further
        and len(open_list_names(further)) == len(further),
    )
