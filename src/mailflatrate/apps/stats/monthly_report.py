"""The figures of a month by email. Its row is written with its queued emails, so no month is sent twice; its campaigns
are those that began to send in it, with all results so far.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_people
from mailflatrate.apps.accounts.models import Account, AccountStatus, Membership, NoticeKind, User
from mailflatrate.apps.accounts.service_mail import Facts
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import DeliveryState, Tally
from mailflatrate.apps.inbound.models import FeedbackKind
from mailflatrate.apps.inbound.queries import feedback_by_campaign
from mailflatrate.apps.lists.growth import PeriodGrowth, growth_between
from mailflatrate.apps.stats.models import MonthlyReport, MonthlyReportReader
from mailflatrate.apps.tracking.conversion_figures import ConversionCounts, conversions_together
from mailflatrate.apps.tracking.conversion_goal import goal_of_account
from mailflatrate.apps.tracking.queries import clicks_by_campaign
from mailflatrate.base import audit, clock, jobs, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.locale.formats import written_rate
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.rules.feedback.measures import ThresholdCause, rate_limits
from mailflatrate.settings import load_settings

SENT_UNTIL_DAY: Final = 7
"""A report that is later than the seventh, because no worker ran or no one had chosen it yet, isn't sent."""
SHOWN_CAMPAIGNS: Final = 10


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """The results of one campaign or of several together. `clicks` are by people, of messages with tracked links."""

    settled: int = 0
    delivered: int = 0
    hard: int = 0
    unsubscribed: int = 0
    complaints: int = 0
    tracked: int = 0
    clicks: int = 0

    def plus(self, other: "CampaignFigures") -> "CampaignFigures":
        return CampaignFigures(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class MonthFigures:
    growth: PeriodGrowth
    campaigns: tuple[tuple[str, CampaignFigures], ...]
    total: CampaignFigures
    conversions: ConversionCounts | None = None
    """None: the account counts none."""


def month_before(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


@tenancy.needs_account
def month_figures(month: date, zone: ZoneInfo) -> MonthFigures:
    begin = datetime.combine(month, time(), zone)
    end = datetime.combine((month + timedelta(days=31)).replace(day=1), time(), zone)
    begun = Campaign.objects.filter(started_at__gte=begin, started_at__lt=end, automation_id=None)
    campaigns = list(begun.only("name", "track_clicks").order_by("-started_at", "-id"))
    figures = _figures_of(campaigns)
    total = CampaignFigures()
    for figure in figures.values():
        total = total.plus(figure)
    named = tuple((campaign.name, figures[campaign.id]) for campaign in campaigns)
    conversions = conversions_together(list(figures)) if goal_of_account() else None
    return MonthFigures(growth_between(begin, end), named, total, conversions)


def _figures_of(campaigns: Collection[Campaign]) -> dict[int, CampaignFigures]:
    ids = [campaign.id for campaign in campaigns]
    by_campaign = {campaign_id: CampaignFigures() for campaign_id in ids}
    grouped = Tally.objects.filter(
        campaign_id__in=ids, state__in=[DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.IN_DOUBT]
    ).values_list("campaign_id")
    rows = grouped.annotate(
        settled=Sum("count"),
        delivered=Sum("count", filter=Q(state=DeliveryState.SENT), default=0),
        hard=Sum("count", filter=Q(state=DeliveryState.BOUNCED, detail="hard"), default=0),
    )
    for campaign_id, settled, delivered, hard in rows:
        by_campaign[campaign_id] = CampaignFigures(settled=settled, delivered=delivered, hard=hard)
    feedback, clicks = feedback_by_campaign(ids), clicks_by_campaign(ids)
    for campaign in campaigns:
        figures = by_campaign[campaign.id]
        by_campaign[campaign.id] = replace(
            figures,
            unsubscribed=feedback.get((campaign.id, FeedbackKind.UNSUBSCRIBE), 0),
            complaints=feedback.get((campaign.id, FeedbackKind.COMPLAINT), 0),
            tracked=figures.delivered if campaign.track_clicks else 0,
            clicks=clicks[campaign.id] if campaign.track_clicks else 0,
        )
    return by_campaign


def report_facts(account: str, month: date, now: MonthFigures, before: MonthFigures) -> Facts:
    """Return the facts for the email in the active language; each figure with that of the month before in brackets."""
    current, other = now.total, before.total
    compared = [
        (_("Campaigns"), _number(len(now.campaigns)), _number(len(before.campaigns))),
        (_("Delivered"), *_shares("delivered", "settled", current, other, digits=1)),
        (_("Click rate"), *_shares("clicks", "tracked", current, other, digits=1)),
        (_("Unsubscribed"), *_shares("unsubscribed", "delivered", current, other, ThresholdCause.UNSUBSCRIBES)),
        (_("Hard bounces"), *_shares("hard", "settled", current, other, ThresholdCause.HARD_BOUNCES)),
        (_("Complaints"), *_shares("complaints", "delivered", current, other, ThresholdCause.COMPLAINTS)),
    ]
    if now.conversions is not None and before.conversions is not None:
        compared += _conversion_lines(now.conversions, before.conversions)
    return {
        "account": account,
        "month": date_format(month, "F Y"),
        "growth": _lines(
            [
                (_("At the end of the month"), _number(now.growth.end), _number(before.growth.end)),
                (_("New"), _number(now.growth.gained), _number(before.growth.gained)),
                (_("Gone"), _number(now.growth.lost), _number(before.growth.lost)),
            ]
        ),
        "rates": _lines(compared),
        "campaigns": [_about(name, figures) for name, figures in now.campaigns[:SHOWN_CAMPAIGNS]],
        "more": max(0, len(now.campaigns) - SHOWN_CAMPAIGNS),
        "url": f"{load_settings().public_url}/studio/reports/",
    }


def _conversion_lines(now: ConversionCounts, before: ConversionCounts) -> list[tuple[str, str, str]]:
    amounts = {money.currency: money for money in before.revenue} | {money.currency: money for money in now.revenue}
    lines = [(_("Conversions"), _number(now.conversions), _number(before.conversions))]
    for currency in sorted(amounts):
        values = [
            next(
                (
                    number_format(income.amount, force_grouping=True)
                    for income in month.revenue
                    if income.currency == currency
                ),
                "–",
            )
            for month in (now, before)
        ]
        lines.append((_("Revenue in %(currency)s") % {"currency": currency}, values[0], values[1]))
    return lines


def _lines(rows: list[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [{"label": label, "value": f"{now} ({before})"} for label, now, before in rows]


def _about(name: str, figures: CampaignFigures) -> str:
    facts = {"name": name, "n": _number(figures.delivered), "rate": _share(figures.clicks, figures.tracked, 1)}
    if figures.tracked:
        return _("%(name)s: %(n)s delivered, click rate %(rate)s") % facts
    return _("%(name)s: %(n)s delivered") % facts


def _number(number: int) -> str:
    return str(number_format(number, force_grouping=True))


def _shares(
    part: str,
    whole: str,
    figures: CampaignFigures,
    other: CampaignFigures,
    cause: ThresholdCause | None = None,
    *,
    digits: int = 2,
) -> tuple[str, str]:
    limits = rate_limits(cause) if cause else ()
    now, before = (
        _share(getattr(part_figures, part), getattr(part_figures, whole), digits, *limits)
        for part_figures in (figures, other)
    )
    return now, before


def _share(part: int, whole: int, digits: int, *limits: float) -> str:
    """Return a share in percent in the active language, or a dash if there is nothing to measure."""
    return written_rate(100 * part / whole if whole else None, get_language() or ENGLISH, *limits, least=digits)


@tenancy.needs_account
def choose_readers(user_ids: Collection[int], *, by: User) -> None:
    """Set which members get the monthly report. Those who see only some lists can't, because it covers all of them."""
    may = {row.user_id for row in possible_readers()}
    reader_ids = may & set(user_ids)
    MonthlyReportReader.objects.exclude(user_id__in=reader_ids).delete()
    existing = set(MonthlyReportReader.objects.values_list("user_id", flat=True))
    for user_id in sorted(reader_ids - existing):
        MonthlyReportReader.objects.create(user_id=user_id)
    account_id = tenancy.current_account_id()
    audit.record(
        "monthly_report.changed",
        by=audit.person(by),
        account_id=account_id,
        subject=f"account:{account_id}",
        details={"recipients": len(reader_ids)},
    )


@tenancy.needs_account
def possible_readers() -> list[Membership]:
    memberships = Membership.objects.select_related("user").filter(list_ids=None, user__is_active=True)
    return list(memberships.order_by("user__name", "id"))


@tenancy.needs_account
def chosen_readers() -> set[int]:
    return set(MonthlyReportReader.objects.values_list("user_id", flat=True))


def queue_reports() -> int:
    """Queue the reports of the month before for all accounts that want one, until the seventh. Return how many."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        accounts = MonthlyReportReader.objects.values_list("account_id", flat=True).distinct()
        wanting = list(
            Account.objects.filter(id__in=list(accounts))
            .exclude(status=AccountStatus.CLOSED)
            .values_list("id", "time_zone")
        )
    queued = 0
    for account_id, zone in wanting:
        today = clock.now().astimezone(ZoneInfo(zone)).date()
        month = month_before(today)
        with tenancy.account(account_id):
            if today.day > SENT_UNTIL_DAY or MonthlyReport.objects.filter(month=month).exists():
                continue
            key = f"monthly:{account_id}:{month}"
            jobs.defer(
                "stats.send_monthly_report",
                jobs.JobQueue.HOUSE,
                once=key,
                account_id=account_id,
                month=month.isoformat(),
            )
        queued += 1
    return queued


def send_report(account_id: int, month: date) -> int:
    """Send a month's report to the members who want it. Return how many; 0 if it was sent already."""
    with tenancy.account(account_id):
        account = Account.objects.select_for_update().get(id=account_id)
        chosen = chosen_readers()
        readers = [row.user for row in possible_readers() if row.user_id in chosen]
        if not readers or MonthlyReport.objects.filter(month=month).exists():
            return 0
        zone = ZoneInfo(account.time_zone)
        now, before = month_figures(month, zone), month_figures(month_before(month), zone)
        MonthlyReport.objects.create(month=month, sent_at=clock.now(), recipients=len(readers))

        def facts() -> dict[str, Any]:
            return dict(report_facts(account.name, month, now, before))

        tell_people(NoticeKind.TEAM, readers, "stats/mail/monthly_report", facts)
        return len(readers)
