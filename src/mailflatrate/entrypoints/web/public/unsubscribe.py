"""Unsubscribing: a page with a button, the one-click POST of mailbox providers, preferences. GET changes nothing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mailflatrate.apps.inbound.actions import unsubscribe_delivery
from mailflatrate.apps.lists.models import Subscription, SubscriptionState
from mailflatrate.entrypoints.web.client import client_ip
from mailflatrate.entrypoints.web.public.reader import Reader, page_language, reader
from mailflatrate.mail.tokens import Purpose
from mailflatrate.mail.unsubscribe import is_one_click_post


@csrf_exempt  # the token is the permission; providers post without cookies (RFC 8058 section 3.2)
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button. POST unsubscribes: from a provider as one click, or from the button; at once, repeatable."""
    if request.method == "OPTIONS":  # a webmailer asks whether it may post from its own page
        return _open_to_all(HttpResponse(status=204))
    with reader(Purpose.UNSUBSCRIBE, token) as found, translation.override(page_language(request, found.language)):
        if request.method != "POST":
            return render(request, "public/unsubscribe.html", {**found.context(), **_about(found)})
        if is_one_click_post(request.headers.get("Content-Type", ""), request.body):
            _leave(found, request, by="one_click", everything=False)
            return _open_to_all(HttpResponse(status=200))
        everything = request.POST.get("scope") == "all"
        _leave(found, request, by="link", everything=everything)
        return render(
            request, "public/unsubscribed.html", {**found.context(), **_about(found), "everything": everything}
        )


def _leave(found: Reader, request: HttpRequest, *, by: str, everything: bool) -> None:
    unsubscribe_delivery(
        found.delivery, by=by, source=f"unsubscribe page of delivery {found.delivery.id}", everything=everything,
        ip=client_ip(request), user_agent=request.headers.get("User-Agent", "")[:500],
    )  # fmt: skip


def _open_to_all(response: HttpResponse) -> HttpResponse:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "POST, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return response


def _about(found: Reader) -> dict[str, object]:
    """The address in question, and why it gets mail (R-51)."""
    event = found.delivery.consent_event
    evidence = getattr(event, "evidence", None) if event else None
    return {
        "address": found.delivery.contact.email if found.delivery.contact else "",
        "since": event.occurred_at if event else None,
        "source": evidence.source if evidence else "",
        "list_name": found.delivery.mailing_list.public_name if found.delivery.mailing_list else "",
    }


@csrf_exempt  # as above: the token is the permission, no cookie is involved
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """The lists of this customer that the person is on; unticked ones are left at once. Joining needs double opt-in."""
    with reader(Purpose.PREFERENCES, token) as found, translation.override(page_language(request, found.language)):
        mine = _subscriptions(found)
        if request.method == "POST":
            kept = set(request.POST.getlist("keep"))
            for row in mine:
                if str(row.mailing_list_id) not in kept:
                    found.delivery.mailing_list = row.mailing_list
                    _leave(found, request, by="preferences", everything=False)
            mine = _subscriptions(found)
        saved = request.method == "POST"
        context = {**found.context(), **_about(found), "subscriptions": mine, "saved": saved}
        return render(request, "public/preferences.html", context)


def _subscriptions(found: Reader) -> list[Subscription]:
    if found.delivery.contact_id is None:
        return []
    rows = Subscription.objects.filter(contact_id=found.delivery.contact_id, state=SubscriptionState.CONFIRMED)
    return list(rows.select_related("mailing_list").order_by("mailing_list__public_name"))
