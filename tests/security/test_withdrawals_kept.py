"""Attacks on the way of a withdrawal into its log and out of it: disks, clocks, moves, and rows that say nonsense."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection

from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.withdrawals.log import BucketLog, FolderLog, WithdrawalsLog, every_log, read_paths
from mailflatrate.apps.privacy.withdrawals.log_lines import LineRefused, WithdrawalLine, read_line
from mailflatrate.apps.privacy.withdrawals.log_writer import log_waiting
from mailflatrate.apps.privacy.withdrawals.replay import replay
from mailflatrate.apps.suppression.models import WithdrawalKind
from mailflatrate.base import clock, tenancy
from mailflatrate.base.storage.directory import DirectoryFiles
from mailflatrate.base.storage.move import move_files
from mailflatrate.settings.schema import load_settings
from support.contact_files import HEADER
from support.customers import customer_with_list, sending_customer

ROW = "dora@kunde-1.de;D;D;2026-10-01T09:00:00Z;192.0.2.1;2026-10-01T09:05:00Z;https://a.example/;Kiel"
INSERT = (
    "INSERT INTO withdrawal_outbox (account_id, kind, reason, contact_id, address_key, at)"
    " VALUES (%s, %s, %s, 1, %s, now())"
)
POISON = [
    ("standing", "nonsense", None),
    ("suppressed", "nonsense", b"x" * 32),
    ("suppressed", "complaint", None),
    ("suppressed", "complaint", b""),
    ("suppressed", "complaint", b"x" * 9_000),
    ("nonsense", "", None),
    ("withdrawn", "why", None),
]


def kind_of(text: str) -> str:
    try:
        return read_line(text).kind.value
    except LineRefused:
        return "refused"


@pytest.mark.parametrize("written", [1, 50, 120])
def test_a_line_after_a_torn_one_is_whole(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """The disk is full in the midst of a line, and has room again a minute later."""
    log_waiting(FolderLog(tmp_path / "earlier"))
    anna, before, log = customer_with_list("Anna"), clock.now(), FolderLog(tmp_path / "log")
    anna.bring("\n".join([HEADER, ROW]))
    with tenancy.account(anna.account_id):
        consent.unsubscribe(Contact.objects.get().id, list_id=anna.list_id, by="link", source="test")
    write, calls = os.write, list[int]()

    def full(file: int, data: bytes) -> int:
        calls.append(file)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return write(file, bytes(data)[:written])

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "write", full)
        log_waiting(log)
    assert log_waiting(log) >= 1
    assert "withdrawn" in map(kind_of, log.read(before))


@pytest.mark.parametrize("behind", [5, 600, 3_500])
def test_a_host_whose_clock_is_behind_is_read(tmp_path: Path, behind: int) -> None:
    """The backup was made just after a full hour, by the database's clock."""
    made_at = datetime(2026, 11, 27, 3, 0, 1, tzinfo=UTC)
    for log in (FolderLog(tmp_path / "folder"), BucketLog(DirectoryFiles(tmp_path / "bucket"))):
        with clock.frozen_at(made_at + timedelta(seconds=2 - behind)):
            log.write(["her no"])
        assert list(log.read(made_at)) == ["her no"]


def test_a_move_of_the_storage_leaves_the_log_where_a_restore_reads_it(tmp_path: Path) -> None:
    bucket, target = DirectoryFiles(tmp_path / "bucket"), DirectoryFiles(tmp_path / "storage")
    log = BucketLog(bucket)
    log.write(["line of yesterday"])
    parts = [b"a picture"]
    bucket.put(7, "media/one", lambda _size: parts.pop() if parts else b"")
    assert [(found.account_id, found.name) for found in move_files(bucket, target)] == [(7, "media/one")]
    assert list(log.read(clock.now())) == ["line of yesterday"]


def test_every_place_of_earlier_settings_is_read(tmp_path: Path) -> None:
    settings = load_settings().model_copy(
        update={"data_dir": tmp_path, "withdrawals_dir": tmp_path / "mounted", "storage_dir": tmp_path / "storage"}
    )
    logs: list[WithdrawalsLog] = [
        FolderLog(tmp_path / "mounted"),
        FolderLog(tmp_path / "withdrawals"),
        BucketLog(DirectoryFiles(settings.storage_folder)),
    ]
    for number, log in enumerate(logs):
        log.write([f"line {number}"])
    found = [text for log in every_log(settings) for text in log.read(clock.now())]
    assert sorted(found) == ["line 0", "line 1", "line 2"]


def test_copies_of_a_folder_and_of_a_bucket_are_read(tmp_path: Path) -> None:
    FolderLog(tmp_path / "one").write(["in the folder"])
    BucketLog(DirectoryFiles(tmp_path / "two")).write(["in the bucket"])
    (tmp_path / "two" / "other").write_text("something else")
    shutil.copytree(tmp_path / "two", tmp_path / "copy")
    assert sorted(read_paths([tmp_path / "one", tmp_path / "copy"])) == ["in the bucket", "in the folder"]


def test_hosts_that_share_a_folder_have_files_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts: list[Callable[[], str]] = [lambda: "one", lambda: "two.example", lambda: "../three"]
    for host in hosts:
        monkeypatch.setattr("socket.gethostname", host)
        FolderLog(tmp_path).write([f"of {host()}"])
    assert len(list(tmp_path.iterdir())) == 3
    assert set(FolderLog(tmp_path).read(clock.now())) == {f"of {host()}" for host in hosts}


def test_a_folder_has_one_name_on_every_host(tmp_path: Path) -> None:
    assert FolderLog(tmp_path / "a").place() == FolderLog(tmp_path / "a").place() != FolderLog(tmp_path / "b").place()


def test_sql_of_an_account_writes_nothing_into_the_outbox(database: str) -> None:
    anna, carla = sending_customer(people=1), sending_customer(people=1)
    for account in (anna.account_id, carla.account_id, None):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            tenancy.account(carla.account_id),
            connection.cursor() as cursor,
        ):
            cursor.execute(INSERT, [account, "suppressed", "complaint", b"x" * 32])


@pytest.mark.parametrize(("kind", "reason", "key"), POISON)
def test_no_row_is_in_the_outbox_that_could_not_be_replayed(
    database: str, kind: str, reason: str, key: bytes | None
) -> None:
    """Not even the owner's triggers write one."""
    with psycopg.connect(database) as owner, pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(INSERT, [1, kind, reason, key])


def test_sql_of_an_account_cannot_stop_the_log_of_all(database: str, tmp_path: Path) -> None:
    """By what it may write, a suppression of its own, with a reason or a hash that nobody knows."""
    carla, dora = sending_customer(people=1), sending_customer(people=1)
    for reason, key in (("nonsense", b"x" * 32), ("complaint", b""), ("complaint", b"x" * 9_000)):
        with pytest.raises(DatabaseError), tenancy.account(carla.account_id), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO suppression (account_id, address_key, reason, source, evidence, created_at)"
                " VALUES (%s, %s, %s, 't', '{}', now())",
                [carla.account_id, key, reason],
            )
    before = clock.now()
    with tenancy.account(dora.account_id):
        consent.unsubscribe(Contact.objects.get().id, list_id=dora.list_id, by="link", source="test")
    log_waiting(FolderLog(tmp_path))
    assert "withdrawn" in map(kind_of, FolderLog(tmp_path).read(before))


def test_a_sealed_line_that_cannot_take_effect_stops_none_after_it(database: str) -> None:
    """Of an earlier version, or of a row that was believed before the outbox checked."""
    anna, now = sending_customer(people=1), clock.now()
    with tenancy.account(anna.account_id):
        contact = Contact.objects.get().id
    lines = [
        WithdrawalLine(now, WithdrawalKind.ACCOUNT_STATUS, anna.account_id, "nonsense"),
        WithdrawalLine(now, WithdrawalKind.SUPPRESSED, anna.account_id, "nonsense", None, None, b"x" * 32),
        WithdrawalLine(now, WithdrawalKind.SUPPRESSED, anna.account_id, "complaint"),
        WithdrawalLine(now, WithdrawalKind.SUPPRESSED, None, "complaint"),
        WithdrawalLine(now, WithdrawalKind.WITHDRAWN, anna.account_id, "", contact, anna.list_id),
    ]
    assert replay([line.write() for line in lines], now) == {"refused": 4, "withdrawn": 1}
