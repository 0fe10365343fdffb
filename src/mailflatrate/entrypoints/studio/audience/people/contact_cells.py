"""The table of contacts: its columns with their labels and sort order, and the cells of each row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.models import Contact, Subscription, SubscriptionState, Tag
from mailflatrate.apps.segments.contact_list.columns import offered_columns
from mailflatrate.apps.segments.contact_list.ordering import ADDED, CONFIRMED, EMAIL, FIELD_PREFIX, order_named
from mailflatrate.entrypoints.presenters.language import date_words
from mailflatrate.entrypoints.studio.audience.audience_labels import STATE_TONES
from mailflatrate.entrypoints.studio.audience.people.contact_state import ContactListState
from mailflatrate.rules.fields.field_type import FieldDefinition, Sorting
from mailflatrate.rules.fields.values import value_text


@dataclass(frozen=True, slots=True)
class ContactColumn:
    """A column. `query` sorts by it, or reverses the order; empty if it can't. `sort`: up, down, or empty."""

    name: str
    label: str
    is_numeric: bool = False
    query: str = ""
    sort: str = ""
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class ContactCell:
    """A cell with its column's label. `subscriptions` and `tags` are rendered as badges, anything else is text."""

    label: str
    text: str = ""
    is_numeric: bool = False
    subscriptions: Sequence[tuple[Subscription, str]] = ()
    tags: Sequence[Tag] = ()


def _labels() -> dict[str, str]:
    return {
        EMAIL: _("Email address"),
        "name": _("Name"),
        "subscriptions": _("Subscriptions"),
        "tags": _("Tags"),
        ADDED: _("Added"),
        CONFIRMED: _("Last confirmation"),
        "activity": _("Last activity"),
        "external_id": _("External ID"),
    }


class ContactTable:
    """The columns of one page. `all_columns` begins with the address, which is always shown."""

    def __init__(self, state: ContactListState, visible: Sequence[str]) -> None:
        self._state = state
        self._fields = {f"{FIELD_PREFIX}{key}": field for key, field in definitions().items()}
        columns = {name: self._column(name) for name in (EMAIL, *offered_columns(), *visible)}
        self.all_columns = [
            replace(column, is_shown=name in visible or name == EMAIL) for name, column in columns.items()
        ]
        self.shown_columns = [columns[name] for name in visible]
        self.email_column = columns[EMAIL]
        self.orders = [column for column in self.all_columns if column.query]

    def _column(self, name: str) -> ContactColumn:
        field = self._fields.get(name)
        label = field.label if field is not None else _labels()[name]
        numeric = name in (ADDED, CONFIRMED, "activity") or (
            field is not None and (field.type.is_number or field.type.is_date)
        )
        sortable = name in (EMAIL, ADDED, CONFIRMED) or (field is not None and field.type.sorting is not Sorting.NONE)
        if not sortable:
            return ContactColumn(name, label, numeric)
        order = self._state.order
        current = order.key == name
        # What is newest, or largest, is usually wanted first.
        order_name = name if (order.is_descending if current else not numeric) else f"-{name}"
        sort = ("down" if order.is_descending else "up") if current else ""
        query = replace(self._state, order=order_named(order_name)).query()
        return ContactColumn(name, label, numeric, query or "sort=email", sort)

    def row(self, contact: Contact, tags: Sequence[Tag]) -> dict[str, Any]:
        return {"contact": contact, "cells": [self._cell(column, contact, tags) for column in self.shown_columns]}

    def _cell(self, column: ContactColumn, contact: Contact, tags: Sequence[Tag]) -> ContactCell:
        field = self._fields.get(column.name)
        if field is not None:
            return ContactCell(column.label, field_text(field, contact.attributes), column.is_numeric)
        subscriptions = list(contact.subscriptions.all())
        match column.name:
            case "subscriptions":
                tones = [
                    (subscription, STATE_TONES[SubscriptionState(subscription.state)]) for subscription in subscriptions
                ]
                return ContactCell(column.label, subscriptions=tones)
            case "tags":
                return ContactCell(column.label, tags=tags)
            case "name":
                return ContactCell(column.label, contact.full_name)
            case "external_id":
                return ContactCell(column.label, contact.external_id or "")
        moment = {
            ADDED: contact.created_at,
            CONFIRMED: max(
                (subscription.confirmed_at for subscription in subscriptions if subscription.confirmed_at), default=None
            ),
        }.get(column.name, contact.last_activity_at)
        text = date_format(localtime(moment), "SHORT_DATE_FORMAT") if moment else ""
        return ContactCell(column.label, text, column.is_numeric)


def field_text(field: FieldDefinition, attributes: Mapping[str, Any]) -> str:
    value = attributes.get(field.key)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float):
        return str(number_format(value, use_l10n=True, force_grouping=False))
    if field.type.is_date:
        return date_words(str(value), "SHORT_DATE_FORMAT")
    return value_text(value)
