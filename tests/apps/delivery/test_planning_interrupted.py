"""Planning that a hold or a restore interrupts: it goes on once, and what has a result keeps it."""

import threading

import psycopg
import pytest
from django.db import connection

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery import fence, jobs
from mailflatrate.apps.delivery.actions import campaigns
from mailflatrate.apps.delivery.models import Chunk, Delivery, DeliveryState, SenderProcess
from mailflatrate.apps.delivery.planning import plan, warm_up
from mailflatrate.apps.delivery.queries import campaign_progress
from mailflatrate.apps.gate.actions import release_campaign
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.scope import within

SLICE = 60
_WAITING = """
SELECT count(*) FROM procrastinate_jobs
WHERE task_name = 'delivery.plan_campaign' AND status = 'todo' AND (args->>'campaign_id')::bigint = %s
"""


@pytest.fixture(autouse=True)
def fenced() -> None:
    fence.ensure_fence()


def released(anna: Customer, campaign: Campaign) -> GateDecision:
    decision = within(anna, release_campaign, campaign.id, by=anna.owner)
    assert decision.allowed
    return decision


def planned(anna: Customer, campaign: Campaign, decision: GateDecision) -> None:
    assert decision.edition_id is not None
    plan.plan_campaign(anna.account_id, campaign.id, decision.edition_id, decision.id)


def jobs_waiting(campaign: Campaign) -> int:
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        cursor.execute(_WAITING, [campaign.id])
        return int(cursor.fetchone()[0])


def forget_jobs(campaign: Campaign, owner: str) -> None:
    """As if a worker had taken them."""
    with psycopg.connect(owner, autocommit=True) as link:
        link.execute(
            "DELETE FROM procrastinate_jobs WHERE task_name = 'delivery.plan_campaign'"
            " AND (args->>'campaign_id')::bigint = %s",
            [campaign.id],
        )


def test_release_while_a_hold_ends_is_planned_by_the_sweep(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, carla = sending_customer(people=2), sending_customer(people=2)
    first, second = anna.ticked(anna.draft()), carla.ticked(carla.draft())
    fence.pause_all()
    released(anna, first)
    real = campaigns.defer_planning
    meanwhile: list[threading.Thread] = []

    def release_second() -> None:
        try:
            decision = released(carla, second)
            planned(carla, second, decision)  # a worker takes the job at once, and still sees the hold
            forget_jobs(second, database)
        finally:
            connection.close()

    def slow(campaign: Campaign) -> None:
        if not meanwhile:
            meanwhile.append(threading.Thread(target=release_second))
            meanwhile[0].start()
            meanwhile[0].join(20)
        real(campaign)

    with monkeypatch.context() as patch:
        patch.setattr(campaigns, "defer_planning", slow)
        fence.resume_all(set(), without_withdrawals=True, signed_by="Otto")
    assert carla.again(second).state == CampaignState.PLANNING
    for _ in range(2):
        jobs.sweep(0)
        assert jobs_waiting(second) == 1, "found by the sweep, and once"
        assert jobs_waiting(first) == 1


def test_sweep_leaves_planning_alone_while_sending_is_held(database: str) -> None:
    anna = sending_customer(people=2)
    campaign = anna.ticked(anna.draft())
    released(anna, campaign)
    forget_jobs(campaign, database)
    fence.pause_all()
    try:
        jobs.sweep(0)
        assert jobs_waiting(campaign) == 0
    finally:
        fence.resume_all(set(), without_withdrawals=True, signed_by="Otto")
    assert jobs_waiting(campaign) == 1


def test_two_planners_plan_everyone_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "SLICE_CONTACTS", 5)
    anna = sending_customer(people=40)
    campaign = anna.ticked(anna.draft())
    decision = released(anna, campaign)

    def work() -> None:
        try:
            planned(anna, campaign, decision)
        finally:
            connection.close()

    planners = [threading.Thread(target=work) for _ in range(2)]
    for each in planners:
        each.start()
    for each in planners:
        each.join(30)
    with tenancy.account(anna.account_id):
        assert Delivery.objects.filter(campaign=campaign).count() == 40
    again = anna.again(campaign)
    assert (again.state, again.planned_count) == (CampaignState.SENDING, 40)


@pytest.mark.slow
@pytest.mark.parametrize("canary", [1000, 100])
def test_unknown_results_survive_the_warm_up_of_a_domain(monkeypatch: pytest.MonkeyPatch, canary: int) -> None:
    """A backup is restored after the first slice, which may have been sent; then the campaign is cut into days."""
    settings = load_settings().model_copy(update={"warm_up_domains": True, "canary_size": canary})
    monkeypatch.setattr(plan, "SLICE_CONTACTS", SLICE)
    monkeypatch.setattr(plan, "load_settings", lambda: settings)
    monkeypatch.setattr(warm_up, "load_settings", lambda: settings)
    anna = sending_customer(people=180)
    campaign = anna.ticked(anna.draft())
    decision = released(anna, campaign)
    with tenancy.account(anna.account_id):
        plan._begin(campaign.id, decision.edition_id, decision.id)
        plan.plan_slice(campaign.id)
    fence.hold_restored(clock.now())
    with tenancy.platform(PlatformReason.FENCE):
        SenderProcess.objects.all().delete()
    fence.resume_all(set(), without_withdrawals=True, signed_by="Otto")
    within(anna, campaigns.resume_campaign, campaign.id)  # a person said that it had not been sent as a whole
    planned(anna, campaign, decision)
    with tenancy.account(anna.account_id):
        chunks = {chunk.id: chunk for chunk in Chunk.objects.filter(campaign=campaign)}
        rows = list(Delivery.objects.filter(campaign=campaign))
        progress = campaign_progress(campaign.id)
    assert (progress.in_doubt, progress.pending) == (SLICE, 120)
    for chunk in chunks.values():
        here = [row for row in rows if row.chunk_id == chunk.id]
        assert chunk.size == len(here) > 0
        assert len({row.state == DeliveryState.PENDING for row in here}) == 1
    assert sorted(row.chunk_id in chunks for row in rows) == [True] * 180
    if canary < 180:
        first = next(chunk for chunk in chunks.values() if chunk.number == 0)
        assert {row.state for row in rows if row.chunk_id == first.id} == {DeliveryState.PENDING}
