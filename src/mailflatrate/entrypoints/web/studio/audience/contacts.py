"""Contacts: search, filters, keyset pagination."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.models import SUBSCRIPTION_LABELS, Contact, Subscription, SubscriptionState, Tag
from mailflatrate.apps.lists.queries import Cursor, ListRow
from mailflatrate.apps.lists.tags import tags, tags_of
from mailflatrate.entrypoints.web.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.web.studio.audience.audience_labels import STATE_TONES
from mailflatrate.entrypoints.web.studio.common import page, whole_number

MAX_SEARCH_CHARACTERS = 100
MOST_TAG_CHIPS = 12


@dataclass(frozen=True, slots=True)
class Filter:
    """The active filters of the page."""

    search: str = ""
    list_id: int | None = None
    state: SubscriptionState | None = None
    tag_id: int | None = None

    def query(self, **changed: object) -> str:
        """Return the query string for this filter with some parts changed; empty parts are omitted."""
        parts = {
            "q": self.search,
            "list": self.list_id,
            "state": self.state.value if self.state else "",
            "tag": self.tag_id,
            **changed,
        }
        return urlencode({name: value for name, value in parts.items() if value})


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


def _filter(request: StudioRequest, lists: list[ListRow], known: list[Tag]) -> Filter:
    list_id = whole_number(request.GET.get("list"))
    tag_id = whole_number(request.GET.get("tag"))
    state = request.GET.get("state", "")
    return Filter(
        search=request.GET.get("q", "").replace("\0", "").strip()[:MAX_SEARCH_CHARACTERS],
        list_id=next((row.id for row in lists if row.id == list_id), None),
        state=SubscriptionState(state) if state in SUBSCRIPTION_LABELS else None,
        tag_id=next((tag.id for tag in known if tag.id == tag_id), None),
    )


def _list_chips(wanted: Filter, lists: list[ListRow]) -> list[ContactFilterChip]:
    chips = [ContactFilterChip(_("All lists"), wanted.query(list=""), wanted.list_id is None)]
    return chips + [ContactFilterChip(row.name, wanted.query(list=row.id), row.id == wanted.list_id) for row in lists]


def _state_chips(wanted: Filter, lists: list[ListRow]) -> list[ContactFilterChip]:
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


def _tag_chips(wanted: Filter, known: list[Tag]) -> list[ContactFilterChip]:
    """Return the tags to filter by: all while they are few, otherwise only the selected one."""
    shown = known if len(known) <= MOST_TAG_CHIPS else [tag for tag in known if tag.id == wanted.tag_id]
    if not shown:
        return []
    chips = [ContactFilterChip(_("Any tag"), wanted.query(tag=""), wanted.tag_id is None)]
    return chips + [ContactFilterChip(tag.name, wanted.query(tag=tag.id), tag.id == wanted.tag_id) for tag in shown]


def _cursor(text: str | None) -> Cursor | None:
    number, _colon, email = (text or "").partition(":")
    contact_id = whole_number(number)
    return Cursor(email[:254].replace("\0", ""), contact_id) if contact_id else None


def _address(wanted: Filter, name: str, cursor: Cursor | None) -> str:
    return f"?{wanted.query(**{name: f'{cursor.contact_id}:{cursor.email}'})}" if cursor else ""


@require_safe
@studio
def contacts(request: StudioRequest) -> HttpResponse:
    """List contacts in the order of their addresses."""
    lists = _lists(whole_number(request.GET.get("list")))
    known = tags()
    wanted = _filter(request, lists, known)
    found = queries.contact_page(
        search=wanted.search,
        list_id=wanted.list_id,
        state=wanted.state,
        tag_id=wanted.tag_id,
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
    context = {
        "rows": rows,
        "wanted": wanted,
        "lists": lists,
        "filtered": bool(wanted.query()),
        "next": _address(wanted, "after", found.next),
        "previous": _address(wanted, "before", found.previous),
        "list_chips": _list_chips(wanted, lists),
        "tag_chips": _tag_chips(wanted, known),
        "state_chips": _state_chips(wanted, lists),
    }
    template = "studio/audience/contact_rows.html" if is_htmx(request) else "studio/audience/contacts.html"
    return page(request, template, context)
