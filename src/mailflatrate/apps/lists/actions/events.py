"""Events about contacts."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ListError, NameInUse
from mailflatrate.apps.lists.events import declared, keep_days
from mailflatrate.apps.lists.fields import special_sentence
from mailflatrate.apps.lists.models import Contact, ContactEvent, ContactEventType, ConversionGoal, EventSettings
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts import contact_events as rules
from mailflatrate.rules.contacts.contact_events import EventFault, EventRefused, PropertyType
from mailflatrate.rules.contacts.money import MoneyFault, MoneyRefused, money_of

DELETED_AT_ONCE = 5_000
_COUNT = """
INSERT INTO event_day AS d (account_id, day, count) VALUES (%s, %s, %s)
ON CONFLICT (account_id, day) DO UPDATE SET count = d.count + excluded.count RETURNING count
"""
# In the order of their keys: two batches with the same keys wait for each other instead of crossing.
_RECORD = """
INSERT INTO contact_event (account_id, contact_id, event_type_id, at, properties, key)
SELECT %s, t.contact_id, t.event_type_id, t.at, t.properties::jsonb, t.key
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::bytea[])
    AS t(contact_id, event_type_id, at, properties, key)
ORDER BY t.key
ON CONFLICT (account_id, key) WHERE key IS NOT NULL DO NOTHING
RETURNING key
"""
_DELETE = """
DELETE FROM contact_event WHERE id IN (
    SELECT id FROM contact_event WHERE account_id = %s AND event_type_id = %s AND at < %s ORDER BY at LIMIT %s)
"""


class EventOutcome(StrEnum):
    """What became of a reported event. KNOWN: it was reported before, with the same key."""

    RECORDED = "recorded"
    KNOWN = "known"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """By exactly one of `contact_id` and `external_id`."""

    name: str
    contact_id: int | None = None
    external_id: str | None = None
    at: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True, slots=True)
class EventResult:
    outcome: EventOutcome
    contact_id: int | None = None
    problem: str = ""


class TooManyEvents(ListError):
    """More than the account may record today."""


@tenancy.needs_account
@transaction.atomic
def record_events(reported: Sequence[ReportedEvent]) -> list[EventResult]:
    """Each alone; those about no contact are not recorded. New names and properties are declared. Raises
    TooManyEvents.
    """
    _count(len(reported))
    people = _find(reported)
    batch = _EventBatch(reported)
    for number, (event, contact_id) in enumerate(zip(reported, people, strict=True)):
        batch.take(number, event, contact_id)
    return batch.save()


def _count(number: int) -> None:
    today = clock.now().date()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [tenancy.current_account_id(), today, number])
        if cursor.fetchone()[0] > rules.MOST_A_DAY:
            raise TooManyEvents(_("an account can record up to %(limit)d events a day") % {"limit": rules.MOST_A_DAY})


def _find(reported: Sequence[ReportedEvent]) -> list[int | None]:
    contact_ids = {event.contact_id for event in reported if event.contact_id is not None}
    names = {event.external_id for event in reported if event.external_id is not None}
    existing = set(Contact.objects.filter(id__in=contact_ids).values_list("id", flat=True)) if contact_ids else set()
    by_name: dict[str | None, int] = {}
    if names:
        by_name.update(Contact.objects.filter(external_id__in=names).values_list("external_id", "id"))
    return [
        (event.contact_id if event.contact_id in existing else None)
        if event.contact_id is not None
        else by_name.get(event.external_id)
        for event in reported
    ]


class _EventBatch:
    def __init__(self, reported: Sequence[ReportedEvent]) -> None:
        self._now = clock.now()
        self._oldest = self._now - timedelta(days=keep_days())
        self._types = declared({event.name for event in reported})
        self._goal = ConversionGoal.objects.first()
        self._results: list[EventResult] = []
        self._rows: list[tuple[int, int, int, datetime, str, bytes | None]] = []

    def take(self, number: int, event: ReportedEvent, contact_id: int | None) -> None:
        if contact_id is None:
            self._results.append(EventResult(EventOutcome.UNKNOWN))
            return
        try:
            at = event.at or self._now
            self._check_time(at)
            type_id, values = self._checked(event)
        except EventRefused as refused:
            self._results.append(EventResult(EventOutcome.REFUSED, contact_id, event_sentence(refused)))
            return
        except ListError as error:
            self._results.append(EventResult(EventOutcome.REFUSED, contact_id, str(error)))
            return
        key = hashlib.sha256(event.key.encode()).digest()[:16] if event.key else None
        self._rows.append((number, contact_id, type_id, at, json.dumps(values), key))
        self._results.append(EventResult(EventOutcome.RECORDED, contact_id))

    def _check_time(self, at: datetime) -> None:
        if at > self._now + rules.FURTHEST_AHEAD:
            raise ListError(_("the event is in the future"))
        if at < self._oldest:
            raise ListError(_("the event is older than you keep events"))

    def _checked(self, event: ReportedEvent) -> tuple[int, Mapping[str, rules.PropertyValue]]:
        """Type and properties; new ones are declared. Raises EventRefused, ListError."""
        event_type = self._types.get(event.name)
        checked = rules.check_properties(event.properties, event_type.declared if event_type else {})
        if event_type is None or checked.new:
            event_type = self._types[event.name] = _declare(event.name, checked.new)
            checked = rules.check_properties(event.properties, event_type.declared)
        if self._goal is not None and self._goal.event_type_id == event_type.id:
            _check_money(self._goal, checked.values)
        return event_type.id, checked.values

    def save(self) -> list[EventResult]:
        first: dict[bytes, int] = {}
        fresh = [row for row in self._rows if row[5] is None or first.setdefault(row[5], row[0]) == row[0]]
        columns = [list(column) for column in zip(*(row[1:] for row in fresh), strict=True)] or [[], [], [], [], []]
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, [tenancy.current_account_id(), *columns])
            written = {bytes(key) for (key,) in cursor.fetchall() if key is not None}
        for number, contact_id, _type, _at, _values, key in self._rows:
            if key is not None and (key not in written or first[key] != number):
                self._results[number] = EventResult(EventOutcome.KNOWN, contact_id)
        return self._results


def _check_money(goal: ConversionGoal, values: Mapping[str, rules.PropertyValue]) -> None:
    """Raises ListError if the account counts the event, and its amount or currency can't be counted."""
    try:
        money_of(goal.names, values)
    except MoneyRefused as refused:
        if refused.fault is MoneyFault.CURRENCY:
            message = _("“%(name)s” isn't a currency: use three letters of ISO 4217, such as EUR")
        else:
            message = _("“%(name)s” isn't an amount: use a number such as 49.90, below a billion; a refund is negative")
        raise ListError(message % {"name": refused.name}) from refused


def _declare(name: str, properties: Mapping[str, PropertyType]) -> ContactEventType:
    """Locked. Raises EventRefused, ListError."""
    rules.check_name(name)
    row = ContactEventType.objects.select_for_update().filter(name=name).first()
    if row is None:
        if ContactEventType.objects.count() >= rules.MOST_TYPES:
            raise ListError(_("an account can have up to %(limit)d names of events") % {"limit": rules.MOST_TYPES})
        mine = ContactEventType(account_id=tenancy.current_account_id(), name=name)
        ContactEventType.objects.bulk_create([mine], ignore_conflicts=True)
        row = ContactEventType.objects.select_for_update().get(name=name)
    declared_types = row.declared
    new = {
        property_name: kind.value for property_name, kind in properties.items() if property_name not in declared_types
    }
    if len(declared_types) + len(new) > rules.MOST_PROPERTIES:
        raise EventRefused(EventFault.TOO_MANY, name)
    if new:
        row.properties = {**row.properties, **new}
        row.save(update_fields=["properties"])
    return row


@tenancy.needs_account
@transaction.atomic
def declare_event(name: str, properties: Mapping[str, PropertyType]) -> ContactEventType:
    """Raises NameInUse, ListError."""
    if ContactEventType.objects.filter(name=name).exists():
        raise NameInUse(_("another event is already called “%(name)s”") % {"name": name})
    try:
        for property_name in properties:
            rules.check_name(property_name)
        return _declare(name, properties)
    except EventRefused as refused:
        raise ListError(event_sentence(refused)) from refused


@tenancy.needs_account
@transaction.atomic
def add_properties(type_id: int, properties: Mapping[str, PropertyType]) -> ContactEventType:
    """The type of a declared one can't change. Raises ListError."""
    row = ContactEventType.objects.select_for_update().get(id=type_id)
    changed = [name for name, kind in properties.items() if row.declared.get(name, kind) is not kind]
    if changed:
        raise ListError(_("the type of “%(name)s” can't be changed") % {"name": changed[0]})
    try:
        for property_name in properties:
            rules.check_name(property_name)
        return _declare(row.name, properties)
    except EventRefused as refused:
        raise ListError(event_sentence(refused)) from refused


@tenancy.needs_account
@transaction.atomic
def delete_event_type(type_id: int) -> int:
    """With its events; return how many. Segments that ask for it then match no one."""
    ContactEventType.objects.select_for_update().get(id=type_id)
    deleted, _rows = ContactEvent.objects.filter(event_type_id=type_id).delete()
    ContactEventType.objects.filter(id=type_id).delete()
    return deleted


@tenancy.needs_account
def set_keep_days(days: int) -> None:
    """A job deletes older ones within the hour. Raises ListError."""
    if not rules.LEAST_KEEP_DAYS <= days <= rules.MOST_KEEP_DAYS:
        bounds = {"least": rules.LEAST_KEEP_DAYS, "limit": rules.MOST_KEEP_DAYS}
        raise ListError(_("enter a number of days from %(least)d to %(limit)d") % bounds)
    EventSettings.objects.update_or_create(account_id=tenancy.current_account_id(), defaults={"keep_days": days})


def delete_old_events() -> int:
    """Batch by batch, with old daily counts; return how many."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        accounts = sorted(set(ContactEventType.objects.values_list("account_id", flat=True)))
        connection.cursor().execute("DELETE FROM event_day WHERE day < %s", [clock.now().date() - timedelta(days=8)])
    return sum(_delete_old(account_id) for account_id in accounts)


def _delete_old(account_id: int) -> int:
    with tenancy.account(account_id):
        before = clock.now() - timedelta(days=keep_days())
        types = list(ContactEventType.objects.values_list("id", flat=True))
    deleted = 0
    for type_id in types:
        while True:
            with tenancy.account(account_id), connection.cursor() as cursor:
                cursor.execute(_DELETE, [account_id, type_id, before, DELETED_AT_ONCE])
                deleted += cursor.rowcount
                if cursor.rowcount < DELETED_AT_ONCE:
                    break
    return deleted


def event_sentence(refused: EventRefused) -> str:
    """For the customer."""
    name = {"name": refused.name}
    if refused.fault is EventFault.SPECIAL:
        return special_sentence(refused.name)
    if refused.fault is EventFault.TOO_MANY:
        return _("an event can have up to %(limit)d properties") % {"limit": rules.MOST_PROPERTIES}
    if refused.fault is EventFault.TOO_LARGE:
        return _("the properties of an event can have up to %(limit)d bytes") % {"limit": rules.LARGEST_OCTETS}
    if refused.fault is EventFault.NAME:
        return (
            _("“%(name)s” isn't a name: use up to 60 lower-case letters, digits, _ and dots, such as order.placed")
            % name
        )
    sentences = {
        PropertyType.TEXT: _("“%(name)s” is a text of up to 500 characters"),
        PropertyType.NUMBER: _("“%(name)s” is a number"),
        PropertyType.BOOLEAN: _("“%(name)s” is true or false"),
        PropertyType.DATE: _("“%(name)s” is a date, such as 2026-03-31"),
    }
    if refused.wanted is None:
        return _("“%(name)s” must be a text, a number, or true or false") % name
    return sentences[refused.wanted] % name
