"""Stored files: one contract for the database, a directory and an S3-compatible service (ADR 0027)."""

import hashlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from mailflatrate.base import tenancy
from mailflatrate.base.storage import backends, files
from mailflatrate.base.storage.database import DatabaseFiles
from mailflatrate.base.storage.directory import DirectoryFiles
from mailflatrate.base.storage.interface import CHUNK_BYTES, Backend, NameRefused, NotStored, StorageFailed
from mailflatrate.base.storage.move import MoveResult, move_files
from mailflatrate.base.storage.s3 import S3Files
from mailflatrate.entrypoints.boot.doctor_report import Level
from mailflatrate.entrypoints.cli.doctor.files import storage_lines
from mailflatrate.settings.schema import SettingsError, read_settings
from support.s3_server import BUCKET, client, s3_server

pytestmark = pytest.mark.usefixtures("database")
ANNA, CARLA = 900_000_001, 900_000_002
MB = 1024 * 1024


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


def s3_files(address: str, **more: str) -> S3Files:
    return S3Files.from_settings(read_settings({
        "MAILFLATRATE_S3_ENDPOINT": address, "MAILFLATRATE_S3_BUCKET": BUCKET, "MAILFLATRATE_S3_PATH_STYLE": "true",
        "MAILFLATRATE_S3_ACCESS_KEY": "anna", "MAILFLATRATE_S3_SECRET_KEY": "winterzwiebeln", **more,
    }))  # fmt: skip


@pytest.fixture(params=["database", "directory", "s3"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "database":
        return DatabaseFiles()
    if request.param == "directory":
        return DirectoryFiles(tmp_path / "files")
    return s3_files(request.getfixturevalue("s3"))


def fresh_name() -> str:
    return f"uploads/{secrets.token_hex(16)}"


def source(data: bytes) -> Callable[[int], bytes]:
    left = memoryview(data)

    def read(size: int) -> bytes:
        nonlocal left
        part, left = bytes(left[:size]), left[size:]
        return part

    return read


def content(backend: Backend, account_id: int, name: str) -> bytes:
    parts: list[bytes] = []
    backend.read_into(account_id, name, parts.append)
    return b"".join(parts)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 9 * MB])
def test_what_is_put_is_what_is_read(backend: Backend, size: int) -> None:
    name, data = fresh_name(), secrets.token_bytes(size)
    assert not backend.exists(ANNA, name)
    stored = backend.put(ANNA, name, source(data))
    assert (stored.octets, stored.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert backend.exists(ANNA, name)
    assert content(backend, ANNA, name) == data
    assert [(one.account_id, one.octets) for one in backend.list_files(ANNA) if one.name == name] == [(ANNA, size)]
    backend.delete(ANNA, name)
    backend.delete(ANNA, name)
    assert not backend.exists(ANNA, name)
    with pytest.raises(NotStored):
        content(backend, ANNA, name)
    assert name not in {one.name for one in backend.list_files()}


def test_a_second_put_replaces_the_file(backend: Backend) -> None:
    name = fresh_name()
    backend.put(ANNA, name, source(b"a" * (CHUNK_BYTES + 5)))
    backend.put(ANNA, name, source(b"b"))
    assert content(backend, ANNA, name) == b"b"
    assert len([one for one in backend.list_files(ANNA) if one.name == name]) == 1


def test_writers_of_one_name_leave_one_whole_file(backend: Backend) -> None:
    name, problems = fresh_name(), []

    def write(letter: bytes) -> None:
        try:
            backend.put(ANNA, name, source(letter * (2 * CHUNK_BYTES)))
        except Exception as problem:  # shown by the assertion
            problems.append(problem)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c", b"d")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert problems == []
    data = content(backend, ANNA, name)
    assert len(data) == 2 * CHUNK_BYTES
    assert len(set(data)) == 1


@pytest.mark.parametrize("dies_after", [0, 3 * MB, 17 * MB])
def test_an_upload_that_dies_leaves_nothing_to_see(backend: Backend, dies_after: int) -> None:
    name = fresh_name()
    given = 0

    def read(size: int) -> bytes:
        nonlocal given
        if given >= dies_after:
            raise ConnectionResetError("the browser is gone")
        given += size
        return b"x" * size

    before = {one.name for one in backend.list_files()}
    with pytest.raises(ConnectionResetError):
        backend.put(ANNA, name, read)
    assert not backend.exists(ANNA, name)
    assert {one.name for one in backend.list_files()} == before


def test_an_upload_that_dies_leaves_no_parts_in_the_bucket(s3: str) -> None:
    test_an_upload_that_dies_leaves_nothing_to_see(s3_files(s3), 17 * MB)
    assert "Uploads" not in client(s3).list_multipart_uploads(Bucket=BUCKET)


KILLED = """
import os, sys
from pathlib import Path
from mailflatrate.base.storage.directory import DirectoryFiles

given = 0

def read(size):
    global given
    given += 1
    return os.kill(os.getpid(), 9) if given > 3 else bytes(size)

DirectoryFiles(Path(sys.argv[1])).put(1, "uploads/x", read)
"""


def test_a_process_that_is_killed_leaves_a_draft_that_is_swept_a_day_later(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    directory = DirectoryFiles(tmp_path)
    assert list(directory.list_files()) == []
    assert not directory.exists(1, "uploads/x")
    (draft,) = (tmp_path / "drafts").iterdir()
    directory.put(1, "uploads/y", source(b"y"))
    assert draft.exists(), "its process may live"
    os.utime(draft, (0, 0))
    directory.put(1, "uploads/y", source(b"y"))
    assert not draft.exists()


def test_an_upload_that_dies_keeps_the_old_file(backend: Backend) -> None:
    name = fresh_name()
    backend.put(ANNA, name, source(b"old"))

    def read(size: int) -> bytes:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        backend.put(ANNA, name, read)
    assert content(backend, ANNA, name) == b"old"


@pytest.mark.parametrize(
    "name",
    [
        "../uploads/x", "uploads/../../etc", "uploads/..", "/etc/passwd", "uploads/x/y", "uploads/", "uploads",
        "900000002/uploads/x", "uploads/x\n", "uploads/x\0", "uploads/%2e%2e", "UPLOADS/x", "uploads/.hidden",
        "uploads/-rf", "uploads/" + "x" * 200, "", "uploads\\x", "uploads/ü",
    ],
)  # fmt: skip
def test_a_name_does_not_leave_its_account(backend: Backend, name: str, tmp_path: Path) -> None:
    if isinstance(backend, DatabaseFiles):
        pytest.skip("names are keys of a row there; `files` refuses them all the same, tested in tests/security")
    for act in (
        lambda: backend.put(ANNA, name, source(b"x")),
        lambda: content(backend, ANNA, name),
        lambda: backend.exists(ANNA, name),
        lambda: backend.delete(ANNA, name),
    ):
        with pytest.raises(NameRefused):
            act()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_same_name_in_two_accounts_is_two_files(backend: Backend) -> None:
    name = fresh_name()
    backend.put(ANNA, name, source(b"anna"))
    with pytest.raises(NotStored):
        content(backend, CARLA, name)
    backend.put(CARLA, name, source(b"carla"))
    backend.delete(CARLA, name)
    assert content(backend, ANNA, name) == b"anna"


def test_a_large_file_goes_through_in_flat_memory(backend: Backend) -> None:
    name, left, got = fresh_name(), 40 * MB, 0

    def read(size: int) -> bytes:
        nonlocal left
        size = min(size, left)
        left -= size
        return bytes(size)

    def write(chunk: bytes) -> None:
        nonlocal got
        got += len(chunk)

    tracemalloc.start()
    try:
        assert backend.put(ANNA, name, read).octets == 40 * MB
        backend.read_into(ANNA, name, write)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert got == 40 * MB
    assert peak < 30 * MB, "a few parts at a time, not the file"
    backend.delete(ANNA, name)


def test_a_file_in_a_directory_is_for_its_user_alone(tmp_path: Path) -> None:
    files = DirectoryFiles(tmp_path / "files")
    files.put(ANNA, "uploads/x", source(b"x"))
    path = tmp_path / "files" / str(ANNA) / "uploads" / "x"
    assert path.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in path.parents[:3]} == {0o700}


def test_the_service_is_told_to_encrypt(s3: str) -> None:
    name = fresh_name()
    for data in (b"small", bytes(9 * MB)):
        s3_files(s3, MAILFLATRATE_S3_ENCRYPTION="AES256").put(ANNA, name, source(data))
        head = client(s3).head_object(Bucket=BUCKET, Key=f"mailflatrate/{ANNA}/{name}")
        assert head["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"MAILFLATRATE_STORAGE": "s3"}, "S3_BUCKET"),
        ({"MAILFLATRATE_S3_ENDPOINT": "http://files.example"}, "S3_ENDPOINT"),
        ({"MAILFLATRATE_S3_SECRET_KEY": "winterzwiebeln"}, "S3_ACCESS_KEY"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(changed: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        read_settings(changed)
    assert "winterzwiebeln" not in str(caught.value)


# -- moving, and the doctor --------------------------------------------------------------------------------------------


def settings_for(kind: str, s3: str, folder: Path) -> dict[str, str]:
    return {
        "MAILFLATRATE_STORAGE": kind,
        "MAILFLATRATE_STORAGE_DIR": str(folder),
        "MAILFLATRATE_S3_ENDPOINT": s3,
        "MAILFLATRATE_S3_BUCKET": BUCKET,
        "MAILFLATRATE_S3_PATH_STYLE": "true",
        "MAILFLATRATE_S3_ACCESS_KEY": "anna",
        "MAILFLATRATE_S3_SECRET_KEY": "winterzwiebeln",
    }


@pytest.mark.slow
def test_files_move_round_the_three_places_and_are_found_all_the_time(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {fresh_name(): secrets.token_bytes(size) for size in (0, 10, CHUNK_BYTES * 3 + 1, 9 * MB)}
    for name, data in made.items():
        DatabaseFiles().put(ANNA, name, source(data))
    for kind in ("s3", "directory", "database"):
        wanted = read_settings(settings_for(kind, s3, tmp_path / "files"))
        monkeypatch.setattr(backends, "load_settings", lambda wanted=wanted: wanted)
        backends.active.cache_clear()
        backends.readable.cache_clear()
        with tenancy.account(ANNA):
            assert all(files.get(name) == data for name, data in made.items()), "before the move"
        target = backends.active()
        for other in backends.readable()[1:]:
            assert all(moved.result is MoveResult.MOVED for moved in move_files(other, target))
            assert list(other.list_files()) == []
            assert list(move_files(other, target)) == [], "a second run has nothing to do"
        assert {one.name for one in target.list_files(ANNA)} >= set(made)
        with tenancy.account(ANNA):
            assert all(files.get(name) == data for name, data in made.items()), "after the move"
    monkeypatch.undo()
    backends.active.cache_clear()
    backends.readable.cache_clear()
    with tenancy.account(ANNA):
        for name in made:
            files.delete(name)


class Lossy(DirectoryFiles):
    """A disk that returns something else than was written to it."""

    def read_into(self, account_id: int, name: str, write: Callable[[bytes], object]) -> None:
        write(b"rotten")


def test_a_copy_that_reads_differently_is_not_taken_for_the_file(tmp_path: Path) -> None:
    source_files, name = DirectoryFiles(tmp_path / "old"), fresh_name()
    source_files.put(ANNA, name, source(b"whole"))
    target = Lossy(tmp_path / "new")
    with pytest.raises(StorageFailed, match="the original was kept"):
        list(move_files(source_files, target))
    assert content(source_files, ANNA, name) == b"whole"
    assert not target.exists(ANNA, name)


@pytest.mark.parametrize("kind", ["database", "directory", "s3"])
def test_the_doctor_tries_the_place_that_is_in_use(kind: str, s3: str, tmp_path: Path) -> None:
    first, *_ = storage_lines(read_settings(settings_for(kind, s3, tmp_path / "files")))
    assert (first.level, first.topic) == (Level.OK, "storage")
    assert kind in first.text
    assert not list(DatabaseFiles().list_files(0))


def test_the_doctor_asks_whether_several_hosts_share_the_directory(database: str, s3: str, tmp_path: Path) -> None:
    wanted = read_settings(settings_for("directory", s3, tmp_path / "files"))
    with psycopg.connect(database, autocommit=True) as owner:
        workers = []
        for host in ("mail-1", "mail-2"):
            (worker,) = owner.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id").fetchone() or ()
            owner.execute(
                "INSERT INTO worker_process (worker_id, name, host, pid, queues) VALUES (%s, 'worker', %s, 1, '{}')",
                [worker, host],
            )
            workers.append(worker)
        try:
            warned = [line for line in storage_lines(wanted) if line.level is Level.WARNING]
            assert [line for line in warned if "mail-1, mail-2" in line.text and "same file system" in line.fix]
        finally:
            owner.execute("DELETE FROM procrastinate_workers WHERE id = ANY(%s)", [workers])
    assert not [line for line in storage_lines(wanted) if "hosts are running" in line.text]


def test_the_doctor_says_what_does_not_work(s3: str, tmp_path: Path) -> None:
    broken = settings_for("s3", s3, tmp_path) | {"MAILFLATRATE_S3_BUCKET": "nobodys-bucket"}
    (line,) = storage_lines(read_settings(broken))
    assert (line.level, "NoSuchBucket" in line.text) == (Level.MISSING, True)
    (tmp_path / "file").write_text("")
    (line,) = storage_lines(read_settings(settings_for("directory", s3, tmp_path / "file")))
    assert line.level is Level.MISSING
