"""The person's answer to the email (R-33): yes, or "this was not me". Opening the page changes nothing."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db import connection, transaction

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.forms.actions.form_counts import count_step, placement_of
from mailflatrate.apps.forms.actions.request_limits import count_answer
from mailflatrate.apps.forms.actions.request_progress import about, events_by_list, token_hash, token_id
from mailflatrate.apps.forms.facts import asks_tracking, still_valid, tracking_text
from mailflatrate.apps.forms.models import ConfirmationRequestState, FormStep, SignupDenial, SignupRequest
from mailflatrate.apps.intake.actions import moves
from mailflatrate.apps.lists.actions import consent, optin
from mailflatrate.apps.lists.actions.tracking import TrackingSignup, choose_tracking
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import Contact, Subscription, SubscriptionState
from mailflatrate.apps.lists.tags import ensure_tags, give_tags
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings

MAX_TOKEN_CHARACTERS = 100
MOVED_JOB = "privacy.address_changed"


class AnsweredRequest(Enum):
    CONFIRMED = "confirmed"
    DENIED = "denied"
    TOO_LATE = "too_late"
    UNCHOSEN = "unchosen"
    """They said yes, and ticked none of the lists."""


def find_request(token: str) -> tuple[int, int] | None:
    """Account and request; None for an unknown token. Works in any scope or none."""
    if not 0 < len(token) <= MAX_TOKEN_CHARACTERS:
        return None
    with tenancy.platform(PlatformReason.PUBLIC_PAGE):
        rows = SignupRequest.objects.filter(token_hash=token_hash(token)).values_list("account_id", "id")
        return rows.first()


@tenancy.needs_account
@transaction.atomic
def answer(
    request_id: int,
    *,
    yes: bool,
    ip: str | None,
    user_agent: str,
    page: str = "",
    tracking: bool = False,
    list_ids: Collection[int] = (),
) -> AnsweredRequest:
    """Only the first answer counts; a yes to none of the lists is no answer. `page` is without the token. `tracking`:
    personal click tracking, if the form's visitor had agreed, too (R-107).
    """
    related = SignupRequest.objects.select_related(
        "form", "version", "created_by", "mailing_list", "moves", "key", "stand"
    )
    request = related.select_for_update(of=("self",)).get(id=request_id)
    if not still_valid(request):
        settled = {
            ConfirmationRequestState.CONFIRMED: AnsweredRequest.CONFIRMED,
            ConfirmationRequestState.DENIED: AnsweredRequest.DENIED,
        }
        return settled.get(ConfirmationRequestState(request.state), AnsweredRequest.TOO_LATE)
    agreed = _agreed(request, list_ids)
    if yes and not agreed:
        return AnsweredRequest.UNCHOSEN
    request.settled_at = clock.now()
    visit = _AnswerVisit(ip, user_agent[:500], page)
    if yes:
        _confirm(request, agreed, visit)
        if tracking and asks_tracking(request):
            _agree_to_tracking(request, visit)
    else:
        _deny(request, visit)
    request.save(update_fields=["state", "settled_at", "confirmed_event_id", "contact", "further"])
    count_answer(request, yes=yes)
    return AnsweredRequest(request.state)


def _agreed(request: SignupRequest, list_ids: Collection[int]) -> list[int]:
    asked = [request.mailing_list_id, *(choice["list"] for choice in request.further)]
    return [list_id for list_id in asked if list_id in list_ids] if request.further else asked


@dataclass(frozen=True, slots=True)
class _AnswerVisit:
    ip: str | None
    user_agent: str
    page: str


def _evidence(
    request: SignupRequest, visit: _AnswerVisit, *, list_id: int | None = None, **details: object
) -> ledger.EventEvidence:
    further: dict[str, Any] = next((choice for choice in request.further if choice["list"] == list_id), {})
    return ledger.EventEvidence(
        email=request.email,
        signup_at=request.requested_at,
        signup_ip=request.ip,
        confirmed_at=request.settled_at,
        confirmed_ip=visit.ip,
        source=request.source_url or request.page_url,
        user_agent=visit.user_agent,
        details={
            **about(request, list_id),
            **({"answered_on": visit.page} if visit.page else {}),
            "token": token_id(request),
            "requested_event": further.get("requested") or request.requested_event_id,
            "sent_event": further.get("sent") or request.sent_event_id,
            "signup_user_agent": request.user_agent,
            **details,
        },
    )


_WENT_TO_TEST_INBOX = """
SELECT NOT EXISTS (SELECT 1 FROM relay) AND %(on_this_host)s OR EXISTS (SELECT 1 FROM postbox_message m
    WHERE m.account_id = %(account_id)s AND m.envelope_to = %(email)s AND m.received_at >= %(requested_at)s)
"""


def _test_inbox_mark(request: SignupRequest) -> dict[str, bool]:
    """A consent that only the test inbox was asked for ends once mail leaves this host."""
    values: dict[str, Any] = {
        "on_this_host": load_settings().relay_host is None,
        "account_id": request.account_id,
        "email": request.email,
        "requested_at": request.requested_at,
    }
    with tenancy.platform(PlatformReason.PUBLIC_PAGE), connection.cursor() as cursor:
        cursor.execute(_WENT_TO_TEST_INBOX, values)
        return {"test_inbox": True} if cursor.fetchone()[0] else {}


def _confirm(request: SignupRequest, agreed: Sequence[int], visit: _AnswerVisit) -> None:
    assert request.settled_at is not None
    source = f"confirmed sign-up {request.id}"
    if request.moves is not None:
        _move(request, request.moves, visit, source=source)
    else:
        if request.move_in_id is not None and request.mailing_list_id in agreed and _waits_for_proof(request):
            moves.count_confirmed(request.move_in_id)
        events = {
            list_id: optin.confirm_consent(
                _person(request),
                list_id,
                request.settled_at,
                _evidence(request, visit, list_id=list_id, **_test_inbox_mark(request)),
                source=source,
            )
            for list_id in agreed
        }
        request.confirmed_event_id = events[agreed[0]]
        _forget_unchosen(request, agreed)
        if request.form is not None:
            count_step(request.form.id, placement_of(request), FormStep.CONFIRMED, request.compared_text)
            if request.form.tags:
                _give_tags(request, request.form.tags)
    request.state = ConfirmationRequestState.CONFIRMED


def _agree_to_tracking(request: SignupRequest, visit: _AnswerVisit) -> None:
    contact = Contact.objects.get(address_key=bytes(request.address_key))
    choose_tracking(
        contact.id,
        agrees=True,
        wording=tracking_text(request),
        language=request.language,
        source=request.source_url or request.page_url,
        ip=visit.ip,
        user_agent=visit.user_agent,
        signup=TrackingSignup(request.requested_at, request.ip, about(request)),
    )


def _forget_unchosen(request: SignupRequest, agreed: Sequence[int]) -> None:
    """The request expires for the lists that weren't ticked (R-34)."""
    for list_id, event_ids in events_by_list(request).items():
        if list_id not in agreed and request.contact_id is not None:
            optin.forget_opt_in(request.contact_id, list_id, event_ids)
    request.further = [{**choice, "confirmed": choice["list"] in agreed} for choice in request.further]


def _waits_for_proof(request: SignupRequest) -> bool:
    """On the list without proof, as an import left them."""
    here = Subscription.objects.filter(
        mailing_list_id=request.mailing_list_id, contact__address_key=bytes(request.address_key)
    )
    return here.filter(state=SubscriptionState.QUARANTINED, consent_event_id=None).exists()


def _give_tags(request: SignupRequest, names: list[str]) -> None:
    """A consent never fails for them."""
    contact = Contact.objects.get(address_key=bytes(request.address_key))
    with suppress(ListError):
        give_tags([contact.id], ensure_tags(names))


def _move(request: SignupRequest, old: Contact, visit: _AnswerVisit, *, source: str) -> None:
    """After both mailboxes agreed. The ledger keeps values carried over and replaced, so that it can be undone."""
    assert request.settled_at is not None
    person = optin.person_of(old, request.email, bytes(request.address_key))
    existing = Contact.objects.filter(address_key=bytes(request.address_key)).first()
    mine = _lists_of(existing) if existing else []
    list_ids = _lists_of(old)
    carried = _carried(old, existing)
    for list_id in list_ids:
        evidence = _evidence(
            request, visit, carried=carried, was_confirmed=list_id in mine, **_test_inbox_mark(request)
        )
        request.confirmed_event_id = optin.confirm_consent(person, list_id, request.settled_at, evidence, source=source)
        consent.unsubscribe(
            old.id, list_id=list_id, by="moved", source=source, ip=visit.ip, user_agent=visit.user_agent
        )
    jobs.defer(MOVED_JOB, jobs.JobQueue.EXPRESS, account_id=request.account_id, request_id=request.id)


def _carried(old: Contact, person: Contact | None) -> list[str]:
    """The new address's own values stay."""
    names = [
        name for name in ("first_name", "last_name") if getattr(old, name) and not (person and getattr(person, name))
    ]
    return names + sorted(key for key in old.attributes if person is None or key not in person.attributes)


def _person(request: SignupRequest) -> optin.SignupPerson:
    attributes = {key: text for key, text in request.values.items() if key not in ("first_name", "last_name")}
    return optin.SignupPerson(
        request.email,
        bytes(request.address_key),
        str(request.values.get("first_name", "")),
        str(request.values.get("last_name", "")),
        attributes,
    )


def _lists_of(contact: Contact) -> list[int]:
    rows = Subscription.objects.filter(contact=contact, state=SubscriptionState.CONFIRMED)
    return list(rows.order_by("mailing_list_id").values_list("mailing_list_id", flat=True))


def _deny(request: SignupRequest, visit: _AnswerVisit) -> None:
    assert request.settled_at is not None
    asked = [request.mailing_list_id, *(choice["list"] for choice in request.further)]
    if request.contact_id is not None:
        for list_id in asked:
            evidence = _evidence(request, visit, list_id=list_id, by="not_me")
            optin.turn_down(request.contact_id, list_id, request.settled_at, evidence)
    request.state = ConfirmationRequestState.DENIED
    SignupDenial.objects.create(
        form=request.form, further_list_ids=asked if request.moves is None else [], request_id=request.id,
        kind=request.kind, address_key=request.address_key, mailbox_key=mailbox_keys(request.email).mailbox,
        requested_at=request.requested_at, requested_ip=request.ip, requested_user_agent=request.user_agent,
        source_url=request.source_url, page_url=request.page_url, denied_at=request.settled_at, denied_ip=visit.ip,
        denied_user_agent=visit.user_agent,
    )  # fmt: skip
