"""A dead host's chunks, its journal that comes late, and a database that is behind its journals."""

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from estate import Estate, release
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.consent.ledger import EventEvidence
from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.actions import campaigns, lost_host
from mailflatrate.apps.delivery.models import Begun, Chunk, ChunkState, Delivery, LostClaim, SenderProcess
from mailflatrate.apps.delivery.queries import campaign_progress, unsent_after_end
from mailflatrate.apps.delivery.recovery import sender_processes, withdrawal_logs
from mailflatrate.apps.delivery.send import recovery, sent_record
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.send.outcomes import retry_policy
from mailflatrate.apps.delivery.send.replay import replay
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.lists.actions import consent, optin
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.campaigns.campaign_states import UNFINISHED
from mailflatrate.settings.database_memory import SeenDatabase
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.smtp.types import OutcomeKind, SendOutcome, Stage
from support.fake_relay import FakeRelay
from support.scope import rows, within
from support.sql import by_owner

PEOPLE = 12


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path)
    yield journal
    journal.close(settled=True)


@pytest.fixture
def claimed(estate: Estate, journal: Journal) -> tuple[int, int, list[int]]:
    """Campaign, chunk and deliveries; of twelve the sender marked four as begun, and was told what became of two."""
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        chunk = Chunk.objects.get(campaign_id=campaign_id)
        Chunk.objects.filter(id=chunk.id).update(state=ChunkState.SENDING, claimed_by=journal.name)
        ids = list(Delivery.objects.filter(chunk=chunk).order_by("id").values_list("id", flat=True))
        Begun.objects.create(
            chunk=chunk,
            claimed_by=journal.name,
            begun_to=ids[6],
            under_way=ids[1:5],
            unsent=[ids[5], ids[6]],
            server_run=server_run(),
        )
    return campaign_id, chunk.id, ids


def server_run() -> UUID:
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.server_run()")
        found: UUID = cursor.fetchone()[0]
    return found


def states(estate: Estate, ids: list[int]) -> list[str]:
    found = dict(rows(estate, Delivery).filter(id__in=ids).values_list("id", "state"))
    return [found[each] for each in ids]


def reply(delivery_id: int, kind: OutcomeKind = OutcomeKind.ACCEPTED, code: int = 250) -> SendOutcome:
    return SendOutcome(delivery_id, kind, Stage.DATA_END, code, None, "queued", False, "relay:25")


def note(journal: Journal, estate: Estate, chunk_id: int, ids: list[int]) -> None:
    """The first two arrived, the third was refused, the fourth was begun, the fifth was not."""
    journal.begin_chunk(estate.account_id, chunk_id)
    for delivery_id in ids[:4]:
        journal.started(delivery_id)
    for delivery_id in ids[:2]:
        journal.replied(reply(delivery_id), time.time_ns() // 1_000_000)
    journal.replied(reply(ids[2], OutcomeKind.REJECTED, 550), time.time_ns() // 1_000_000)


def send_rest(estate: Estate, campaign_id: int) -> list[str]:
    """A living sender takes what is ready; who got it."""
    with tenancy.account(estate.account_id):
        ready = Chunk.objects.filter(campaign_id=campaign_id, state=ChunkState.READY)
        chunks = list(ready.values_list("id", flat=True))

    async def work() -> list[str]:
        async with FakeRelay() as relay:
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
            sender = Sender(settings)
            try:
                for chunk_id in chunks:
                    await sender.work_chunk(estate.account_id, chunk_id)
            finally:
                await sender.close()
            return [letter.recipient for letter in relay.received]

    return asyncio.run(work())


def test_only_what_was_under_way_is_unknown_and_the_rest_is_sent_by_another_sender(
    estate: Estate, claimed: tuple[int, int, list[int]], journal: Journal
) -> None:
    campaign_id, chunk_id, ids = claimed
    lost_host.abandon_chunk(estate.account_id, chunk_id, journal.name)
    expected = ["sent"] + ["in_doubt"] * 4 + ["pending"] * 7
    assert states(estate, ids) == expected
    with tenancy.account(estate.account_id):
        assert LostClaim.objects.get(chunk_id=chunk_id).deliveries == ids[1:5]
        assert not Begun.objects.filter(chunk_id=chunk_id).exists(), "the old sender may not begin anything"
        gone = Delivery.objects.get(id=ids[7]).contact_id
        assert gone is not None
        consent.unsubscribe(gone, list_id=estate.list_id, by="link", source="test")
    assert len(send_rest(estate, campaign_id)) == 6, "a no counts for what is sent again, too"
    progress = within(estate, campaign_progress, campaign_id)
    assert (progress.sent, progress.in_doubt, progress.withheld_total, progress.pending) == (7, 4, 1, 0)
    with tenancy.account(estate.account_id):
        person = optin.person_of(reader := Contact.objects.get(id=gone), reader.email, bytes(reader.address_key))
        evidence = EventEvidence(email=reader.email)
        optin.confirm_consent(person, estate.list_id, clock.now(), evidence, source="test")


def test_a_database_that_crashed_as_well_may_lack_the_last_marks_even_after_a_heartbeat(
    estate: Estate, claimed: tuple[int, int, list[int]], journal: Journal, database: str
) -> None:
    _, chunk_id, ids = claimed
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DELETE FROM server_run")  # as PostgreSQL does when it recovers
        assert owner.execute("SELECT server_run() IS NOT NULL").fetchone() == (True,)
    with tenancy.account(estate.account_id), connection.cursor() as cursor:
        cursor.execute("UPDATE chunk SET heartbeat_at = clock_timestamp() WHERE id = %s", [chunk_id])
    lost_host.abandon_chunk(estate.account_id, chunk_id, journal.name)
    assert states(estate, ids) == ["sent"] + ["in_doubt"] * 11


def test_a_journal_that_comes_late_settles_what_was_unknown(
    estate: Estate, claimed: tuple[int, int, list[int]], journal: Journal
) -> None:
    campaign_id, chunk_id, ids = claimed
    note(journal, estate, chunk_id, ids)
    lost_host.abandon_chunk(estate.account_id, chunk_id, journal.name)
    send_rest(estate, campaign_id)
    assert rows(estate, Campaign).get(id=campaign_id).state == CampaignState.SENT
    for _ in range(2):  # the second time changes nothing
        recovery.replay_folder(journal.path.parent, retry_policy(load_settings()))
        assert states(estate, ids) == ["sent", "sent", "bounced", "in_doubt", "pending"] + ["sent"] * 7
    with tenancy.account(estate.account_id):
        assert unsent_after_end(campaign_id) == 1
        assert campaigns.send_unsent(campaign_id) == 1
    assert len(send_rest(estate, campaign_id)) == 1
    assert states(estate, ids)[4] == "sent"
    with tenancy.account(estate.account_id):
        progress = campaign_progress(campaign_id)
        assert Campaign.objects.get(id=campaign_id).state == CampaignState.SENT
    assert (progress.sent, progress.bounced_other, progress.in_doubt) == (10, 1, 1)


def test_a_journal_whose_end_may_be_missing_counts_only_for_what_it_says(
    estate: Estate, claimed: tuple[int, int, list[int]], journal: Journal
) -> None:
    _, chunk_id, ids = claimed
    note(journal, estate, chunk_id, ids)
    lost_host.abandon_chunk(estate.account_id, chunk_id, journal.name)
    recovery.replay_folder(journal.path.parent, retry_policy(load_settings()), whole=False)
    assert states(estate, ids)[:5] == ["sent", "sent", "bounced", "in_doubt", "in_doubt"]


def test_a_lease_ends_by_the_databases_clock_and_only_after_it_was_seen_to_stand_still(
    estate: Estate, claimed: tuple[int, int, list[int]], journal: Journal
) -> None:
    _, chunk_id, _ = claimed
    now = 1000.0
    watch = recovery.LeaseWatch(clock_seconds=lambda: now)

    def age(seconds: int) -> None:
        with tenancy.account(estate.account_id), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE chunk SET heartbeat_at = now() - %s * interval '1 second' WHERE id = %s", [seconds, chunk_id]
            )

    def is_given_up() -> bool:
        return (estate.account_id, chunk_id, journal.name) in watch.expired()

    age(600)
    assert not is_given_up(), "the database may have been away until now"
    now += 24
    assert not is_given_up()
    now += 15
    assert is_given_up()
    now += 300
    assert not is_given_up(), "the looks were interrupted: its sender gets time to renew"
    now += 30
    age(5)
    assert not is_given_up()


@pytest.fixture
def alone(estate: Estate, database: str) -> Iterator[None]:
    """Nothing else is sent, and no sender is known; afterward the database is accepted again.

    What other tests left on its way is canceled beside the triggers: resuming would settle hundreds of campaigns.
    """
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "UPDATE campaign SET state = %s WHERE account_id <> %s AND state = ANY(%s)",
            [CampaignState.CANCELLED.value, estate.account_id, [state.value for state in UNFINISHED]],
        )
        owner.execute("SET session_replication_role = origin")
        owner.execute("DELETE FROM sender_process")
        yield
        owner.execute("DELETE FROM sender_process")
        owner.execute("UPDATE sending_fence SET held_at = NULL, cause = '', missing = 0")
        owner.execute("DELETE FROM sending_fence")
    fence.ensure_fence()


@pytest.fixture
def behind(alone: None) -> None:
    """The database turns out to be another one than sending was accepted for."""
    by_owner("UPDATE sending_fence SET identity = 'elsewhere/00000001/1/1'")


def test_a_database_that_is_behind_sends_nothing_until_it_was_told(
    estate: Estate, claimed: tuple[int, int, list[int]], journal: Journal, behind: None
) -> None:
    campaign_id, chunk_id, ids = claimed
    with tenancy.account(estate.account_id):  # it has forgotten that the chunk was claimed
        Begun.objects.all().delete()
        Chunk.objects.filter(id=chunk_id).update(state=ChunkState.READY, claimed_by="")
    note(journal, estate, chunk_id, ids)
    sender_processes.note_seen("elsewhere.1.a.b")
    sender_processes.note_seen(journal.name)
    assert send_rest(estate, campaign_id) == [], "before anybody noticed"
    hold = fence.check()
    assert hold is not None
    assert hold.cause is fence.HoldCause.RESTORED
    with pytest.raises(fence.NotAccounted, match=r"elsewhere\.1\.a\.b"):
        fence.resume_all(set())
    sent_record.set_aside(journal.path)
    journal.reset()
    told = replay(journal.path.parent)
    assert (told.changed, told.missing) == (3, 0)
    assert replay(journal.path.parent).changed == 0
    fence.note_replayed(journal.name, told.missing)
    assert states(estate, ids) == ["sent", "sent", "pending", "in_doubt"] + ["pending"] * 8
    assert not fence.resume_if_whole(), "after a restored backup a person decides"
    with pytest.raises(fence.NotAccounted) as left:
        fence.resume_all(set())
    assert journal.name not in left.value.names
    assert send_rest(estate, campaign_id) == []
    held = fence.check()
    assert held is not None
    ended = {name.partition(".")[0] for name in held.waits_for} - {"elsewhere"}  # senders of this and other tests
    with pytest.raises(fence.WithdrawalsMissing):
        fence.resume_all({"elsewhere", *ended})
    withdrawal_logs.note_all_read()
    fence.resume_all({"elsewhere", *ended})
    assert fence.check() is None
    assert states(estate, ids) == ["sent", "sent", "in_doubt", "in_doubt"] + ["in_doubt"] * 8
    progress = within(estate, campaign_progress, campaign_id)
    assert (progress.sent, progress.in_doubt, progress.pending) == (2, 10, 0)


def seen(at: datetime, *, is_synchronous: bool = True, hosts: tuple[str, ...] = ("one",)) -> SeenDatabase:
    """What a sender's host remembers of the previous primary."""
    return SeenDatabase("1/5/9", 1, 1, 100, "", at, is_synchronous, hosts)


def test_after_a_promotion_sending_goes_on_when_every_sender_was_heard(estate: Estate, database: str) -> None:
    campaign_id = release(estate)
    rows(PlatformReason.FENCE, SenderProcess).all().delete()
    sender_processes.note_seen("one.1.a.b")
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("UPDATE sending_fence SET identity = regexp_replace(identity, '/[0-9A-F]{8}/', '/00000099/')")
        hold = fence.check()
        assert hold is not None
        assert (hold.cause, hold.waits_for) == (fence.HoldCause.PROMOTED, ["one.1.a.b"])
        assert not fence.resume_if_whole()
        fence.note_replayed("one.1.a.b", 0, seen(hold.since))
        assert not fence.resume_if_whole(), "no worker has replayed the withdrawals log"
        withdrawal_logs.note_read("place", "host", held_at=hold.since)
        assert fence.resume_if_whole()
        owner.execute("DELETE FROM withdrawals_place")
        owner.execute("DELETE FROM sender_process")
    assert len(send_rest(estate, campaign_id)) == PEOPLE


def test_pause_all_stops_what_runs_and_what_waits(estate: Estate) -> None:
    campaign_id = release(estate)
    fence.pause_all()
    try:
        assert send_rest(estate, campaign_id) == []
    finally:
        fence.resume_all(set())
    assert len(send_rest(estate, campaign_id)) == PEOPLE


@pytest.mark.parametrize("at", [1_600_000_000_000, 4_000_000_000_000])
def test_a_journal_counts_whatever_its_hosts_clock_said(
    estate: Estate, claimed: tuple[int, int, list[int]], journal: Journal, at: int
) -> None:
    _, chunk_id, ids = claimed
    journal.begin_chunk(estate.account_id, chunk_id)
    journal.started(ids[0])
    journal.replied(reply(ids[0]), at)
    assert replay(journal.path.parent).changed == 1
    assert states(estate, ids)[0] == "sent"


def test_no_identifier_is_given_out_twice_after_a_hold(database: str, behind: None) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        (before,) = owner.execute("SELECT last_value FROM delivery_id_seq").fetchone() or (0,)
        assert fence.check() is not None
        (after,) = owner.execute("SELECT last_value FROM delivery_id_seq").fetchone() or (0,)
    assert after - before > 1_000_000, "journals know messages that this database has forgotten"


def test_what_is_kept_names_nobody_and_goes_after_its_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin_chunk(1, 10)
    journal.started(100)
    journal.replied(reply(100)._replace(text="queued for dora@people.example"), 5)
    journal.started(101)
    sent_record.set_aside(journal.path, now=3_600_000.0)
    journal.close(settled=True)
    (file,) = tmp_path.glob("*.kept")
    assert file.read_text() == "C 1 10\nA 100 5\nU 101 3600000000\n"
    found = sent_record.read_folder(tmp_path)
    assert [(each.delivery_id, each.outcome is None) for each in found] == [(100, False), (101, True)]
    sent_record.drop_old(tmp_path, 72, now=file.stat().st_mtime + 72 * 3600 - 1)
    assert file.exists()
    sent_record.drop_old(tmp_path, 72, now=file.stat().st_mtime + 72 * 3600 + 1)
    assert not file.exists()


def test_nobody_holds_or_lets_go_with_the_applications_role() -> None:
    with psycopg.connect(app_url(load_settings()), autocommit=True) as eve:
        for statement in (
            "UPDATE sending_fence SET held_at = now()",
            "DELETE FROM sending_fence",
            "INSERT INTO sender_process (name) VALUES ('x')",
            "DELETE FROM sender_process",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                eve.execute(statement)
        eve.execute("SET ROLE mailflatrate_platform")
        assert eve.execute("UPDATE sending_fence SET held_at = now()").rowcount == 0, "not without the pass"


def promoted(database: str, *, silent_minutes: int) -> fence.Hold:
    """The database was promoted so long after its last sign of life."""
    sender_processes.note_seen("one.1.a.b")
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DELETE FROM withdrawals_place")
        owner.execute("UPDATE sender_process SET seen_at = now() - %s * interval '1 minute'", [silent_minutes])
        owner.execute("UPDATE sending_fence SET identity = regexp_replace(identity, '/[0-9A-F]{8}/', '/00000099/')")
    hold = fence.check()
    assert hold is not None
    assert hold.cause is fence.HoldCause.PROMOTED
    return hold


def resumes(hold: fence.Hold, *remembered: SeenDatabase | None) -> bool:
    withdrawal_logs.note_read("place", "host", held_at=hold.since)
    for each in remembered:
        fence.note_replayed("one.1.a.b", 0, each)
    return fence.resume_if_whole()


@pytest.mark.parametrize("minutes", [0, 11, 60, 1440])
def test_a_promotion_at_any_time_after_the_loss_takes_the_same_path(
    estate: Estate, database: str, alone: None, minutes: int
) -> None:
    hold = promoted(database, silent_minutes=minutes)
    last_life_at = withdrawal_logs.known_until()
    assert last_life_at is not None
    assert resumes(hold, seen(last_life_at + timedelta(seconds=20)))


def test_a_database_set_back_for_long_is_a_persons_to_resume_whatever_its_timeline(
    estate: Estate, database: str, alone: None
) -> None:
    hold = promoted(database, silent_minutes=60)
    last_life_at = withdrawal_logs.known_until()
    assert last_life_at is not None
    assert not resumes(hold, seen(last_life_at + timedelta(minutes=11)))
    found = fence.check()
    assert found is not None
    assert found.cause is fence.HoldCause.RESTORED
    assert "last sign of life" in found.reason


def test_a_promoted_database_waits_for_hosts_that_it_cannot_know(estate: Estate, database: str, alone: None) -> None:
    hold = promoted(database, silent_minutes=0)
    assert not resumes(hold, seen(hold.since, is_synchronous=False)), "a host may have joined in the gap"
    by_owner("UPDATE sending_fence SET held_at = held_at - interval '61 seconds'")
    assert fence.resume_if_whole()


def test_a_host_that_only_others_remember_is_waited_for(estate: Estate, database: str, alone: None) -> None:
    hold = promoted(database, silent_minutes=0)
    assert not resumes(hold, seen(hold.since, hosts=("one", "two")))
    found = fence.current_hold()
    assert found is not None
    assert found.waits_for == ["two.unseen"]
    fence.resume_all({"two"})
    assert fence.check() is None
    assert not sender_processes.knows("two.unseen")
