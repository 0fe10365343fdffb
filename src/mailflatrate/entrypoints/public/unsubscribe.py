"""Unsubscribing: a button, and providers' one-click POST. GET changes nothing; a POST without `act` unsubscribes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from mailflatrate.apps.inbound.actions.after_unsubscribe import page_of
from mailflatrate.apps.inbound.actions.stop_requests import unsubscribe_delivery
from mailflatrate.apps.lists.models import Subscription, SubscriptionState
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.public.after_unsubscribe import ACTS, act, choices
from mailflatrate.entrypoints.public.reader import PageReader, page_language, reader
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.address import masked_address
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.message.unsubscribe import is_one_click_post


@public("GET|POST|OPTIONS u/<str:token>", "unsubscribe")
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button on GET. Unsubscribe on POST (provider one-click or the button), at once and repeatably."""
    if request.method == "OPTIONS":  # a webmailer asks whether it may post from its own page
        return _open_to_all(HttpResponse(status=204))
    with (
        reader(TokenPurpose.UNSUBSCRIBE, token) as recipient,
        translation.override(page_language(request, recipient.language)),
    ):
        if request.method != "POST":
            return _page(request, recipient)
        if is_one_click_post(request.headers.get("Content-Type", ""), request.body):
            leave(recipient, request, by="one_click", everything=False)
            return _open_to_all(HttpResponse(status=200))
        if request.POST.get("act") in ACTS:
            return _page(request, recipient, act(request, recipient))
        everything = request.POST.get("scope") == "all"
        leave(recipient, request, by="link", everything=everything)
        return _page(request, recipient, {"everything": everything})


def _page(request: HttpRequest, recipient: PageReader, outcome: dict[str, Any] | None = None) -> HttpResponse:
    outcome = outcome or {}
    rows = Subscription.objects.filter(contact_id=recipient.delivery.contact_id or 0)
    left = set(rows.exclude(state=SubscriptionState.UNSUBSCRIBED).values_list("mailing_list_id", flat=True))
    here = recipient.delivery.mailing_list_id
    is_on = here in left if here is not None else bool(left)
    template = "unsubscribe" if is_on else "unsubscribed"
    context = {**recipient.context(), **about(recipient), **choices(recipient), **outcome}
    return render(request, f"public/{template}.html", context, status=422 if outcome.get("problem") else 200)


def leave(recipient: PageReader, request: HttpRequest, *, by: str, everything: bool) -> None:
    unsubscribe_delivery(
        recipient.delivery,
        by=by,
        source=page_of(recipient.delivery),
        everything=everything,
        ip=client_ip(request),
        user_agent=request.headers.get("User-Agent", "")[:500],
    )


def _open_to_all(response: HttpResponse) -> HttpResponse:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "POST, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return response


def about(recipient: PageReader) -> dict[str, object]:
    """Return the address, masked because messages get forwarded, and why it receives the messages (R-51)."""
    event = recipient.delivery.consent_event
    evidence = getattr(event, "evidence", None) if event else None
    return {
        "address": masked_address(recipient.delivery.contact.email) if recipient.delivery.contact else "",
        "since": event.occurred_at if event else None,
        "source": evidence.source if evidence else "",
        "list_name": recipient.delivery.mailing_list.public_name if recipient.delivery.mailing_list else "",
    }
