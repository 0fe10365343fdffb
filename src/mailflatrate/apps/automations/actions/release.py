"""Activating an automation is a release: each message passes the gate, with one tick of the policy. A version becomes
current once all are released; a reviewer may have to approve them first (R-06).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.agreements import Circumstances
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.automations.actions import approval
from mailflatrate.apps.automations.actions.drafts import draft_of, locked_automation
from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.automations.ending import end_messages, replace_message
from mailflatrate.apps.automations.engine import looking
from mailflatrate.apps.automations.engine.advance import wake_account
from mailflatrate.apps.automations.engine.context import run_of
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.graphs import graph_of, with_campaigns
from mailflatrate.apps.automations.models import (
    Automation,
    AutomationState,
    AutomationStep,
    AutomationVersion,
    DraftSnapshot,
    VersionState,
)
from mailflatrate.apps.campaigns.actions import drafts as campaign_drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.delivery.models import Plan
from mailflatrate.apps.gate.actions import check_campaign, release_campaign
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.rules.automations.compiling import compile_graph
from mailflatrate.rules.automations.graph import Entry
from mailflatrate.rules.automations.step import GraphProblem
from mailflatrate.rules.automations.steps import Send
from mailflatrate.rules.campaigns.campaign_states import AWAITING, EDITABLE, PLANNED
from mailflatrate.rules.roles import Permission
from mailflatrate.rules.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ActivationResult:
    """Without `released`, nothing changed. `verdicts`: by the step's key. `is_reviewed`: a reviewer has to approve."""

    released: bool
    version: AutomationVersion
    problems: list[GraphProblem] = field(default_factory=list)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    is_reviewed: bool = False


class _Refused(Exception):
    pass


@tenancy.reading_once()
@tenancy.needs_account
def activate(
    automation_id: int, *, by: User, shown_hash: str, moves_people: bool = False, where: Circumstances | None = None
) -> ActivationResult:
    """`shown_hash`: the `version_hash` that `by` saw, which accepts the policy for graph and messages. `moves_people`:
    those under way continue here, at the step with the same id. Raises NotPermitted; AutomationError if there is no
    draft, it changed meanwhile, or a colleague has to approve it.
    """
    require(by, Permission.RELEASE)
    verdicts: dict[str, Verdict] = {}
    try:
        with transaction.atomic():
            automation = locked_automation(automation_id)
            version = draft_of(automation_id)
            if automation.state == AutomationState.ENDED:
                raise AutomationError(_("This automation was ended. Copy it to start again."))
            if problems := problems_of(version):
                return ActivationResult(False, version, problems)
            approval.expect(version, shown_hash)
            is_for_two = current_account().four_eyes
            if is_for_two:
                approval.expect_request(version, by)
            steps = _compile(version)
            for step in steps:
                _tick(step, by, where)
            approval.give(version, by=by, is_required=is_for_two)
            try:
                with transaction.atomic():
                    is_reviewed = _release(version, steps, by, shown_hash, moves_people=moves_people)
            except _Refused:  # ask about each message, without the release of those before it
                verdicts = {step.key: check_campaign(step.campaign_id or 0) for step in steps}
                raise
            complete_release(automation_id)
    except _Refused:
        with transaction.atomic():
            return ActivationResult(False, draft_of(automation_id), verdicts=verdicts)
    return ActivationResult(True, version, is_reviewed=is_reviewed)


def _compile(version: AutomationVersion) -> list[AutomationStep]:
    """Write the steps of a version anew; return those with a message."""
    AutomationStep.objects.filter(version=version).delete()
    rows = [
        AutomationStep(
            account_id=version.account_id,
            version=version,
            key=step.key,
            number=step.number,
            kind=step.kind,
            parameters=step.parameters,
            targets=list(step.targets),
            campaign_id=step.parameters.get("campaign"),
        )
        for step in compile_graph(graph_of(version))
    ]
    AutomationStep.objects.bulk_create(rows)
    return [row for row in rows if row.kind == Send.kind]


def _tick(step: AutomationStep, by: User, where: Circumstances | None) -> None:
    assert step.campaign_id is not None
    campaign = Campaign.objects.get(id=step.campaign_id)
    digest = content_hash(campaign, newest_imprint())
    campaign_drafts.tick_policy(campaign.id, by=by, shown_hash=digest, where=where)


def _release(
    version: AutomationVersion, steps: list[AutomationStep], by: User, shown_hash: str, *, moves_people: bool
) -> bool:
    """Release all messages of a version; return whether a reviewer has to approve one. Raises _Refused."""
    now, is_reviewed = clock.now(), False
    version.state, version.content_hash, version.policy_hash = VersionState.RELEASING, shown_hash, shown_hash
    version.policy_ticked_at, version.policy_ticked_by = now, by
    version.released_at, version.released_by, version.moves_people = now, by, moves_people
    version.save()
    DraftSnapshot.objects.filter(version=version).delete()
    for step in steps:
        assert step.campaign_id is not None
        decision = release_campaign(step.campaign_id, by=by, automation_id=version.automation_id)
        if not decision.allowed:
            raise _Refused
        is_reviewed = is_reviewed or decision.edition_id is None
    jobs.defer(
        "automations.complete_release",
        jobs.JobQueue.PLAN,
        account_id=version.account_id,
        automation_id=version.automation_id,
    )
    return is_reviewed


@tenancy.needs_account
@transaction.atomic
def complete_release(automation_id: int) -> bool:
    """Idempotent. If a reviewer returned a message, the version becomes a draft again."""
    automation = locked_automation(automation_id)
    releasing = AutomationVersion.objects.select_for_update().filter(
        automation=automation, state=VersionState.RELEASING
    )
    version = releasing.first()
    if version is None:
        return False
    steps = list(AutomationStep.objects.filter(version=version, campaign_id__isnull=False))
    states = dict(Campaign.objects.filter(id__in=[step.campaign_id for step in steps]).values_list("id", "state"))
    if any(states.get(step.campaign_id or 0) in (None, *EDITABLE) for step in steps):
        reopen(version)
        return False
    if any(states[step.campaign_id or 0] not in PLANNED for step in steps):
        return False
    for step in steps:
        plan = Plan.objects.get(campaign_id=step.campaign_id or 0)
        step.edition_id, step.decision_id = plan.edition_id, plan.decision_id
        step.save(update_fields=["edition_id", "decision_id"])
    _begin(automation, version)
    return True


def _begin(automation: Automation, version: AutomationVersion) -> None:
    now = clock.now()
    before = AutomationVersion.objects.filter(automation=automation, state=VersionState.CURRENT).first()
    if before is not None:
        before.state = VersionState.FINISHING
        before.save(update_fields=["state"])
    version.state = VersionState.CURRENT
    version.save(update_fields=["state"])
    automation.entry_on, automation.entry_reference, automation.entry_text = _entry(graph_of(version).entry)
    if automation.state == AutomationState.DRAFT:
        automation.state, automation.looked_at = AutomationState.ACTIVE, now
    automation.updated_at = now
    automation.save()
    looking.remember_members(run_of(version))
    wake_account(automation.account_id)


def _entry(entry: Entry) -> tuple[str, int | None, str]:
    """Return what starts a version in the columns that the triggers ask."""
    reference = entry.form or entry.segment or entry.tag or entry.campaign
    return entry.on.value, reference, entry.link or entry.name


def reopen(version: AutomationVersion) -> None:
    """Messages already released stay as they are; the draft gets copies of them."""
    exchanged = {}
    for campaign in Campaign.objects.filter(id__in=graph_of(version).campaigns()):
        if campaign.state in AWAITING:
            campaign_drafts.unschedule(campaign.id)
        elif campaign.state not in EDITABLE:
            exchanged[campaign.id] = replace_message(campaign)
    AutomationStep.objects.filter(version=version).delete()
    version.state, version.graph = VersionState.DRAFT, with_campaigns(version.graph, exchanged)
    version.saves += 1
    version.save()
    end_messages(list(exchanged))


@tenancy.needs_account
@transaction.atomic
def take_back(automation_id: int) -> None:
    """Turn a version that waits for a reviewer back into a draft. Raises AutomationError if none is waiting."""
    locked_automation(automation_id)
    version = (
        AutomationVersion.objects.select_for_update()
        .filter(automation_id=automation_id, state=VersionState.RELEASING)
        .first()
    )
    if version is None:
        raise AutomationError(_("No version of this automation waits for a review."))
    reopen(version)
