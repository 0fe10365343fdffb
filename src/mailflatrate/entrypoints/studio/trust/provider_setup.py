"""Setting up a domain at its DNS provider (Domain Connect). Nothing is believed on return: the DNS is checked."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from mailflatrate.apps.domains import provider_setup
from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.domains.models import DomainState, SenderDomain
from mailflatrate.apps.forms.actions.visitor_counts import count
from mailflatrate.apps.forms.defence import counter_key, this_hour
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.lookups import find_domain
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.posts import refuse, see_other
from mailflatrate.rules.roles import Permission
from mailflatrate.settings import load_settings
from mailflatrate.wire.domain_connect import DnsProvider, ProviderLink

LOOKUP_SECONDS: Final = 2.0
MOST_LOOKUPS: Final = 60
"""Searches for providers within an hour from one account: each asks hosts that a domain's owner names."""
VALID_FOR: Final = timedelta(hours=1)
SESSION_KEY: Final = "provider_setup"


def provider_link() -> ProviderLink:
    return ProviderLink(domains.configured_resolver(LOOKUP_SECONDS))


@studio("GET senders/<int:domain_id>/provider/", "sender-provider", Permission.SETUP, Permission.SETUP)
def offer(request: StudioRequest, domain_id: int) -> HttpResponse:
    domain = find_domain(domain_id)
    provider = _provider(request, domain)
    if provider is None:
        return HttpResponse()
    return page(request, "studio/trust/provider_offer.html", {"domain": domain, "provider": provider})


@studio(
    "POST senders/<int:domain_id>/provider/setup/",
    "sender-setup",
    Permission.SETUP,
    Permission.SETUP,
    logs="domain.setup_started",
)
def start(request: StudioRequest, domain_id: int) -> HttpResponse:
    """Send the person to the provider with a signed link. The state that must come back is kept in the session."""
    domain = find_domain(domain_id)
    here = reverse("studio:sender-domain", args=[domain.id])
    provider = _provider(request, domain)
    if provider is None:
        return _answer(request, here, _("Your DNS provider doesn't respond right now. Copy the records instead."))
    link, state = provider_link(), secrets.token_urlsafe(32)
    back = load_settings().public_url + reverse("studio:sender-setup-done", args=[domain.id])
    url = provider_setup.setup_url(domain, provider, provider_setup.SetupReturn(back, state), link.resolver)
    if url is None:
        return _answer(request, here, _("There's nothing left to set up. Select Check now."))
    request.session[SESSION_KEY] = {"domain": domain.id, "state": state, "at": clock.now().isoformat()}
    return _answer(request, url)


@studio("GET senders/<int:domain_id>/provider/done/", "sender-setup-done", Permission.SETUP, Permission.SETUP)
def done(request: StudioRequest, domain_id: int) -> HttpResponse:
    """Check the records when a person returns from the provider. A return that didn't begin here changes nothing."""
    domain = find_domain(domain_id)
    here = reverse("studio:sender-domain", args=[domain.id])
    if not _is_expected(request.session.get(SESSION_KEY), domain, request.GET.get("state", "")):
        words = _("This return from a DNS provider wasn't started here, or it's too old. Select Check now.")
        return refuse(request, words, here)
    del request.session[SESSION_KEY]
    checked = domains.check_domain(domain.id)
    if checked.state == DomainState.VERIFIED:
        messages.success(request, _("All records are set up."))
    elif request.GET.get("error"):
        messages.warning(request, _("Your DNS provider didn't set up the records. Try again, or copy them yourself."))
    else:
        words = _("We can't see all records yet. It can take a few hours; we check every hour.")
        messages.info(request, words)
    return see_other(here)


def _provider(request: StudioRequest, domain: SenderDomain) -> DnsProvider | None:
    if not provider_setup.is_offered(domain):
        return None
    hour = this_hour(clock.now())
    key = counter_key("domain connect", str(request.account.id), hour)
    if count([key], hour + timedelta(hours=2))[key] > MOST_LOOKUPS:
        return None
    return provider_setup.provider_of(domain, provider_link())


def _answer(request: HttpRequest, url: str, problem: str = "") -> HttpResponse:
    """Lead to a URL. htmx navigates itself: browsers don't let a form's redirect leave for another site."""
    if problem:
        messages.error(request, problem)
    return HttpResponse(headers={"HX-Redirect": url}) if is_htmx(request) else see_other(url)


def _is_expected(kept: Any, domain: SenderDomain, state: str) -> bool:
    if not isinstance(kept, dict) or kept.get("domain") != domain.id:
        return False
    is_recent = clock.now() - datetime.fromisoformat(kept["at"]) <= VALID_FOR
    return is_recent and constant_time_compare(kept["state"], state)
