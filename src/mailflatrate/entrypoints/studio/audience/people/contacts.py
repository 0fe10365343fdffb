"""Contacts: search, filters as chips, sorting, the member's columns, keyset pages. The URL contains the whole state."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.errors import ListError, SegmentError
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.models import SUBSCRIPTION_LABELS, MailingList, SubscriptionState, Tag
from mailflatrate.apps.lists.queries import ListRow
from mailflatrate.apps.lists.tags import tags_of
from mailflatrate.apps.segments.conditions.choices import named
from mailflatrate.apps.segments.contact_list.columns import choose_columns
from mailflatrate.apps.segments.contact_list.counting import count_contacts
from mailflatrate.apps.segments.contact_list.narrowing import ContactFilter, usable
from mailflatrate.apps.segments.contact_list.ordering import ContactCursor
from mailflatrate.apps.segments.contact_list.paging import SortedPage, sorted_page
from mailflatrate.apps.segments.models import BulkKind, Segment
from mailflatrate.entrypoints.presenters.language import date_words
from mailflatrate.entrypoints.presenters.segment_sentences import FIELD_WORDS
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.audience.people.adding_filter import filter_inputs, filter_kinds, with_added_filter
from mailflatrate.entrypoints.studio.audience.people.contact_cells import ContactTable
from mailflatrate.entrypoints.studio.audience.people.contact_state import (
    ContactListState,
    read_cursor,
    state_from,
    written_cursor,
)
from mailflatrate.entrypoints.studio.audience.segment_words import op_word
from mailflatrate.entrypoints.studio.common import FilterChip, page, whole_number
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.rules.conditions import DATE_OPS, Field, Op
from mailflatrate.rules.roles import Permission, may


def chosen_chips(state: ContactListState) -> list[FilterChip]:
    """Return the active filters except search and status, which have their own places on the page."""
    criteria = state.wanted
    named = (
        (criteria.list_id, "list_id", _("List: %(name)s"), MailingList, "name"),
        (criteria.tag_id, "tag_id", _("Tag: %(name)s"), Tag, "name"),
        (criteria.segment_id, "segment_id", _("Segment: %(name)s"), Segment, "name"),
        (criteria.import_id, "import_id", _("Import: %(name)s"), Import, "file_name"),
    )
    chips = [
        FilterChip(
            text % {"name": model.objects.filter(id=number).values_list(column, flat=True).first() or number},
            state.narrowed(**{part: None}).query(),
        )
        for number, part, text, model, column in named
        if number is not None
    ]
    words = ConditionWords(criteria)
    for place, condition in enumerate(criteria.conditions):
        others = criteria.conditions[:place] + criteria.conditions[place + 1 :]
        chips.append(FilterChip(words.sentence(condition), state.narrowed(conditions=others).query()))
    return chips


def state_chips(state: ContactListState, lists: list[ListRow]) -> list[FilterChip]:
    """They have counts if the list is the only other filter, because counters know those."""
    criteria = state.wanted
    counted = ContactFilter(list_id=criteria.list_id, state=criteria.state) == criteria
    chosen = next((row for row in lists if row.id == criteria.list_id), None) if counted else None
    chips = [FilterChip(_("Any status"), state.narrowed(state=None).query(), criteria.state is None)]
    return chips + [
        FilterChip(
            str(label),
            state.narrowed(state=SubscriptionState(value)).query(),
            value == criteria.state,
            getattr(chosen, value) if chosen else "",
        )
        for value, label in SUBSCRIPTION_LABELS.items()
    ]


class ConditionWords:
    def __init__(self, criteria: ContactFilter) -> None:
        self._fields = definitions(
            str(condition.get("key")) for condition in criteria.conditions if condition.get("key")
        )

    def sentence(self, condition: Mapping[str, Any]) -> str:
        field, op = Field(condition["field"]), Op(condition["op"])
        key = str(condition.get("key") or "")
        subject = self._fields[key].label if key in self._fields else key or str(FIELD_WORDS[field])
        value = self._value(field, op, condition.get("value"))
        if op in (Op.WITHIN_DAYS, Op.NOT_WITHIN_DAYS):
            text = (
                _("%(what)s: in the last %(days)s days")
                if op is Op.WITHIN_DAYS
                else _("%(what)s: not in the last %(days)s days")
            )
            return text % {"what": subject, "days": value}
        if op in (Op.HAS, Op.HAS_NOT):
            return (_("Tag: %(name)s") if op is Op.HAS else _("Without tag: %(name)s")) % {"name": value}
        if field is Field.FORM:
            return (_("Form: %(name)s") if op is Op.IN else _("Not by form: %(name)s")) % {"name": value}
        return " ".join(part for part in (subject, str(op_word(field, op)), value) if part)

    def _value(self, field: Field, op: Op, value: Any) -> str:
        if op in (Op.SET, Op.EMPTY, Op.NEVER) or value is None:
            return ""
        model: Any = {Op.ON: MailingList, Op.NOT_ON: MailingList, Op.HAS: Tag, Op.HAS_NOT: Tag}.get(op)
        if model is not None:
            return str(model.objects.filter(id=int(value)).values_list("name", flat=True).first() or value)
        if field is Field.FORM:
            return ", ".join(named(Field.FORM, map(int, str(value).split(","))).values()) or str(value)
        if op in DATE_OPS:
            return date_words(str(value), "SHORT_DATE_FORMAT")
        if value in ("true", "false"):
            return _("Yes") if value == "true" else _("No")
        return str(value)


def _lists(chosen_id: int) -> list[ListRow]:
    lists = queries.list_table()
    if chosen_id and all(row.id != chosen_id for row in lists):
        lists += [row for row in queries.list_table(archived=True) if row.id == chosen_id]
    return lists


def _state(request: StudioRequest) -> ContactListState:
    state = state_from(request.GET)
    criteria, problems = usable(state.wanted)
    for problem in problems:
        messages.error(request, error_sentence(problem))
    return replace(state, wanted=criteria)


def _address(state: ContactListState, name: str, cursor: ContactCursor | None) -> str:
    return f"?{state.query(**{name: written_cursor(cursor)})}" if cursor else ""


def _bulk_kinds(request: StudioRequest) -> list[tuple[str, str]]:
    erases = may(request.membership.role, Permission.ERASE_MANY)
    kinds = [kind for kind in BulkKind if kind is not BulkKind.ERASE or erases]
    return [(kind.value, str(kind.label)) for kind in kinds]


@studio("GET contacts/count/", "contact-count", Permission.CONTACTS, limited=True)
def count(request: StudioRequest) -> HttpResponse:
    return page(request, "studio/audience/contact_count.html", {"found": count_contacts(_state(request).wanted)})


@studio("GET contacts/filter/", "contact-filter", Permission.VIEW, limited=True)
def filter_form(request: StudioRequest) -> HttpResponse:
    inputs = filter_inputs(request.GET.get("by", ""), request.GET.get("op", ""))
    return page(request, "studio/audience/contact_filter_inputs.html", {"inputs": inputs})


@studio("POST contacts/columns/", "contact-columns", Permission.VIEW, limited=True, logs=NOTHING)
def columns(request: StudioRequest) -> HttpResponse:
    state = state_from(request.POST)
    chosen = choose_columns(request.user, request.POST.getlist("column"))
    return see_other(f"{reverse('studio:contacts')}?{replace(state, columns=tuple(chosen)).query()}")


def _exported(state: ContactListState) -> dict[str, str]:
    criteria = state.wanted
    return {"content": "contacts", **({"scope": f"list:{criteria.list_id}"} if criteria.list_id else {})}


def _added(request: StudioRequest, state: ContactListState) -> HttpResponse:
    try:
        state = with_added_filter(state, request.GET)
    except (ListError, SegmentError) as error:
        messages.error(request, error_sentence(error))
    return see_other(f"{reverse('studio:contacts')}?{state.query()}")


@studio(
    "GET contacts/",
    "contacts",
    Permission.CONTACTS,
    limited=True,
    tab=Tab(CONTACTS, keywords=gettext_lazy("people, recipients, subscribers, addresses"), place=10),
)
def contacts(request: StudioRequest) -> HttpResponse:
    state = _state(request)
    if "by" in request.GET:
        return _added(request, state)
    contact_page = sorted_page(
        state.wanted,
        state.order,
        after=read_cursor(state.order, request.GET.get("after")),
        before=read_cursor(state.order, request.GET.get("before")),
    )
    context = _context(request, state, contact_page)
    is_part = is_htmx(request) and not getattr(request, "htmx").history_restore_request  # noqa: B009  by middleware
    return page(request, f"studio/audience/{'contact_rows' if is_part else 'contacts'}.html", context)


def _context(request: StudioRequest, state: ContactListState, contact_page: SortedPage) -> dict[str, object]:
    table = ContactTable(state, state.shown_columns(request))
    tagged = tags_of([person.id for person in contact_page.rows])
    lists = _lists(whole_number(request.GET.get("list")))
    return {
        "state": state,
        "wanted": state.wanted,
        "pairs": state.pairs(),
        "query": state.query(),
        "table": table,
        "rows": [table.row(person, tagged.get(person.id, [])) for person in contact_page.rows],
        "lists": lists,
        "filtered": not state.wanted.is_empty,
        "away": "after" in request.GET or "before" in request.GET,
        "next": _address(state, "after", contact_page.next),
        "previous": _address(state, "before", contact_page.previous),
        "chips": chosen_chips(state),
        "state_chips": state_chips(state, lists),
        "filter_kinds": filter_kinds(),
        "inputs": filter_inputs("", ""),
        "bulk_kinds": _bulk_kinds(request),
        "export_url": f"{reverse('studio:export-new')}?{urlencode(_exported(state))}",
    }
