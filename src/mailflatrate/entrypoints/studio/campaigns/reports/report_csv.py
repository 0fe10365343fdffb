"""A campaign's report as rows of a CSV file."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.entrypoints.presenters.campaign_figures import LiveReport
from mailflatrate.entrypoints.presenters.conversions import ConversionReport, per_message
from mailflatrate.entrypoints.studio.campaigns.reports.report_figures import ReportFigures
from mailflatrate.locale.formats import rate_number
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.rules.feedback.measures import ThresholdCause, rate_limits


def figures_lines(
    campaign: Campaign, live: LiveReport, figures: ReportFigures, conversions: ConversionReport | None = None
) -> Iterator[tuple[str, ...]]:
    """Yield the file's rows: section, label, number, rate in percent, usual rate in percent. Times are UTC."""
    yield _("Section"), _("Label"), _("Number"), _("Percent"), _("Usual percent")
    total = _("Total")
    progress = live.progress
    yield total, _("Delivered"), str(progress.sent), _rate(live.delivered_percent), _rate(figures.delivered.usual)
    if live.clicks is not None:
        yield total, _("Clicks"), str(live.clicks), _rate(live.click_percent), _rate(figures.clicked.usual)
        yield total, _("Clicks by bots"), str(figures.machines), "", ""
    left = figures.unsubscribed
    limits = rate_limits(ThresholdCause.UNSUBSCRIBES)
    yield total, _("Unsubscribed"), str(live.unsubscribed), _rate(left.percent, *limits), _rate(left.usual)
    for name, rate in ((_("Hard bounces"), live.hard_bounces), (_("Complaints"), live.complaints)):
        yield total, name, str(rate.events), _rate(rate.percent, *rate_limits(rate.cause)), ""
    if conversions:
        yield from _conversion_lines(conversions, progress.sent)
    for text in figures.languages:
        yield _("Language"), text.name, str(text.delivered), "", ""
        if text.clicks is not None:
            yield _("Clicks by language"), text.name, str(text.clicks), _rate(text.click_percent), ""
        yield _("Unsubscribed by language"), text.name, str(text.unsubscribed), "", ""
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


def _conversion_lines(report: ConversionReport, delivered: int) -> Iterator[tuple[str, ...]]:
    section, total = _("Conversions"), report.total
    yield section, _("By click"), str(total.by_click), "", ""
    yield section, _("By coupon code"), str(total.by_coupon), "", ""
    yield section, _("Refunds"), str(total.refunds), "", ""
    for money in total.revenue:
        yield _("Revenue"), money.currency, str(money.amount), "", ""
    for money in per_message(total.revenue, delivered):
        yield _("Revenue per delivered message"), money.currency, str(money.amount), "", ""
    for part in report.parts:
        yield _("Conversions by part"), part.label, str(part.counts.conversions), "", ""
        for money in part.counts.revenue:
            yield _("Revenue by part"), f"{part.label} {money.currency}", str(money.amount), "", ""
    for at, counts, _revenue in report.days:
        yield _("Conversions by day"), at.strftime("%Y-%m-%d %H:%M:%S"), str(counts.conversions), "", ""


def _rate(percent: float | None, *limits: float) -> str:
    return "" if percent is None else rate_number(percent, ENGLISH, *limits).replace(",", "")
