"""Attacks on a promotion: a replica that lacks an unsubscribe must not mail that person, nobody's word forgotten."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from django.db import DatabaseError, connection

from mailflatrate.apps.delivery import fence, withdrawal_logs
from mailflatrate.apps.delivery.models import SenderProcess, WithdrawalsPlace
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.privacy.withdrawals import promotion
from mailflatrate.apps.privacy.withdrawals.log import open_log
from mailflatrate.apps.privacy.withdrawals.log_lines import WithdrawalLine
from mailflatrate.apps.privacy.withdrawals.log_writer import log_waiting
from mailflatrate.apps.suppression.models import WithdrawalKind
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import Settings, load_settings
from support.customers import Customer, sending_customer

SENDER = "one.1.a.b"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings().model_copy(update={"withdrawals_dir": tmp_path / "log"})


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
    fence.note_seen(SENDER)
    owner.execute("UPDATE sending_fence SET identity = regexp_replace(identity, '/[0-9A-F]{8}/', '/00000099/')")
    hold = fence.check()
    assert hold is not None
    assert hold.cause is fence.HoldCause.PROMOTED
    fence.note_replayed(SENDER, 0)
    return hold


def contacts(place: Customer) -> list[Contact]:
    with tenancy.account(place.account_id):
        return list(Contact.objects.order_by("id"))


def confirmed(place: Customer) -> set[int]:
    with tenancy.account(place.account_id):
        return set(Subscription.objects.filter(state="confirmed").values_list("contact_id", flat=True))


def forgotten_unsubscribe(place: Customer, settings: Settings, contact: Contact) -> None:
    """On the old primary: logged, and taken out of the outbox. The replica got none of it."""
    line = WithdrawalLine(clock.now(), WithdrawalKind.WITHDRAWN, place.account_id, "", contact.id, place.list_id,
                bytes(contact.address_key))  # fmt: skip
    open_log(settings).write([line.write()])


def test_sending_waits_until_a_worker_has_told_the_replica(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    dora, emil = contacts(anna)
    promotion.note_place(settings)
    forgotten_unsubscribe(anna, settings, dora)
    hold = promote(owner)
    assert hold.unread
    assert not fence.resume_if_whole()
    with pytest.raises(fence.WithdrawalsMissing, match=hold.unread[0]):
        fence.resume_all(set())
    assert fence.is_held()
    assert promotion.replay_if_promoted(settings)
    assert not promotion.replay_if_promoted(settings), "once a hold"
    assert confirmed(anna) == {emil.id}
    assert fence.resume_if_whole()
    assert not promotion.replay_if_promoted(settings), "nothing is held"


def test_each_host_that_logged_is_waited_for_and_one_that_is_gone_is_given_up_by_name(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    promotion.note_place(settings)
    withdrawal_logs.note_place("a" * 32, "dead.example")
    withdrawal_logs.note_place("b" * 32, "long-gone.example")
    owner.execute("UPDATE withdrawals_place SET seen_at = now() - interval '1 hour' WHERE host LIKE 'long-gone%'")
    promote(owner)
    promotion.replay_if_promoted(settings)
    hold = fence.current_hold()
    assert hold is not None
    assert hold.unread == ("dead.example",)
    assert not fence.resume_if_whole()
    with pytest.raises(fence.WithdrawalsMissing, match=r"dead\.example"):
        fence.resume_all({"another.example"})
    fence.resume_all({"dead.example"})
    assert not fence.is_held()


def test_nothing_goes_on_where_no_worker_lives_and_a_person_may_say_so(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    promote(owner)
    assert not fence.resume_if_whole()
    with pytest.raises(fence.WithdrawalsMissing, match=withdrawal_logs.NO_WORKER):
        fence.resume_all(set())
    fence.resume_all(set(), without_withdrawals=True)
    assert not fence.is_held()


def test_what_was_replayed_in_an_earlier_hold_does_not_count_for_the_next(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    promote(owner)
    promotion.replay_if_promoted(settings)
    withdrawal_logs.note_replayed_by_a_person()
    assert fence.resume_if_whole()
    promote(owner)
    assert not fence.resume_if_whole()
    promotion.replay_if_promoted(settings)
    fence.hold_restored(clock.now() - timedelta(hours=3), keep_unsettled=True)
    with pytest.raises(fence.WithdrawalsMissing):
        fence.resume_all(set())


def test_after_a_backup_a_person_replays_the_log_before_anything_leaves(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    from mailflatrate.entrypoints.cli.withdrawals import replay_command

    since = clock.now() - timedelta(hours=3)
    fence.hold_restored(since, keep_unsettled=True)
    with pytest.raises(fence.WithdrawalsMissing):
        fence.resume_all(set())
    assert fence.is_held()
    done = CliRunner().invoke(replay_command, ["--since", f"{since:%Y-%m-%dT%H:%M}"])
    assert done.exit_code == 0, done.output
    fence.resume_all(set())
    assert not fence.is_held()


def test_who_came_back_before_the_promotion_stays(
    anna: Customer, owner: psycopg.Connection[tuple[object, ...]], settings: Settings
) -> None:
    """The replica knows both, so the log has nothing to tell it."""
    dora, emil = contacts(anna)
    with tenancy.account(anna.account_id):
        consent.unsubscribe(dora.id, list_id=anna.list_id, by="link", source="test")
        consent.unsubscribe(emil.id, list_id=anna.list_id, by="link", source="test")
    log_waiting(open_log(settings))
    owner.execute("UPDATE subscription SET state = 'confirmed' WHERE contact_id = %s", [dora.id])
    promote(owner)
    promotion.replay_if_promoted(settings)
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
