"""The postbox: what our own sink received for the account, looked at as its receiver would."""

from collections.abc import Mapping
from http import HTTPStatus

import structlog
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from mailflatrate.apps.accounts.queries import may_write
from mailflatrate.apps.inbound.behaviour import Behaviour
from mailflatrate.apps.inbound.models import PostboxMessage
from mailflatrate.apps.inbound.queries import postbox_messages
from mailflatrate.entrypoints.web.studio.access import StudioRequest, is_htmx, see_other, studio
from mailflatrate.entrypoints.web.studio.postbox.provider import post_one_click
from mailflatrate.entrypoints.web.studio.postbox.reading import Reading
from mailflatrate.mail.dkim_verify import DkimStatus

log = structlog.get_logger("postbox")

PAGE_ROWS = 50
SHOWN_CHARACTERS = 300_000
VIEWS = ("html", "text", "headers", "source")
HTML_POLICY = (
    "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; font-src https:; "
    "frame-ancestors 'self'; form-action 'none'; base-uri 'none'"
)
BEHAVIOURS = {
    Behaviour.UNKNOWN: gettext_lazy("This address refuses mail: it is unknown."),
    Behaviour.BUSY: gettext_lazy("This address asks to come back later."),
    Behaviour.TIMEOUT: gettext_lazy("This address does not answer in time."),
    Behaviour.FULL: gettext_lazy("This address says that its mailbox is full."),
    Behaviour.BOUNCE: gettext_lazy("This address took the mail and sent a bounce."),
    Behaviour.COMPLAIN: gettext_lazy("This address complained about the mail."),
    Behaviour.VACATION: gettext_lazy("This address sent an automatic answer."),
    Behaviour.UNSUBSCRIBE: gettext_lazy("This address unsubscribed by mail."),
    Behaviour.ONE_CLICK: gettext_lazy("This address pressed the one-click button."),
}
VERDICTS = {
    DkimStatus.PASS: gettext_lazy("The signature is valid"),
    DkimStatus.BODY_CHANGED: gettext_lazy("The body was changed after signing"),
    DkimStatus.HEADER_CHANGED: gettext_lazy("Header or signature was changed after signing"),
    DkimStatus.EXPIRED: gettext_lazy("The signature has expired"),
    DkimStatus.KEY_MISSING: gettext_lazy("The DNS has no such key"),
    DkimStatus.KEY_UNREACHABLE: gettext_lazy("The DNS gave no answer about the key"),
    DkimStatus.UNSUPPORTED: gettext_lazy("This kind of signature is not checked here"),
    DkimStatus.MALFORMED: gettext_lazy("The signature is malformed"),
}


def find_message(message_id: int) -> PostboxMessage:
    """A message of the account. Raises Http404 for anything else."""
    found = PostboxMessage.objects.filter(id=message_id).first()
    if found is None:
        raise Http404
    return found


def behaviour_words(stored: str) -> str:
    """What the address did on order; empty where it simply took the mail."""
    return str(BEHAVIOURS[Behaviour(stored)]) if stored in set(Behaviour) else ""


def _render(request: StudioRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
    return render(request, template, {"may_write": may_write(request.membership), **context})


@require_safe
@studio
def postbox(request: StudioRequest) -> HttpResponse:
    """Newest first; search in recipient, subject and mailing ID."""
    search = request.GET.get("q", "").strip().replace("\0", "")[:100]
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    rows = list(postbox_messages(search=search, before_id=before)[: PAGE_ROWS + 1])
    context = {
        "rows": [(row, behaviour_words(row.behaviour)) for row in rows[:PAGE_ROWS]],
        "search": search,
        "before": before,
        "next_id": rows[PAGE_ROWS - 1].id if len(rows) > PAGE_ROWS else 0,
    }
    template = "studio/postbox/rows.html" if is_htmx(request) else "studio/postbox/list.html"
    return _render(request, template, context)


@require_safe
@studio
def message(request: StudioRequest, message_id: int) -> HttpResponse:
    """One message: as HTML, as text, its fields, its source."""
    found = find_message(message_id)
    reading = Reading(bytes(found.raw))
    wanted = request.GET.get("view", "")
    default = "html" if reading.html else "text"
    context = {
        "message": found,
        "reading": reading,
        "from_field": reading.value("From"),
        "view": wanted if wanted in VIEWS else default,
        "behaviour": behaviour_words(found.behaviour),
        "source": reading.source[:SHOWN_CHARACTERS],
        "is_cut": len(reading.source) > SHOWN_CHARACTERS,
    }
    return _render(request, "studio/postbox/message.html", context)


@require_safe
@studio
def html(request: StudioRequest, message_id: int) -> HttpResponse:
    """The HTML part by itself, without scripts, forms or an origin, for the frame of the message page."""
    response = HttpResponse(Reading(bytes(find_message(message_id).raw)).html)
    response.headers["Content-Security-Policy"] = HTML_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@studio
def raw(request: StudioRequest, message_id: int) -> HttpResponse:
    """The message as a file, octet by octet."""
    response = HttpResponse(bytes(find_message(message_id).raw), content_type="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="message-{message_id}.eml"'
    return response


@require_safe
@studio
def signature(request: StudioRequest, message_id: int) -> HttpResponse:
    """The verdict on each DKIM signature; asked for by the message page once it is there, as the DNS may be slow."""
    found = find_message(message_id)
    verdicts = Reading(bytes(found.raw)).signatures(found.received_at)
    return _render(
        request, "studio/postbox/signature.html", {"verdicts": [(one, VERDICTS[one.status]) for one in verdicts]}
    )


@require_POST
@studio
def one_click(request: StudioRequest, message_id: int) -> HttpResponse:
    """Send the POST of a mailbox provider, and say what came back."""
    path = Reading(bytes(find_message(message_id).raw)).one_click_path
    if not path:
        raise Http404
    try:
        status = post_one_click(path)
    except OSError as problem:
        log.warning("one-click: no answer", problem=str(problem))
        messages.error(request, _("The public pages gave no answer. Nobody was unsubscribed."))
    else:
        if status == HTTPStatus.OK:
            messages.success(request, _("Answer 200: the address is unsubscribed, as a mailbox provider would do it."))
        else:
            messages.error(request, _("The answer was %(status)d instead of 200.") % {"status": status})
    return see_other(reverse("studio:postbox-message", args=[message_id]))
