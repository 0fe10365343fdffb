"""Schemas of contacts, and of the changes that the API can make to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from django.http import Http404
from ninja import Schema
from pydantic import AwareDatetime, Field

from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.models import ConsentKind, Contact, Subscription, SubscriptionState
from mailflatrate.apps.lists.tags import tags_of
from mailflatrate.apps.segments.contact_list.api_pages import ContactSort
from mailflatrate.entrypoints.api.v1.schemas import (
    Address,
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    TagName,
    Value,
    filled,
)
from mailflatrate.entrypoints.presenters.import_reasons import reason_word
from mailflatrate.rules.contacts import external_ids
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.contacts.tags import MAX_TAGS_AT_ONCE

PersonName = Annotated[str, Field(max_length=120)]
ExternalId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=external_ids.MOST_CHARACTERS,
        pattern=external_ids.PATTERN,
        description="the person's id in your own system, without spaces",
    ),
]
Attributes = Annotated[
    dict[str, Value | list[str] | None],
    Field(
        description="only the attributes to change; null removes one. Values are checked against their custom fields; "
        "an unknown key becomes a field",
        max_length=100,
    ),
]


class SubscriptionInfo(Schema):
    """A contact's subscription to a list. Only `confirmed` subscriptions receive campaigns."""

    list_id: int
    list_name: str
    state: SubscriptionState
    reason_code: Annotated[str, Field(description="why the contact is quarantined, for programs")]
    reason: Annotated[str, Field(description="the same in words")]
    confirmed_at: datetime | None
    unsubscribed_at: datetime | None
    unsubscribed_by: str


class ContactInfo(Schema):
    """A contact of the account."""

    id: int
    email: str
    external_id: Annotated[str | None, Field(description="the person's id in your own system")]
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


class ContactsPage(Page[ContactInfo]):
    """A page of contacts.

    With `updated_since`, `resume` is the cursor for the next time, also after the last page, and `erased_ids` are
    contacts that no longer exist: delete them in your system, too.
    """

    resume: Annotated[str | None, Field(description="with `updated_since`: the `cursor` of your next request")] = None
    erased_ids: Annotated[list[int], Field(description="with `updated_since`: contacts that were erased")] = []


class ContactQuery(PageQuery):
    """Filters for contacts.

    `updated_since` can't be combined with filters, which would hide contacts that no longer match.
    """

    search: Annotated[str, Field(max_length=100, description="part of the address or name")] = ""
    list_id: Id | None = None
    state: SubscriptionState | None = None
    tag_id: Id | None = None
    sort: ContactSort = ContactSort.EMAIL
    updated_since: Annotated[
        AwareDatetime | None,
        Field(description="only contacts that changed at this time or later, in the order of the changes"),
    ] = None


class ContactLookup(RequestBodySchema):
    """The contact's email address or external id; exactly one of them."""

    email: Annotated[Address | None, Field(description="in any spelling of the same mailbox")] = None
    external_id: ExternalId | None = None


class TagEdit(RequestBodySchema):
    """The names of tags to add and to remove."""

    add: Annotated[list[TagName], Field(max_length=MAX_TAGS_AT_ONCE, description="new ones are created")] = []
    remove: Annotated[list[TagName], Field(max_length=MAX_TAGS_AT_ONCE)] = []


class ContactChange(RequestBodySchema):
    """Changes to a contact. Fields you leave out stay the same. The address never changes, because consent is tied to
    it (R-24).
    """

    first_name: PersonName | None = None
    last_name: PersonName | None = None
    external_id: Annotated[ExternalId | None, Field(description="null removes it")] = None
    attributes: Attributes | None = None
    tags: TagEdit | None = None


class UnsubscribeRequest(RequestBodySchema):
    """The list to unsubscribe the contact from, or all."""

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


def subscription_info(row: Subscription) -> SubscriptionInfo:
    code = row.quarantine_reason
    return filled(
        SubscriptionInfo,
        row,
        list_id=row.mailing_list_id,
        list_name=row.mailing_list.name,
        reason_code=code,
        reason=reason_word(code) if code else "",
    )


def contact_infos(rows: Sequence[Contact]) -> list[ContactInfo]:
    """Return contacts whose subscriptions are loaded, with their tags."""
    tags = tags_of([row.id for row in rows])
    return [
        filled(
            ContactInfo,
            row,
            tags=[tag.name for tag in tags.get(row.id, [])],
            subscriptions=[subscription_info(subscription) for subscription in row.subscriptions.all()],
        )
        for row in rows
    ]


def contact_detail(contact_id: int) -> ContactDetail:
    detail = queries.contact_detail(contact_id)
    if detail is None:
        raise Http404
    held = detail.suppression
    return filled(
        ContactDetail,
        detail.contact,
        tags=[tag.name for tag in tags_of([contact_id]).get(contact_id, [])],
        subscriptions=[subscription_info(row) for row in detail.subscriptions],
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
            for event in detail.events
        ],
    )
