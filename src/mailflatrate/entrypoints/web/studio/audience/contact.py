"""One contact: name and attributes, subscriptions, proof of consent, everything sent, all feedback."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from mailflatrate.apps.delivery.queries import PAGE_ROWS, deliveries_of_contact
from mailflatrate.apps.inbound.queries import feedback_of_contact
from mailflatrate.apps.lists import actions, queries
from mailflatrate.apps.lists.errors import FieldProblem, ListError
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.models import Subscription, SubscriptionState
from mailflatrate.apps.lists.queries import ContactRecord
from mailflatrate.apps.lists.tags import tags, tags_of
from mailflatrate.apps.privacy.queries import corrections
from mailflatrate.entrypoints.presenters import outcomes
from mailflatrate.entrypoints.presenters.import_reasons import reason_word
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.web.posts import see_other, succeed
from mailflatrate.entrypoints.web.source_labels import unsubscribed_word
from mailflatrate.entrypoints.web.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.web.studio.audience.audience_labels import STATE_TONES
from mailflatrate.entrypoints.web.studio.audience.field_inputs import NO_PROBLEMS, field_inputs, posted_values
from mailflatrate.entrypoints.web.studio.audience.forms import EditContactForm
from mailflatrate.entrypoints.web.studio.audience.proof import happenings
from mailflatrate.entrypoints.web.studio.common import page, whole_number
from mailflatrate.rules.contact_fields import value_text

SHOWN_FEEDBACK = 50


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription with a description of its state."""

    subscription: Subscription
    tone: str
    note: str

    @property
    def open(self) -> bool:
        """Return whether there is something to unsubscribe from."""
        return self.subscription.state != SubscriptionState.UNSUBSCRIBED


def _detail(contact_id: int) -> ContactRecord:
    found = queries.contact_detail(contact_id)
    if found is None:
        raise Http404
    return found


def _subscription(row: Subscription) -> SubscriptionRow:
    state = SubscriptionState(row.state)
    note = ""
    if state == SubscriptionState.QUARANTINED and row.quarantine_reason:
        note = reason_word(row.quarantine_reason)
    elif state == SubscriptionState.UNSUBSCRIBED and row.unsubscribed_by:
        note = capfirst(unsubscribed_word(row.unsubscribed_by))
    return SubscriptionRow(row, STATE_TONES[state], note)


def _undeclared(attributes: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the rows of values that no field has, with an empty one for adding a field."""
    known = definitions()
    rows = [(key, value_text(value)) for key, value in sorted(attributes.items()) if key not in known]
    return [*rows, ("", "")]


def _context(
    detail: ContactRecord, form: EditContactForm, attributes: dict[str, Any], problems: Mapping[str, str] = NO_PROBLEMS
) -> dict[str, Any]:
    contact = detail.contact
    sent = deliveries_of_contact(contact.id)
    return {
        "contact": contact,
        "form": form,
        "tags": tags_of([contact.id]).get(contact.id, []),
        "known_tags": tags(),
        "inputs": field_inputs(attributes, problems),
        "attributes": _undeclared(attributes),
        "subscriptions": [_subscription(row) for row in detail.subscriptions],
        "open_count": sum(row.state != SubscriptionState.UNSUBSCRIBED for row in detail.subscriptions),
        "suppression": detail.suppression,
        "happenings": happenings(detail.events),
        "sent": [outcomes.line_of(row) for row in sent],
        "sent_limit": PAGE_ROWS if len(sent) == PAGE_ROWS else 0,
        "corrections": corrections(contact.id),
        "feedback": list(feedback_of_contact(contact.id)[:SHOWN_FEEDBACK]),
    }


@require_safe
@studio
def one(request: StudioRequest, contact_id: int) -> HttpResponse:
    """Show everything known about one person."""
    detail = _detail(contact_id)
    contact = detail.contact
    form = EditContactForm(initial={"first_name": contact.first_name, "last_name": contact.last_name})
    return page(request, "studio/audience/contact.html", _context(detail, form, contact.attributes))


def _posted_attributes(request: StudioRequest, before: dict[str, Any]) -> dict[str, Any]:
    """Return the values of fields, and the rows with a name and a value. An unchanged value keeps its type."""
    names, values = (map(str.strip, request.POST.getlist(f"attribute_{part}")) for part in ("name", "value"))
    kept = posted_values(request.POST, before)
    for name, value in zip(names, values, strict=False):
        if name and value:
            kept[name] = before[name] if name in before and value_text(before[name]) == value else value
    return kept


@require_POST
@studio
def edit(request: StudioRequest, contact_id: int) -> HttpResponse:
    """Save name and attributes."""
    detail = _detail(contact_id)
    form = EditContactForm(request.POST)
    attributes = _posted_attributes(request, detail.contact.attributes)
    problems: Mapping[str, str] = NO_PROBLEMS
    if form.is_valid():
        try:
            actions.edit_contact(contact_id, **form.cleaned_data, attributes=attributes)
        except FieldProblem as error:
            problems = {key: error_sentence(text) for key, text in error.problems.items()}
            form.add_error(None, " ".join(problems.values()))
        except ListError as error:
            form.add_error(None, error_sentence(error))
        else:
            return succeed(request, _("Saved."), reverse("studio:contact", args=[contact_id]))
    context = _context(detail, form, attributes, problems)
    return page(request, "studio/audience/contact.html", context, status=422)


@require_POST
@studio
def unsubscribe(request: StudioRequest, contact_id: int) -> HttpResponse:
    """Unsubscribe the contact from one list or from everything; at once, even for campaigns being sent."""
    detail = _detail(contact_id)
    everything = request.POST.get("list") == "all"
    list_id = whole_number(request.POST.get("list"))
    if not everything and list_id not in {row.mailing_list_id for row in detail.subscriptions}:
        raise Http404
    ended = actions.unsubscribe(
        contact_id,
        list_id=None if everything else list_id,
        by="customer",
        source=f"studio: {request.user.email}",
    )
    if everything:
        text = _("%(email)s is unsubscribed from everything and will no longer receive campaigns.")
        messages.success(request, text % {"email": detail.contact.email})
    else:
        text = ngettext("%(n)d subscription ended.", "%(n)d subscriptions ended.", ended)
        messages.success(request, text % {"n": ended})
    return see_other(reverse("studio:contact", args=[contact_id]))
