"""The page for the person who manages a customer's DNS, until its link expires; of the account, only its name shows."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.presenters.dns_records import record_rows
from mailflatrate.entrypoints.public.reader import page_language
from mailflatrate.entrypoints.studio.trust.sharing import FIRST_DAY, shared_domain, zone_answer
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.identifiers.tokens import TokenPurpose


@public("GET dns/<str:token>", "dns-records")
@public("GET dns/<str:token>/zone.txt", "dns-records-zone", values={"as_file": True})
def records(request: HttpRequest, token: str, *, as_file: bool = False) -> HttpResponse:
    """Show the records, or return them as a zone file. Return 404 for a forged, revoked or expired link."""
    claims = key_ring().open_token(TokenPurpose.DNS_RECORDS, token)
    if claims is None or (clock.now().date() - FIRST_DAY).days > claims.extra:
        raise Http404
    with tenancy.account(claims.account_id):
        domain = shared_domain(claims.delivery_id)
        if domain is None:
            raise Http404
        if as_file:
            return zone_answer(request, domain)
        account = current_account()
        with translation.override(page_language(request, account.language)):
            context = {
                "customer": {"name": account.name, "text": domain.name, "colour": account.colour},
                "domain": domain,
                "rows": record_rows(domain),
                "token": token,
            }
            answer = render(request, "public/dns_records.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer
