"""Delivery results by recipient: filters, search by address, the server's reply, the attempts, and a CSV export."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.delivery.planning.recipients import RecipientFilter, all_recipients, detail_counts, recipients
from mailflatrate.apps.delivery.queries import Progress, attempts_of
from mailflatrate.entrypoints.presenters.lookups import find_campaign, find_delivery
from mailflatrate.entrypoints.presenters.outcomes import detail_word, line_of
from mailflatrate.entrypoints.studio.access import StudioRequest, is_htmx, studio
from mailflatrate.entrypoints.studio.campaigns.reports.report import base_context
from mailflatrate.entrypoints.studio.common import FilterChip, page, whole_number
from mailflatrate.entrypoints.ui.csv_lines import csv_line, csv_response
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.rules.roles import Permission

PAGE_ROWS = 50
WITH_DETAIL = (DeliveryState.BOUNCED, DeliveryState.WITHHELD)


def _wanted(request: StudioRequest) -> RecipientFilter:
    asked = request.GET.get("state", "")
    return RecipientFilter(
        state=DeliveryState(asked) if asked in DeliveryState.values else None,
        detail=request.GET.get("detail", "")[:60].replace("\0", ""),
        search=request.GET.get("q", "").strip()[:254].replace("\0", ""),
    )


def _query(criteria: RecipientFilter, **changes: object) -> str:
    whole = {
        "state": criteria.state.value if criteria.state else "",
        "detail": criteria.detail,
        "q": criteria.search,
    } | changes
    return urlencode({name: value for name, value in whole.items() if value})


def _state_chips(progress: Progress, criteria: RecipientFilter) -> list[FilterChip]:
    numbers = {
        DeliveryState.SENT: progress.sent,
        DeliveryState.BOUNCED: progress.bounced_hard + progress.bounced_soft + progress.bounced_other,
        DeliveryState.WITHHELD: progress.withheld_total,
        DeliveryState.DEFERRED: progress.deferred,
        DeliveryState.IN_DOUBT: progress.in_doubt,
        DeliveryState.PENDING: progress.pending,
        DeliveryState.CANCELLED: progress.cancelled,
    }
    chips = [FilterChip(_("All"), _query(criteria, state="", detail=""), criteria.state is None, progress.planned)]
    return chips + [
        FilterChip(str(state.label), _query(criteria, state=state.value, detail=""), criteria.state == state, number)
        for state, number in numbers.items()
        if number or criteria.state == state
    ]


def _detail_chips(campaign: Campaign, criteria: RecipientFilter) -> list[FilterChip]:
    if criteria.state not in WITH_DETAIL:
        return []
    return [
        FilterChip(
            detail_word(criteria.state, detail), _query(criteria, detail=detail), criteria.detail == detail, number
        )
        for detail, number in detail_counts(campaign.id, criteria.state).items()
    ]


@studio("GET campaigns/<int:campaign_id>/recipients/", "campaign-recipients", Permission.RELEASE, limited=True)
def outcomes(request: StudioRequest, campaign_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    if campaign.state == CampaignState.DRAFT:
        return see_other(reverse("studio:campaign-edit", args=[campaign_id]))
    criteria, after = _wanted(request), whole_number(request.GET.get("after"))
    rows = recipients(campaign.id, criteria, after=after, most=PAGE_ROWS + 1)
    context = {
        "campaign": campaign,
        "wanted": criteria,
        "lines": [line_of(row) for row in rows[:PAGE_ROWS]],
        "next_query": _query(criteria, after=rows[PAGE_ROWS - 1].id) if len(rows) > PAGE_ROWS else "",
        "first_query": _query(criteria) if after else "",
        "is_later_page": bool(after),
        "export_query": _query(criteria),
        "in_doubt": criteria.state == DeliveryState.IN_DOUBT,
    }
    if is_htmx(request):
        return page(request, "studio/campaigns/outcome_rows.html", context)
    base = base_context(campaign, "recipients")
    chips = {
        "chips": _state_chips(base["live"].progress, criteria),
        "detail_chips": _detail_chips(campaign, criteria),
    }
    return page(request, "studio/campaigns/outcomes.html", {**base, **chips, **context})


@studio(
    "GET campaigns/<int:campaign_id>/recipients/<int:delivery_id>/", "campaign-attempts", Permission.VIEW, limited=True
)
def attempts(request: StudioRequest, campaign_id: int, delivery_id: int) -> HttpResponse:
    campaign = find_campaign(campaign_id)
    row = find_delivery(campaign, delivery_id)
    context = {"campaign": campaign, "line": line_of(row), "attempts": attempts_of(row.id)}
    template = "attempts.html" if is_htmx(request) else "attempts_page.html"
    return page(request, f"studio/campaigns/{template}", context)


@studio(
    "GET campaigns/<int:campaign_id>/recipients.csv",
    "campaign-export",
    Permission.EXPORT,
    Permission.EXPORT,
    limited=True,
)
def export(request: StudioRequest, campaign_id: int) -> HttpResponseBase:
    campaign = find_campaign(campaign_id)
    lines = _csv_lines(campaign.account_id, campaign.id, _wanted(request), request.LANGUAGE_CODE or "en")
    return csv_response(f"{campaign.mailing_id}-recipients.csv", lines)


def _csv_lines(account_id: int, campaign_id: int, criteria: RecipientFilter, language: str) -> Iterator[str]:
    # The middleware's language is gone by the time the body is streamed.
    with override(language):
        heads = [_("Address"), _("Status"), _("Details"), _("Attempts"), _("Time (UTC)"), _("Reply")]
    yield "\ufeff" + csv_line(heads)
    for row in all_recipients(account_id, campaign_id, criteria):
        with override(language):
            line = line_of(row)
        settled = row.settled_at.strftime("%Y-%m-%d %H:%M:%S") if row.settled_at else ""
        cells = (line.address, line.state, line.detail, str(row.attempts), settled, line.reply)
        yield csv_line(cells)
