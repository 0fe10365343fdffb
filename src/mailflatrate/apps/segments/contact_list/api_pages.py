"""Contacts for the API, page by page, in the same time however far back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q

from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter, contacts_matching


class ContactSort(StrEnum):
    """The possible orders; a minus sign reverses one."""

    EMAIL = "email"
    EMAIL_DOWN = "-email"
    CREATED = "created_at"
    CREATED_DOWN = "-created_at"
    UPDATED = "updated_at"
    UPDATED_DOWN = "-updated_at"

    @property
    def column(self) -> str:
        return self.value.removeprefix("-")

    @property
    def sign(self) -> str:
        return "-" if self.value.startswith("-") else ""


@dataclass(frozen=True, slots=True)
class PageEnd:
    value: str
    contact_id: int

    @classmethod
    def of(cls, contact: Contact, order: ContactSort) -> "PageEnd":
        value = getattr(contact, order.column)
        return cls(value.isoformat() if isinstance(value, datetime) else value, contact.id)


def ordered_contacts(criteria: ContactFilter, order: ContactSort, *, after: PageEnd | None, size: int) -> list[Contact]:
    """With subscriptions. Raises SegmentError."""
    people = contacts_matching(criteria).prefetch_related("subscriptions__mailing_list")
    if after is not None:
        way = "lt" if order.sign else "gt"
        value = after.value if order.column == "email" else datetime.fromisoformat(after.value)
        beyond = Q(**{f"{order.column}__{way}": value})
        people = people.filter(beyond | Q(**{order.column: value, f"id__{way}": after.contact_id}))
    return list(people.order_by(f"{order.sign}{order.column}", f"{order.sign}id")[:size])


def contacts_with_ids(ids: Sequence[int]) -> list[Contact]:
    """In the given order, with subscriptions; unknown ids are missing."""
    contacts = Contact.objects.prefetch_related("subscriptions__mailing_list").in_bulk(list(ids))
    return [contacts[contact_id] for contact_id in ids if contact_id in contacts]
