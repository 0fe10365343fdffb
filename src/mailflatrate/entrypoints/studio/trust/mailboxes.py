"""Mailboxes that must confirm: their state for the tables, adding a reply address, sending the email again."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.domains.actions import mailboxes as mailbox_actions
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import Mailbox, SenderAddress
from mailflatrate.base import clock
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.ui.posts import perform, succeed
from mailflatrate.rules.roles import Permission


class ReplyForm(forms.Form):
    reply_address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=254,
        help_text=gettext_lazy(
            "We'll send an email with a link to this address. Someone with access to the mailbox needs to click it."
        ),
        widget=forms.EmailInput({"autocomplete": "off"}),
    )


@dataclass(frozen=True, slots=True)
class MailboxState:
    tone: str
    text: str
    note: str = ""
    asks: bool = False


def sender_rows(addresses: Iterable[SenderAddress]) -> list[dict[str, Any]]:
    """Return senders with the state of domain and mailbox. Their `domain` must be loaded."""
    mailboxes = {mailbox.email: mailbox for mailbox in Mailbox.objects.all()}
    rows = []
    for address in addresses:
        mailbox = mailboxes.get(address.email.lower())
        state = _state(mailbox) if address.domain.verified_at else MailboxState("info", _("Waiting for its domain"))
        rows.append(
            {"email": address.email, "state": state, "mailbox_id": mailbox.id if mailbox else 0, "sender": address}
        )
    return rows


def reply_rows(mailboxes: Iterable[Mailbox]) -> list[dict[str, Any]]:
    return [
        {"email": mailbox.email, "state": _state(mailbox), "mailbox_id": mailbox.id, "sender": None}
        for mailbox in mailboxes
    ]


def _state(mailbox: Mailbox | None) -> MailboxState:
    if mailbox is None:
        return MailboxState("info", _("No link sent yet"))
    if mailbox.refused_at is not None:
        return MailboxState("error", _("Rejected"), _("Someone with access to this mailbox said it isn't yours."))
    if mailbox.proved_at is not None:
        return MailboxState("success", _("Confirmed"))
    if mailbox.expires_at is None or mailbox.expires_at < clock.now():
        return MailboxState(
            "warning", _("Not confirmed"), _("The link we sent to this mailbox hasn't been clicked yet."), asks=True
        )
    note = _("We've sent a link to this mailbox. Check the spam folder too.")
    return MailboxState("info", _("Waiting for confirmation"), note, asks=True)


def _found(mailbox_id: int) -> Mailbox:
    return get_object_or_404(Mailbox.objects, id=mailbox_id)


@studio("POST senders/mailboxes/<int:mailbox_id>/ask/", "mailbox-ask", Permission.SETUP, logs="mailbox.asked")
def ask(request: StudioRequest, mailbox_id: int) -> HttpResponse:
    mailbox = _found(mailbox_id)
    done = _("We've sent a link to %(email)s.") % {"email": mailbox.email}
    ask_again = partial(mailbox_actions.ask_again, mailbox.id, by=request.user)
    return perform(request, ask_again, done, reverse("studio:senders"), refused=DomainError)


@studio("POST senders/mailboxes/<int:mailbox_id>/remove/", "reply-remove", Permission.SETUP, logs="mailbox.removed")
def remove(request: StudioRequest, mailbox_id: int) -> HttpResponse:
    mailbox = _found(mailbox_id)
    mailbox_actions.remove_reply_address(mailbox.id)
    message = _("%(email)s has been removed.") % {"email": mailbox.email}
    return succeed(request, message, f"{reverse('studio:senders')}#replies")
