"""Contacts. Subscriptions can't be added directly: people are asked, and count once they have confirmed (R-25)."""

import json
from datetime import datetime
from typing import Annotated, Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.forms.actions.sign_up import SignupVisit, request_confirmation
from mailflatrate.apps.forms.models import ConfirmationRequestKind
from mailflatrate.apps.forms.queries import find_form
from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.actions import consent, contacts
from mailflatrate.apps.lists.actions import tags as tags_actions
from mailflatrate.apps.lists.models import ConsentKind, Subscription, SubscriptionState
from mailflatrate.apps.lists.queries import Cursor as ContactCursor
from mailflatrate.apps.lists.tags import tags_of
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.actions.proof import ProofFormat, export_proof
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.lists import ListLanguage
from mailflatrate.entrypoints.api.v1.problems import wrong
from mailflatrate.entrypoints.api.v1.schemas import (
    Address,
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    TagName,
    Value,
    filled,
    open_cursor,
    seal_cursor,
)
from mailflatrate.entrypoints.presenters.import_reasons import reason_word
from mailflatrate.entrypoints.presenters.lookups import find_contact, find_list
from mailflatrate.rules.suppression import SuppressionReason
from mailflatrate.rules.tags import MAX_TAGS_AT_ONCE

ROUTER = Router(tags=["Contacts"])
PersonName = Annotated[str, Field(max_length=120)]


class SubscriptionInfo(Schema):
    """A contact's subscription to a list. Only `confirmed` subscriptions receive campaigns."""

    list_id: int
    list_name: str
    state: SubscriptionState
    reason: Annotated[str, Field(description="why the contact is quarantined")]
    confirmed_at: datetime | None
    unsubscribed_at: datetime | None
    unsubscribed_by: str


class ContactInfo(Schema):
    """A contact of the account."""

    id: int
    email: str
    first_name: str
    last_name: str
    attributes: dict[str, Any]
    tags: list[str]
    created_at: datetime
    updated_at: datetime
    subscriptions: list[SubscriptionInfo]


class ConsentHistoryEntry(Schema):
    """An entry in the consent ledger; its evidence is in the certificate."""

    kind: ConsentKind
    at: datetime
    list_id: int | None
    erased: Annotated[bool, Field(description="the personal data is erased, the entry stays")]


class ContactSuppression(Schema):
    """Why a contact is never emailed."""

    reason: SuppressionReason
    since: datetime
    whole_platform: bool


class ContactDetail(ContactInfo):
    """A contact with a summary of the proof of consent and, where they can't be mailed, the reason."""

    suppression: ContactSuppression | None
    ledger: list[ConsentHistoryEntry]


class ContactQuery(PageQuery):
    """Filters for contacts."""

    search: Annotated[str, Field(max_length=100, description="part of the address or name")] = ""
    list_id: Id | None = None
    state: SubscriptionState | None = None
    tag_id: Id | None = None


class TagEdit(RequestBodySchema):
    """Tags by name to give and to take."""

    add: Annotated[list[TagName], Field(max_length=MAX_TAGS_AT_ONCE, description="new ones are created")] = []
    remove: Annotated[list[TagName], Field(max_length=MAX_TAGS_AT_ONCE)] = []


class ContactChange(RequestBodySchema):
    """Changes to a contact. Fields you leave out stay the same. The address never changes, because consent is tied to
    it (R-24).
    """

    first_name: PersonName | None = None
    last_name: PersonName | None = None
    attributes: Annotated[
        dict[str, Value | list[str] | None] | None,
        Field(
            description="only the attributes to change; null removes one. Values are checked against their custom "
            "fields; an unknown key becomes a field",
            max_length=100,
        ),
    ] = None
    tags: TagEdit | None = None


class UnsubscribeRequest(RequestBodySchema):
    """What to unsubscribe the contact from."""

    list_id: Annotated[Id | None, Field(description="null: all lists, and the address is suppressed")]


class UnsubscribeResult(Schema):
    """The number of subscriptions ended; 0 if there were none."""

    ended: int


class ErasureRequest(RequestBodySchema):
    """Confirms that the contact is really to be erased."""

    sure: bool = False


class ErasureResult(Schema):
    """The number of rows erased, by kind. The keyed hash of the address stays suppressed."""

    wiped: dict[str, int]


class VisitorDetails(RequestBodySchema):
    """The visit during which the person signed up. It is kept as evidence, and the limits of our own forms apply to
    it.
    """

    ip: Annotated[str, Field(max_length=45, description="the visitor's IP address, never your server's or proxy's")]
    user_agent: Annotated[str, Field(max_length=500, description="as sent by the visitor's browser")]
    page: Annotated[str, Field(max_length=500, description="URL of the page where they signed up")]
    at: Annotated[AwareDatetime, Field(description="time of the sign-up, at most 72 hours ago")]


class ConfirmationRequestInput(RequestBodySchema):
    """Who to ask, for what, and how they asked for it. Nothing here can prove consent: only the person can."""

    form_id: Annotated[Id, Field(description="a published form; the person confirms its wording")]
    email: Address
    note: Annotated[
        str,
        Field(
            min_length=3, max_length=1000, description="when and where the person signed up; becomes part of the proof"
        ),
    ]
    first_name: PersonName = ""
    last_name: PersonName = ""
    language: ListLanguage | None = None
    visitor: Annotated[VisitorDetails, Field(description="the person who signed up with you, as seen by your server")]
    own_address: Annotated[
        bool, Field(description="confirms that an address that looks like a role address is this person's own")
    ] = False


class ConfirmationRequestResult(Schema):
    """The confirmation email is being sent if the rules allow it. The response is the same for known, unknown and
    suppressed addresses.
    """

    asked: bool = True
    form_id: int
    list_id: int


def _subscription(row: Subscription) -> SubscriptionInfo:
    reason = reason_word(row.quarantine_reason) if row.quarantine_reason else ""
    return filled(SubscriptionInfo, row, list_id=row.mailing_list_id, list_name=row.mailing_list.name, reason=reason)


def _detail(contact_id: int) -> ContactDetail:
    found = queries.contact_detail(contact_id)
    if found is None:
        raise Http404
    held = found.suppression
    return filled(
        ContactDetail,
        found.contact,
        tags=[tag.name for tag in tags_of([contact_id]).get(contact_id, [])],
        subscriptions=[_subscription(row) for row in found.subscriptions],
        suppression=ContactSuppression(
            reason=SuppressionReason(held.reason), since=held.created_at, whole_platform=held.account_id is None
        )
        if held
        else None,
        ledger=[
            ConsentHistoryEntry(
                kind=ConsentKind(event.kind),
                at=event.occurred_at,
                list_id=event.mailing_list_id,
                erased=getattr(event, "evidence", None) is None,
            )
            for event in found.events
        ],
    )


@endpoint(ROUTER, "get", "/contacts", scope=KeyScope.READ, answers=Page[ContactInfo])
def list_contacts(request: ApiRequest, which: Query[ContactQuery]) -> Page[ContactInfo]:
    """List contacts by address, page by page. Filter by search text, list, state or tag."""
    parts = open_cursor(which.cursor, str, int)
    found = queries.contact_page(
        search=which.search.strip(),
        list_id=which.list_id,
        state=which.state,
        tag_id=which.tag_id,
        size=which.limit,
        after=ContactCursor(*parts) if parts else None,
    )
    following = seal_cursor(found.next.email, found.next.contact_id) if found.next else None
    tags = tags_of([row.id for row in found.rows])
    items = [
        filled(
            ContactInfo,
            row,
            tags=[tag.name for tag in tags.get(row.id, [])],
            subscriptions=[_subscription(one) for one in row.subscriptions.all()],
        )
        for row in found.rows
    ]
    return Page[ContactInfo](items=items, next=following)


@endpoint(ROUTER, "get", "/contacts/{contact_id}", scope=KeyScope.READ, answers=ContactDetail)
def show_contact(request: ApiRequest, contact_id: Id) -> ContactDetail:
    """Show a contact. Includes all subscriptions, a summary of the consent ledger and any active suppression."""
    return _detail(contact_id)


@endpoint(ROUTER, "patch", "/contacts/{contact_id}", scope=KeyScope.CONTACTS_WRITE, answers=ContactDetail)
def change_contact(request: ApiRequest, contact_id: Id, given: ContactChange) -> ContactDetail:
    """Change name, attributes and tags. The address and subscriptions can't be changed here: only the contact can
    change them.
    """
    find_contact(contact_id)
    with transaction.atomic():
        contacts.change_contact(
            contact_id, first_name=given.first_name, last_name=given.last_name, attributes=given.attributes or {}
        )
        if given.tags is not None:
            tags_actions.change_tags(contact_id, add=given.tags.add, remove=given.tags.remove)
    return _detail(contact_id)


@endpoint(
    ROUTER,
    "post",
    "/contacts/{contact_id}/unsubscribe",
    scope=KeyScope.SUPPRESS,
    answers=UnsubscribeResult,
    protects=True,
)
def unsubscribe_contact(request: ApiRequest, contact_id: Id, given: UnsubscribeRequest) -> UnsubscribeResult:
    """Unsubscribe a contact from one list, or from everything. Takes effect at once, even for campaigns being sent."""
    find_contact(contact_id)
    if given.list_id is not None:
        find_list(given.list_id)
    ended = consent.unsubscribe(contact_id, list_id=given.list_id, by="customer", source=request.caller.source)
    return UnsubscribeResult(ended=ended)


@endpoint(ROUTER, "post", "/contacts/{contact_id}/erase", scope=KeyScope.ERASE, answers=ErasureResult, protects=True)
def erase_contact(request: ApiRequest, contact_id: Id, given: ErasureRequest) -> ErasureResult:
    """Erase a contact (R-94). Anonymous evidence stays, and so does the suppression of the address."""
    find_contact(contact_id)
    if not given.sure:
        raise wrong("sure", _("send true to confirm"))
    return ErasureResult(wiped=erase_for_customer(contact_id, by=request.caller.user))


@endpoint(
    ROUTER,
    "post",
    "/contacts/{contact_id}/lists/{list_id}/certificate",
    scope=KeyScope.READ,
    answers=dict[str, Any],
    protects=True,
)
def certify_consent(request: ApiRequest, contact_id: Id, list_id: Id) -> dict[str, Any]:
    """Download the proof of one consent. Verify it offline with `mailflatrate consent verify`. This is a POST because
    every download is recorded in the audit log.
    """
    find_contact(contact_id)
    find_list(list_id)
    found = export_proof(
        contact_id,
        list_id,
        ProofFormat.JSON,
        language=get_language() or "en",
        by=request.caller.actor,
        reason=request.caller.source,
    )
    certificate: dict[str, Any] = json.loads(found.octets)
    return certificate


@endpoint(
    ROUTER,
    "post",
    "/confirmation-requests",
    scope=KeyScope.ASK,
    answers=ConfirmationRequestResult,
    status=202,
    repeatable=True,
)
def ask_person(request: ApiRequest, given: ConfirmationRequestInput) -> ConfirmationRequestResult:
    """Ask a person to confirm a subscription. This is the only way to add someone: they get one email, and are on the
    list once they have answered it. Role addresses and disposable ones are refused (R-17 to R-23). How many people
    you may ask a day depends on how many confirm; past that, and past the limits per visitor, you get 429
    `asking-limited` (R-35).
    """
    form = find_form(given.form_id)
    if form is None or not request.caller.use.key.may_ask_for(form.id):
        raise Http404
    names = {name: getattr(given, name).strip() for name in ("first_name", "last_name") if getattr(given, name).strip()}
    request_confirmation(
        given.form_id,
        given.email,
        kind=ConfirmationRequestKind.API,
        note=f"{given.note.strip()} ({request.caller.source})",
        by=request.caller.user,
        values=names,
        language=given.language.value if given.language else "",
        checked=given.own_address,
        key=request.caller.use.key,
        visit=SignupVisit(**dict(given.visitor)),
    )
    return ConfirmationRequestResult(form_id=form.id, list_id=form.mailing_list_id)
