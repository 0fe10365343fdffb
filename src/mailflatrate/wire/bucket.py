"""A bucket of an S3-compatible service, via boto3. Objects are uploaded in parts of 8 MB, and downloaded in chunks."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

PART_BYTES: Final = 8 * 1024 * 1024
CHUNK_BYTES: Final = 1024 * 1024
CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 30
_ABSENT = ("404", "NoSuchKey", "NotFound")


class MissingPackage(Exception):
    """boto3 is not installed; the message says how to install it."""


class BucketFailed(Exception):
    """The service cannot be reached or refuses; the message says why, without revealing a key."""


class NoObject(Exception):
    pass


@dataclass(frozen=True, slots=True)
class BucketAccess:
    """Without keys, boto3 uses the host's own credentials (environment, role)."""

    bucket: str
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    path_style: bool = False
    ca_file: Path | None = None
    encryption: str = ""
    kms_key: str | None = None


@dataclass(frozen=True, slots=True)
class ListedObject:
    key: str
    octets: int
    changed_at: datetime


@lru_cache(maxsize=16)
def _client(access: BucketAccess) -> Any:
    """Return boto3's client, which threads may share; making one reads descriptions of the service for 0.3 seconds."""
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client(
        "s3", endpoint_url=access.endpoint, region_name=access.region, aws_access_key_id=access.access_key,
        aws_secret_access_key=access.secret_key, verify=str(access.ca_file) if access.ca_file else None,
        config=Config(
            connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 4, "mode": "standard"},
            s3={"addressing_style": "path" if access.path_style else "auto"},
            # Newer checksums are unknown to many compatible services; TLS and our own SHA-256 protect the bytes.
            request_checksum_calculation="when_required", response_checksum_validation="when_required",
        ),
    )  # fmt: skip


class TokenBucket:
    """One bucket. Safe to use from several threads; no connection is made before the first call."""

    def __init__(self, access: BucketAccess) -> None:
        try:
            from botocore.exceptions import BotoCoreError, ClientError

            self._client: Any = _client(access)
        except ImportError as problem:
            raise MissingPackage("boto3 is not installed: pip install 'mailflatrate[s3]'") from problem
        self._name = access.bucket
        self._errors = (BotoCoreError, ClientError)
        self._client_error = ClientError
        self._sealing: dict[str, str] = {}
        if access.encryption:
            self._sealing["ServerSideEncryption"] = access.encryption
        if access.kms_key:
            self._sealing["SSEKMSKeyId"] = access.kms_key

    def put(self, key: str, read: Callable[[int], bytes]) -> None:
        """It becomes visible once complete. Raises BucketFailed, and any exception that `read` raises."""
        first = read(PART_BYTES)
        try:
            if len(first) < PART_BYTES:
                self._client.put_object(Bucket=self._name, Key=key, Body=first, **self._sealing)
            else:
                self._put_parts(key, first, read)
        except self._errors as problem:
            raise self._failed(problem) from problem

    def _put_parts(self, key: str, first: bytes, read: Callable[[int], bytes]) -> None:
        begun = self._client.create_multipart_upload(Bucket=self._name, Key=key, **self._sealing)
        where = {"Bucket": self._name, "Key": key, "UploadId": begun["UploadId"]}
        try:
            parts: list[dict[str, Any]] = []
            part = first
            while part:
                number = len(parts) + 1
                done = self._client.upload_part(**where, PartNumber=number, Body=part)
                parts.append({"PartNumber": number, "ETag": done["ETag"]})
                part = read(PART_BYTES)
            self._client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
        except BaseException:
            with suppress(*self._errors):  # a rule of the bucket removes what a dead host left
                self._client.abort_multipart_upload(**where)
            raise

    def read_into(self, key: str, write: Callable[[bytes], object]) -> None:
        """Pass on an object in chunks. Raises NoObject, BucketFailed."""
        try:
            body = self._client.get_object(Bucket=self._name, Key=key)["Body"]
            for chunk in body.iter_chunks(CHUNK_BYTES):
                write(chunk)
        except self._errors as problem:
            if self._is_absent(problem):
                raise NoObject(key) from None
            raise self._failed(problem) from problem

    def exists(self, key: str) -> bool:
        """Return whether the object exists. Raises BucketFailed."""
        try:
            self._client.head_object(Bucket=self._name, Key=key)
        except self._errors as problem:
            if self._is_absent(problem):
                return False
            raise self._failed(problem) from problem
        return True

    def delete(self, key: str) -> None:
        """Delete an object. Idempotent. Raises BucketFailed."""
        try:
            self._client.delete_object(Bucket=self._name, Key=key)
        except self._errors as problem:
            raise self._failed(problem) from problem

    def list_objects(self, prefix: str) -> Iterator[ListedObject]:
        """List the objects whose keys begin with `prefix`, a thousand per request. Raises BucketFailed."""
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix):
                for content in page.get("Contents", ()):
                    yield ListedObject(content["Key"], content["Size"], content["LastModified"])
        except self._errors as problem:
            raise self._failed(problem) from problem

    def _is_absent(self, problem: Exception) -> bool:
        return isinstance(problem, self._client_error) and problem.response["Error"]["Code"] in _ABSENT

    def _failed(self, problem: Exception) -> BucketFailed:
        if isinstance(problem, self._client_error):
            error = problem.response["Error"]
            return BucketFailed(f"bucket {self._name}: {error['Code']}: {error.get('Message', '')}"[:300])
        return BucketFailed(f"bucket {self._name}: {problem}"[:300])
