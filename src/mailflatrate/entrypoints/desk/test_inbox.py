"""The service's own messages on an installation without a relay, where they end in the test inbox. The page shows
links to passwords, so only the operator can open it.
"""

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.delivery.relays.overview import mail_leaves_machine
from mailflatrate.apps.inbound.models import InboxMessage
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, page
from mailflatrate.entrypoints.studio.test_inbox.reading import TestInboxMessage
from mailflatrate.entrypoints.studio.test_inbox.views import html_part
from mailflatrate.entrypoints.ui.declared_pages import Column, ListPage, text


def inbox_is_here() -> bool:
    """Return whether the service's own mail stays on this host: no relay for it in the settings or the table."""
    return not mail_leaves_machine(settings.SETTINGS)


def _house_id() -> int:
    if not inbox_is_here():
        raise Http404
    return Account.objects.values_list("id", flat=True).get(is_house=True)


def _find(message_id: int) -> InboxMessage:
    return get_object_or_404(InboxMessage.objects, account_id=_house_id(), id=message_id)


INBOX = ListPage(
    "desk:test-inbox",
    gettext_lazy("Service messages"),
    (
        Column(
            gettext_lazy("Content"),
            lambda row: (row.subject or "–", "", reverse("desk:test-inbox-message", args=[row.id])),
            draw="cell",
        ),
        Column(gettext_lazy("To"), lambda row: text(row.envelope_to, "break-words")),
        Column(gettext_lazy("Received"), lambda row: naturaltime(row.received_at)),
    ),
    icon="inbox",
    empty=gettext_lazy("No service messages yet"),
    empty_text=gettext_lazy(
        "The service sends a message when someone applies for an account or resets their password, or when you make a "
        "decision."
    ),
    intro=gettext_lazy(
        "No relay is set up, so messages from the service stay here: application links, password resets and decisions."
    ),
)


@desk("GET test-inbox/", "test-inbox")
def inbox(request: DeskRequest) -> HttpResponse:
    messages = InboxMessage.objects.filter(account_id=_house_id()).defer("raw")
    search = request.GET.get("q", "").strip()
    if search:
        messages = messages.filter(envelope_to__icontains=search)
    return page(request, "test_inbox", INBOX.context(messages.order_by("-id")[:PAGE_ROWS], search=search))


@desk("GET test-inbox/<int:message_id>/", "test-inbox-message")
def message(request: DeskRequest, message_id: int) -> HttpResponse:
    mail = _find(message_id)
    return page(request, "test_inbox_message", {"message": mail, "reading": TestInboxMessage(bytes(mail.raw))})


@desk("GET test-inbox/<int:message_id>/html/", "test-inbox-html")
def html(request: DeskRequest, message_id: int) -> HttpResponse:
    return html_part(_find(message_id))
