"""Attacks on a promotion: a replica that lacks an unsubscribe must not mail that person, nobody's word forgotten."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from django.db import DatabaseError, connection

from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.models import SenderProcess, WithdrawalsPlace
from mailflatrate.apps.delivery.recovery import sender_processes, withdrawal_logs
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.privacy.withdrawals.catch_up import JournalReader, readers_of
from mailflatrate.apps.privacy.withdrawals.log import FolderLog, open_log
from mailflatrate.apps.privacy.withdrawals.log_lines import WithdrawalLine
from mailflatrate.apps.privacy.withdrawals.log_writer import log_waiting
from mailflatrate.apps.suppression.models import WithdrawalKind
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.database_memory import SeenDatabase
from mailflatrate.settings.schema import Settings, load_settings
from support.customers import Customer, sending_customer
from support.scope import rows

SENDER = "one.1.a.b"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folders = {"data_dir": tmp_path, "withdrawals_dir": tmp_path / "log"}
    return load_settings().model_copy(update=folders)


@pytest.fixture
def owner(database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    fence.ensure_fence()
    with psycopg.connect(database, autocommit=True) as link:
        link.execute("DELETE FROM sender_process")
        link.execute("DELETE FROM withdrawals_place")
        yield link
        link.execute("DELETE FROM sender_process")
        link.execute("DELETE FROM withdrawals_place")
        link.execute("DELETE FROM sending_fence")
    fence.ensure_fence()


@pytest.fixture
def anna(owner: object) -> Customer:
    place = sending_customer(people=2)
    place.sending()
    return place


def promote(owner: psycopg.Connection[tuple[object, ...]]) -> fence.Hold:
    sender_processes.note_seen(SENDER)
    owner.execute("UPDATE sending_fence SET identity = regexp_replace(identity, '/[0-9A-F]{8}/', '/00000099/')")
    hold = fence.check()
    assert hold is not None
    assert hold.cause is fence.HoldCause.PROMOTED
    fence.note_replayed(SENDER, 0, SeenDatabase("1/5/9", 1, 1, 100, "", hold.since, is_synchronous=True))
    return hold


def contacts(place: Customer) -> list[Contact]:
    return list(rows(place, Contact).order_by("id"))


def confirmed(place: Customer) -> set[int]:
    return set(rows(place, Subscription).filter(state="confirmed").values_list("contact_id", flat=True))


def forgotten_unsubscribe(place: Customer, settings: Settings, contact: Contact) -> None:
    """On the old primary: logged, and taken out of the outbox. The replica got none of it."""
    line = WithdrawalLine(clock.now(), WithdrawalKind.WITHDRAWN, place.account_id, "", contact.id, place.list_id,
                bytes(contact.address_key))  # fmt: skip
    open_log(settings).write([line.write()])


def register(settings: Settings) -> list[JournalReader]:
    """A host's worker starts: it takes withdrawals, and logs them for all."""
    readers = readers_of(settings, minds_log=True)
    for each in readers:
        each.register()
    return readers


def read(settings: Settings) -> bool:
    done = [each.read_if_unread() for each in readers_of(settings, minds_log=True)]
    return any(done)


@pytest.mark.slow
def test_sending_waits_until_a_worker_has_told_the_replica(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    dora, emil = contacts(anna)
    register(settings)
    forgotten_unsubscribe(anna, settings, dora)
    hold = promote(owner)
    assert hold.unread
    assert not fence.resume_if_whole()
    with pytest.raises(fence.WithdrawalsMissing, match=hold.unread[0]):
        fence.resume_all(set())
    assert fence.is_held()
    assert read(settings)
    assert not read(settings), "once a hold"
    assert confirmed(anna) == {emil.id}
    assert fence.resume_if_whole()


@pytest.mark.slow
def test_each_host_that_logged_is_waited_for_and_one_that_is_gone_is_given_up_by_name(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    register(settings)
    withdrawal_logs.note_place("a" * 32, "dead.example")
    withdrawal_logs.note_place("b" * 32, "long-gone.example")
    owner.execute("UPDATE withdrawals_place SET seen_at = now() - interval '1 hour' WHERE host LIKE 'long-gone%'")
    promote(owner)
    read(settings)
    hold = fence.current_hold()
    assert hold is not None
    assert hold.unread == ("dead.example",)
    assert not fence.resume_if_whole()
    with pytest.raises(fence.WithdrawalsMissing, match=r"dead\.example"):
        fence.resume_all({"another.example"})
    with pytest.raises(withdrawal_logs.GapUnsigned):
        fence.resume_all({"dead.example"})
    fence.resume_all({"dead.example"}, signed_by="Otto")
    assert not fence.is_held()


def test_nothing_goes_on_where_no_worker_lives_and_a_person_may_say_so(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    promote(owner)
    assert not fence.resume_if_whole()
    with pytest.raises(fence.WithdrawalsMissing, match=withdrawal_logs.NO_WORKER):
        fence.resume_all(set())
    fence.resume_all(set(), without_withdrawals=True, signed_by="Otto")
    assert not fence.is_held()


@pytest.mark.slow
def test_what_was_replayed_in_an_earlier_hold_does_not_count_for_the_next(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    promote(owner)
    read(settings)
    withdrawal_logs.note_all_read()
    assert fence.resume_if_whole()
    promote(owner)
    assert not fence.resume_if_whole()
    read(settings)
    fence.hold_restored(clock.now() - timedelta(hours=3), keep_unsettled=True)
    hold = fence.current_hold()
    assert hold is not None
    with pytest.raises(fence.WithdrawalsMissing):
        fence.resume_all(set(hold.waits_for))


@pytest.mark.slow
def test_after_a_backup_each_host_is_read_before_a_person_resumes(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    register(settings)
    withdrawal_logs.note_place("a" * 32, "web.example")
    dora, emil = contacts(anna)
    forgotten_unsubscribe(anna, settings, dora)
    fence.hold_restored(clock.now() - timedelta(hours=3), keep_unsettled=True)
    with pytest.raises(fence.WithdrawalsMissing):
        fence.resume_all(set())
    assert read(settings)
    assert confirmed(anna) == {emil.id}
    with pytest.raises(fence.WithdrawalsMissing, match=r"^web\.example$"):
        fence.resume_all(set())
    with pytest.raises(withdrawal_logs.GapUnsigned) as unsigned:
        fence.resume_all({"web.example"})
    assert 3 * 3600 <= unsigned.value.gap.seconds < 3 * 3600 + 60
    fence.resume_all({"web.example"}, signed_by="Otto")
    assert not fence.is_held()


def test_a_rescued_folder_counts_for_its_host_alone_and_an_export_for_all(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], tmp_path: Path
) -> None:
    from mailflatrate.entrypoints.cli.withdrawals import replay_command

    rescued = FolderLog(tmp_path / "rescued")
    since = clock.now() - timedelta(hours=3)
    withdrawal_logs.note_place(rescued.place(), "lost.example")
    withdrawal_logs.note_place("b" * 32, "web.example")
    fence.hold_restored(since, keep_unsettled=True)
    export = tmp_path / "export.jsonl"
    export.write_text("")
    cases = (
        ([str(rescued.folder)], ("web.example",)),
        ([str(export)], ("web.example",)),
        (["--complete", str(export)], ()),
    )
    for extra, left in cases:
        done = CliRunner().invoke(replay_command, ["--since", f"{since:%Y-%m-%dT%H:%M}", *extra])
        assert done.exit_code == 0, done.output
        hold = fence.current_hold()
        assert hold is not None
        assert hold.unread == left
    fence.resume_all(set())
    assert not fence.is_held()


@pytest.mark.slow
def test_a_host_that_the_replica_never_heard_of_is_read_as_soon_as_it_sees_it(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    """It joined while the replica was behind, and found the promoted database after the hold was over."""
    dora, emil = contacts(anna)
    withdrawal_logs.note_place("b" * 32, "web.example")
    forgotten_unsubscribe(anna, settings, dora)
    hold = promote(owner)
    withdrawal_logs.note_read("b" * 32, "web.example", held_at=hold.since)
    assert fence.resume_if_whole()
    assert read(settings)
    assert not read(settings), "once"
    assert confirmed(anna) == {emil.id}


def test_a_hold_that_began_during_a_reading_is_not_ended_by_it(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    (first, *_) = register(settings)
    withdrawal_logs.note_read(first.place, "here", held_at=None)
    promote(owner)
    withdrawal_logs.note_read(first.place, "here", held_at=None)
    assert not withdrawal_logs.is_read(first.place)


@pytest.mark.slow
def test_who_came_back_before_the_promotion_stays(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    """The replica knows both, so the log has nothing to tell it."""
    dora, emil = contacts(anna)
    with tenancy.account(anna.account_id):
        consent.unsubscribe(dora.id, list_id=anna.list_id, by="link", source="test")
        consent.unsubscribe(emil.id, list_id=anna.list_id, by="link", source="test")
    log_waiting(open_log(settings))
    owner.execute("SET session_replication_role = replica")  # beside the trigger that asks for her second consent
    owner.execute("UPDATE subscription SET state = 'confirmed' WHERE contact_id = %s", [dora.id])
    owner.execute("SET session_replication_role = origin")
    promote(owner)
    read(settings)
    assert confirmed(anna) == {dora.id}


def test_no_account_says_that_the_log_was_replayed(anna: Customer) -> None:
    for statement in (
        "INSERT INTO withdrawals_place (name, host, replayed_at) VALUES ('x', 'x', now())",
        "UPDATE withdrawals_place SET replayed_at = now()",
        "DELETE FROM withdrawals_place",
        "UPDATE sending_fence SET withdrawals_at = now()",
    ):
        with (
            pytest.raises(DatabaseError, match=r"permission denied|row-level security"),
            tenancy.account(anna.account_id),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with tenancy.platform(PlatformReason.FENCE):
        assert not WithdrawalsPlace.objects.exists()
        assert not SenderProcess.objects.exists()


def test_a_hold_leaves_a_gap_in_every_number_that_a_line_or_a_link_holds(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    """A line about an account, list or notice of the lost time must not meet another one with its number."""

    def last(table: str) -> int:
        row = owner.execute("SELECT last_value FROM " + f"{table}_id_seq").fetchone()
        return int(str(row[0])) if row else 0

    tables = ("account", "mailing_list", "notice", "contact", "delivery")
    before = {table: last(table) for table in tables}
    promote(owner)
    assert all(last(table) >= before[table] + 10_000_000 for table in tables)
