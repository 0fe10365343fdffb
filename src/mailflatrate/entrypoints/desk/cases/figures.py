"""The desk in figures: on a page for a period, and monthly as PDF and CSV."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.abuse.models import ReportChannel
from mailflatrate.apps.abuse.queries.figures import DeskFigures, desk_figures
from mailflatrate.base import clock
from mailflatrate.base.pdf import PdfUnavailable, html_to_pdf
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.cases.case_labels import measure_word, span_word
from mailflatrate.entrypoints.desk.common import page
from mailflatrate.entrypoints.ui.menu import MONITORING, Tab
from mailflatrate.settings import load_settings

SPANS = (30, 90, 365)
MONTHS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Month:
    year: int
    month: int
    begin: datetime


def _zone() -> ZoneInfo:
    return ZoneInfo(load_settings().desk_time_zone)


def _begin(year: int, month: int) -> datetime:
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=_zone())


@desk(
    "GET cases/figures/", "case-figures", tab=Tab(MONITORING, gettext_lazy("Abuse metrics"), icon="activity", place=20)
)
def figures(request: DeskRequest) -> HttpResponse:
    chosen = request.GET.get("days", "")
    days = int(chosen) if chosen.isdecimal() and chosen in {str(span) for span in SPANS} else SPANS[0]
    now = clock.now()
    report = desk_figures(now - timedelta(days=days), now, now)
    here = now.astimezone(_zone())
    months = [_begin(here.year, here.month - back) for back in range(MONTHS_SHOWN)]
    context = {
        "days": days,
        "spans": SPANS,
        "months": [Month(begin.year, begin.month, begin) for begin in months],
        **_shown(report),
    }
    return page(request, "cases/figures", context)


def _shown(report: DeskFigures) -> dict[str, object]:
    answers = report.answers
    return {
        "found": report,
        "vias": [(via.label, number) for via, number in report.reports.items() if number],
        "reports": sum(report.reports.values()),
        "median": span_word(answers.median) if answers.median is not None else "–",
        "slowest": span_word(answers.slowest_tenth) if answers.slowest_tenth is not None else "–",
        "causes": [(cause.label, number) for cause, number in report.causes],
        "most_cause": max((number for _cause, number in report.causes), default=1),
        "measures": [(measure_word(name), number) for name, number in report.measures],
    }


@desk("GET cases/figures/<int:year>-<int:month>.<slug:ending>", "case-month")
def month(request: DeskRequest, year: int, month: int, ending: str) -> HttpResponse:
    if not (2000 <= year <= 2100 and 1 <= month <= 12) or ending not in ("pdf", "csv"):
        raise Http404
    begin, end = _begin(year, month), _begin(year, month + 1)
    report = desk_figures(begin, end, clock.now())
    name = f"abuse-desk-{year}-{month:02d}.{ending}"
    try:
        content = _as_csv(report) if ending == "csv" else _as_pdf(report)
    except PdfUnavailable as problem:
        return HttpResponse(str(problem), status=503, content_type="text/plain; charset=utf-8")
    kind = "text/csv; charset=utf-8" if ending == "csv" else "application/pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)


def _as_csv(report: DeskFigures) -> bytes:
    out = io.StringIO()
    lines = csv.writer(out, delimiter=";", lineterminator="\r\n")
    lines.writerow([_("Metric"), _("Breakdown"), _("Value")])
    lines.writerow([_("From"), "", report.begin.date().isoformat()])
    lines.writerow([_("Up to"), "", (report.end - timedelta(days=1)).date().isoformat()])
    for via in ReportChannel:
        lines.writerow([_("Reports"), via.label, report.reports[via]])
    for label, number in ((_("Cases opened"), report.opened), (_("Cases closed"), report.closed)):
        lines.writerow([label, "", number])
    answers = report.answers
    lines.writerow([_("First responses"), "", answers.answered])
    lines.writerow([_("Late"), "", answers.late])
    for label, span in ((_("Median (hours)"), answers.median), (_("90th percentile (hours)"), answers.slowest_tenth)):
        lines.writerow([label, "", f"{span.total_seconds() / 3600:.1f}" if span is not None else ""])
    for cause, number in report.causes:
        lines.writerow([_("Cause"), cause.label, number])
    for name, number in report.measures:
        lines.writerow([_("Action taken"), measure_word(name), number])
    for row in report.offenders:
        safe = f"'{row.account.name}" if row.account.name[:1] in "=+-@" else row.account.name
        lines.writerow([_("Account: cases, upheld, strikes"), safe, f"{row.cases}, {row.against}, {row.strikes}"])
    return ("\ufeff" + out.getvalue()).encode()


def _as_pdf(report: DeskFigures) -> bytes:
    """Return the figures as a PDF. Raises PdfUnavailable if Pango is not installed."""
    context = {**_shown(report), "service": load_settings().service_name, "now": clock.now()}
    return html_to_pdf(render_to_string("desk/cases/month.html", context))
