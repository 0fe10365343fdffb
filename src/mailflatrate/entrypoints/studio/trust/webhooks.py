"""Webhooks: the list, and one endpoint with its log and its actions."""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from mailflatrate.apps.events import queries
from mailflatrate.apps.events.actions import endpoints
from mailflatrate.apps.events.actions.endpoints import LONGEST_URL, EndpointOrder, MadeEndpoint
from mailflatrate.apps.events.errors import WebhookError
from mailflatrate.apps.events.feed import DEFAULT_TYPES
from mailflatrate.apps.events.models import EndpointState, WebhookAttempt, WebhookEndpoint
from mailflatrate.entrypoints.presenters.lookups import find_webhook
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.menu import SETTINGS, Tab
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.rules.events import EVENTS, MUST_BE_OBEYED, EventType
from mailflatrate.rules.roles import Permission

PAGE_ROWS: Final = 50
TYPE_WORDS: Final[Mapping[EventType, Any]] = {
    event_type: gettext_lazy(EVENTS[event_type].label)
    for event_type in sorted(EVENTS, key=lambda event_type: event_type not in MUST_BE_OBEYED)
    if event_type in DEFAULT_TYPES
}
TYPE_GROUPS: Final = (
    (gettext_lazy("Contacts"), ("contact",)),
    (gettext_lazy("Sign-ups"), ("confirmation",)),
    (gettext_lazy("Campaigns"), ("campaign", "complaint")),
    (gettext_lazy("Automations"), ("automation",)),
    (gettext_lazy("Account"), ("import", "origin", "domain", "account", "agreement")),
    (gettext_lazy("Each message"), ("message",)),
)


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Web address"),
        max_length=LONGEST_URL,
        help_text=gettext_lazy("Begins with https:// and is reachable from the internet. We don't follow redirects."),
    )
    about = forms.CharField(label=gettext_lazy("Description"), max_length=120, required=False)
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[(event_type.value, words) for event_type, words in TYPE_WORDS.items()],
        required=False,
    )

    def order(self) -> EndpointOrder:
        fields = self.cleaned_data
        return EndpointOrder(fields["url"], fields["about"], [EventType(event) for event in fields["types"]])


class ReplayForm(forms.Form):
    since = forms.DateTimeField(label=gettext_lazy("Since"), input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


def _choices(form: EndpointForm) -> list[tuple[Any, list[dict[str, Any]]]]:
    picked = form["types"].value() or []
    return [
        (
            heading,
            [
                {
                    "value": event_type.value,
                    "words": words,
                    "must_be_obeyed": event_type in MUST_BE_OBEYED,
                    "is_picked": event_type.value in picked,
                }
                for event_type, words in TYPE_WORDS.items()
                if event_type.value.partition(".")[0] in parts
            ],
        )
        for heading, parts in TYPE_GROUPS
    ]


@never_cache
@studio(
    "GET webhooks/",
    "webhooks",
    Permission.KEYS,
    Permission.KEYS,
    tab=Tab(
        SETTINGS, gettext_lazy("Webhooks"), gettext_lazy("events, callback, integration, developers, CRM"), place=40
    ),
)
def webhooks(request: StudioRequest) -> HttpResponse:
    return _list_page(request, EndpointForm())


def _list_page(request: StudioRequest, form: EndpointForm, *, status: int = 200) -> HttpResponse:
    rows = [
        (endpoint, EndpointState(endpoint.state).tone, queries.backlog(endpoint)) for endpoint in queries.endpoints()
    ]
    context = {
        "rows": rows,
        "form": form,
        "choices": _choices(form),
        "has_message_events": queries.has_message_events(),
        "most_counted": queries.MOST_COUNTED,
    }
    return page(request, "studio/trust/webhooks.html", context, status=status)


@never_cache
@studio("POST webhooks/new/", "webhook-new", Permission.KEYS, Permission.KEYS, logs="webhook.created", has_tabs=True)
def new(request: StudioRequest) -> HttpResponse:
    form = EndpointForm(request.POST)
    if form.is_valid():
        try:
            made = endpoints.create_endpoint(form.order(), by=request.user)
        except WebhookError as problem:
            form.add_error("url", str(problem))
        else:
            return _one_page(request, find_webhook(made.endpoint.id), made=made)
    return _list_page(request, form, status=422)


@never_cache
@studio("GET|POST webhooks/<int:webhook_id>/", "webhook", Permission.KEYS, Permission.KEYS, logs="webhook.changed")
def webhook(request: StudioRequest, webhook_id: int) -> HttpResponse:
    endpoint = find_webhook(webhook_id)
    if request.method != "POST":
        return _one_page(request, endpoint)
    form = EndpointForm(request.POST)
    if form.is_valid():
        try:
            endpoints.change_endpoint(webhook_id, form.order(), by=request.user)
        except WebhookError as problem:
            form.add_error("url", str(problem))
        else:
            messages.success(request, _("Saved."))
            return see_other(reverse("studio:webhook", args=[webhook_id]))
    return _one_page(request, endpoint, form=form)


def _one_page(
    request: StudioRequest,
    endpoint: WebhookEndpoint,
    *,
    form: EndpointForm | None = None,
    made: MadeEndpoint | None = None,
) -> HttpResponse:
    endpoint_form = form or EndpointForm(
        initial={"url": endpoint.url, "about": endpoint.about, "types": endpoint.types}
    )
    before = whole_number(request.GET.get("before"))
    attempts = WebhookAttempt.objects.filter(endpoint=endpoint)
    if before:
        attempts = attempts.filter(id__lt=before)
    rows = list(attempts.order_by("-id")[: PAGE_ROWS + 1])
    is_refused = form is not None and bool(form.errors)
    context = {
        "one": endpoint,
        "made": made,
        "tone": EndpointState(endpoint.state).tone,
        "form": endpoint_form,
        "choices": _choices(endpoint_form),
        "pace": _pace(endpoint),
        "waiting": queries.backlog(endpoint),
        "most_counted": queries.MOST_COUNTED,
        "rows": rows[:PAGE_ROWS],
        "older": rows[PAGE_ROWS - 1].id if len(rows) > PAGE_ROWS else 0,
        "is_older": bool(before),
        "words": {event_type.value: words for event_type, words in TYPE_WORDS.items()},
    }
    return page(request, "studio/trust/webhook.html", context, status=422 if is_refused else 200)


def _pace(endpoint: WebhookEndpoint) -> dict[str, str] | None:
    pace = queries.pace(endpoint)
    if pace is None:
        return None
    seconds = {"median": pace.median, "most": pace.most_within, "longest": pace.longest}
    return {"n": number_format(pace.events), **{name: number_format(span, 1) for name, span in seconds.items()}}


@never_cache
@studio(
    "POST webhooks/<int:webhook_id>/secret/",
    "webhook-rotate",
    Permission.KEYS,
    Permission.KEYS,
    logs="webhook.secret_rotated",
)
def rotate(request: StudioRequest, webhook_id: int) -> HttpResponse:
    find_webhook(webhook_id)
    made = endpoints.rotate_secret(webhook_id, by=request.user)
    return _one_page(request, find_webhook(webhook_id), made=made)


@studio(
    "POST webhooks/<int:webhook_id>/switch/",
    "webhook-switch",
    Permission.KEYS,
    Permission.KEYS,
    logs="webhook.switched_on",
)
def switch(request: StudioRequest, webhook_id: int) -> HttpResponse:
    find_webhook(webhook_id)
    is_on = request.POST.get("on") == "yes"
    endpoints.switch_endpoint(webhook_id, is_on=is_on, by=request.user)
    messages.success(request, _("The webhook is on.") if is_on else _("The webhook is off."))
    return see_other(reverse("studio:webhook", args=[webhook_id]))


@studio(
    "POST webhooks/<int:webhook_id>/replay/",
    "webhook-replay",
    Permission.KEYS,
    Permission.KEYS,
    logs="webhook.replayed",
)
def replay(request: StudioRequest, webhook_id: int) -> HttpResponse:
    find_webhook(webhook_id)
    form = ReplayForm(request.POST)
    try:
        if not form.is_valid():
            raise WebhookError(_("Enter a date and time."))
        since = form.cleaned_data["since"].replace(tzinfo=ZoneInfo(request.account.time_zone))
        endpoints.replay(webhook_id, since, by=request.user)
    except WebhookError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("Events since then are being sent again."))
    return see_other(reverse("studio:webhook", args=[webhook_id]))


@studio("POST webhooks/<int:webhook_id>/test/", "webhook-test", Permission.KEYS, Permission.KEYS, logs="webhook.tested")
def test(request: StudioRequest, webhook_id: int) -> HttpResponse:
    find_webhook(webhook_id)
    endpoints.test_endpoint(webhook_id, by=request.user)
    messages.success(request, _("A test event is on its way. Reload this page to see the answer in the log."))
    return see_other(f"{reverse('studio:webhook', args=[webhook_id])}#log")


@studio(
    "POST webhooks/<int:webhook_id>/delete/", "webhook-delete", Permission.KEYS, Permission.KEYS, logs="webhook.deleted"
)
def delete(request: StudioRequest, webhook_id: int) -> HttpResponse:
    find_webhook(webhook_id)
    endpoints.delete_endpoint(webhook_id, by=request.user)
    messages.success(request, _("The webhook was deleted."))
    return see_other(reverse("studio:webhooks"))


@studio(
    "POST webhooks/messages/", "webhook-messages", Permission.KEYS, Permission.KEYS, logs="events.per_message_switched"
)
def switch_messages(request: StudioRequest) -> HttpResponse:
    endpoints.switch_messages(is_on=request.POST.get("on") == "yes", by=request.user)
    messages.success(request, _("Saved."))
    return see_other(reverse("studio:webhooks"))
