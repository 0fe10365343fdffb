"""Sender domains: the records to publish, the ones found, and their addresses."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.domains import queries
from mailflatrate.apps.domains.actions import domains, mailboxes
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import DomainState, SenderAddress, SenderDomain
from mailflatrate.apps.domains.provider_setup import is_offered
from mailflatrate.apps.inbound.queries import domain_figures
from mailflatrate.entrypoints.presenters.dns_records import record_rows
from mailflatrate.entrypoints.presenters.lookups import find_domain
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.trust.mailboxes import ReplyForm, reply_rows, sender_rows
from mailflatrate.entrypoints.studio.trust.media_hosts import host_row
from mailflatrate.entrypoints.studio.trust.sharing import last_day, mail_link, share_url, zone_answer
from mailflatrate.entrypoints.ui.menu import SETTINGS, Tab
from mailflatrate.entrypoints.ui.posts import perform, refuse, see_other, succeed
from mailflatrate.rules.roles import Permission


class DomainForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=253,
        help_text=gettext_lazy(
            "A domain you own. A subdomain such as news.your-company.com keeps your campaigns separate from your "
            "other email."
        ),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )


class SenderAddressForm(forms.Form):
    display_name = forms.CharField(
        label=gettext_lazy("Sender name"),
        max_length=120,
        help_text=gettext_lazy("The first thing readers see: your company or brand."),
    )
    email = forms.CharField(
        label=gettext_lazy("Address"), max_length=254, widget=forms.EmailInput({"autocomplete": "off"})
    )


@studio(
    "GET senders/",
    "senders",
    Permission.SETUP,
    tab=Tab(
        SETTINGS,
        gettext_lazy("Senders"),
        gettext_lazy("domain, DNS, DKIM, SPF, DMARC, From address, reply-to"),
        place=70,
    ),
)
def senders(request: StudioRequest) -> HttpResponse:
    return _senders_page(request, ReplyForm())


def _senders_page(request: StudioRequest, form: ReplyForm, *, status: int = 200) -> HttpResponse:
    context = {
        "rows": [(domain, DomainState(domain.state).tone) for domain in queries.domains()],
        "addresses": sender_rows(SenderAddress.objects.select_related("domain").order_by("email")),
        "replies": reply_rows(queries.reply_addresses()),
        "form": form,
    }
    return page(request, "studio/trust/senders.html", context, status=status)


@studio("POST senders/mailboxes/", "reply-add", Permission.SETUP, logs="mailbox.asked")
def add_reply(request: StudioRequest) -> HttpResponse:
    form = ReplyForm(request.POST)
    if form.is_valid():
        try:
            mailbox = mailboxes.add_reply_address(form.cleaned_data["reply_address"], by=request.user)
        except DomainError as problem:
            form.add_error("reply_address", str(problem))
        else:
            if mailbox.proved_at is None:
                messages.success(request, _("We've sent a link to %(email)s.") % {"email": mailbox.email})
            return see_other(f"{reverse('studio:senders')}#replies")
    return _senders_page(request, form, status=422)


@studio("GET|POST senders/new/", "sender-new", Permission.SETUP, logs="domain.added")
def new(request: StudioRequest) -> HttpResponse:
    form = DomainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            domain = domains.add_domain(form.cleaned_data["name"])
        except DomainError as problem:
            form.add_error("name", str(problem))
        else:
            return see_other(reverse("studio:sender-domain", args=[domain.id]))
    return page(request, "studio/trust/sender_new.html", {"form": form})


@studio("GET senders/<int:domain_id>/", "sender-domain", Permission.SETUP)
def domain(request: StudioRequest, domain_id: int) -> HttpResponse:
    return _domain_page(request, find_domain(domain_id), SenderAddressForm())


def _domain_page(
    request: StudioRequest, sender_domain: SenderDomain, form: SenderAddressForm, *, status: int = 200
) -> HttpResponse:
    return page(request, "studio/trust/sender.html", {**_domain_context(sender_domain), "form": form}, status=status)


def _domain_context(sender_domain: SenderDomain) -> dict[str, Any]:
    rows, url = record_rows(sender_domain), share_url(sender_domain)
    return {
        "domain": sender_domain,
        "tone": DomainState(sender_domain.state).tone,
        "rows": rows,
        "open": sum(row.state != "passed" for row in rows),
        "addresses": sender_rows(sender_domain.addresses.select_related("domain").order_by("email")),
        "reports": domain_figures(sender_domain.name),
        "media": host_row(sender_domain),
        "share_url": url,
        "mail_link": mail_link(sender_domain, url),
        "share_until": last_day(),
        "has_provider_setup": is_offered(sender_domain),
    }


@studio("POST senders/<int:domain_id>/check/", "sender-check", Permission.SETUP, logs="domain.checked")
def check(request: StudioRequest, domain_id: int) -> HttpResponse:
    sender_domain = find_domain(domain_id)
    domains.check_domain(sender_domain.id)
    if not is_htmx(request):
        return see_other(reverse("studio:sender-domain", args=[sender_domain.id]))
    return page(request, "studio/trust/sender_records.html", _domain_context(find_domain(domain_id)))


@studio("GET senders/<int:domain_id>/zone.txt", "sender-zone", Permission.VIEW)
def zone(request: StudioRequest, domain_id: int) -> HttpResponse:
    return zone_answer(request, find_domain(domain_id))


@studio("POST senders/<int:domain_id>/link/revoke/", "sender-link-revoke", Permission.SETUP, logs="domain.link_revoked")
def revoke_link(request: StudioRequest, domain_id: int) -> HttpResponse:
    sender_domain = find_domain(domain_id)
    domains.revoke_records_links(sender_domain.id)
    message = _("The link no longer works. The one shown now is new.")
    return succeed(request, message, reverse("studio:sender-domain", args=[sender_domain.id]))


@studio("POST senders/<int:domain_id>/publish/", "sender-publish", Permission.SETUP, logs="domain.records_published")
def publish(request: StudioRequest, domain_id: int) -> HttpResponse:
    """Publish the records in the demonstration's DNS and check them. No other installation has this page."""
    sender_domain = find_domain(domain_id)
    if not settings.SETTINGS.demo:
        raise Http404
    problem = ""
    try:
        domains.publish_in_demo(sender_domain.id)
    except DomainError as error:
        problem = str(error)
    if is_htmx(request):
        context = {**_domain_context(find_domain(domain_id)), "problem": problem}
        return page(request, "studio/trust/sender_records.html", context)
    here = reverse("studio:sender-domain", args=[sender_domain.id])
    return refuse(request, problem, here) if problem else see_other(here)


@studio("POST senders/<int:domain_id>/addresses/", "sender-address", Permission.SETUP, logs="domain.address_added")
def add_address(request: StudioRequest, domain_id: int) -> HttpResponse:
    sender_domain = find_domain(domain_id)
    form = SenderAddressForm(request.POST)
    if form.is_valid():
        try:
            sender = domains.add_sender(sender_domain.id, **form.cleaned_data, by=request.user)
        except DomainError as problem:
            form.add_error("email", str(problem))
        else:
            asked = sender_domain.verified_at is not None and sender.verified_at is None
            words = _("We've sent a link to %(sender)s.") if asked else _("%(sender)s has been added.")
            return succeed(
                request, words % {"sender": sender.email}, reverse("studio:sender-domain", args=[sender_domain.id])
            )
    return _domain_page(request, sender_domain, form, status=422)


@studio("POST senders/<int:domain_id>/remove/", "sender-remove", Permission.SETUP, logs="domain.removed")
def remove(request: StudioRequest, domain_id: int) -> HttpResponse:
    sender_domain = find_domain(domain_id)
    done = _("%(domain)s has been removed.") % {"domain": sender_domain.name}
    return perform(
        request,
        lambda: domains.remove_domain(sender_domain.id),
        done,
        reverse("studio:senders"),
        refused=DomainError,
        back=reverse("studio:sender-domain", args=[sender_domain.id]),
    )
