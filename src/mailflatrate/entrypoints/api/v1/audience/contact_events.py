"""Events of a customer's own systems about their contacts: recorded, declared, and kept for a period that they set."""

from typing import Annotated

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.lists import events as known
from mailflatrate.apps.lists.actions import events as actions
from mailflatrate.apps.lists.actions.events import EventOutcome, EventResult, ReportedEvent, TooManyEvents
from mailflatrate.apps.lists.events import EventTypeInfo
from mailflatrate.apps.lists.models import ContactEventType
from mailflatrate.apps.lists.queries import contact_by_external_id
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.audience.batch_results import item_results, outcome_counts
from mailflatrate.entrypoints.api.v1.audience.contact_schemas import ExternalId
from mailflatrate.entrypoints.api.v1.problems import Code, Problem, wrong
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    page_from,
)
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.rules.contacts import contact_events as rules
from mailflatrate.rules.contacts.contact_events import PropertyType

ROUTER = Router(tags=["Contact events"])
EXTERNAL = "ext:"
LONGEST_NAME_OF_CONTACT = 210
EventName = Annotated[
    str, Field(pattern=f"^{rules.NAME}$", max_length=rules.LONGEST_NAME, description="for example order.placed")
]
Text = Annotated[str, Field(max_length=rules.LONGEST_TEXT)]
Properties = Annotated[
    dict[str, bool | int | float | Text | None],
    Field(
        max_length=rules.MOST_PROPERTIES,
        description="values by name. A name that isn't declared yet becomes a property of the event, with the type of "
        "this value; a date has to be declared",
    ),
]
PropertyTypes = Annotated[dict[EventName, PropertyType], Field(max_length=rules.MOST_PROPERTIES)]
EventKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=rules.LONGEST_KEY,
        description="your own key for this event, such as an order number: the same key is recorded once",
    ),
]


class NewEvent(RequestBodySchema):
    """Something that a contact did."""

    event: EventName
    at: Annotated[AwareDatetime | None, Field(description="when it happened; now if left out")] = None
    properties: Properties = {}
    key: EventKey | None = None


class EventContact(RequestBodySchema):
    """The contact, by exactly one of these."""

    id: Id | None = None
    external_id: ExternalId | None = None


class BatchEvent(NewEvent):
    """Something that a contact did, in a batch."""

    contact: EventContact


class EventBatch(RequestBodySchema):
    """Up to 1,000 events."""

    items: Annotated[list[BatchEvent], Field(min_length=1, max_length=rules.MOST_IN_BATCH)]


class EventRecorded(Schema):
    """What became of an event. `known`: it was recorded before with this key, and nothing changed."""

    outcome: EventOutcome
    contact_id: int | None


class BatchEventResult(EventRecorded):
    """What became of one item. `unknown`: there is no such contact, and none is added."""

    index: int
    detail: Annotated[str, Field(description="why it was refused, in words")]


class EventBatchResult(Schema):
    """How many items had which outcome, and those that were not recorded, in the order of the request."""

    recorded: int
    known: int
    unknown: int
    refused: int
    items: Annotated[list[BatchEventResult], Field(description="items that were unknown or refused")]


class NewEventType(RequestBodySchema):
    """A type of event to declare."""

    name: EventName
    properties: PropertyTypes = {}


class EventTypeChange(RequestBodySchema):
    """Properties to add. The type of a declared one can't change."""

    properties: PropertyTypes


class EventTypeDeletion(RequestBodySchema):
    """Confirms that the type and all of its events are really to be deleted."""

    sure: bool = False


class EventTypeDeletionResult(Schema):
    """How many events were deleted."""

    events: int


class EventPeriod(RequestBodySchema):
    """How many days events are kept. Older ones are deleted within the hour."""

    keep_days: Annotated[int, Field(ge=rules.LEAST_KEEP_DAYS, le=rules.MOST_KEEP_DAYS)]


def _record(reported: list[ReportedEvent]) -> list[EventResult]:
    try:
        return actions.record_events(reported)
    except TooManyEvents as error:
        raise Problem(Code.RATE, error_sentence(error)) from error


def _reported(given: NewEvent, contact_id: int | None, external_id: str | None = None) -> ReportedEvent:
    return ReportedEvent(given.event, contact_id, external_id, given.at, given.properties, given.key or "")


@endpoint(ROUTER, "post", "/contacts/events", scope=KeyScope.EVENTS_WRITE, batch=True)
def record_event_batch(request: ApiRequest, given: EventBatch) -> EventBatchResult:
    """Record up to 1,000 events. Each item stands alone: what is wrong with one is reported and doesn't stop the rest.
    A contact that doesn't exist is not added. Send a `key` with each, and repeat the request if you got no answer.
    """
    reported = []
    for index, item in enumerate(given.items):
        named = item.contact
        if (named.id is None) == (named.external_id is None):
            raise wrong(f"items.{index}.contact", _("send either “id” or “external_id”"))
        reported.append(_reported(item, named.id, named.external_id))
    results = _record(reported)
    missed = [
        (index, report)
        for index, report in enumerate(results)
        if report.outcome in (EventOutcome.UNKNOWN, EventOutcome.REFUSED)
    ]
    items = item_results(missed, BatchEventResult)
    return EventBatchResult(items=items, **outcome_counts(results, EventOutcome))


ContactName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_NAME_OF_CONTACT,
        description=f"the contact's id, or `{EXTERNAL}` followed by its external id",
    ),
]


def _contact_id(name: str) -> int:
    if name.startswith(EXTERNAL):
        contact_id = contact_by_external_id(name.removeprefix(EXTERNAL))
    else:
        contact_id = int(name) if name.isascii() and name.isdigit() and len(name) < 19 else None
    if contact_id is None:
        raise Http404
    return contact_id


@endpoint(ROUTER, "post", "/contacts/{contact}/events", scope=KeyScope.EVENTS_WRITE)
def record_event(request: ApiRequest, contact: ContactName, given: NewEvent) -> EventRecorded:
    """Record something that a contact did. The contact is named by its id, or by `ext:` and its external id. Someone
    who isn't a contact is refused and never added. With a `key`, the same event is recorded once.
    """
    (result,) = _record([_reported(given, _contact_id(contact))])
    if result.outcome is EventOutcome.UNKNOWN:
        raise Http404
    if result.outcome is EventOutcome.REFUSED:
        raise Problem(Code.REFUSED, error_sentence(result.problem))
    return EventRecorded(outcome=result.outcome, contact_id=result.contact_id)


def _one(event_type_id: int) -> EventTypeInfo:
    get_object_or_404(ContactEventType.objects, id=event_type_id)
    return next(row for row in known.event_types() if row.id == event_type_id)


@endpoint(ROUTER, "get", "/event-types", scope=KeyScope.READ)
def list_event_types(request: ApiRequest, which: Query[PageQuery]) -> Page[EventTypeInfo]:
    """List the account's types of events by name, with their properties."""
    return page_from(known.event_types(), which)


@endpoint(ROUTER, "get", "/event-types/{event_type_id}", scope=KeyScope.READ)
def show_event_type(request: ApiRequest, event_type_id: Id) -> EventTypeInfo:
    """Show a type of event."""
    return _one(event_type_id)


@endpoint(ROUTER, "post", "/event-types", scope=KeyScope.CONTACTS_WRITE, status=201, repeatable=True)
def create_event_type(request: ApiRequest, given: NewEventType) -> EventTypeInfo:
    """Declare a type of event with its properties. Recording an event with an unknown name declares it, too; declare it
    first where a property is a date, because a text stays a text.
    """
    return _one(actions.declare_event(given.name, given.properties).id)


@endpoint(ROUTER, "patch", "/event-types/{event_type_id}", scope=KeyScope.CONTACTS_WRITE)
def change_event_type(request: ApiRequest, event_type_id: Id, given: EventTypeChange) -> EventTypeInfo:
    """Add properties to a type of event."""
    _one(event_type_id)
    actions.add_properties(event_type_id, given.properties)
    return _one(event_type_id)


@endpoint(ROUTER, "post", "/event-types/{event_type_id}/delete", scope=KeyScope.CONTACTS_WRITE)
def delete_event_type(request: ApiRequest, event_type_id: Id, given: EventTypeDeletion) -> EventTypeDeletionResult:
    """Delete a type of event with all of its events. Segments that ask for it match no one. You can't undo this."""
    _one(event_type_id)
    if not given.sure:
        raise wrong("sure", _("send true to confirm"))
    return EventTypeDeletionResult(events=actions.delete_event_type(event_type_id))


@endpoint(ROUTER, "get", "/event-period", scope=KeyScope.READ)
def show_event_period(request: ApiRequest) -> EventPeriod:
    """Show how long events are kept."""
    return EventPeriod(keep_days=known.keep_days())


@endpoint(ROUTER, "patch", "/event-period", scope=KeyScope.CONTACTS_WRITE)
def change_event_period(request: ApiRequest, given: EventPeriod) -> EventPeriod:
    """Set how long events are kept."""
    actions.set_keep_days(given.keep_days)
    return EventPeriod(keep_days=known.keep_days())
