"""The test inbox: the account's messages, shown as their recipients would see them."""

import ssl
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.inbound.models import InboxMessage
from mailflatrate.apps.inbound.queries import inbox_messages
from mailflatrate.apps.inbound.test_inbox import MailboxBehavior
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, page_context, studio
from mailflatrate.entrypoints.studio.test_inbox.reading import TestInboxMessage
from mailflatrate.entrypoints.ui.menu import TEST_INBOX, Tab
from mailflatrate.entrypoints.ui.posts import refuse, succeed
from mailflatrate.mail.signing.dkim_verify import DkimStatus
from mailflatrate.rules.roles import Permission
from mailflatrate.settings import load_settings
from mailflatrate.wire.http_post import post

TIMEOUT_SECONDS = 10.0
BODY = b"List-Unsubscribe=One-Click"


def post_one_click(path: str) -> int:
    """POST to our own public URL, never another host, as a provider would. Raises OSError if there was no response."""
    base = urlsplit(load_settings().public_url)
    context = ssl.create_default_context()
    if base.hostname == "localhost":  # the demo's certificate is self-signed
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = f"{base.scheme}://{base.netloc}{path}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return post(address, BODY, kind, seconds=TIMEOUT_SECONDS, most_octets=0, context=context).status


log = structlog.get_logger("test_inbox")

PAGE_ROWS = 50
SHOWN_CHARACTERS = 300_000
VIEWS = ("html", "text", "headers", "source")
HTML_POLICY = (
    "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; font-src https:; "
    "frame-ancestors 'self'; form-action 'none'; base-uri 'none'"
)
BEHAVIOURS = {
    MailboxBehavior.UNKNOWN: gettext_lazy("This address is unknown and rejects email."),
    MailboxBehavior.BUSY: gettext_lazy("This address asks to try again later."),
    MailboxBehavior.TIMEOUT: gettext_lazy("This address doesn't respond in time."),
    MailboxBehavior.FULL: gettext_lazy("The mailbox of this address is full."),
    MailboxBehavior.BOUNCE: gettext_lazy("This address accepted the message, then sent a bounce."),
    MailboxBehavior.COMPLAIN: gettext_lazy("This address sent a spam complaint."),
    MailboxBehavior.VACATION: gettext_lazy("This address sent an automatic reply."),
    MailboxBehavior.UNSUBSCRIBE: gettext_lazy("This address unsubscribed by email."),
    MailboxBehavior.ONE_CLICK: gettext_lazy("This address used one-click unsubscribe."),
}
VERDICTS = {
    DkimStatus.PASS: gettext_lazy("The signature is valid"),
    DkimStatus.BODY_CHANGED: gettext_lazy("The body was changed after signing"),
    DkimStatus.HEADER_CHANGED: gettext_lazy("The header or signature was changed after signing"),
    DkimStatus.EXPIRED: gettext_lazy("The signature has expired"),
    DkimStatus.KEY_MISSING: gettext_lazy("This key isn't in the DNS"),
    DkimStatus.KEY_UNREACHABLE: gettext_lazy("The DNS didn't respond with the key"),
    DkimStatus.UNSUPPORTED: gettext_lazy("We don't check this type of signature"),
    DkimStatus.MALFORMED: gettext_lazy("The signature is invalid or incomplete"),
}


def find_message(message_id: int) -> InboxMessage:
    return get_object_or_404(InboxMessage.objects, id=message_id)


def html_part(message: InboxMessage) -> HttpResponse:
    """Return the HTML part of a message as a document without scripts, forms or an origin."""
    response = HttpResponse(TestInboxMessage(bytes(message.raw)).html)
    response.headers["Content-Security-Policy"] = HTML_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def behaviour_words(stored: str) -> str:
    return str(BEHAVIOURS[MailboxBehavior(stored)]) if stored in set(MailboxBehavior) else ""


def _render(request: StudioRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
    return render(request, template, {**page_context(request), **context})


@studio(
    "GET test-inbox/",
    "test-inbox",
    Permission.VIEW,
    tab=Tab(TEST_INBOX, keywords=gettext_lazy("sent messages, sandbox")),
)
def inbox(request: StudioRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip().replace("\0", "")[:100]
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    rows = list(inbox_messages(search=search, before_id=before)[: PAGE_ROWS + 1])
    context = {
        "rows": [(row, behaviour_words(row.behaviour)) for row in rows[:PAGE_ROWS]],
        "search": search,
        "before": before,
        "next_id": rows[PAGE_ROWS - 1].id if len(rows) > PAGE_ROWS else 0,
    }
    template = "studio/test_inbox/rows.html" if is_htmx(request) else "studio/test_inbox/list.html"
    return _render(request, template, context)


@studio("GET test-inbox/<int:message_id>/", "test-inbox-message", Permission.CONTACTS)
def message(request: StudioRequest, message_id: int) -> HttpResponse:
    mail = find_message(message_id)
    reading = TestInboxMessage(bytes(mail.raw))
    choice = request.GET.get("view", "")
    default = "html" if reading.html else "text"
    context = {
        "message": mail,
        "reading": reading,
        "from_field": reading.value("From"),
        "view": choice if choice in VIEWS else default,
        "behaviour": behaviour_words(mail.behaviour),
        "source": reading.source[:SHOWN_CHARACTERS],
        "is_cut": len(reading.source) > SHOWN_CHARACTERS,
    }
    return _render(request, "studio/test_inbox/message.html", context)


@studio("GET test-inbox/<int:message_id>/html/", "test-inbox-html", Permission.VIEW)
def html(request: StudioRequest, message_id: int) -> HttpResponse:
    return html_part(find_message(message_id))


@studio("GET test-inbox/<int:message_id>/raw/", "test-inbox-raw", Permission.VIEW)
def raw(request: StudioRequest, message_id: int) -> HttpResponse:
    response = HttpResponse(bytes(find_message(message_id).raw), content_type="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="message-{message_id}.eml"'
    return response


@studio("GET test-inbox/<int:message_id>/signature/", "test-inbox-signature", Permission.VIEW)
def signature(request: StudioRequest, message_id: int) -> HttpResponse:
    """Show the verdict on each DKIM signature; loaded after the message page, as DNS may be slow."""
    mail = find_message(message_id)
    verdicts = TestInboxMessage(bytes(mail.raw)).signatures(mail.received_at)
    return _render(
        request,
        "studio/test_inbox/signature.html",
        {"verdicts": [(verdict, VERDICTS[verdict.status]) for verdict in verdicts]},
    )


@studio(
    "POST test-inbox/<int:message_id>/one-click/",
    "test-inbox-one-click",
    Permission.CONTACTS,
    logs="contact.unsubscribed",
)
def one_click(request: StudioRequest, message_id: int) -> HttpResponse:
    path = TestInboxMessage(bytes(find_message(message_id).raw)).one_click_path
    if not path:
        raise Http404
    back = reverse("studio:test-inbox-message", args=[message_id])
    try:
        status = post_one_click(path)
    except OSError as problem:
        log.warning("one-click: no answer", problem=str(problem))
        return refuse(request, _("The public pages didn't respond. No one was unsubscribed."), back)
    if status != HTTPStatus.OK:
        return refuse(request, _("The response was %(status)d instead of 200.") % {"status": status}, back)
    text = _("Response 200: the address is unsubscribed, as if through a mailbox provider.")
    return succeed(request, text, back)
