"""Mailings that their figures stopped, what was done by itself, and the figures of every account (R-85 to R-90)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.delivery.queries import waiting_in_lane
from mailflatrate.apps.inbound.queries import own_domain_figures
from mailflatrate.apps.stats import actions, queries, words
from mailflatrate.apps.stats.models import Measure
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.web.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.web.desk.common import PAGE_ROWS, REFUSED, page, see_other
from mailflatrate.entrypoints.web.language import reading_language
from mailflatrate.rules.measures import Counts, Level, share
from mailflatrate.rules.providers import provider_name

TONES = {Level.WARN: "info", Level.THROTTLE: "warning", Level.PAUSE_LANE: "warning", Level.PAUSE_MAILING: "warning"}


def _line(measure: Measure) -> dict[str, Any]:
    level = Level(measure.level)
    return {
        "measure": measure, "sentence": words.sentence(words.need_of(measure)), "word": _(words.LEVELS[level]),
        "tone": TONES.get(level, "error"),
    }  # fmt: skip


def _rates(name: str, counts: Counts) -> dict[str, Any]:
    return {
        "name": name, "counts": counts, "hard": share(counts.hard, counts.settled),
        "complaints": share(counts.complaints, counts.reporting),
        "unsubscribed": share(counts.unsubscribed, counts.delivered),
    }  # fmt: skip


@require_safe
@desk
def figures(request: DeskRequest) -> HttpResponse:
    """What is stopped, the oldest first; then what was done last."""
    held = queries.open_holds().select_related("campaign", "account").order_by("at")[:PAGE_ROWS]
    recent = Measure.objects.select_related("campaign", "account").order_by("-at", "-id")[:PAGE_ROWS]
    lines = {"held": [_line(row) for row in held], "recent": [_line(row) for row in recent]}
    return page(request, "figures", {**lines, "reports": own_domain_figures()})


def _waiting(measure: Measure) -> int:
    """Who waits in the lane that a measure holds."""
    if measure.level != Level.PAUSE_LANE or measure.lifted_at is not None or measure.campaign_id is None:
        return 0
    with tenancy.account(measure.account_id):
        return waiting_in_lane(measure.campaign_id, measure.provider)


def _context(measure: Measure) -> dict[str, Any]:
    with tenancy.account(measure.account_id):
        mailing = queries.provider_counts(measure.campaign_id) if measure.campaign_id else {}
        week = queries.provider_window_counts(queries.WEEK_DAYS)
        by_domain = queries.domain_counts(queries.WEEK_DAYS)
    language = reading_language()
    return {
        "line": _line(measure), "measure": measure, "is_lane": measure.level == Level.PAUSE_LANE,
        "waiting": _waiting(measure), "remedy": words.remedy(words.need_of(measure)),
        "mailing": [_rates(provider_name(key, language), counts) for key, counts in sorted(mailing.items())],
        "week": [_rates(provider_name(key, language), counts) for key, counts in sorted(week.items())],
        "domains": [_rates(key, counts) for key, counts in sorted(by_domain.items())],
    }  # fmt: skip


def _find(measure_id: int) -> Measure:
    found = Measure.objects.select_related("campaign", "account", "lifted_by").filter(id=measure_id).first()
    if found is None:
        raise Http404
    return found


@require_safe
@desk
def figure(request: DeskRequest, measure_id: int) -> HttpResponse:
    """One measure with the figures around it."""
    return page(request, "figure", _context(_find(measure_id)))


@require_POST
@desk
def lift(request: DeskRequest, measure_id: int) -> HttpResponse:
    """Let the customer go on, with a reason."""
    is_lane = _find(measure_id).level == Level.PAUSE_LANE
    try:
        actions.lift_measure(measure_id, by=request.user, because=request.POST.get("because", "")[:4000])
    except AccountError as problem:
        context = {**_context(_find(measure_id)), "problem": str(problem)}
        return page(request, "figure", context, status=REFUSED)
    lane = _("Lifted. The mailing goes on at this provider.")
    messages.success(request, lane if is_lane else _("Lifted. The customer may let the mailing go on."))
    return see_other(reverse("desk:figures"))
