"""The filter of the contact list and of bulk actions. All parts must match."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.models import Contact, ContactTag, Subscription
from mailflatrate.apps.lists.search import matching
from mailflatrate.apps.segments.builders import conditions_sql
from mailflatrate.apps.segments.models import Segment
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.audience_states import SubscriptionState

MOST_CONDITIONS = 10

_ON_OWN_LISTS = "contact.id = ANY (ARRAY(SELECT seen.contact_id FROM subscription seen WHERE seen.account_id = %s))"


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """`conditions`: stored segment conditions. `import_id`: people whose consent this import proved."""

    search: str = ""
    list_id: int | None = None
    state: SubscriptionState | None = None
    tag_id: int | None = None
    segment_id: int | None = None
    import_id: int | None = None
    conditions: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "search": self.search,
            "list": self.list_id,
            "state": self.state.value if self.state else None,
            "tag": self.tag_id,
            "segment": self.segment_id,
            "import": self.import_id,
            "conditions": [dict(condition) for condition in self.conditions],
        }

    @property
    def is_empty(self) -> bool:
        return self == ContactFilter()


def filter_from_json(stored: Mapping[str, Any]) -> ContactFilter:
    state = stored.get("state")
    return ContactFilter(
        stored.get("search") or "",
        stored.get("list"),
        SubscriptionState(state) if state else None,
        stored.get("tag"),
        stored.get("segment"),
        stored.get("import"),
        tuple(stored.get("conditions") or ()),
    )


def contacts_matching(criteria: ContactFilter) -> QuerySet[Contact]:
    """Raises SegmentError if conditions are faulty."""
    people = Contact.objects.all()
    if criteria.search:
        people = matching(people, criteria.search)
    people = people.filter(*linked_rows(criteria, "id"))
    if criteria.import_id is not None:
        people = people.filter(id__in=_imported_by(criteria.import_id))
    if criteria.segment_id is not None:
        segment = Segment.objects.filter(id=criteria.segment_id).first()
        people = _meeting(people, segment.conditions) if segment else people.extra(where=["FALSE"])
    return _meeting(people, criteria.conditions) if criteria.conditions else people


def on_own_lists(people: QuerySet[Contact], criteria: ContactFilter) -> QuerySet[Contact]:
    """Of a limited member: found from the list, not by the policy for each. As an array, or the planner starts
    elsewhere.
    """
    if tenancy.limited_member() is None or criteria.tag_id is not None:
        return people
    return people.extra(where=[_ON_OWN_LISTS], params=[tenancy.current_account_id()])  # noqa: S610  a constant


def linked_rows(criteria: ContactFilter, contact: str) -> list[Exists]:
    """On subscriptions and tags, for rows with a contact's id in this column; no contact needed."""
    conditions = []
    if criteria.list_id is not None or criteria.state is not None:
        subscriptions = Subscription.objects.filter(contact=OuterRef(contact))
        if criteria.list_id is not None:
            subscriptions = subscriptions.filter(mailing_list_id=criteria.list_id)
        if criteria.state is not None:
            subscriptions = subscriptions.filter(state=criteria.state)
        conditions.append(Exists(subscriptions))
    if criteria.tag_id is not None:
        conditions.append(Exists(ContactTag.objects.filter(contact=OuterRef(contact), tag_id=criteria.tag_id)))
    return conditions


def _imported_by(import_id: int) -> QuerySet[Any, Any]:
    return ConsentEvent.objects.filter(source_import_id=import_id).values("contact_id")


def _meeting(people: QuerySet[Contact], conditions: Any) -> QuerySet[Contact]:
    where, values = conditions_sql(conditions, alias="contact")
    return people.extra(where=[f"({where})"], params=values)  # noqa: S610  conditions_sql passes values apart


def usable(criteria: ContactFilter) -> tuple[ContactFilter, list[SegmentError]]:
    problems: list[SegmentError] = []
    kept: list[Mapping[str, Any]] = []
    for condition in criteria.conditions[:MOST_CONDITIONS]:
        try:
            conditions_sql([condition])
        except SegmentError as error:
            problems.append(error)
        else:
            kept.append(condition)
    narrowed = replace(criteria, conditions=tuple(kept))
    try:
        contacts_matching(narrowed)
    except SegmentError as error:
        problems.append(error)
        narrowed = replace(narrowed, segment_id=None)
    return narrowed, problems
