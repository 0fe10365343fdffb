"""Messages of automations: begun without recipients, planned as chunks batch by batch, then sent like any campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from mailflatrate.apps.campaigns.models import CampaignState
from mailflatrate.apps.campaigns.states import LockedCampaign, find_locked
from mailflatrate.apps.delivery import wake
from mailflatrate.apps.delivery.actions.row_updates import move
from mailflatrate.apps.delivery.models import Plan
from mailflatrate.apps.delivery.planning import warm_up
from mailflatrate.apps.delivery.planning.coupons import give_codes
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.gate.supervision import campaign_starts
from mailflatrate.base import clock, jobs
from mailflatrate.rules.campaigns.campaign_states import CampaignMover
from mailflatrate.rules.sending.pace import pace_for
from mailflatrate.settings.schema import load_settings

# Like a slice of a campaign: the first chunk is the canary, which is sent before any other.
_PLAN = """
WITH people AS MATERIALIZED (
    SELECT enrolment_id, contact_id, consent_event_id, row_number() OVER (ORDER BY hashint8(contact_id)) AS place
    FROM unnest(%(enrolments)s::bigint[], %(contacts)s::bigint[], %(events)s::bigint[])
        AS at_step (enrolment_id, contact_id, consent_event_id)
), numbered AS MATERIALIZED (
    SELECT p.*, CASE WHEN place <= %(canary)s THEN 0
        ELSE %(first_chunk)s + (place - 1 - %(canary)s) / %(chunk_size)s END AS number
    FROM people p
), made AS (
    INSERT INTO chunk (account_id, campaign_id, number, size)
    SELECT %(account_id)s, %(campaign_id)s, number, count(*) FROM numbered GROUP BY number
    RETURNING id, number
), planned AS (
    INSERT INTO delivery (account_id, campaign_id, chunk_id, edition_id, contact_id, mailing_list_id, decision_id,
        rules_version, granted_at, consent_event_id, enrolment_id)
    SELECT %(account_id)s, %(campaign_id)s, m.id, %(edition_id)s, n.contact_id, %(list_id)s, %(decision_id)s,
        %(rules_version)s, %(granted_at)s, n.consent_event_id, n.enrolment_id
    FROM numbered n JOIN made m USING (number) ORDER BY n.number, n.contact_id
)
SELECT (SELECT count(*) FROM numbered), (SELECT coalesce(max(number), -1) FROM numbered)
"""


@dataclass(frozen=True, slots=True)
class StepMessage:
    campaign: LockedCampaign
    plan: Plan
    rules_version: str


def begin(campaign_id: int, edition_id: int, decision_id: int) -> bool:
    """Without recipients; False for any other campaign. Idempotent."""
    campaign = find_locked(campaign_id)
    if campaign is None or campaign.automation_id is None:
        return False
    if campaign.state != CampaignState.PLANNING:
        return True
    now, pace = clock.now(), pace_for(campaign.per_hour) if campaign.per_hour else None
    Plan.objects.get_or_create(
        campaign_id=campaign_id,
        defaults={
            "account_id": campaign.account_id,
            "per_turn": pace.per_turn if pace else None,
            "turn_seconds": pace.turn_seconds if pace else None,
            "edition_id": edition_id,
            "decision_id": decision_id,
            "canary_size": load_settings().canary_size,
            "begun_at": now,
            "finished_at": now,
            "next_chunk": 1,
        },
    )
    warm_up.begin_domain(campaign)
    move(campaign, CampaignState.SENDING, CampaignMover.MACHINE, started_at=campaign.started_at or now)
    campaign_starts(campaign)
    jobs.defer(
        "automations.complete_release",
        jobs.JobQueue.PLAN,
        account_id=campaign.account_id,
        automation_id=campaign.automation_id,
    )
    return True


def step_message(campaign: LockedCampaign) -> StepMessage | None:
    """None while it is held or paused, or over."""
    plan = Plan.objects.filter(campaign_id=campaign.id).first()
    if plan is None or campaign.state != CampaignState.SENDING:
        return None
    rules_version = GateDecision.objects.values_list("rules_version", flat=True).get(id=plan.decision_id)
    return StepMessage(campaign, plan, rules_version)


class StepRecipient(NamedTuple):
    """With the consent that their enrolment rests on."""

    enrolment_id: int
    contact_id: int
    consent_event_id: int


def plan_step(message: StepMessage, people: Sequence[StepRecipient]) -> int:
    campaign, plan = message.campaign, message.plan
    enrolments, contacts, events = (list(column) for column in zip(*people, strict=True))
    parameters: dict[str, Any] = {
        "account_id": campaign.account_id,
        "campaign_id": campaign.id,
        "list_id": campaign.list_ids[0],
        "enrolments": enrolments,
        "contacts": contacts,
        "events": events,
        "edition_id": plan.edition_id,
        "decision_id": plan.decision_id,
        "rules_version": message.rules_version,
        "granted_at": clock.now(),
        "canary": plan.canary_size if plan.canary_size and not plan.planned else 0,
        "first_chunk": plan.next_chunk,
        "chunk_size": load_settings().chunk_size,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, parameters)
        planned, last_chunk = cursor.fetchone()
    give_codes(campaign.id, [plan.edition_id], min(contacts), max(contacts))
    plan.next_chunk, plan.planned = max(plan.next_chunk, last_chunk + 1), plan.planned + planned
    plan.save(update_fields=["next_chunk", "planned"])
    campaign.planned_count = plan.planned
    campaign.save(update_fields=["planned_count"])
    wake.wake_campaign(campaign)
    return int(planned)
