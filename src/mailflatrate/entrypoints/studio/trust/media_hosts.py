"""Pictures on the account's own host: the name, its DNS record, and the last check's result."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.domains import queries
from mailflatrate.apps.domains.actions import media_hosts
from mailflatrate.apps.domains.actions.media_hosts import NO_CERTIFICATE
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import MediaHost, SenderDomain
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.ui.posts import perform, refuse, succeed
from mailflatrate.rules.facts import DnsState
from mailflatrate.rules.roles import Permission
from mailflatrate.settings import load_settings


class HostForm(forms.Form):
    host = forms.CharField(label=gettext_lazy("Host name"), max_length=253)


def host_row(domain: SenderDomain) -> dict[str, Any] | None:
    target = load_settings().media_host_target
    if target is None:
        return None
    host = MediaHost.objects.filter(domain=domain, replaced_at=None).first()
    return {"host": host, "target": target, "proposal": f"media.{domain.name}", "advice": _advice(host) if host else ""}


def _advice(host: MediaHost) -> str:
    words = {
        DnsState.MISSING.value: _("This record doesn't exist yet. Create it with this name and value."),
        DnsState.WRONG.value: _("The name points somewhere else. Replace the record with the expected one."),
        DnsState.UNREACHABLE.value: _("Your domain's name servers didn't respond. Check again in a few minutes."),
        NO_CERTIFICATE: _("The record is correct. The certificate will be ready in a few minutes."),
    }
    return words.get(host.problem, "")


@studio("POST senders/<int:domain_id>/media-host/", "media-host", Permission.SETUP, logs="media_host.named")
def name(request: StudioRequest, domain_id: int) -> HttpResponse:
    domain = get_object_or_404(queries.domains(), id=domain_id)
    form = HostForm(request.POST)
    back = f"{reverse('studio:sender-domain', args=[domain_id])}#media-host"
    if not form.is_valid():
        return refuse(request, _("Enter the host name."), back)
    return perform(
        request,
        lambda: media_hosts.name_media_host(domain.id, form.cleaned_data["host"], by=request.user),
        lambda host: _("Now create the record for %(host)s. We'll check every hour.") % {"host": host},
        back,
        refused=DomainError,
    )


@studio("POST senders/<int:domain_id>/media-host/leave/", "media-host-leave", Permission.SETUP, logs="media_host.left")
def leave(request: StudioRequest, domain_id: int) -> HttpResponse:
    get_object_or_404(queries.domains(), id=domain_id)
    media_hosts.leave_media_host(by=request.user)
    text = _("New campaigns use our image host again. Keep the record for the messages already sent.")
    return succeed(request, text, f"{reverse('studio:sender-domain', args=[domain_id])}#media-host")
