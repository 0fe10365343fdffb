"""The A/B test of a campaign. A person's variant derives from person and campaign, so it survives any crash; the rest
is planned when the winner is chosen, from the audience at that moment, and no one gets two rows.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_people
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.apps.accounts.queries import current_account, members_who_may
from mailflatrate.apps.campaigns.content.campaign_content import account_language
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, TestMetric
from mailflatrate.apps.campaigns.states import LockedCampaign, locked, move
from mailflatrate.apps.campaigns.variants import share_of, variant_count
from mailflatrate.apps.delivery.models import AbTest, Plan
from mailflatrate.apps.gate.actions import check_campaign, defer_planning
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.base import audit, clock, jobs
from mailflatrate.rules.campaigns.ab_test import VARIANT_LETTERS, ChoiceBasis, VariantFigures, WinnerChoice
from mailflatrate.rules.campaigns.campaign_states import RUNNING, CampaignMover
from mailflatrate.rules.gate.judge import explain
from mailflatrate.rules.roles import Permission
from mailflatrate.settings.schema import load_settings


class ChecksOpen(CampaignError):
    pass


def begin_ab_test(campaign: Campaign) -> None:
    """Shares are capped at the whole audience. Without click tracking, a person picks the winner."""
    metric = campaign.test_metric if campaign.track_clicks else TestMetric.PERSON
    AbTest.objects.create(
        campaign=campaign,
        variants=variant_count(campaign),
        share=share_of(campaign),
        hours=campaign.test_hours,
        metric=metric,
    )


def test_goes_on(campaign: Campaign) -> bool:
    """A test whose winner is not chosen yet."""
    return bool(campaign.variants) and AbTest.objects.filter(campaign_id=campaign.id, winner=None).exists()


def decisions_of(campaign_id: int) -> list[GateDecision]:
    decisions = GateDecision.objects.filter(campaign_id=campaign_id, allowed=True, edition__isnull=False)
    newest = {row.edition.variant: row for row in decisions.select_related("edition").order_by("id") if row.edition}
    return [newest[number] for number in sorted(newest)]


def arms_of(ab_test: AbTest) -> dict[str, Any]:
    return {
        "width": ab_test.share * 100,
        "tested": ab_test.share * 100 * ab_test.variants,
        **editions_of(ab_test.campaign_id, ab_test.variants),
    }


def editions_of(campaign_id: int, number: int) -> dict[str, Any]:
    decisions = decisions_of(campaign_id)[:number]
    return {"editions": [row.edition_id for row in decisions], "decisions": [row.id for row in decisions]}


def end_test(campaign: LockedCampaign) -> None:
    """Set when the winner is due once every test message is sent, and queue its choice then. Idempotent."""
    ab_test = AbTest.objects.select_for_update().get(campaign_id=campaign.id)
    if ab_test.winner is not None:
        return
    now = clock.now()
    if ab_test.tested_at is None:
        ab_test.tested_at = now
        if ab_test.metric == TestMetric.PERSON:
            _ask_people(campaign)
        if ab_test.metric == TestMetric.CLICKS:
            ab_test.decide_at = now + timedelta(hours=ab_test.hours) if campaign.planned_count else now
        ab_test.save(update_fields=["tested_at", "decide_at"])
    if ab_test.decide_at is not None:
        jobs.defer(
            "stats.decide_ab_test",
            jobs.JobQueue.PLAN,
            at=ab_test.decide_at,
            once=f"trial:{campaign.id}",
            account_id=campaign.account_id,
            campaign_id=campaign.id,
        )


def leave_to_people(campaign_id: int) -> None:
    """Used when every variant makes people unsubscribe."""
    campaign = locked(campaign_id)
    if AbTest.objects.filter(campaign_id=campaign_id, winner=None).update(decide_at=None, why=ChoiceBasis.BRAKE.value):
        _ask_people(campaign)


def _ask_people(campaign: Campaign) -> None:
    facts = {"campaign": campaign.name, "url": f"{load_settings().public_url}/studio/campaigns/{campaign.id}/"}
    people = members_who_may(Permission.RELEASE, list_ids=campaign.named_list_ids)
    tell_people(NoticeKind.TEAM, people, "delivery/mail/pick_winner", facts)


def choose_variant(
    campaign_id: int, choice: WinnerChoice, arms: Sequence[VariantFigures], *, by: User | None = None
) -> None:
    """Final; the rest is planned now. The gate is asked again: a domain or an agreement may be valid no longer. Raises
    ChecksOpen if the gate refuses, CampaignError if the test is not over, the winner is already chosen, or the
    campaign or the account is not sending.
    """
    campaign = locked(campaign_id)
    ab_test = AbTest.objects.select_for_update().filter(campaign_id=campaign_id).first()
    if ab_test is None or ab_test.winner is not None or ab_test.tested_at is None:
        raise CampaignError(_("The winner has already been chosen, or the test isn't finished yet."))
    if campaign.state not in RUNNING or not current_account().may_send:
        raise CampaignError(_("The campaign isn't being sent right now. Resume it first."))
    if not 0 <= choice.variant < ab_test.variants:
        raise CampaignInputError(_("This variant doesn't exist."))
    verdict = check_campaign(campaign_id)
    if not verdict.allowed:
        language = account_language(current_account())
        raise ChecksOpen(" ".join(explain(finding, language).sentence for finding in verdict.blocked_by))
    ab_test.winner, ab_test.why, ab_test.decided_at, ab_test.decided_by = (
        choice.variant,
        choice.why.value,
        clock.now(),
        by,
    )
    ab_test.figures = [asdict(arm) for arm in arms]
    ab_test.decided_through = audit.through()
    ab_test.save(update_fields=["winner", "why", "decided_at", "decided_by", "decided_through", "figures"])
    audit.record(
        "campaign.variant_chosen",
        by=audit.person(by) if by else audit.machine("stats.decide_ab_test"),
        account_id=campaign.account_id,
        subject=f"campaign:{campaign_id}",
        details={"variant": VARIANT_LETTERS[choice.variant], "why": choice.why.value, "figures": ab_test.figures},
    )
    decision = decisions_of(campaign_id)[choice.variant]
    Plan.objects.filter(campaign_id=campaign_id).update(
        edition_id=decision.edition_id, decision_id=decision.id, after_contact_id=0, finished_at=None
    )
    move(campaign, CampaignState.PLANNING, CampaignMover.MEMBER if by else CampaignMover.MACHINE)
    defer_planning(campaign, decision.edition_id, decision.id)


def by_person(variant: int) -> WinnerChoice:
    return WinnerChoice(variant, ChoiceBasis.PERSON)
