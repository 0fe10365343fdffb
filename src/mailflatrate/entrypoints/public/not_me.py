"""“This wasn't me”, linked from transactional messages (R-112). GET and HEAD change nothing: scanners follow links."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.delivery.queries import find_delivery
from mailflatrate.apps.transactional.actions.misdirected import report_misdirected
from mailflatrate.apps.transactional.queries import find_message, is_misdirected
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.public.reader import page_language
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.settings.schema import load_settings


@public("GET|POST n/<str:token>", "not-me")
def not_me(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET; on POST stop the sender's transactional messages to this address. Repeating it changes nothing."""
    claims = key_ring().open_token(TokenPurpose.NOT_ME, token)
    if claims is None:
        raise Http404
    with tenancy.account(claims.account_id):
        delivery = find_delivery(claims.account_id, claims.delivery_id)
        message = find_message(delivery.transactional_id) if delivery and delivery.transactional_id else None
        is_test = message is None and delivery is not None and delivery.notice_id is not None
        account = current_account()
        language = message.version.language if message is not None else account.language
    if message is not None and request.method == "POST":
        report_misdirected(claims.account_id, message.id)
    with tenancy.account(claims.account_id):
        context = {
            "customer": {"name": account.name, "text": "", "colour": account.colour},
            "message": message,
            "is_test": is_test,
            "is_stopped": message is not None and is_misdirected(message),
            "abuse_address": f"abuse@{load_settings().service_domain}",
        }
    with translation.override(page_language(request, language)):
        answer = render(request, "public/not_me.html", context, status=200 if message is not None or is_test else 410)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
