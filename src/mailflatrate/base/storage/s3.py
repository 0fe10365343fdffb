"""Files in a bucket of an S3-compatible service."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from mailflatrate.base.storage.interface import (
    ListedFile,
    MeasuredStream,
    NameRefused,
    NotStored,
    StorageFailed,
    StoredFileInfo,
    checked_name,
)
from mailflatrate.settings.schema import Settings, SettingsError
from mailflatrate.wire.bucket import BucketAccess, BucketFailed, MissingPackage, NoObject, TokenBucket


class S3Files:
    """Files at `<prefix>/<account>/<area>/<name>` of a bucket."""

    def __init__(self, access: BucketAccess, prefix: str) -> None:
        self._bucket = TokenBucket(access)
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    @classmethod
    def from_settings(cls, settings: Settings) -> "S3Files":
        if settings.s3_bucket is None:
            raise SettingsError("MAILFLATRATE_S3_BUCKET is not set")
        access = BucketAccess(
            bucket=settings.s3_bucket, endpoint=settings.s3_endpoint, region=settings.s3_region,
            access_key=settings.s3_access_key, secret_key=settings.s3_secret_key, path_style=settings.s3_path_style,
            ca_file=settings.s3_ca_file, encryption=settings.s3_encryption, kms_key=settings.s3_kms_key,
        )  # fmt: skip
        try:
            return cls(access, settings.s3_prefix)
        except MissingPackage as problem:
            raise SettingsError(str(problem)) from problem

    def put(self, account_id: int, name: str, read: Callable[[int], bytes]) -> StoredFileInfo:
        """Store a file; the service shows an object only when all of its parts have arrived."""
        measured = MeasuredStream(read)
        try:
            self._bucket.put(self._key(account_id, name), measured.read)
        except BucketFailed as problem:
            raise StorageFailed(str(problem)) from problem
        return measured.stored(name)

    def read_into(self, account_id: int, name: str, write: Callable[[bytes], object]) -> None:
        try:
            self._bucket.read_into(self._key(account_id, name), write)
        except NoObject:
            raise NotStored(name) from None
        except BucketFailed as problem:
            raise StorageFailed(str(problem)) from problem

    def exists(self, account_id: int, name: str) -> bool:
        try:
            return self._bucket.exists(self._key(account_id, name))
        except BucketFailed as problem:
            raise StorageFailed(str(problem)) from problem

    def delete(self, account_id: int, name: str) -> None:
        try:
            self._bucket.delete(self._key(account_id, name))
        except BucketFailed as problem:
            raise StorageFailed(str(problem)) from problem

    def list_files(self, account_id: int | None = None) -> Iterator[ListedFile]:
        """List the objects below the prefix; skip those that we did not create."""
        below = self._prefix if account_id is None else f"{self._prefix}{account_id}/"
        try:
            for list_object in self._bucket.list_objects(below):
                account, _, name = list_object.key.removeprefix(self._prefix).partition("/")
                with suppress(NameRefused):
                    if account.isdecimal():
                        yield ListedFile(int(account), checked_name(name), list_object.octets, list_object.changed_at)
        except BucketFailed as problem:
            raise StorageFailed(str(problem)) from problem

    def _key(self, account_id: int, name: str) -> str:
        return f"{self._prefix}{int(account_id)}/{checked_name(name)}"
