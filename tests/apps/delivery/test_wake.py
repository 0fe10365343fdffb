"""Resumed work begins at once, also where a job for it ran and ended just before the resumption was committed; and
nothing is planned while all sending is held."""

import psycopg
import pytest
from django.db import transaction

from estate import Estate, release
from mailflatrate.apps.campaigns import states
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery import fence, jobs, lanes, wake
from mailflatrate.apps.delivery.actions import campaigns
from mailflatrate.apps.delivery.models import Chunk, ChunkState, LaneHold
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings
from support.scope import within

PEOPLE = 30


def waiting(owner: psycopg.Connection[tuple[object, ...]], chunk_ids: list[int]) -> set[str]:
    keys = [f"chunk:{chunk_id}" for chunk_id in chunk_ids]
    rows = owner.execute(
        "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(%s)", [keys]
    ).fetchall()
    return {str(key) for (key,) in rows}


def chunks_of(campaign_id: int, estate: Estate) -> list[int]:
    with tenancy.account(estate.account_id):
        return list(Chunk.objects.filter(campaign_id=campaign_id).values_list("id", flat=True))


def work_in_vain(owner: psycopg.Connection[tuple[object, ...]], chunk_ids: list[int]) -> None:
    """What a worker does that takes the jobs before the resumption is committed: it finds nothing that may be sent."""
    keys = [f"chunk:{chunk_id}" for chunk_id in chunk_ids]
    owner.execute("DELETE FROM procrastinate_jobs WHERE queueing_lock = ANY(%s)", [keys])


def test_a_resumed_campaign_begins_although_its_jobs_ran_in_vain_meanwhile(estate: Estate, database: str) -> None:
    campaign_id = release(estate)
    chunks = chunks_of(campaign_id, estate)
    within(estate, campaigns.pause_campaign, campaign_id)
    with psycopg.connect(database, autocommit=True) as owner:
        assert waiting(owner, chunks), "the pause leaves the jobs where they are"
        with tenancy.account(estate.account_id):
            campaigns.resume_campaign(campaign_id)
            work_in_vain(owner, chunks)
        assert waiting(owner, chunks) == {f"chunk:{chunk_id}" for chunk_id in chunks}


def test_a_lane_and_a_chunk_begin_the_same_way(estate: Estate, database: str) -> None:
    campaign_id = release(estate)
    chunks = chunks_of(campaign_id, estate)
    with psycopg.connect(database, autocommit=True) as owner:
        with tenancy.platform(PlatformReason.ACCOUNT_STATUS):
            LaneHold.objects.create(
                account_id=estate.account_id,
                campaign_id=campaign_id,
                provider="google",
                rule="R-88",
                held_at=clock.now(),
            )
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            lanes.release_lane(estate.account_id, campaign_id, "google")
            work_in_vain(owner, chunks)
        assert waiting(owner, chunks)
        work_in_vain(owner, chunks)
        with tenancy.account(estate.account_id):
            wake.wake_chunk(estate.account_id, chunks[0])
            work_in_vain(owner, chunks)
        assert waiting(owner, chunks) == {f"chunk:{chunks[0]}"}


def test_what_is_rolled_back_wakes_nothing(estate: Estate, database: str) -> None:
    campaign_id = release(estate)
    chunks = chunks_of(campaign_id, estate)
    with psycopg.connect(database, autocommit=True) as owner:
        work_in_vain(owner, chunks)
        with tenancy.account(estate.account_id):
            wake.wake_campaign(states.locked(campaign_id))
            transaction.set_rollback(True)
        assert not waiting(owner, chunks)


def planning_jobs(owner: psycopg.Connection[tuple[object, ...]], campaign_id: int) -> list[dict[str, int]]:
    rows = owner.execute(
        "SELECT args FROM procrastinate_jobs WHERE task_name = 'delivery.plan_campaign' AND status = 'todo'"
    ).fetchall()
    return [dict(args) for (args,) in rows if args["campaign_id"] == campaign_id]  # type: ignore[index,call-overload]


def test_nothing_is_planned_while_sending_is_held_and_the_end_of_the_hold_plans_it(
    estate: Estate, database: str
) -> None:
    campaign_id = release(estate, plan_now=False)
    with tenancy.account(estate.account_id):
        decision = Campaign.objects.get(id=campaign_id).decisions.get()
    asked = {
        "account_id": estate.account_id,
        "campaign_id": campaign_id,
        "edition_id": decision.edition_id,
        "decision_id": decision.id,
    }
    fence.pause_all()
    with psycopg.connect(database, autocommit=True) as owner:
        try:
            jobs.plan_campaign(**asked)
            assert chunks_of(campaign_id, estate) == []
            with tenancy.account(estate.account_id):
                assert Campaign.objects.get(id=campaign_id).state == CampaignState.PLANNING
            assert not planning_jobs(owner, campaign_id)
        finally:
            fence.resume_all(set())
        (args,) = planning_jobs(owner, campaign_id)
    assert args == asked
    jobs.plan_campaign(**args)
    with tenancy.account(estate.account_id):
        campaign = Campaign.objects.get(id=campaign_id)
        assert (campaign.state, campaign.planned_count) == (CampaignState.SENDING, PEOPLE)


def test_a_hold_in_the_midst_of_planning_stops_before_the_next_slice(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": 10}))
    monkeypatch.setattr(plan, "SLICE_CONTACTS", 12)
    campaign_id = release(estate, plan_now=False)
    with tenancy.account(estate.account_id):
        decision = Campaign.objects.get(id=campaign_id).decisions.get()
        assert plan._begin(campaign_id, decision.edition_id, decision.id)
        plan.plan_slice(campaign_id)
    fence.pause_all()
    try:
        plan.plan_campaign(estate.account_id, campaign_id, decision.edition_id, decision.id)
        with tenancy.account(estate.account_id):
            assert sum(Chunk.objects.filter(campaign_id=campaign_id).values_list("size", flat=True)) == 12
    finally:
        fence.resume_all(set())
    plan.plan_campaign(estate.account_id, campaign_id, decision.edition_id, decision.id)
    with tenancy.account(estate.account_id):
        assert Campaign.objects.get(id=campaign_id).planned_count == PEOPLE


def test_the_sweep_finds_a_campaign_without_a_job_and_one_that_is_over(estate: Estate, database: str) -> None:
    campaign_id = release(estate)
    chunks = chunks_of(campaign_id, estate)

    def is_swept() -> bool:
        return (estate.account_id, campaign_id) in within(PlatformReason.HOUSEKEEPING, wake.campaigns_to_sweep)

    assert not is_swept(), "its job will come"
    with psycopg.connect(database, autocommit=True) as owner:
        work_in_vain(owner, chunks)
        assert is_swept()
        jobs.sweep(0)
        assert waiting(owner, chunks) == {f"chunk:{chunk_id}" for chunk_id in chunks}
    with tenancy.account(estate.account_id):
        Chunk.objects.filter(campaign_id=campaign_id).update(state=ChunkState.SENDING)
    assert not is_swept(), "a sender is at it"
    with tenancy.account(estate.account_id):
        Chunk.objects.filter(campaign_id=campaign_id).update(state=ChunkState.DONE)
    jobs.sweep(0)
    with tenancy.account(estate.account_id):
        assert Campaign.objects.get(id=campaign_id).state == CampaignState.SENT
