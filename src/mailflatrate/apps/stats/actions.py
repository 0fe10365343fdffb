"""Recomputes figures and acts on them. Every action is one row of `measure`, taken once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.actions.report_sources import file_figures
from mailflatrate.apps.accounts.actions.account_status import Reasons, change_account_status, give_strike
from mailflatrate.apps.accounts.actions.notices import tell_owners
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Account, AccountStatus, NoticeKind, User
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.ab_test import ChecksOpen, choose_variant, leave_to_people
from mailflatrate.apps.delivery.actions.campaigns import hold_campaign, pause_campaign, release_hold
from mailflatrate.apps.delivery.archive.lookup import has_dropped, of_campaign_sql
from mailflatrate.apps.delivery.lanes import hold_lane, release_lane
from mailflatrate.apps.delivery.models import AbTest
from mailflatrate.apps.inbound.queries import is_unsubscribed_sql
from mailflatrate.apps.lists.actions.origin_reopening import reopen_origin
from mailflatrate.apps.stats import action_texts, queries
from mailflatrate.apps.stats.models import Measure
from mailflatrate.apps.tracking.scanners import mark_bursts
from mailflatrate.base import audit, clock, jobs, tenancy
from mailflatrate.base.jobs import JobQueue
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.campaigns.ab_test import choose
from mailflatrate.rules.campaigns.campaign_states import CampaignMover
from mailflatrate.rules.feedback.measures import (
    Counts,
    FigureScope,
    MeasureLevel,
    RequiredMeasure,
    ThresholdCause,
    judge,
    judge_new_account,
    judge_provider,
    share,
)
from mailflatrate.rules.limits import value
from mailflatrate.rules.sending.providers import OTHER, domains_by_provider

MACHINE = "stats.judge"
COLLECT = timedelta(minutes=5)
"""How long a warning waits for others, so that one event over several limits becomes one message."""
ONE_MAIL_EVERY = timedelta(hours=1)

# Replaces a campaign's figures as a whole. The day is that of the result; a report counts on its delivery's day.
_REFRESH = f"""
WITH provider (domain, key) AS (
    SELECT * FROM unnest(%(domains)s::text[], %(keys)s::text[])
), said AS (
    SELECT delivery_id, bool_or(kind = 'complaint') AS complained, bool_or({is_unsubscribed_sql("f")}) AS unsubscribed
    FROM feedback f
    WHERE account_id = %(account_id)s AND campaign_id = %(campaign_id)s AND kind IN ('complaint', 'unsubscribe')
    GROUP BY delivery_id
), counted AS (
    SELECT d.mailing_list_id, i.origin_id, coalesce(p.key, %(other)s) AS provider,
        (d.settled_at AT TIME ZONE 'UTC')::date AS day,
        count(*) AS settled, count(*) FILTER (WHERE d.state = 'sent') AS delivered,
        count(*) FILTER (WHERE d.bounce = 'hard') AS hard, count(*) FILTER (WHERE d.bounce = 'soft') AS soft,
        count(*) FILTER (WHERE s.complained) AS complaints, count(*) FILTER (WHERE s.unsubscribed) AS unsubscribed
    FROM chunk k
    JOIN delivery_record d ON d.chunk_id = k.id AND d.account_id = k.account_id AND [kept]
    LEFT JOIN contact c ON c.id = d.contact_id AND c.account_id = d.account_id
    LEFT JOIN consent_event e ON e.id = d.consent_event_id AND e.account_id = d.account_id
    LEFT JOIN import i ON i.id = e.source_import_id AND i.account_id = d.account_id
    LEFT JOIN provider p ON p.domain = lower(split_part(c.email, '@', 2))
    LEFT JOIN said s ON s.delivery_id = d.id
    WHERE k.account_id = %(account_id)s AND k.campaign_id = %(campaign_id)s
      AND d.state IN ('sent', 'bounced') AND d.settled_at IS NOT NULL
    GROUP BY 1, 2, 3, 4
)
INSERT INTO daily_figure (account_id, campaign_id, mailing_list_id, origin_id, sender_domain, provider, day, settled,
    delivered, hard, soft, complaints, unsubscribed)
SELECT %(account_id)s, %(campaign_id)s, mailing_list_id, origin_id, %(sender_domain)s, provider, day, settled,
    delivered, hard, soft, complaints, unsubscribed
FROM counted
"""  # noqa: S608  # made of constants


def refresh_campaign(account_id: int, campaign_id: int) -> None:
    """Recompute a campaign's daily figures from its deliveries and feedback. Idempotent."""
    table = domains_by_provider()
    with tenancy.account(account_id):
        campaign = (
            Campaign.objects.select_for_update(of=("self",))
            .select_related("sender__domain")
            .filter(id=campaign_id)
            .first()
        )
        if campaign is None or has_dropped(campaign_id):  # the figures outlive their deliveries
            return
        parameters: dict[str, Any] = {
            "account_id": account_id,
            "campaign_id": campaign_id,
            "domains": list(table),
            "keys": list(table.values()),
            "other": OTHER,
            "sender_domain": campaign.sender.domain.name if campaign.sender else "",
        }
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM daily_figure WHERE account_id = %(account_id)s AND campaign_id = %(campaign_id)s",
                parameters,
            )
            cursor.execute(_REFRESH.replace("[kept]", of_campaign_sql(campaign_id, "d")), parameters)


_WINDOWS = {FigureScope.DAY: 1, FigureScope.WEEK: queries.WEEK_DAYS}


def judge_campaign(account_id: int, campaign_id: int) -> None:
    """Judge a campaign by its current figures and take the actions they require (R-86, R-88, R-89)."""
    with tenancy.account(account_id):
        by_provider = queries.live_counts(campaign_id)
        needs = list(judge(queries.campaign_counts(campaign_id, by_provider), FigureScope.CAMPAIGN))
        for provider, counts in by_provider.items():
            needs += judge_provider(provider, counts) if provider != OTHER else ()
        ceilings = _ceilings(campaign_id, by_provider)
    for need in needs:
        _take(account_id, need, FigureScope.CAMPAIGN, campaign_id)
    for scope, need in ceilings:
        _take(account_id, need, scope, None)


def _ceilings(campaign_id: int, live: Mapping[str, Counts]) -> list[tuple[FigureScope, RequiredMeasure]]:
    """Return the limits that a new account has reached, with this campaign's figures of this moment included."""
    if not queries.is_new_account():
        return []
    needs = []
    for scope, days in _WINDOWS.items():
        counts = queries.window_counts(days, instead_of={campaign_id: live})
        needs += [(scope, need) for need in judge_new_account(counts, scope)]
    return needs


def judge_account(account_id: int) -> None:
    """Judge the account by its figures of the last day and the last seven days (R-85)."""
    with tenancy.account(account_id):
        windows = {scope: queries.window_counts(days) for scope, days in _WINDOWS.items()}
    for scope, counts in windows.items():
        for need in judge(counts, scope):
            _take(account_id, need, scope, None)


def decide_ab_test(account_id: int, campaign_id: int) -> None:
    """By the rule announced beforehand. If a check fails, the campaign is paused with the reason. Nothing happens
    before the time, in a pause or hold, or if a person makes the choice: the sweep asks again. Idempotent.
    """
    if fence.check() is not None:
        return  # the figures may lack what journals still know
    with tenancy.account(account_id):
        ab_test = AbTest.objects.filter(campaign_id=campaign_id, winner=None, decide_at__lte=clock.now()).first()
        if ab_test is None:
            return
        mark_bursts(campaign_id)
        arms = queries.variant_figures(ab_test)
        choice = choose(arms)
        if choice is None:
            leave_to_people(campaign_id)
            return
        try:
            choose_variant(campaign_id, choice, arms)
        except ChecksOpen as problem:
            pause_campaign(campaign_id, str(problem), by=CampaignMover.MACHINE)
        except CampaignError:
            return  # it does not run at present


def _take(account_id: int, need: RequiredMeasure, scope: FigureScope, campaign_id: int | None) -> None:
    """Record the measure and carry it out atomically; do nothing if it was already taken."""
    with tenancy.platform(PlatformReason.ACCOUNT_STATUS):
        # One after another within an account, so that a step is taken once however many events arrive together.
        account = Account.objects.select_for_update().get(id=account_id)
        step: dict[str, Any] = {
            "account_id": account_id,
            "scope": scope,
            "campaign_id": campaign_id,
            "cause": need.cause.value,
            "provider": need.provider,
            "level": need.level.value,
            "day": queries.today() if campaign_id is None else None,
        }
        figures = {"rule": need.rule, "events": need.events, "base": need.base, "limit_percent": need.limit}
        measure, created = Measure.objects.get_or_create(**step, defaults={**figures, "at": clock.now()})
        if created:
            audit.record(
                f"measure.{need.level.name.lower()}",
                by=audit.machine(MACHINE),
                account_id=account_id,
                subject=f"measure:{measure.id}",
                details=_evidence(measure, need),
            )
            _carry_out(account, need, measure)
            _tell_the_desk(need, measure)
            if need.cause is ThresholdCause.HARD_BOUNCES and need.level is MeasureLevel.SUSPEND:
                _review_origins(measure)


def _tell_the_desk(need: RequiredMeasure, measure: Measure) -> None:
    """Open a case with the figures for anything beyond a warning (R-86)."""
    if need.level is not MeasureLevel.WARN:
        with translation.override("en"):
            text = action_texts.sentence(measure)
        file_figures(
            measure.account_id,
            measure.campaign_id,
            measure.id,
            text=text,
            details=_evidence(measure, need),
            machine=MACHINE,
        )


def _review_origins(measure: Measure) -> None:
    """Send the origins of lists with too many dead addresses back to review (R-88)."""
    with tenancy.account(measure.account_id):
        by_list = queries.dead_by_list(measure.campaign_id)
    for list_id, (hard, settled) in by_list.items():
        if hard >= value("rate_sample_events") and share(hard, settled) > value("hard_bounce_suspend"):
            reopen_origin(list_id, dead=hard, of=settled, machine=MACHINE)


def _evidence(measure: Measure, need: RequiredMeasure) -> dict[str, Any]:
    return {
        "measure": measure.id, "campaign": measure.campaign_id, "scope": measure.scope, "cause": need.cause.value,
        "provider": need.provider, "events": need.events, "of": need.base, "percent": need.percent,
        "ceiling" if need.cause.is_ceiling else "limit_percent": need.limit,
    }  # fmt: skip


def _carry_out(account: Account, need: RequiredMeasure, measure: Measure) -> None:
    with translation.override(account.language):  # text kept for the customer is written in their language
        summary, remedy = action_texts.sentence(measure), action_texts.remedy(need)
    if need.level is MeasureLevel.PAUSE_LANE and measure.campaign_id is not None:
        hold_lane(account.id, measure.campaign_id, need.provider, need.rule)
    if need.level >= MeasureLevel.PAUSE_CAMPAIGN and measure.campaign_id is not None:
        with tenancy.account(account.id):
            hold_campaign(measure.campaign_id, need.rule, summary)
    if need.level in queries.REPORTED_TOGETHER:
        _ask_to_tell(account.id, at_once=need.level is not MeasureLevel.WARN)
        return
    after = {
        MeasureLevel.THROTTLE: AccountStatus.THROTTLED,
        MeasureLevel.PAUSE_ACCOUNT: AccountStatus.PAUSED,
        MeasureLevel.SUSPEND: AccountStatus.SUSPENDED,
    }[need.level]
    reasons = Reasons(f"figures_{need.cause.value}", summary, remedy, need.rule, _evidence(measure, need))
    _move(account, after, reasons)
    if need.level is MeasureLevel.SUSPEND:
        give_strike(account.id, reasons, by=None, machine=MACHINE)


def _ask_to_tell(account_id: int, *, at_once: bool) -> None:
    """Schedule mail to the owners: at once about a pause, otherwise later, so that warnings are collected."""
    last = Measure.objects.filter(account_id=account_id).aggregate(last=Max("reported_at"))["last"]
    later = clock.now() + COLLECT
    if last is not None:
        later = max(later, last + ONE_MAIL_EVERY)
    jobs.defer(
        "stats.tell_owners",
        JobQueue.HOUSE,
        at=None if at_once else later,
        once=f"warnings:{account_id}:{at_once}",
        account_id=account_id,
    )


def tell_about_measures(account_id: int) -> None:
    """Mail the owners one message about all measures they have not been told about. Repeated calls send nothing."""
    with tenancy.platform(PlatformReason.ACCOUNT_STATUS):
        account = Account.objects.select_for_update().get(id=account_id)
        untold = Measure.objects.select_related("campaign").filter(
            account_id=account_id, reported_at=None, level__in=[level.value for level in queries.REPORTED_TOGETHER]
        )
        measures = list(untold.order_by("-level", "at", "id"))
        if not measures:
            return
        tell_owners(
            account_id,
            NoticeKind.ACCOUNT_STATUS,
            "stats/mail/warnings",
            lambda: action_texts.warning_facts(account.name, measures),
        )
        Measure.objects.filter(id__in=[measure.id for measure in measures]).update(reported_at=clock.now())


# Automatic changes of account status only ever restrict it further.
_ORDER = (AccountStatus.ACTIVE, AccountStatus.THROTTLED, AccountStatus.PAUSED, AccountStatus.SUSPENDED)


def _move(account: Account, after: AccountStatus, reasons: Reasons) -> None:
    before = AccountStatus(account.status)
    if before in _ORDER and _ORDER.index(after) > _ORDER.index(before):
        change_account_status(account.id, after, reasons, by=None, machine=MACHINE)


def lift_measure(measure_id: int, *, by: User, because: str) -> None:
    """Allow the customer of a held campaign to resume it, after review (R-90). Raises AccountError without a reason."""
    if not because.strip():
        raise AccountError(_("Explain why this action is lifted. It's kept in the audit log."))
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        measure = Measure.objects.select_for_update().get(id=measure_id)
        if measure.lifted_at is not None:
            raise AccountError(_("This action has already been lifted."))
        measure.lifted_at, measure.lifted_by, measure.lifted_because = clock.now(), by, because.strip()
        measure.save(update_fields=["lifted_at", "lifted_by", "lifted_because"])
        if measure.campaign_id is not None:
            of_campaign = Measure.objects.filter(account_id=measure.account_id, campaign_id=measure.campaign_id)
            lane = of_campaign.filter(lifted_at=None, level=MeasureLevel.PAUSE_LANE.value, provider=measure.provider)
            if measure.provider and not lane.exists():
                release_lane(measure.account_id, measure.campaign_id, measure.provider)
            if not of_campaign.filter(lifted_at=None, level__gte=MeasureLevel.PAUSE_CAMPAIGN.value).exists():
                release_hold(measure.account_id, measure.campaign_id)
        audit.record(
            "measure.lifted",
            by=audit.person(by),
            account_id=measure.account_id,
            subject=f"measure:{measure.id}",
            reason=because.strip(),
        )
