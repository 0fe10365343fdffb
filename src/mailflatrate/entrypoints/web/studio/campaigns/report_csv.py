"""A campaign's report as rows of a CSV file."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.entrypoints.presenters.campaign_figures import LiveReport
from mailflatrate.entrypoints.web.studio.campaigns.report_figures import ReportFigures


def figures_lines(campaign: Campaign, live: LiveReport, figures: ReportFigures) -> Iterator[tuple[str, ...]]:
    """Yield the file's rows: section, label, number, rate in percent, usual rate in percent. Times are UTC."""
    yield _("Section"), _("Label"), _("Number"), _("Percent"), _("Usual percent")
    total = _("Total")
    progress = live.progress
    yield total, _("Delivered"), str(progress.sent), _rate(live.delivered_percent), _rate(figures.delivered.usual)
    if live.clicks is not None:
        yield total, _("Clicks"), str(live.clicks), _rate(live.click_percent), _rate(figures.clicked.usual)
        yield total, _("Clicks by bots"), str(figures.machines), "", ""
    left = figures.unsubscribed
    yield total, _("Unsubscribed"), str(live.unsubscribed), _rate(left.percent), _rate(left.usual)
    for name, rate in ((_("Hard bounces"), live.hard_bounces), (_("Complaints"), live.complaints)):
        yield total, name, str(rate.events), _rate(rate.percent), ""
    for line in figures.providers:
        yield _("Provider"), line.name, str(line.results), _rate(line.delivered), ""
    for link in figures.links:
        yield _("Link"), link.url, str(link.people), "", ""
    for reason in (*figures.reasons, *figures.stayed):
        yield _("Unsubscribed"), reason.label, str(reason.number), "", ""
    if figures.timeline is None:
        return
    for begins_at, number, usual in figures.timeline.rows:
        at = begins_at.strftime("%Y-%m-%d %H:%M:%S")
        yield figures.timeline.title, at, str(number), "", "" if usual is None else f"{usual:g}"


def _rate(percent: float | None) -> str:
    """Return a rate with two decimals and a point, as programs read it; empty if there is none."""
    return "" if percent is None else f"{percent:.2f}"
