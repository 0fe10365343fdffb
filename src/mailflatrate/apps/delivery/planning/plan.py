"""Planning: a delivery row for each recipient, set by set, resumable at any point. The statement that counted the
audience (`campaigns.recipients`) decides who gets one; the rules are asked again right before each message
(`gate.permits`).
"""

from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connection
from django.db.models import F

from mailflatrate.apps.campaigns.local_time import MOMENT, join_of, moments_of, waves_of
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import audience_of
from mailflatrate.apps.campaigns.recipients import LEFT_OUT, judged_sql, parameters_of
from mailflatrate.apps.campaigns.states import LockedCampaign, find_locked, locked, move
from mailflatrate.apps.campaigns.translations import ARM, arms_by_spelling
from mailflatrate.apps.campaigns.translations import JOIN as LANGUAGE_JOIN
from mailflatrate.apps.campaigns.variants import variant_count
from mailflatrate.apps.delivery import campaign_log, fence, wake
from mailflatrate.apps.delivery.ab_test import arms_of, begin_ab_test, editions_of, end_test, test_goes_on
from mailflatrate.apps.delivery.models import AbTest, Chunk, Plan
from mailflatrate.apps.delivery.planning import step_messages, warm_up
from mailflatrate.apps.delivery.planning.coupons import give_codes
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.gate.supervision import campaign_starts
from mailflatrate.apps.lists import statistics
from mailflatrate.apps.segments.builders import named_sql
from mailflatrate.base import clock, tenancy, tracing
from mailflatrate.rules import sql
from mailflatrate.rules.campaigns.campaign_states import CampaignMover
from mailflatrate.rules.limits import value
from mailflatrate.rules.sending.pace import pace_for
from mailflatrate.rules.sending.providers import OTHER, domains_by_provider
from mailflatrate.settings.schema import load_settings

log = structlog.get_logger(__name__)

SLICE_CONTACTS = 50_000
LANE_LEAST = 100
"""Smaller providers share chunks: rates of so few say nothing (R-85)."""
DOMAINS = domains_by_provider()

_LANE_JOIN = """LEFT JOIN unnest(%(domains)s::text[], %(providers)s::text[]) lane (domain, key)
        ON lane.domain = lower(split_part(c.email, '@', 2))"""
_UP_TO = """
SELECT max(contact_id) FROM (
    SELECT contact_id FROM subscription
    WHERE account_id = %(account_id)s AND mailing_list_id = ANY(%(list_ids)s::bigint[]) AND contact_id > %(after)s
    ORDER BY contact_id LIMIT %(slice)s) page
"""

# Chunks hold one lane each and take turns; providers with few recipients share chunks, and all share the canary.
_SLICE = """
WITH judged AS MATERIALIZED (
    {judged}
), ordered AS MATERIALIZED (
    SELECT j.*, {is_canary} AS canary FROM judged j WHERE left_out IS NULL AND {mine}
), large AS MATERIALIZED (
    SELECT {by_part}{by_arm}provider FROM ordered WHERE NOT canary GROUP BY {by_part}{by_arm}provider
    HAVING count(*) >= %(lane_least)s
), in_lanes AS (
    SELECT o.*, coalesce(large.provider, '') AS lane
    FROM ordered o LEFT JOIN large ON NOT o.canary AND large.provider = o.provider {and_part} {and_arm}
), in_chunks AS MATERIALIZED (
    SELECT i.*, (row_number() OVER (PARTITION BY canary, {by_part}{by_arm}lane ORDER BY contact_id) - 1)
        / %(chunk_size)s AS place
    FROM in_lanes i
), numbered AS MATERIALIZED (
    SELECT contact_id, mailing_list_id, consent_event_id, lane, {part}, {by_arm}
        CASE WHEN canary THEN 0 ELSE %(first_chunk)s
            + dense_rank() OVER (PARTITION BY canary ORDER BY {by_part}place, {by_arm}lane) - 1 END AS number
    FROM in_chunks
), made AS (
    INSERT INTO chunk (account_id, campaign_id, number, size, provider, not_before)
    SELECT %(account_id)s, %(campaign_id)s, number, count(*), lane, {not_before} FROM numbered GROUP BY number, lane
    RETURNING id, number
), planned AS (
    INSERT INTO delivery (account_id, campaign_id, chunk_id, edition_id, contact_id, mailing_list_id, decision_id,
        rules_version, granted_at, consent_event_id)
    SELECT %(account_id)s, %(campaign_id)s, m.id, {edition}, n.contact_id, n.mailing_list_id, {decision},
        %(rules_version)s, %(granted_at)s, n.consent_event_id
    FROM numbered n JOIN made m USING (number) {arms} ORDER BY n.number, n.contact_id
)
SELECT {counted_as}, count(*), (SELECT coalesce(max(number), -1) FROM numbered) FROM judged GROUP BY 1
"""

# Chunks never mix parts, such as the different moments of a campaign sent in each recipient's time zone.
_IN_ORDER = {
    "part_is": "NULL::timestamptz", "part_join": "", "by_part": "", "and_part": "", "part": "NULL::timestamptz AS part",
    "not_before": "NULL::timestamptz", "is_canary": "row_number() OVER (ORDER BY hashint8(contact_id)) <= %(canary)s",
    "mine": "TRUE", "counted_as": "left_out", "edition": "%(edition_id)s", "decision": "%(decision_id)s", "arms": "",
    "arm_is": "", "arm_join": "", "by_arm": "", "and_arm": "",
}  # fmt: skip
# The canary belongs to the first moment, whenever its people are planned.
_IN_WAVES = _IN_ORDER | {
    "part_is": MOMENT,
    "by_part": "part, ",
    "and_part": "AND large.part IS NOT DISTINCT FROM o.part",
    "part": "part",
    "not_before": "min(part)",
    "is_canary": "part IS NOT DISTINCT FROM %(canary_wave)s::timestamptz"
    " AND row_number() OVER (PARTITION BY part ORDER BY hashint8(contact_id)) <= %(canary)s",
}


def _editions_by(column: str) -> dict[str, str]:
    return {
        "edition": "arm.edition_id",
        "decision": "arm.decision_id",
        "arms": "JOIN unnest(%(editions)s::bigint[], %(decisions)s::bigint[]) WITH ORDINALITY"
        f" arm (edition_id, decision_id, number) ON arm.number = n.{column} + 1",
    }


# The test variant of a contact: by a number from 0 to 9,999, fixed for this campaign even across crashes.
_TEST_PART = """CASE WHEN mod(hashint8extended(s.contact_id, %(campaign_id)s) & 9223372036854775807, 10000) < %(tested)s
        THEN (mod(hashint8extended(s.contact_id, %(campaign_id)s) & 9223372036854775807, 10000) / %(width)s)::int END"""
# First the contacts in the test; the others are only counted.
_IN_TEST = _IN_ORDER | {
    "part_is": _TEST_PART,
    "by_part": "part, ",
    "and_part": "AND large.part IS NOT DISTINCT FROM o.part",
    "part": "part",
    "mine": "part IS NOT NULL",
    "counted_as": "CASE WHEN part IS NOT NULL THEN left_out WHEN left_out IS NULL THEN 'rest' ELSE 'untold' END",
    **_editions_by("part"),
}
# A chunk holds one language, as it holds one lane: they take turns. Put over the pieces of one of the ways above.
_IN_LANGUAGES = {
    "arm_is": f"{ARM} AS arm,",
    "arm_join": LANGUAGE_JOIN,
    "by_arm": "arm, ",
    "and_arm": "AND large.arm = o.arm",
    **_editions_by("arm"),
}
# Then the others, with the winner.
_AFTER_TEST = _IN_ORDER | {
    "part_is": _TEST_PART,
    "part": "part",
    "mine": "part IS NULL",
    "counted_as": "CASE WHEN part IS NULL THEN left_out ELSE 'untold' END",
}


@dataclass(frozen=True, slots=True)
class PlanStep:
    planned: int
    more: bool


def plan_campaign(account_id: int, campaign_id: int, edition_id: int, decision_id: int) -> None:
    """Resumes where it stopped. Waits while sending is held: withdrawals may be missing; the hold's end enqueues it."""
    if _is_held(campaign_id):
        return
    with tenancy.account(account_id):
        if step_messages.begin(campaign_id, edition_id, decision_id):
            return
        if not _begin(campaign_id, edition_id, decision_id):
            return
    while not _is_held(campaign_id):
        with tracing.span("plan.slice", campaign=campaign_id) as span, tenancy.account(account_id):
            step = plan_slice(campaign_id)
            span.set(planned=step.planned)
        if not step.more:
            break
    else:
        return
    statistics.refresh()


def _is_held(campaign_id: int) -> bool:
    hold = fence.check()
    if hold is not None:
        log.warning("planning_waits", campaign=campaign_id, cause=hold.cause.value)
    return hold is not None


def _begin(campaign_id: int, edition_id: int, decision_id: int) -> bool:
    """False when the campaign is not, or no longer, being planned."""
    campaign = find_locked(campaign_id)
    if campaign is None or campaign.state != CampaignState.PLANNING:
        return False
    if not Plan.objects.filter(campaign_id=campaign_id).exists():
        now = clock.now()
        size = _canary_size(_confirmed(campaign.list_ids))
        first = waves_of(campaign, campaign.local_at, now)[:1] if campaign.local_at else []
        pace = pace_for(campaign.per_hour) if campaign.per_hour else None
        Plan.objects.create(
            campaign_id=campaign_id,
            per_turn=pace.per_turn if pace else None,
            turn_seconds=pace.turn_seconds if pace else None,
            edition_id=edition_id,
            decision_id=decision_id,
            canary_size=size,
            begun_at=now,
            canary_wave_at=first[0].at if first else None,
            next_chunk=1 if size else 0,
        )
        if campaign.variants:
            begin_ab_test(campaign)
    return True


def _confirmed(list_ids: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM subscription WHERE account_id = %s"  # noqa: S608  # made of constants
            f" AND mailing_list_id = ANY(%s::bigint[]) AND {sql.is_confirmed('state')}",
            [tenancy.current_account_id(), list_ids],
        )
        return int(cursor.fetchone()[0])


def _canary_size(recipients: int) -> int:
    """5% or the configured number, whichever is less; 0 if that covers everyone (R-88)."""
    most = load_settings().canary_size
    if recipients <= most:
        return 0
    return max(1, min(most, int(recipients * value("canary_percent") / 100)))


def plan_slice(campaign_id: int) -> PlanStep:
    """In the current transaction; the last one starts the campaign."""
    campaign = locked(campaign_id)
    if campaign.state != CampaignState.PLANNING:
        return PlanStep(0, more=False)
    plan = Plan.objects.get(campaign_id=campaign_id)
    parameters: dict[str, Any] = {
        **parameters_of(campaign),
        "after": plan.after_contact_id,
        "slice": SLICE_CONTACTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UP_TO, parameters)
        up_to = cursor.fetchone()[0]
    if up_to is None:
        _start(campaign, plan)
        return PlanStep(0, more=False)
    return _insert(campaign, plan, parameters, up_to)


def _insert(campaign: Campaign, plan: Plan, parameters: dict[str, Any], up_to: int) -> PlanStep:
    not_meant, named = named_sql(*audience_of(campaign).reason_sql())
    draws_canary = bool(plan.canary_size) and not Chunk.objects.filter(campaign_id=campaign.id, number=0).exists()
    parameters = {
        **parameters,
        **named,
        "up_to": up_to,
        "canary": plan.canary_size if draws_canary else 0,
        "first_chunk": plan.next_chunk,
        "chunk_size": load_settings().chunk_size,
        "lane_least": LANE_LEAST,
        "domains": list(DOMAINS),
        "providers": list(DOMAINS.values()),
        "other": OTHER,
        "campaign_id": campaign.id,
        "edition_id": plan.edition_id,
        "decision_id": plan.decision_id,
        "rules_version": GateDecision.objects.values_list("rules_version", flat=True).get(id=plan.decision_id),
        "granted_at": clock.now(),
    }
    ab_test = AbTest.objects.filter(campaign_id=campaign.id).first()
    # The canary is a sample: the oldest contacts would look better than the list is.
    parts, more = _pieces(campaign, plan, ab_test)
    parameters |= more
    if not draws_canary:
        parts["is_canary"] = "FALSE"
    columns = f"coalesce(lane.key, %(other)s) AS provider, {parts.pop('part_is')} AS part, {parts.pop('arm_is')}"
    joins = f"{_LANE_JOIN} {parts.pop('part_join')} {parts.pop('arm_join')}"
    judged = judged_sql(not_meant, columns=columns, joins=joins, of_slice=True)
    statement = _SLICE.format(judged=judged, **parts)
    planned, left_out = 0, dict(plan.left_out)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for reason, people, last_chunk in cursor.fetchall():
            plan.next_chunk = max(plan.next_chunk, last_chunk + 1)
            if reason is None:
                planned = people
            elif reason == "rest" and ab_test is not None:
                ab_test.rest += people
                ab_test.save(update_fields=["rest"])
            elif reason != "untold":
                name = LEFT_OUT[reason]
                left_out[name] = left_out.get(name, 0) + people
    give_codes(campaign.id, parameters.get("editions", [plan.edition_id]), parameters["after"] + 1, up_to)
    plan.after_contact_id, plan.planned, plan.left_out = up_to, plan.planned + planned, left_out
    plan.save(update_fields=["next_chunk", "after_contact_id", "planned", "left_out"])
    Campaign.objects.filter(id=campaign.id).update(planned_count=plan.planned, left_out=left_out)
    return PlanStep(planned, more=True)


def _pieces(campaign: Campaign, plan: Plan, ab_test: AbTest | None) -> tuple[dict[str, str], dict[str, Any]]:
    parts, parameters = dict(_IN_ORDER), {}
    if ab_test is not None:
        parts = dict(_IN_TEST if ab_test.winner is None else _AFTER_TEST)
        parameters = arms_of(ab_test)
    elif campaign.local_at is not None:
        parts = _IN_WAVES | {"part_join": join_of(campaign, person="s", of_slice=True)}
        parameters = moments_of(campaign, campaign.local_at, plan.begun_at) | {"canary_wave": plan.canary_wave_at}
    if campaign.translations:
        parts |= _IN_LANGUAGES
        parameters |= arms_by_spelling(campaign) | editions_of(campaign.id, variant_count(campaign))
    return parts, parameters


def _chunk_zero(campaign_id: int) -> int:
    """If no one in its wave is left, the first chunk to be sent becomes the canary."""
    chunks = Chunk.objects.filter(campaign_id=campaign_id)
    chunk = chunks.filter(number=0).first() or chunks.order_by(F("not_before").asc(nulls_first=True), "number").first()
    if chunk is None:
        return 0
    if chunk.number:
        chunk.number = 0
        chunk.save(update_fields=["number"])
    return chunk.size


def _start(campaign: LockedCampaign, plan: Plan) -> None:
    now = clock.now()
    plan.finished_at = now
    if (campaign.local_at is not None or campaign.variants) and plan.canary_size and plan.released_at is None:
        plan.canary_size = _chunk_zero(campaign.id)
    warm_up.begin_domain(campaign)
    warm_up.put_recent_first(campaign, plan)
    plan.save(update_fields=["finished_at", "canary_size"])
    # Recipients who wait for the winner of an A/B test are not planned yet.
    is_tested = test_goes_on(campaign)
    is_over = not plan.planned and not is_tested
    is_first_start = campaign.started_at is None
    move(
        campaign,
        CampaignState.SENT if is_over else CampaignState.SENDING,
        CampaignMover.MACHINE,
        planned_count=plan.planned,
        left_out=plan.left_out,
        started_at=campaign.started_at or now,
    )
    if is_first_start:
        campaign_starts(campaign)
    campaign_log.tell_planned(campaign, plan)
    wake.wake_campaign(campaign)
    if not plan.planned and is_tested:
        end_test(campaign)
