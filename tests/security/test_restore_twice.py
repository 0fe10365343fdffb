"""A restored backup mails no one twice: what may have left in the lost time waits for a person.

Each test has the database as it was in the backup; in the lost time the campaign was sent to everyone.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.states import locked, move
from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.ab_test import decisions_of
from mailflatrate.apps.delivery.actions import campaigns as campaigns_actions
from mailflatrate.apps.delivery.models import AbTest, Delivery, DeliveryState, Plan, SenderProcess
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.delivery.recovery import sender_processes, withdrawal_logs
from mailflatrate.apps.delivery.recovery.maybe_sent import awaiting_answer
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.send.replay import replay
from mailflatrate.apps.gate.actions import release_campaign, release_due
from mailflatrate.apps.stats.actions import decide_ab_test
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.campaigns.campaign_states import CampaignMover
from mailflatrate.settings.database_memory import SeenDatabase
from support.api import program_of
from support.customers import CONTENT, Customer, sending_customer
from support.desk import desk

VARIANT = {"subject": "Tulips for winter", "preheader": "", "content": CONTENT, "text_override": ""}


def release(anna: Customer, campaign: Campaign, at: datetime | None = None) -> None:
    with tenancy.account(anna.account_id):
        decision = release_campaign(campaign.id, by=anna.owner, at=at)
    assert decision.allowed, decision.findings


def planned(anna: Customer, campaign: Campaign) -> int:
    """Run the planner's job that the end of a hold deferred, if any; how many would be mailed now."""
    if anna.again(campaign).state == CampaignState.PLANNING:
        with tenancy.account(anna.account_id):
            plan, first = Plan.objects.filter(campaign=campaign).first(), decisions_of(campaign.id)[0]
            edition_id, decision_id = (plan.edition_id, plan.decision_id) if plan else (first.edition_id, first.id)
        assert edition_id is not None
        plan_campaign(anna.account_id, campaign.id, edition_id, decision_id)
    with tenancy.account(anna.account_id):
        return Delivery.objects.filter(campaign=campaign, state=DeliveryState.PENDING).count()


def resume(*, nothing_lost: bool = False) -> None:
    with tenancy.platform(PlatformReason.FENCE):
        SenderProcess.objects.all().delete()
    if not nothing_lost:
        withdrawal_logs.note_all_read()
    fence.resume_all(set(), nothing_lost=nothing_lost)


def restore_and_resume(lost_since: datetime, *, keep_unsettled: bool = False) -> fence.RestoreFindings:
    found = fence.hold_restored(lost_since, keep_unsettled=keep_unsettled)
    resume()
    return found


def be_another_database(database: str, *, promoted: bool) -> None:
    with tenancy.platform(PlatformReason.FENCE):
        SenderProcess.objects.all().delete()
    if promoted:
        sender_processes.note_seen("one.1.a.b")
    change = "regexp_replace(identity, '/[0-9A-F]{8}/', '/00000099/')" if promoted else "'elsewhere/00000001/1/1'"
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"UPDATE sending_fence SET identity = {change}")  # type: ignore[arg-type]
    hold = fence.check()
    assert hold is not None
    assert hold.cause is (fence.HoldCause.PROMOTED if promoted else fence.HoldCause.RESTORED)


@pytest.fixture
def anna(database: str) -> Iterator[Customer]:
    fence.ensure_fence()
    yield sending_customer(people=12)
    resume(nothing_lost=True)


def is_set_aside(anna: Customer, campaign: Campaign, state: CampaignState) -> bool:
    found = anna.again(campaign)
    return found.maybe_sent and found.state == state


@pytest.mark.slow
@pytest.mark.parametrize("keep_unsettled", [False, True])
def test_a_campaign_that_was_being_prepared_waits_for_a_person(anna: Customer, keep_unsettled: bool) -> None:
    campaign = anna.ticked(anna.draft())
    release(anna, campaign)
    found = restore_and_resume(clock.now(), keep_unsettled=keep_unsettled)
    assert campaign in found.paused
    assert planned(anna, campaign) == 0
    assert is_set_aside(anna, campaign, CampaignState.PAUSED)
    with tenancy.account(anna.account_id):
        campaigns_actions.resume_campaign(campaign.id)
    assert planned(anna, campaign) == 12, "a person said that it was not sent"
    assert not anna.again(campaign).maybe_sent


@pytest.mark.slow
def test_a_campaign_due_a_moment_before_the_backup_is_not_released_by_its_job(anna: Customer, database: str) -> None:
    campaign = anna.ticked(anna.draft())
    release(anna, campaign, at=clock.now() + timedelta(hours=1))
    made_at = clock.now() - timedelta(hours=5)
    with psycopg.connect(database) as owner:
        owner.execute("SET LOCAL session_replication_role = replica")
        due = made_at - timedelta(seconds=2)
        owner.execute("UPDATE campaign SET scheduled_at = %s WHERE id = %s", [due, campaign.id])
    restore_and_resume(made_at)
    with tenancy.account(anna.account_id):
        release_due(campaign.id)  # its job is in the dump
    assert planned(anna, campaign) == 0
    assert is_set_aside(anna, campaign, CampaignState.DRAFT)


@pytest.mark.slow
def test_a_job_that_releases_during_the_hold_does_not_escape(anna: Customer, database: str) -> None:
    """Nobody ran `restored`: the fence alone recognized the backup."""
    campaign = anna.ticked(anna.draft())
    release(anna, campaign, at=clock.now() + timedelta(hours=1))
    be_another_database(database, promoted=False)
    with psycopg.connect(database) as owner:
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute("UPDATE campaign SET scheduled_at = now() - interval '1 h' WHERE id = %s", [campaign.id])
    with tenancy.account(anna.account_id):
        release_due(campaign.id)
    resume()
    assert planned(anna, campaign) == 0
    assert is_set_aside(anna, campaign, CampaignState.PAUSED)


@pytest.mark.slow
def test_a_test_of_variants_chooses_nothing_by_itself(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = anna.ticked(anna.draft("Which?", variants=[VARIANT], test_share=25, test_hours=2))
    release(anna, campaign)
    assert planned(anna, campaign) > 0
    restore_and_resume(clock.now())
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=3))
    decide_ab_test(anna.account_id, campaign.id)
    assert planned(anna, campaign) == 0
    with tenancy.account(anna.account_id):
        assert AbTest.objects.get(campaign=campaign).winner is None
    assert is_set_aside(anna, campaign, CampaignState.PAUSED)


@pytest.mark.slow
def test_a_campaign_for_later_may_have_been_sent_at_once(anna: Customer) -> None:
    campaign = anna.ticked(anna.draft())
    release(anna, campaign, at=clock.now() + timedelta(hours=20))
    found = restore_and_resume(clock.now() - timedelta(hours=5))
    assert campaign in found.unscheduled
    assert is_set_aside(anna, campaign, CampaignState.DRAFT)


@pytest.mark.slow
def test_what_waits_for_a_reviewer_and_what_was_paused_early_wait_for_a_person(anna: Customer) -> None:
    review, early = anna.ticked(anna.draft("Looked at")), anna.ticked(anna.draft("Paused"))
    release(anna, early)
    with tenancy.account(anna.account_id):
        campaigns_actions.pause_campaign(early.id, "")
        move(locked(review.id), CampaignState.REVIEW, CampaignMover.MEMBER, released_by=anna.owner)
    restore_and_resume(clock.now())
    assert is_set_aside(anna, review, CampaignState.DRAFT)
    assert is_set_aside(anna, early, CampaignState.PAUSED)


@pytest.mark.slow
def test_what_was_planned_as_a_whole_keeps_its_state(anna: Customer) -> None:
    """The journals name its recipients."""
    campaign = anna.sending()
    restore_and_resume(clock.now(), keep_unsettled=True)
    assert anna.again(campaign).state == CampaignState.SENDING


@pytest.mark.slow
@pytest.mark.parametrize(("missing", "state"), [(0, CampaignState.SCHEDULED), (3, CampaignState.DRAFT)])
def test_a_promotion_with_a_gap_is_treated_alike(
    anna: Customer, database: str, missing: int, state: CampaignState
) -> None:
    campaign = anna.ticked(anna.draft())
    release(anna, campaign, at=clock.now() + timedelta(hours=20))
    be_another_database(database, promoted=True)
    seen = SeenDatabase("1/5/9", 1, 1, 100, "", clock.now(), is_synchronous=True)
    fence.note_replayed("one.1.a.b", missing, seen)
    withdrawal_logs.note_all_read()
    assert fence.resume_if_whole() is not bool(missing)
    fence.resume_all(set())
    assert anna.again(campaign).state == state


@pytest.mark.slow
def test_the_restore_counts_only_chunks_that_were_open(anna: Customer) -> None:
    """What has its result already isn't reported as unknown."""
    anna.sending()
    assert fence.hold_restored(clock.now()).chunks > 0
    assert fence.hold_restored(clock.now()).chunks == 0
    resume()


def test_a_planned_move_keeps_the_time(anna: Customer, database: str) -> None:
    campaign = anna.ticked(anna.draft())
    release(anna, campaign, at=clock.now() + timedelta(hours=20))
    be_another_database(database, promoted=False)
    resume(nothing_lost=True)
    assert anna.again(campaign).state == CampaignState.SCHEDULED


@pytest.mark.slow
def test_what_a_person_releases_during_the_hold_is_sent(anna: Customer) -> None:
    campaign = anna.ticked(anna.draft())
    fence.hold_restored(clock.now())
    release(anna, campaign)
    resume()
    assert planned(anna, campaign) == 12


@pytest.mark.slow
def test_a_journal_marks_the_drafts_of_its_account_and_no_others(anna: Customer, tmp_path: Path) -> None:
    carla = sending_customer(people=1)
    draft, strange = anna.draft(), carla.draft()
    journal = Journal(tmp_path)
    journal.begin_chunk(anna.account_id, 987_654)
    journal.started(987_654_321)
    assert replay(tmp_path).missing == 1
    assert anna.again(draft).maybe_sent
    assert not carla.again(strange).maybe_sent
    assert "Has this campaign already been sent?" in anna.client.get(f"/studio/campaigns/{draft.id}/edit/").text


@pytest.mark.slow
def test_pages_ask_and_a_program_cannot_answer(anna: Customer) -> None:
    begun, later = anna.ticked(anna.draft("Begun")), anna.ticked(anna.draft("Later"))
    release(anna, begun)
    release(anna, later, at=clock.now() + timedelta(hours=20))
    restore_and_resume(clock.now())
    for address in (f"{begun.id}/", f"{later.id}/edit/"):
        shown = anna.client.get(f"/studio/campaigns/{address}").text
        assert "Has this campaign already been sent?" in shown
        assert "may already have been sent after that backup was" in shown
        assert "t sent at the scheduled time" not in shown
    home = desk().page("")
    assert "Campaigns that may already have been sent" in home
    with tenancy.platform(PlatformReason.FENCE):
        assert {begun.id, later.id} <= {each.id for each in awaiting_answer()}
    shop = program_of(anna)
    refused = shop.refused("POST", f"/campaigns/{begun.id}/resume", {})
    assert refused == (409, "state-conflict")
    told = {"policy_confirmed": True, "content_hash": shop.get(f"/campaigns/{later.id}")["content_hash"]}
    assert shop.refused("POST", f"/campaigns/{later.id}/release", told) == refused
    assert is_set_aside(anna, begun, CampaignState.PAUSED)
    assert is_set_aside(anna, later, CampaignState.DRAFT)
