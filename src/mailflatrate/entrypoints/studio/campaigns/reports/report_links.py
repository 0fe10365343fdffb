"""Links that show a campaign's report to people without an account: made, listed and revoked here."""

from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.stats import report_links as links
from mailflatrate.apps.stats.models import ReportLink
from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.reports.report import base_context
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.posts import perform
from mailflatrate.rules.roles import Permission
from mailflatrate.settings import load_settings

USUAL_DAYS: Final = 30


class ReportLinkForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("For"),
        max_length=80,
        help_text=gettext_lazy("Who gets the link, for example “Agency” or “Board”. Only your team sees this."),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Works until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day the link works, up to a year from today."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        min_length=links.LEAST_PASSWORD,
        max_length=links.MOST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 8 characters. Send it another way than the link."),
    )

    def __init__(self, data: Any = None) -> None:
        last = timezone.localdate(clock.now()) + timedelta(days=USUAL_DAYS)
        super().__init__(data, initial={"ends_on": last})

    def ends_at(self, zone: str) -> datetime:
        return datetime.combine(self.cleaned_data["ends_on"], time.max, ZoneInfo(zone))


def _row(link: ReportLink) -> dict[str, Any]:
    if link.revoked_at is not None:
        return {"link": link, "tone": "", "state": _("Revoked"), "works": False}
    if link.ends_at <= clock.now():
        return {"link": link, "tone": "warning", "state": _("Expired"), "works": False}
    return {"link": link, "tone": "success", "state": _("Active"), "works": True}


def _links_page(campaign: Campaign, request: StudioRequest, form: ReportLinkForm, url: str = "") -> HttpResponse:
    context = {
        **base_context(campaign, "links"),
        "rows": [_row(link) for link in links.report_links(campaign.id)],
        "form": form,
        "made_url": url,
    }
    return page(request, "studio/campaigns/report_links.html", context)


@never_cache
@studio(
    "GET|POST campaigns/<int:campaign_id>/links/",
    "campaign-report-links",
    Permission.RELEASE,
    limited=True,
    logs="report_link.created",
)
def report_links(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """List a report's links; a POST makes one and shows it this once, because only a hash of it is stored."""
    campaign = find_campaign(campaign_id)
    if campaign.started_at is None:
        raise Http404
    form = ReportLinkForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _links_page(campaign, request, form)
    fields = form.cleaned_data
    try:
        made = links.create_report_link(
            campaign.id,
            name=fields["name"],
            ends_at=form.ends_at(request.account.time_zone),
            password=fields["password"],
            by=request.user,
        )
    except AccountError as problem:
        form.add_error("ends_on", str(problem))
        return _links_page(campaign, request, form)
    url = load_settings().public_url + reverse("shared-report", args=[made.token])
    return _links_page(campaign, request, ReportLinkForm(), url)


@studio(
    "POST campaigns/<int:campaign_id>/links/<int:link_id>/revoke/",
    "campaign-report-link-revoke",
    Permission.RELEASE,
    limited=True,
    logs="report_link.revoked",
)
def revoke(request: StudioRequest, campaign_id: int, link_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    if not ReportLink.objects.filter(id=link_id, campaign_id=campaign.id).exists():
        raise Http404
    action = partial(links.revoke_report_link, link_id, campaign.id, by=request.user)
    back = reverse("studio:campaign-report-links", args=[campaign.id])
    return perform(request, action, _("The link has been revoked and no longer works."), back, refused=AccountError)
