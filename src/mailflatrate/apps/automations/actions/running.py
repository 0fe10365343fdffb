"""Pausing, resuming and ending an automation that was released."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.automations.actions.drafts import locked_automation
from mailflatrate.apps.automations.ending import end_messages, messages_of
from mailflatrate.apps.automations.engine.advance import wake_account
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.models import (
    Automation,
    AutomationState,
    AutomationVersion,
    LeavingReason,
    VersionState,
)
from mailflatrate.apps.automations.models.definition import LIVE
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.actions.campaigns import pause_campaign, resume_campaign
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.campaigns.campaign_states import UNDER_WAY
from mailflatrate.rules.roles import Permission

_END_PEOPLE = """
WITH ended AS (
    UPDATE enrolment SET state = 'left', why = %(why)s, ended_at = %(now)s
    WHERE account_id = %(account_id)s AND automation_id = %(automation_id)s AND state = 'active'
        AND version_id = ANY(%(versions)s::bigint[])
    RETURNING version_id, step
)
INSERT INTO automation_count (account_id, version_id, step, what, detail, count)
SELECT %(account_id)s, version_id, step, 'left', %(why)s, count(*) FROM ended GROUP BY version_id, step
"""


@tenancy.needs_account
@transaction.atomic
def pause_automation(automation_id: int, *, by: User | None) -> Automation:
    """Within a second no one enters or moves on, and planned messages wait. Raises AutomationError unless active."""
    if by is not None:
        require(by, Permission.RELEASE)
    automation = locked_automation(automation_id)
    if automation.state != AutomationState.ACTIVE:
        raise AutomationError(_("Only an active automation can be paused."))
    automation.state, automation.paused_at, automation.updated_at = AutomationState.PAUSED, clock.now(), clock.now()
    automation.save(update_fields=["state", "paused_at", "updated_at"])
    for campaign in Campaign.objects.filter(automation_id=automation_id, state__in=UNDER_WAY):
        pause_campaign(campaign.id)
    return automation


@tenancy.needs_account
@transaction.atomic
def resume_automation(automation_id: int, *, by: User) -> Automation:
    """Steps over a day late follow the graph's rule. A message held by a rule stays held (R-90). Raises
    AutomationError unless it is paused and the account may send.
    """
    require(by, Permission.RELEASE)
    automation = locked_automation(automation_id)
    if automation.state != AutomationState.PAUSED:
        raise AutomationError(_("Only a paused automation can be resumed."))
    if not current_account().may_send:
        raise AutomationError(_("Your account can't send at the moment. Its status says why."))
    automation.state, automation.paused_at, automation.updated_at = AutomationState.ACTIVE, None, clock.now()
    automation.save(update_fields=["state", "paused_at", "updated_at"])
    paused = Campaign.objects.filter(automation_id=automation_id, state=CampaignState.PAUSED, hold_rule="")
    for campaign in paused:
        resume_campaign(campaign.id)
    wake_account(automation.account_id)
    return automation


@tenancy.needs_account
@transaction.atomic
def end_automation(automation_id: int, *, by: User) -> Automation:
    """For good: everyone leaves, unsent messages are canceled. Raises AutomationError if never released, or ended."""
    require(by, Permission.RELEASE)
    automation = locked_automation(automation_id)
    if automation.state not in (AutomationState.ACTIVE, AutomationState.PAUSED):
        raise AutomationError(_("Only an automation that was activated can be ended."))
    versions = list(AutomationVersion.objects.select_for_update().filter(automation=automation, state__in=LIVE))
    with connection.cursor() as cursor:
        cursor.execute(
            _END_PEOPLE,
            {
                "account_id": automation.account_id,
                "automation_id": automation.id,
                "versions": [version.id for version in versions],
                "why": LeavingReason.STOPPED.value,
                "now": clock.now(),
            },
        )
    for version in versions:
        version.state = VersionState.OVER
        version.save(update_fields=["state"])
    end_messages(messages_of([version.id for version in versions]), cancels_rest=True)
    automation.state, automation.updated_at = AutomationState.ENDED, clock.now()
    automation.save(update_fields=["state", "updated_at"])
    return automation
