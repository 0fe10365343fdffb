"""The page behind the mail to a mailbox: one button confirms that it belongs to the account, one denies it (R-46)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.domains.actions.mailboxes import confirm_mailbox, refuse_mailbox
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import Mailbox
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.public.reader import page_language
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.identifiers.tokens import TokenPurpose


@public("GET|POST mailbox/<str:token>", "mailbox")
def mailbox(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question or the state on GET. Confirm or refuse on POST; repeating it changes nothing."""
    claims = key_ring().open_token(TokenPurpose.MAILBOX, token)
    if claims is None:
        raise Http404
    with tenancy.account(claims.account_id):
        account = current_account()
        with translation.override(page_language(request, account.language)):
            problem = _answer(request, claims.delivery_id, claims.extra) if request.method == "POST" else ""
            reply_address = Mailbox.objects.filter(id=claims.delivery_id).first()
            return _page(request, account.name, account.colour, reply_address, problem)


def _answer(request: HttpRequest, mailbox_id: int, round_: int) -> str:
    act = refuse_mailbox if "refuse" in request.POST else confirm_mailbox
    try:
        act(mailbox_id, round_)
    except DomainError as refusal:
        return str(refusal)
    return ""


def _page(request: HttpRequest, name: str, colour: str, reply_address: Mailbox | None, problem: str) -> HttpResponse:
    waits = (
        reply_address is not None and reply_address.expires_at is not None and reply_address.expires_at >= clock.now()
    )
    context = {
        "customer": {"name": name, "text": "", "colour": colour},
        "mailbox": reply_address,
        "waits": waits,
        "problem": problem,
    }
    answer = render(request, "public/mailbox.html", context, status=409 if problem else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer
