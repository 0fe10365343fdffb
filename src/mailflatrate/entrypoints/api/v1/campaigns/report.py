"""Results of a campaign: its figures, each recipient, every decision of the gate."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.variants import all_variants, variant_count
from mailflatrate.apps.delivery.models import DeliveryRecord, DeliveryState
from mailflatrate.apps.delivery.planning.recipients import RecipientFilter, recipients
from mailflatrate.apps.delivery.queries import attempts_of
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.inbound.models import FeedbackKind
from mailflatrate.apps.stats.queries import figures_by_text
from mailflatrate.apps.tracking.queries import LinkClickInfo, clicks_of
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.campaigns.ab_test import AbTestInfo, Variant, ab_test_info
from mailflatrate.entrypoints.api.v1.campaigns.campaign_schemas import CheckResult, check
from mailflatrate.entrypoints.api.v1.problems import wrong_query
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    S,
    before_id,
    filled,
    newest_first,
    page_of,
)
from mailflatrate.entrypoints.presenters.campaign_figures import live_of, sent_edition
from mailflatrate.entrypoints.presenters.conversions import conversion_report, per_message
from mailflatrate.entrypoints.presenters.lookups import find_campaign, find_contact, find_delivery
from mailflatrate.entrypoints.presenters.outcomes import line_of
from mailflatrate.entrypoints.presenters.panel import panel_of_decision
from mailflatrate.rules.contacts.money import Money

ROUTER = Router(tags=["Release and report"])


class Share(Schema):
    """A percentage with its limit; null if there is nothing to measure."""

    events: int
    of: int
    percent: float | None
    limit_percent: float


class RevenueInfo(Schema):
    """Revenue in one currency, refunds subtracted. Amounts are exact decimals as text."""

    currency: str
    amount: str
    per_delivered: Annotated[str | None, Field(description="for each delivered message; null before the first")]


class ConversionPartInfo(Schema):
    """The part of one variant or language."""

    variant: int
    conversions: int
    revenue: list[RevenueInfo]


class ConversionDayInfo(Schema):
    """One day of a campaign; 0: the 24 hours after its start."""

    day: int
    conversions: int
    refunds: int
    revenue: list[RevenueInfo]


class ConversionInfo(Schema):
    """Conversions: events that count for this campaign, by a click of a person who agreed to be recorded or by a coupon
    code that it gave. Others aren't known, so the true number is higher.
    """

    event: str
    window_days: int
    conversions: int
    by_click: int
    by_coupon: int
    refunds: int
    revenue: Annotated[list[RevenueInfo], Field(description="by currency; never converted or added")]
    by_variant: Annotated[list[ConversionPartInfo], Field(description="by variant or language; empty with one text")]
    by_day: list[ConversionDayInfo]
    follow_up_id: Annotated[int | None, Field(description="the campaign's follow-up, which has a report of its own")]


class LanguageResult(Schema):
    """The results of one language of a campaign in several."""

    variant: int
    language: str
    subject: str
    delivered: int
    clicks: Annotated[int | None, Field(description="by people; null: they weren't counted")]
    unsubscribed: int


class CampaignReport(Schema):
    """The status of a campaign. Everyone on its lists counts once: planned, or skipped or excluded for a reason."""

    state: CampaignState
    planned: int
    pending: int
    delivered: int
    deferred: int
    bounced_hard: int
    bounced_soft: int
    bounced_other: int
    in_doubt: int
    cancelled: int
    withheld: Annotated[dict[str, int], Field(description="skipped at sending time, by reason")]
    left_out: Annotated[dict[str, int], Field(description="on the lists but not planned, by reason")]
    feedback: dict[FeedbackKind, int]
    complaints: Share
    hard_bounces: Share
    links: list[LinkClickInfo]
    ab_test: Annotated[AbTestInfo | None, Field(description="the status of the A/B test; null: no test")]
    languages: Annotated[list[LanguageResult], Field(description="empty for a campaign in one language")]
    conversions: Annotated[
        ConversionInfo | None, Field(description="null: the account counts no conversions, or nothing was sent yet")
    ]


class ReportQuery(RequestBodySchema):
    """The variant to report on."""

    variant: Annotated[Variant | None, Field(description="the variant whose links to show; default: the winner")] = None


class DeliveryOutcome(Schema):
    """The result for one recipient. The address is empty after the contact was erased."""

    id: int
    contact_id: int | None
    email: str
    state: DeliveryState
    bounce_kind: Annotated[str | None, Field(description="of a bounce: hard, soft, sender or content")]
    reason_code: Annotated[str | None, Field(description="why nothing was sent, or why the result is unknown")]
    detail: Annotated[str, Field(description="the same in words")]
    reply: Annotated[str, Field(description="the receiving server's last reply")]
    attempts: int
    settled_at: datetime | None


class AttemptInfo(Schema):
    """A delivery attempt that wasn't accepted."""

    number: int
    at: datetime
    stage: str
    reply_code: int | None
    reply_status: str
    reply_text: str
    host: str


class OutcomeDetail(DeliveryOutcome):
    """A recipient's result with every attempt."""

    tries: list[AttemptInfo]


class OutcomeQuery(PageQuery):
    """Filters for recipients."""

    state: DeliveryState | None = None
    bounce_kind: Annotated[str, Field(max_length=20, description="only bounces of this kind")] = ""
    search: Annotated[str, Field(max_length=254, description="part of the address")] = ""


class ReleaseDecision(Schema):
    """One decision of the gate, with all checks."""

    id: int
    allowed: bool
    decided_at: datetime
    decided_by: str
    rules_version: str
    content_hash: str
    checks: list[CheckResult]


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/report", scope=KeyScope.READ)
def report(request: ApiRequest, campaign_id: Id, which: Query[ReportQuery]) -> CampaignReport:
    """Get the status of a campaign in numbers.

    Opens are never counted; machine clicks are counted separately (R-108).
    """
    campaign = find_campaign(campaign_id)
    live, edition = live_of(campaign), sent_edition(campaign, which.variant)
    now = live.progress
    links = clicks_of(edition) if edition else []
    return filled(
        CampaignReport, now, state=CampaignState(campaign.state), delivered=now.sent, withheld=dict(now.withheld),
        left_out=dict(now.left_out), feedback=live.feedback, complaints=Share.model_validate(live.complaints),
        hard_bounces=Share.model_validate(live.hard_bounces), ab_test=ab_test_info(campaign),
        links=links, languages=_languages(campaign),
        conversions=_conversions(campaign, now.sent),
    )  # fmt: skip


def _languages(campaign: Campaign) -> list[LanguageResult]:
    if not campaign.translations or campaign.started_at is None:
        return []
    texts = all_variants(campaign)
    return [
        LanguageResult(
            variant=figures.variant,
            language=text.language,
            subject=text.subject,
            delivered=figures.delivered,
            clicks=figures.clicks if campaign.track_clicks else None,
            unsubscribed=figures.unsubscribed,
        )
        for text, figures in zip(texts, figures_by_text(campaign.id, len(texts)), strict=True)
    ]


def _conversions(campaign: Campaign, delivered: int) -> ConversionInfo | None:
    conversions = conversion_report(campaign, delivered)
    if conversions is None:
        return None
    total, parts = conversions.total, conversions.found.by_variant if variant_count(campaign) > 1 else {}
    return ConversionInfo(
        event=conversions.goal.event_type.name,
        window_days=conversions.goal.window_days,
        conversions=total.conversions,
        by_click=total.by_click,
        by_coupon=total.by_coupon,
        refunds=total.refunds,
        revenue=_revenue(total.revenue, delivered),
        by_variant=[
            ConversionPartInfo(variant=number, conversions=counts.conversions, revenue=_revenue(counts.revenue))
            for number, counts in sorted(parts.items())
        ],
        by_day=[
            ConversionDayInfo(
                day=number, conversions=counts.conversions, refunds=counts.refunds, revenue=_revenue(counts.revenue)
            )
            for number, counts in sorted(conversions.found.by_day.items())
        ],
        follow_up_id=next((part.follow_up_id for part in conversions.parts if part.follow_up_id), None),
    )


def _revenue(amounts: Sequence[Money], delivered: int = 0) -> list[RevenueInfo]:
    per_currency = {money.currency: str(money.amount) for money in per_message(amounts, delivered)}
    return [
        RevenueInfo(currency=money.currency, amount=str(money.amount), per_delivered=per_currency.get(money.currency))
        for money in amounts
    ]


def _outcome(schema: type[S], row: DeliveryRecord, **more: Any) -> S:
    line = line_of(row)
    values = {"email": line.address} if "email" in schema.model_fields else {}
    return filled(
        schema,
        row,
        detail=line.detail,
        reply=line.reply,
        bounce_kind=row.bounce or None,
        reason_code=row.reason or None,
        **values,
        **more,
    )


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/recipients", scope=KeyScope.READ)
def list_outcomes(request: ApiRequest, campaign_id: Id, which: Query[OutcomeQuery]) -> Page[DeliveryOutcome]:
    """List recipients' results. Filter by state or address, page by page."""
    campaign = find_campaign(campaign_id)
    state = DeliveryState.BOUNCED if which.bounce_kind else which.state
    if which.state not in (None, state):
        raise wrong_query("bounce_kind", _("only bounces have one"))
    criteria = RecipientFilter(state, which.bounce_kind, which.search.strip())
    rows = recipients(campaign.id, criteria, after=before_id(which.cursor) or 0, most=which.limit + 1)
    return page_of(rows, which, lambda row: _outcome(DeliveryOutcome, row))


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/recipients/{delivery_id}", scope=KeyScope.READ)
def show_outcome(request: ApiRequest, campaign_id: Id, delivery_id: Id) -> OutcomeDetail:
    """Get one recipient. The response includes every delivery attempt, in the words of their mail server."""
    row = find_delivery(find_campaign(campaign_id), delivery_id)
    tries = [AttemptInfo.model_validate(attempt) for attempt in attempts_of(row.id)]
    return _outcome(OutcomeDetail, row, tries=tries)


class ContactCampaign(Schema):
    """A contact's result in one campaign."""

    id: Annotated[int, Field(description="of the recipient in the campaign's report")]
    campaign_id: int
    mailing_id: str
    name: str
    subject: str
    state: DeliveryState
    bounce_kind: Annotated[str | None, Field(description="of a bounce: hard, soft, sender or content")]
    reason_code: Annotated[str | None, Field(description="why nothing was sent, or why the result is unknown")]
    detail: Annotated[str, Field(description="the same in words")]
    reply: Annotated[str, Field(description="the receiving server's last reply")]
    settled_at: datetime | None


def _of_contact(row: DeliveryRecord) -> ContactCampaign:
    campaign = row.campaign
    assert campaign is not None  # only rows of campaigns are asked for
    return _outcome(
        ContactCampaign,
        row,
        campaign_id=campaign.id,
        mailing_id=campaign.mailing_id,
        name=campaign.name,
        subject=campaign.subject,
    )


@endpoint(ROUTER, "get", "/contacts/{contact_id}/campaigns", scope=KeyScope.READ)
def list_contact_campaigns(request: ApiRequest, contact_id: Id, which: Query[PageQuery]) -> Page[ContactCampaign]:
    """List a contact's campaigns, newest first.

    Each has its result, including campaigns from which the contact was skipped.
    """
    rows = DeliveryRecord.objects.filter(contact_id=find_contact(contact_id).id, campaign__isnull=False)
    return newest_first(rows.select_related("campaign", "contact"), which, _of_contact)


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/decisions", scope=KeyScope.READ)
def list_decisions(request: ApiRequest, campaign_id: Id, which: Query[PageQuery]) -> Page[ReleaseDecision]:
    """List the gate's decisions. Both passed and blocked, newest first."""
    stored = GateDecision.objects.filter(campaign_id=find_campaign(campaign_id).id).select_related(
        "decided_by", "edition"
    )
    return newest_first(stored, which, _decision)


def _decided_by(row: GateDecision) -> str:
    return ", ".join(part for part in (str(row.decided_by or ""), row.decided_through) if part)


def _decision(row: GateDecision) -> ReleaseDecision:
    drawn = panel_of_decision(row)
    return filled(
        ReleaseDecision,
        row,
        decided_by=_decided_by(row),
        content_hash=row.edition.content_hash if row.edition else "",
        checks=[check(item) for item in (*drawn.open, *drawn.passed)],
    )
