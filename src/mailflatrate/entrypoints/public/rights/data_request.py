"""The data request page linked from a message: it shows nothing personal; requests wait for an email confirmation."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language

from mailflatrate.apps.lists.actions.tracking import choose_tracking, tracking_wording
from mailflatrate.apps.privacy.actions.requests import RequesterInfo, ask
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.models import DataRequestKind
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.public.reader import PageReader, page_language, reader
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.address import masked_address
from mailflatrate.mail.identifiers.tokens import TokenPurpose

ASKED_HERE = (DataRequestKind.ACCESS, DataRequestKind.CORRECTION, DataRequestKind.ERASURE, DataRequestKind.OBJECTION)


@public("GET|POST d/<str:token>", "rights")
def rights(request: HttpRequest, token: str) -> HttpResponse:
    """Consent to click tracking is withdrawn at once, but given only in the mailbox: links are forwarded."""
    with (
        reader(TokenPurpose.PRIVACY, token) as recipient,
        translation.override(page_language(request, recipient.language)),
    ):
        if request.method != "POST":
            return _page(request, recipient)
        if request.POST.get("clicks") == "no":
            return _withdraw(request, recipient)
        return _ask(request, recipient)


def _page(request: HttpRequest, recipient: PageReader, *, chosen: bool = False, status: int = 200) -> HttpResponse:
    contact = recipient.delivery.contact
    context = {
        **recipient.context(),
        "gone": contact is None,
        "masked": masked_address(contact.email) if contact else "",
        "tracking": contact is not None and contact.tracking,
        "wording": tracking_wording(recipient.account.name, get_language() or "en"),
        "chosen": chosen,
    }
    return private(render(request, "public/rights/ask.html", context, status=status))


def _withdraw(request: HttpRequest, recipient: PageReader) -> HttpResponse:
    if recipient.delivery.contact_id is not None:
        language = get_language() or "en"
        choose_tracking(
            recipient.delivery.contact_id,
            agrees=False,
            wording=tracking_wording(recipient.account.name, language),
            language=language,
            source=f"rights page of delivery {recipient.delivery.id}",
            ip=client_ip(request),
            user_agent=request.headers.get("User-Agent", "")[:500],
        )
        recipient.delivery.contact.refresh_from_db()  # type: ignore[union-attr]  # it has an id
    return _page(request, recipient, chosen=True)


def _ask(request: HttpRequest, recipient: PageReader) -> HttpResponse:
    kind = DataRequestKind.TRACKING if request.POST.get("clicks") == "yes" else _kind(request)
    language = get_language() or "en"
    given = {key: request.POST.get(key, "") for key in ("first_name", "last_name", "note")}
    contact = recipient.delivery.contact
    visitor = RequesterInfo(client_ip(request), request.headers.get("User-Agent", ""))
    try:
        ask(
            recipient.delivery,
            kind,
            everywhere=request.POST.get("everywhere") == "on",
            values={**given, "wording": tracking_wording(recipient.account.name, language)},
            language=language,
            visitor=visitor,
        )
    except PrivacyError:
        return _page(request, recipient)
    context = {**recipient.context(), "masked": masked_address(contact.email if contact else ""), "kind": kind}
    return private(render(request, "public/rights/sent.html", context))


def _kind(request: HttpRequest) -> DataRequestKind:
    kind = request.POST.get("kind", "")
    if kind not in ASKED_HERE:
        raise Http404
    return DataRequestKind(kind)


def private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
