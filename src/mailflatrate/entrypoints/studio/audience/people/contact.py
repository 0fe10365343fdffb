"""One contact's page: the timeline, fields edited in place, tags, subscriptions with their proof, data requests."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.lists import queries
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import Subscription, SubscriptionState
from mailflatrate.apps.lists.queries import ContactRecord
from mailflatrate.apps.lists.tags import tags, tags_of
from mailflatrate.apps.privacy.queries import corrections, requests
from mailflatrate.entrypoints.presenters.import_reasons import reason_word
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.audience.audience_labels import STATE_TONES
from mailflatrate.entrypoints.studio.audience.people.contact_fields import field_rows
from mailflatrate.entrypoints.studio.audience.people.timeline.pages import kinds, timeline_page
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.entrypoints.ui.source_labels import unsubscribed_word
from mailflatrate.rules.roles import Permission

SHOWN_REQUESTS = 5


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    subscription: Subscription
    tone: str
    note: str

    @property
    def open(self) -> bool:
        return self.subscription.state != SubscriptionState.UNSUBSCRIBED


def find_record(contact_id: int) -> ContactRecord:
    detail = queries.contact_detail(contact_id)
    if detail is None:
        raise Http404
    return detail


def _subscription(row: Subscription) -> SubscriptionRow:
    state = SubscriptionState(row.state)
    note = ""
    if state == SubscriptionState.QUARANTINED and row.quarantine_reason:
        note = reason_word(row.quarantine_reason)
    elif state == SubscriptionState.UNSUBSCRIBED and row.unsubscribed_by:
        note = capfirst(unsubscribed_word(row.unsubscribed_by))
    return SubscriptionRow(row, STATE_TONES[state], note)


def contact_page(
    request: StudioRequest, detail: ContactRecord, *, note: str = "", note_error: str = "", status: int = 200
) -> HttpResponse:
    """Show the page; `note` is a note that was refused, with the reason."""
    contact = detail.contact
    rows = field_rows(contact)
    context: dict[str, Any] = {
        "contact": contact,
        "tags": tags_of([contact.id]).get(contact.id, []),
        "known_tags": tags(),
        "rows": rows,
        "empty_count": sum(not row["words"] for row in rows),
        "subscriptions": [_subscription(row) for row in detail.subscriptions],
        "open_count": sum(row.state != SubscriptionState.UNSUBSCRIBED for row in detail.subscriptions),
        "has_proof": bool(detail.events),
        "suppression": detail.suppression,
        "corrections": corrections(contact.id),
        "requests": list(requests(contact_id=contact.id)[:SHOWN_REQUESTS]),
        "timeline": timeline_page(detail, request.user, request.GET),
        "kinds": kinds(),
        "note": note,
        "note_error": note_error,
    }
    return page(request, "studio/audience/contact.html", context, status=status)


@studio("GET contacts/<int:contact_id>/", "contact", Permission.CONTACTS, limited=True)
def one(request: StudioRequest, contact_id: int) -> HttpResponse:
    """Show everything known about one person. For htmx, return the timeline's next page or another kind of rows."""
    detail = find_record(contact_id)
    if is_htmx(request):
        context = {"contact": detail.contact, "timeline": timeline_page(detail, request.user, request.GET)}
        return page(request, "studio/audience/timeline_rows.html", context)
    return contact_page(request, detail)


@studio(
    "POST contacts/<int:contact_id>/unsubscribe/",
    "contact-unsubscribe",
    Permission.CONTACTS,
    limited=True,
    logs="contact.unsubscribed",
)
def unsubscribe(request: StudioRequest, contact_id: int) -> HttpResponse:
    """Unsubscribe the contact from one list or from everything; at once, even for campaigns being sent."""
    detail = find_record(contact_id)
    everything = request.POST.get("list") == "all"
    list_id = whole_number(request.POST.get("list"))
    if not everything and list_id not in {row.mailing_list_id for row in detail.subscriptions}:
        raise Http404
    ended = consent.unsubscribe(
        contact_id,
        list_id=None if everything else list_id,
        by="customer",
        source=f"studio: {request.user.email}",
    )
    if everything:
        text = _("%(email)s is unsubscribed from everything and will no longer receive campaigns.")
    else:
        text = ngettext("%(n)d subscription ended.", "%(n)d subscriptions ended.", ended)
    message = text % {"email": detail.contact.email, "n": ended}
    return succeed(request, message, reverse("studio:contact", args=[contact_id]))
