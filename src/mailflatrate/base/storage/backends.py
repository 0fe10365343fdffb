"""The backends of this installation: the one for writes, and those that may still hold files."""

from functools import cache

from mailflatrate.base.storage.database import DatabaseFiles
from mailflatrate.base.storage.directory import DirectoryFiles
from mailflatrate.base.storage.interface import Backend
from mailflatrate.settings.schema import Settings, StorageKind, load_settings


@cache
def active() -> Backend:
    settings = load_settings()
    return open_backend(settings, settings.storage)


@cache
def readable() -> tuple[Backend, ...]:
    """Return the active backend, then the other configured ones, because during a move files are in two places."""
    settings = load_settings()
    others = [kind for kind in configured(settings) if kind is not settings.storage]
    return (active(), *(open_backend(settings, kind) for kind in others))


def configured(settings: Settings) -> list[StorageKind]:
    kinds = [StorageKind.DATABASE]
    if settings.storage is StorageKind.DIRECTORY or settings.storage_dir is not None:
        kinds.append(StorageKind.DIRECTORY)
    if settings.s3_bucket is not None:
        kinds.append(StorageKind.S3)
    return kinds


def open_backend(settings: Settings, kind: StorageKind) -> Backend:
    """Open a backend without connecting yet. Raises SettingsError if `s3` lacks its package."""
    if kind is StorageKind.DIRECTORY:
        return DirectoryFiles(settings.storage_folder)
    if kind is StorageKind.S3:
        from mailflatrate.base.storage.s3 import S3Files  # boto3 is an extra and costs 40 MB

        return S3Files.from_settings(settings)
    return DatabaseFiles()
