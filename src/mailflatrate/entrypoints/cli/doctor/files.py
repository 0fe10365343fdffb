"""Uploads and pictures: which backend is in use, and whether it works."""

import secrets
from collections.abc import Iterator

from django.db import connection

from mailflatrate.base import job_queue, tenancy
from mailflatrate.base.storage.backends import configured, open_backend
from mailflatrate.base.storage.interface import OWN_ACCOUNT, Backend, NotStored, StorageFailed
from mailflatrate.base.storage.move import files_of_accounts
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.boot.doctor_report import Line, missing, ok, warning
from mailflatrate.settings.schema import Settings, SettingsError, StorageKind

PROBE_OCTETS = 64 * 1024
HEARTBEAT_SECONDS = 60
_OUTBOX = "SELECT count(*) FROM withdrawal_outbox WHERE at < now() - interval '10 minutes'"


def storage_lines(settings: Settings) -> Iterator[Line]:
    """Write, read and delete a test file; then look for files left in another backend, and hosts that share none."""
    kind = settings.storage
    place = {StorageKind.DIRECTORY: str(settings.storage_folder), StorageKind.S3: f"bucket {settings.s3_bucket}"}
    try:
        backend = open_backend(settings, kind)
        problem = _probe(backend)
    except (StorageFailed, SettingsError) as failed:
        problem = str(failed)
    if problem:
        yield missing("storage", f"{kind.value}: {problem}", "Imports and images fail until this host can use it.")
        return
    yield ok("storage", f"{kind.value} stores uploads and images: {place.get(kind, 'in each backup')}; it works")
    if kind is StorageKind.DIRECTORY and len(hosts := _hosts()) > 1:
        yield warning(
            "storage",
            f"files are in a directory, and {len(hosts)} hosts are running ({', '.join(hosts)[:200]})",
            "Mount the same file system there on all of them, or use `database` or `s3`.",
        )
    yield from _left_elsewhere(settings)


def withdrawals_lines(settings: Settings) -> Iterator[Line]:
    with tenancy.platform(PlatformReason.WITHDRAWALS), connection.cursor() as cursor:
        cursor.execute(_OUTBOX)
        (waiting,) = cursor.fetchone()
    place = (
        f"bucket {settings.s3_bucket}"
        if settings.withdrawals_dir is None and settings.storage is StorageKind.S3
        else str(settings.withdrawals_folder)
    )
    if waiting:
        yield warning(
            "backup",
            f"{waiting} withdrawals have been waiting to be logged ({place}) for over ten minutes",
            "Start a worker for the queue `house`. If one is running, its log says why it can't write there.",
        )
    elif settings.withdrawals_dir is None and settings.storage is not StorageKind.S3:
        yield warning(
            "backup",
            f"the withdrawals log is on the worker's own disk ({place}) and would be lost with it",
            "Set MAILFLATRATE_WITHDRAWALS_DIR to a folder on another host, or copy the log elsewhere every few "
            "minutes.",
        )
    else:
        yield ok("backup", f"withdrawals are logged in {place}")


def _probe(backend: Backend) -> str:
    name, data, seen = f"probe/{secrets.token_hex(8)}", secrets.token_bytes(PROBE_OCTETS), bytearray()
    parts = [data]
    try:
        backend.put(OWN_ACCOUNT, name, lambda _size: parts.pop() if parts else b"")
        backend.read_into(OWN_ACCOUNT, name, seen.extend)
    except NotStored:
        return "a file that was written is missing"
    finally:
        backend.delete(OWN_ACCOUNT, name)
    if bytes(seen) != data:
        return "a file has different content from what was written"
    return "a file that was deleted still exists" if backend.exists(OWN_ACCOUNT, name) else ""


def _hosts() -> list[str]:
    return sorted({worker.host for worker in job_queue.workers(HEARTBEAT_SECONDS)})


def _left_elsewhere(settings: Settings) -> Iterator[Line]:
    for kind in configured(settings):
        if kind is not settings.storage and any(True for _ in files_of_accounts(open_backend(settings, kind))):
            yield warning(
                "storage",
                f"{kind.value} still holds files",
                f"Run `mailflatrate storage move --to {settings.storage.value}`.",
            )
