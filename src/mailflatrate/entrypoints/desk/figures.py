"""Campaigns stopped by their figures, automatic actions, and the figures of every account (R-85 to R-90)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.queries import waiting_in_lane
from mailflatrate.apps.inbound.queries import own_domain_figures
from mailflatrate.apps.lists.models import ListOrigin, MailingList
from mailflatrate.apps.stats import action_texts, actions, queries
from mailflatrate.apps.stats.models import Measure
from mailflatrate.apps.stats.queries import Dimension
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, REFUSED, find_account, page
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.feedback.measures import Counts, MeasureLevel, share
from mailflatrate.rules.sending.providers import provider_name

MOST_ROWS = 50
SPANS = (1, queries.WEEK_DAYS)
TONES = {
    MeasureLevel.WARN: "info",
    MeasureLevel.THROTTLE: "warning",
    MeasureLevel.PAUSE_LANE: "warning",
    MeasureLevel.PAUSE_CAMPAIGN: "warning",
}


def _line(measure: Measure) -> dict[str, Any]:
    level = MeasureLevel(measure.level)
    return {
        "measure": measure,
        "sentence": action_texts.sentence(measure),
        "word": _(action_texts.LEVELS[level]),
        "tone": TONES.get(level, "error"),
    }


def _rates(name: str, counts: Counts) -> dict[str, Any]:
    return {
        "name": name,
        "counts": counts,
        "hard": share(counts.hard, counts.settled),
        "complaints": share(counts.complaints, counts.reporting) if counts.reporting else None,
        "unsubscribed": share(counts.unsubscribed, counts.delivered),
    }


@tenancy.needs_account
def _names(dimension: Dimension, keys: list[Any]) -> dict[Any, str]:
    if dimension is Dimension.PROVIDER:
        return {key: provider_name(key, reading_language()) for key in keys}
    if dimension is Dimension.DOMAIN:
        return {key: key for key in keys}
    if dimension is Dimension.LIST:
        return dict(MailingList.objects.filter(id__in=keys).values_list("id", "name"))
    if dimension is Dimension.CAMPAIGN:
        rows = Campaign.objects.filter(id__in=keys).values_list("id", "name", "mailing_id")
        return {key: f"{name} ({mailing_id})" for key, name, mailing_id in rows}
    declared = ListOrigin.objects.filter(id__in=keys).select_related("mailing_list")
    origins = {row.id: f"{row.mailing_list.name}: {row.get_kind_display()} ({row.version})" for row in declared}
    return {None: _("Our forms"), **origins}


HEADS = {
    Dimension.PROVIDER: gettext_lazy("Provider"),
    Dimension.DOMAIN: gettext_lazy("Sending domain"),
    Dimension.LIST: gettext_lazy("List"),
    Dimension.ORIGIN: gettext_lazy("Origin"),
    Dimension.CAMPAIGN: gettext_lazy("Campaign"),
}


@tenancy.needs_account
def _tables(days: int) -> list[dict[str, Any]]:
    tables = []
    for dimension, head in HEADS.items():
        groups = queries.rates_by(dimension, days)
        names = _names(dimension, list(groups))
        rows = [_rates(names.get(key, "–"), counts) for key, counts in groups.items()]
        rows.sort(key=lambda row: (-row["counts"].settled, row["name"]))
        tables.append({"first": head, "rows": rows[:MOST_ROWS], "more": len(rows) > MOST_ROWS})
    return tables


@desk("GET accounts/<int:account_id>/rates/", "rates")
def rates(request: DeskRequest, account_id: int) -> HttpResponse:
    account = find_account(account_id)
    days = 1 if request.GET.get("days") == "1" else queries.WEEK_DAYS
    with tenancy.account(account.id):
        total = _rates(account.name, queries.window_counts(days))
        context = {
            "customer": account,
            "days": days,
            "spans": SPANS,
            "total": total,
            "whole": [total],
            "tables": _tables(days),
        }
    return page(request, "rates", context)


@desk("GET figures/", "figures")
def figures(request: DeskRequest) -> HttpResponse:
    held = queries.open_holds().select_related("campaign", "account").order_by("at")[:PAGE_ROWS]
    recent = Measure.objects.select_related("campaign", "account").order_by("-at", "-id")[:PAGE_ROWS]
    lines = {"held": [_line(row) for row in held], "recent": [_line(row) for row in recent]}
    return page(request, "figures", {**lines, "reports": own_domain_figures()})


def _waiting(measure: Measure) -> int:
    if measure.level != MeasureLevel.PAUSE_LANE or measure.lifted_at is not None or measure.campaign_id is None:
        return 0
    with tenancy.account(measure.account_id):
        return waiting_in_lane(measure.campaign_id, measure.provider)


def _context(measure: Measure) -> dict[str, Any]:
    with tenancy.account(measure.account_id):
        by_provider = queries.provider_counts(measure.campaign_id) if measure.campaign_id else {}
        tables = _tables(queries.WEEK_DAYS)
    return {
        "line": _line(measure),
        "measure": measure,
        "is_lane": measure.level == MeasureLevel.PAUSE_LANE,
        "waiting": _waiting(measure),
        "remedy": action_texts.remedy(action_texts.need_of(measure)),
        "limit": action_texts.limit(measure),
        "by_provider": [
            _rates(provider_name(key, reading_language()), counts) for key, counts in sorted(by_provider.items())
        ],
        "tables": [table for table in tables if table["rows"]],
    }


def _find(measure_id: int) -> Measure:
    return get_object_or_404(Measure.objects.select_related("campaign", "account", "lifted_by"), id=measure_id)


@desk("GET figures/<int:measure_id>/", "figure")
def figure(request: DeskRequest, measure_id: int) -> HttpResponse:
    return page(request, "figure", _context(_find(measure_id)))


@desk("POST figures/<int:measure_id>/lift/", "figure-lift")
def lift(request: DeskRequest, measure_id: int) -> HttpResponse:
    is_lane = _find(measure_id).level == MeasureLevel.PAUSE_LANE
    try:
        actions.lift_measure(measure_id, by=request.user, because=request.POST.get("because", "")[:4000])
    except AccountError as problem:
        context = {**_context(_find(measure_id)), "problem": str(problem)}
        return page(request, "figure", context, status=REFUSED)
    lane = _("Action lifted. The campaign continues at this provider.")
    message = lane if is_lane else _("Action lifted. The customer can resume the campaign.")
    return succeed(request, message, reverse("desk:figures"))
