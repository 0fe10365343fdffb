"""Contacts: search, filters as chips, sorting, the member's columns, keyset pages. The URL contains the whole state."""

from dataclasses import replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.contact_list.columns import choose_columns
from mailflatrate.apps.lists.contact_list.counting import count_contacts
from mailflatrate.apps.lists.contact_list.narrowing import usable
from mailflatrate.apps.lists.contact_list.ordering import ContactCursor
from mailflatrate.apps.lists.contact_list.paging import SortedPage, sorted_page
from mailflatrate.apps.lists.errors import ListError, SegmentError
from mailflatrate.apps.lists.models import BulkKind
from mailflatrate.apps.lists.queries import ListRow
from mailflatrate.apps.lists.tags import tags_of
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.audience.people.adding_filter import filter_inputs, filter_kinds, with_added_filter
from mailflatrate.entrypoints.studio.audience.people.contact_cells import ContactTable
from mailflatrate.entrypoints.studio.audience.people.contact_chips import chosen_chips, state_chips
from mailflatrate.entrypoints.studio.audience.people.contact_state import (
    ContactListState,
    read_cursor,
    state_from,
    written_cursor,
)
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.rules.roles import Permission, may


def _lists(chosen_id: int) -> list[ListRow]:
    lists = queries.list_table()
    if chosen_id and all(row.id != chosen_id for row in lists):
        lists += [row for row in queries.list_table(archived=True) if row.id == chosen_id]
    return lists


def _state(request: StudioRequest) -> ContactListState:
    state = state_from(request.GET)
    wanted, problems = usable(state.wanted)
    for problem in problems:
        messages.error(request, error_sentence(problem))
    return replace(state, wanted=wanted)


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
    wanted = state.wanted
    return {"content": "contacts", **({"scope": f"list:{wanted.list_id}"} if wanted.list_id else {})}


def _added(request: StudioRequest, state: ContactListState) -> HttpResponse:
    try:
        state = with_added_filter(state, request.GET)
    except (ListError, SegmentError) as error:
        messages.error(request, error_sentence(error))
    return see_other(f"{reverse('studio:contacts')}?{state.query()}")


@studio("GET contacts/", "contacts", Permission.CONTACTS, limited=True)
def contacts(request: StudioRequest) -> HttpResponse:
    state = _state(request)
    if "by" in request.GET:
        return _added(request, state)
    found = sorted_page(
        state.wanted,
        state.order,
        after=read_cursor(state.order, request.GET.get("after")),
        before=read_cursor(state.order, request.GET.get("before")),
    )
    context = _context(request, state, found)
    is_part = is_htmx(request) and not getattr(request, "htmx").history_restore_request  # noqa: B009  by middleware
    return page(request, f"studio/audience/{'contact_rows' if is_part else 'contacts'}.html", context)


def _context(request: StudioRequest, state: ContactListState, found: SortedPage) -> dict[str, object]:
    table = ContactTable(state, state.shown_columns(request))
    tagged = tags_of([person.id for person in found.rows])
    lists = _lists(whole_number(request.GET.get("list")))
    return {
        "state": state,
        "wanted": state.wanted,
        "pairs": state.pairs(),
        "query": state.query(),
        "table": table,
        "rows": [table.row(person, tagged.get(person.id, [])) for person in found.rows],
        "lists": lists,
        "filtered": not state.wanted.is_empty,
        "away": "after" in request.GET or "before" in request.GET,
        "next": _address(state, "after", found.next),
        "previous": _address(state, "before", found.previous),
        "chips": chosen_chips(state),
        "state_chips": state_chips(state, lists),
        "filter_kinds": filter_kinds(),
        "inputs": filter_inputs("", ""),
        "bulk_kinds": _bulk_kinds(request),
        "export_url": f"{reverse('studio:export-new')}?{urlencode(_exported(state))}",
    }
