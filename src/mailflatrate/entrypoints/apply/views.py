"""First and last pages of an application: requesting the link, starting, resuming, submitted."""

from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.actions import vetting
from mailflatrate.apps.accounts.actions.vetting import AddressRefused
from mailflatrate.apps.accounts.automatic_checks import vetting_resolver
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.queries import current_documents
from mailflatrate.apps.forms.actions.visitor_counts import count
from mailflatrate.apps.forms.defence import counter_key, network_of
from mailflatrate.base import clock
from mailflatrate.entrypoints.apply import session
from mailflatrate.entrypoints.apply.forms import TITLES, CompanyForm, StartForm, marked_as_due
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.ui.documents import document_html
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.addresses import is_freemail
from mailflatrate.rules.roles import Permission, may
from mailflatrate.settings import load_settings
from mailflatrate.wire.registers import VatRecord, VatStatus, find_vat

DEFAULT_COUNTRY = "DE"
FIRST_STEP, SECOND_STEP = "company", "sending"
REFUSED = 422


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Ask for an address and mail the link to it; the response is the same whether or not the address is known."""
    form = StartForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "apply/start.html", {"form": form}, status=REFUSED if form.errors else 200)
    language = (translation.get_language() or "en")[:2]
    email = form.cleaned_data["email"]
    try:
        email = vetting.check_applicant_address(email)
        if not form.cleaned_data["website_2"]:
            vetting.ask_to_apply(
                email,
                language=language,
                ip=client_ip(request),
                link=session.link_for(email, language),
                sign_in=load_settings().public_url + reverse("account_login"),
            )
    except AddressRefused as problem:
        form.add_error("email", str(problem))
        return render(request, "apply/start.html", {"form": form}, status=REFUSED)
    return render(request, "apply/check_inbox.html", {"email": email})


def website_of(email: str) -> str:
    domain = domain_of(email)
    return "" if is_freemail(domain) else f"https://{domain}"


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, token: str) -> HttpResponse:
    """Viewing changes nothing; the button starts or resumes the application."""
    invitation = session.open_link(token)
    if invitation is None:
        return render(request, "apply/expired.html", status=404)
    application = vetting.open_application(invitation.email)
    if application is None and queries.signs_in(invitation.email):
        return render(request, "apply/known_address.html", {"email": invitation.email})
    if application is not None:
        if request.method == "POST":
            session.enter(request, application.account_id)
            return see_other(reverse("apply:step", args=[FIRST_STEP]))
        return render(request, "apply/resume.html", {"email": invitation.email, "company": application.legal_name})
    initial = {"website": website_of(invitation.email), "country": DEFAULT_COUNTRY}
    form = CompanyForm(request.POST or None, initial=initial)
    form.is_valid()
    if request.method == "POST" and form.can_begin():
        fields = form.cleaned_data
        try:
            begun = vetting.begin_application(
                invitation.email,
                language=invitation.language,
                name=fields["responsible_person"],
                company=fields["legal_name"],
                country=fields["country"],
            )
            vetting.save_application(begun.account_id, fields, step=FIRST_STEP)
        except AccountError as problem:
            form.add_error(None, str(problem))
        else:
            session.enter(request, begun.account_id)
            return see_other(reverse("apply:step", args=[FIRST_STEP if form.errors else SECOND_STEP]))
    context = {"form": marked_as_due(form), "email": invitation.email, "token": token, "titles": TITLES.values()}
    return render(request, "apply/begin.html", context, status=REFUSED if form.errors else 200)


@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return see_other(reverse("account_login"))
    membership = queries.account_of(request.user, request.session.get("account_id"))
    editable = membership is not None and membership.account.status in vetting.EDITABLE
    if membership is None or not may(membership.role, Permission.BIND) or not editable:
        return see_other(reverse("studio:account-status"))
    vetting.ensure_application(membership.account_id)
    session.enter(request, membership.account_id)
    return see_other(reverse("apply:step", args=[FIRST_STEP]))


@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    texts = [(row, document_html(row)) for row in current_documents(reading_language())]
    return render(request, "apply/agreements.html", {"documents": texts})


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    return render(request, "apply/submitted.html")


WINDOW: Final = timedelta(hours=1)
MOST_LOOKUPS: Final = 10
"""Lookups within an hour from one network: nobody may use us to comb the register."""


@require_POST
def look_up(request: HttpRequest) -> HttpResponse:
    """Return the fields a lookup fills in, with what the register says. Only applicants can ask; nothing is saved."""
    is_applicant = session.here(request) is not None or session.open_link(request.POST.get("token", "")) is not None
    if not is_applicant:
        return HttpResponse(status=404)
    record = _find(request)
    form = marked_as_due(CompanyForm(initial=_filled(request, record)))
    return render(request, "apply/company_name.html", {"form": form, "found": record, "looked_up": True})


def _find(request: HttpRequest) -> VatRecord:
    now = clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    key = counter_key("company lookup", network_of(client_ip(request)) or "this host", hour)
    if count([key], now + 2 * WINDOW)[key] > MOST_LOOKUPS:
        return VatRecord(VatStatus.NOT_CHECKED, problem="too many")
    return find_vat(request.POST.get("vat_id", ""), load_settings().vies_server, vetting_resolver())


def _filled(request: HttpRequest, record: VatRecord) -> dict[str, Any]:
    written = {name: request.POST.get(name, "")[:160] for name in CompanyForm.LOOKED_UP}
    company = {"legal_name": record.name, "street": record.street, "postcode": record.postcode, "city": record.city}
    return {name: company[name] or written[name] for name in written}
