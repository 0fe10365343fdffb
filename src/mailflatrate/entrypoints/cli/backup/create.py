"""Creates a backup: one snapshot of the database, then keys, files and journals, and the manifest last."""

import importlib.metadata
import io
import json
import os
import secrets
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import psycopg

from mailflatrate.entrypoints.cli.backup import manifest as of
from mailflatrate.entrypoints.cli.backup.manifest import BackupFile, Manifest, Origin
from mailflatrate.entrypoints.cli.backup.tools import find_tool, run_tool
from mailflatrate.settings.fingerprints import fingerprints
from mailflatrate.settings.roles import owner_url
from mailflatrate.settings.schema import Settings, StorageKind
from mailflatrate.settings.secrets import load_secrets

PARTIAL = ".partial"
_ORIGIN = """
SELECT statement_timestamp(), current_setting('server_version_num')::int,
    (SELECT system_identifier::text FROM pg_control_system()),
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), pg_current_wal_insert_lsn()::text, pg_export_snapshot()
"""


def make_backup(
    settings: Settings, target: Path, *, with_keys: bool, with_files: bool, tell: Callable[[str], None]
) -> Manifest:
    """Write a backup to `target`, which appears only when complete. Call it after `boot`."""
    if target.exists():
        raise click.ClickException(f"{target} already exists")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}{PARTIAL}")
    draft.mkdir(mode=0o700)
    try:
        with _snapshot(settings) as (origin, snapshot):
            _dump(settings, draft / of.DATABASE, snapshot, origin.server_version, tell)
        if with_keys:
            _write_keys(draft / of.KEYS)
        # After the snapshot: a journal then knows everything that the dump may lack.
        _pack_journals(settings, draft / of.JOURNALS)
        if with_files and settings.storage is not StorageKind.DATABASE:
            pack_files(draft / of.FILES, tell)
        parts = [_finished(draft / name) for name in (of.DATABASE, of.KEYS, of.FILES, of.JOURNALS)]
        version = importlib.metadata.version("mailflatrate")
        made = Manifest(version, origin, fingerprints(load_secrets()), tuple(part for part in parts if part))
        made.write(draft)
        _flush(draft / of.FILE)
        draft.rename(target)
        _flush(target.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return made


@contextmanager
def _snapshot(settings: Settings) -> Iterator[tuple[Origin, str]]:
    with psycopg.connect(owner_url(settings)) as link:
        link.execute("SET SESSION idle_in_transaction_session_timeout = 0")
        link.commit()
        link.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = link.execute(_ORIGIN).fetchone()
        assert row is not None
        at, version, system, timeline, lsn, snapshot = row
        applied = link.execute("SELECT app || '/' || name FROM django_migrations ORDER BY 1").fetchall()
        names = tuple(name for (name,) in applied)
        yield Origin(at.astimezone(UTC), version, system, timeline, lsn, names), snapshot


def _dump(settings: Settings, path: Path, snapshot: str, version: int, tell: Callable[[str], None]) -> None:
    began = time.monotonic()
    tool = find_tool("pg_dump", version // 10000)
    arguments = ["--format=custom", f"--snapshot={snapshot}", "--no-owner", "--lock-wait-timeout=60s", "--file"]
    run_tool(tool, owner_url(settings), *arguments, str(path))
    tell(f"database: {path.stat().st_size / 1e6:.1f} MB in {time.monotonic() - began:.0f} s, by {tool}")


def _write_keys(path: Path) -> None:
    keys = load_secrets()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"secret_key": keys.secret_key, "token_keys": keys.token_keys}, file)


def _pack_journals(settings: Settings, path: Path) -> None:
    """Pack the journals of this host's senders. They grow while being read; a truncated line is skipped later."""
    folder = settings.data_dir / "journal"
    with tarfile.open(path, "w") as archive:
        for journal in sorted([*folder.glob("*.journal"), *folder.glob("*.kept")]):
            try:
                data = journal.read_bytes()
            except FileNotFoundError:  # its sender has just ended
                continue
            _add(archive, journal.name, len(data), data)


def pack_files(path: Path, tell: Callable[[str], None]) -> None:
    from mailflatrate.base.storage.backends import active
    from mailflatrate.base.storage.files import scratch_file
    from mailflatrate.base.storage.interface import OWN_ACCOUNT, NotStored

    backend, count, began = active(), 0, time.monotonic()
    with tarfile.open(path, "w") as archive:
        for list_file in backend.list_files():
            if list_file.account_id == OWN_ACCOUNT:
                continue
            with scratch_file() as file:
                try:
                    backend.read_into(list_file.account_id, list_file.name, file.write)
                except NotStored:  # deleted since it was listed
                    continue
                size = file.tell()
                file.seek(0)
                _add(archive, f"{list_file.account_id}/{list_file.name}", size, file)
            count += 1
            if count % 1000 == 0:
                tell(f"files: {count}")
    tell(f"files: {count}, {path.stat().st_size / 1e6:.1f} MB in {time.monotonic() - began:.0f} s")


def _add(archive: tarfile.TarFile, name: str, size: int, content: Any) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
    archive.addfile(entry, io.BytesIO(content) if isinstance(content, bytes) else content)


def _finished(path: Path) -> BackupFile | None:
    if not path.exists():
        return None
    path.chmod(0o600)
    _flush(path)
    return of.measure(path)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def default_name(now: datetime) -> str:
    return f"mailflatrate-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def drop_old(folder: Path, keep: int, tell: Callable[[str], None]) -> None:
    """Delete all but the newest backups of a folder, and drafts that a dead process left more than a day ago."""
    finished = sorted(path.parent for path in folder.glob(f"mailflatrate-*/{of.FILE}"))
    old_drafts = [p for p in folder.glob(f".mailflatrate-*{PARTIAL}") if p.stat().st_mtime < time.time() - 86_400]
    for path in [*finished[:-keep], *old_drafts]:
        shutil.rmtree(path)
        tell(f"removed {path.name}")
