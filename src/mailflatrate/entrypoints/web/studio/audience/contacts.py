"""Contacts: search, filters, keyset pagination."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.models import SUBSCRIPTION_LABELS, BulkKind, Contact, Subscription, SubscriptionState, Tag
from mailflatrate.apps.lists.queries import ContactFilter, Cursor, ListRow, contacts_matching
from mailflatrate.apps.lists.tags import tags, tags_of
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.web.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.web.studio.audience.audience_labels import STATE_TONES
from mailflatrate.entrypoints.web.studio.audience.contact_filter import posted_filter
from mailflatrate.entrypoints.web.studio.common import page, whole_number

MOST_CHIPS = 12


@dataclass(frozen=True, slots=True)
class ShownFilter(ContactFilter):
    """The active filters of the page."""

    def query(self, **changed: object) -> str:
        """Return the query string for this filter with some parts changed; empty parts are omitted."""
        parts = {**self.parts(), **changed}
        return urlencode({name: value for name, value in parts.items() if value})

    def parts(self) -> dict[str, object]:
        """Return each part under the name it has in an address and in a form."""
        return {
            "q": self.search,
            "list": self.list_id,
            "state": self.state.value if self.state else "",
            "tag": self.tag_id,
            "segment": self.segment_id,
        }


@dataclass(frozen=True, slots=True)
class ContactFilterChip:
    """One selectable filter. `count` is empty if counting would scan the whole table."""

    label: str
    query: str
    active: bool
    count: int | str = ""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person with their subscriptions, each with its tone."""

    contact: Contact
    subscriptions: list[tuple[Subscription, str]]
    tags: list[Tag]


def _lists(chosen_id: int) -> list[ListRow]:
    """Return the selectable lists; an archived one only while it is selected."""
    lists = queries.list_table()
    if chosen_id and all(row.id != chosen_id for row in lists):
        lists += [row for row in queries.list_table(archived=True) if row.id == chosen_id]
    return lists


def _filter(request: StudioRequest) -> ShownFilter:
    """Return the filter of the address. A segment whose conditions are faulty is left out, with a message."""
    wanted = posted_filter(request.GET)
    try:
        contacts_matching(wanted)
    except SegmentError as error:
        messages.error(request, error_sentence(error))
        wanted = replace(wanted, segment_id=None)
    return ShownFilter(wanted.search, wanted.list_id, wanted.state, wanted.tag_id, wanted.segment_id)


def _list_chips(wanted: ShownFilter, lists: list[ListRow]) -> list[ContactFilterChip]:
    chips = [ContactFilterChip(_("All lists"), wanted.query(list=""), wanted.list_id is None)]
    return chips + [ContactFilterChip(row.name, wanted.query(list=row.id), row.id == wanted.list_id) for row in lists]


def _state_chips(wanted: ShownFilter, lists: list[ListRow]) -> list[ContactFilterChip]:
    """Return the state filters, with counts if a list is selected and there is no search: these are already known."""
    chosen = next((row for row in lists if row.id == wanted.list_id), None) if not wanted.search else None
    counts: dict[SubscriptionState, int | str] = {
        state: getattr(chosen, state.value) if chosen else "" for state in SubscriptionState
    }
    chips = [ContactFilterChip(_("Any status"), wanted.query(state=""), wanted.state is None)]
    return chips + [
        ContactFilterChip(str(label), wanted.query(state=state.value), state == wanted.state, counts[state])
        for state, label in SUBSCRIPTION_LABELS.items()
    ]


def _choice_chips(
    wanted: ShownFilter, name: str, known: list[tuple[int, str]], chosen: int | None, everything: str
) -> list[ContactFilterChip]:
    """Return what to filter by: all while they are few, otherwise only the selected one."""
    shown = known if len(known) <= MOST_CHIPS else [one for one in known if one[0] == chosen]
    if not shown:
        return []
    chips = [ContactFilterChip(everything, wanted.query(**{name: ""}), chosen is None)]
    return chips + [ContactFilterChip(label, wanted.query(**{name: pk}), pk == chosen) for pk, label in shown]


def _cursor(text: str | None) -> Cursor | None:
    number, _colon, email = (text or "").partition(":")
    contact_id = whole_number(number)
    return Cursor(email[:254].replace("\0", ""), contact_id) if contact_id else None


def _address(wanted: ShownFilter, name: str, cursor: Cursor | None) -> str:
    return f"?{wanted.query(**{name: f'{cursor.contact_id}:{cursor.email}'})}" if cursor else ""


def _bulk_kinds(request: StudioRequest) -> list[tuple[str, str]]:
    """Return what can be done to several contacts; only owners erase many at once."""
    kinds = [kind for kind in BulkKind if kind is not BulkKind.ERASE or request.membership.role == Role.OWNER]
    return [(kind.value, str(kind.label)) for kind in kinds]


@require_safe
@studio
def count(request: StudioRequest) -> HttpResponse:
    """Return how many contacts match: counted apart from the page, because it may read every contact."""
    people = contacts_matching(_filter(request)).count()
    return page(request, "studio/audience/contact_count.html", {"people": people})


def _exported(wanted: ShownFilter) -> dict[str, str]:
    return {"content": "contacts", **({"scope": f"list:{wanted.list_id}"} if wanted.list_id else {})}


@require_safe
@studio
def contacts(request: StudioRequest) -> HttpResponse:
    """List contacts in the order of their addresses."""
    lists = _lists(whole_number(request.GET.get("list")))
    wanted = _filter(request)
    found = queries.contact_page(
        search=wanted.search,
        list_id=wanted.list_id,
        state=wanted.state,
        tag_id=wanted.tag_id,
        segment_id=wanted.segment_id,
        after=_cursor(request.GET.get("after")),
        before=_cursor(request.GET.get("before")),
    )
    tagged = tags_of([person.id for person in found.rows])
    rows = [
        ContactRow(
            person,
            [(each, STATE_TONES[SubscriptionState(each.state)]) for each in person.subscriptions.all()],
            tagged.get(person.id, []),
        )
        for person in found.rows
    ]
    known_tags = [(tag.id, tag.name) for tag in tags()]
    known_segments = [(segment.id, segment.name) for segment in queries.segments()]
    context = {
        "rows": rows,
        "wanted": wanted,
        "lists": lists,
        "filtered": bool(wanted.query()),
        "next": _address(wanted, "after", found.next),
        "previous": _address(wanted, "before", found.previous),
        "list_chips": _list_chips(wanted, lists),
        "tag_chips": _choice_chips(wanted, "tag", known_tags, wanted.tag_id, _("Any tag")),
        "segment_chips": _choice_chips(wanted, "segment", known_segments, wanted.segment_id, _("Any segment")),
        "parts": [(name, value) for name, value in wanted.parts().items() if value],
        "bulk_kinds": _bulk_kinds(request),
        "state_chips": _state_chips(wanted, lists),
        "export_url": f"{reverse('studio:export-new')}?{urlencode(_exported(wanted))}",
    }
    template = "studio/audience/contact_rows.html" if is_htmx(request) else "studio/audience/contacts.html"
    return page(request, template, context)
