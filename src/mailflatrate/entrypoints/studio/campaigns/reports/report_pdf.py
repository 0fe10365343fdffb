"""A campaign's report as a PDF."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from mailflatrate.base import clock
from mailflatrate.entrypoints.presenters.campaign_figures import live_of
from mailflatrate.entrypoints.presenters.conversions import conversion_report
from mailflatrate.entrypoints.presenters.lookups import find_campaign
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.campaigns.reports.report_figures import ClickTimeline, report_figures
from mailflatrate.entrypoints.studio.papers import pdf_answer
from mailflatrate.rules.roles import Permission

HEIGHT = 20.0
"""The drawing is 100 wide and this high, in its own units."""


def bars_of(timeline: ClickTimeline) -> list[dict[str, str]]:
    values = timeline.chart["series"][0]["values"]
    most, width = max(values, default=0), 100 / max(1, len(values))
    return [
        {
            "x": f"{at * width + 0.1 * width:.3f}",
            "y": f"{HEIGHT * (1 - value / most):.3f}",
            "width": f"{0.8 * width:.3f}",
            "height": f"{HEIGHT * value / most:.3f}",
        }
        for at, value in enumerate(values)
        if value
    ]


@studio("GET campaigns/<int:campaign_id>/report.pdf", "campaign-report-pdf", Permission.VIEW, limited=True)
def report_pdf(request: StudioRequest, campaign_id: int) -> HttpResponse:
    """Download the report of a campaign that has begun to send. It names no recipient."""
    campaign = find_campaign(campaign_id)
    if campaign.started_at is None:
        raise Http404
    figures = report_figures(campaign)
    timeline = figures.timeline
    live = live_of(campaign, figures.counts)
    context: dict[str, Any] = {
        "account": request.account,
        "campaign": campaign,
        "live": live,
        "conversions": conversion_report(campaign, live.progress.sent),
        "figures": figures,
        "bars": bars_of(timeline) if timeline else [],
        "most": max(timeline.chart["series"][0]["values"]) if timeline else 0,
        "begins": date_format(localtime(timeline.begins_at), "DATETIME_FORMAT") if timeline else "",
        "ends": date_format(localtime(timeline.ends_at), "DATETIME_FORMAT") if timeline else "",
        "now": clock.now(),
        "service": settings.SETTINGS.service_name,
    }
    name, back = f"{campaign.mailing_id}-report.pdf", reverse("studio:campaign", args=[campaign_id])
    return pdf_answer(request, "studio/campaigns/report_paper.html", context, file_name=name, back=back)
