"""Settings for data outside the database's tables: uploads, pictures, the withdrawals log."""

from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from mailflatrate.settings.section import PREFIX, Positive, Section


class StorageKind(StrEnum):
    DATABASE = "database"
    DIRECTORY = "directory"
    S3 = "s3"


class S3Encryption(StrEnum):
    NONE = ""
    AES256 = "AES256"
    KMS = "aws:kms"


class StorageSettings(Section):
    storage: StorageKind = Field(
        StorageKind.DATABASE,
        description="Where uploads and images are stored: `database`, `directory` or `s3`. Files in another configured "
        "place are still found; `mailflatrate storage move` moves them.",
    )
    storage_dir: Path | None = Field(
        None,
        description="Folder for `directory`. With several hosts, use a file system that all of them mount. Default: "
        "`storage` in the data folder.",
    )
    s3_bucket: str | None = Field(None, description="Bucket for `s3`. Needs the extra `mailflatrate[s3]`.")
    s3_endpoint: str | None = Field(
        None,
        pattern="^https?://[^/]+/?$",
        description="Address of an S3-compatible service, `https://...`. Default: Amazon S3. Plain http is "
        "allowed only for loopback addresses.",
    )
    s3_region: str = Field("us-east-1", description="Region of the bucket.")
    s3_prefix: str = Field(
        "mailflatrate",
        pattern=r"^[A-Za-z0-9._/-]*$",
        description="Prefix of every key, for a shared bucket.",
    )
    s3_access_key: str | None = Field(
        None, description="Access key of the bucket. Empty: the host's credentials are used (environment, role)."
    )
    s3_secret_key: str | None = Field(None, description="Secret key of the bucket.")
    s3_path_style: bool = Field(
        False, description="Put the bucket name in the path. Most self-hosted services need this."
    )
    s3_ca_file: Path | None = Field(
        None, description="PEM file of the authority that issued the service's certificate."
    )
    s3_encryption: S3Encryption = Field(
        S3Encryption.NONE, description="Server-side encryption: `AES256` or `aws:kms`. Empty: the service's default."
    )
    s3_kms_key: str | None = Field(None, description="KMS key for `aws:kms`.")

    withdrawals_dir: Path | None = Field(
        None,
        description="Folder of the withdrawals log, which completes a restored backup. Best mounted from another host. "
        "Default: the bucket if MAILFLATRATE_STORAGE=s3, otherwise `withdrawals` in the data folder.",
    )
    withdrawals_keep_days: Positive = Field(
        90,
        description="Days the withdrawals log is kept. Keep it at least as long as the oldest backup you would "
        "restore.",
    )

    media_quota_megabytes: Positive = Field(250, description="Space for the images of one account, in megabytes.")

    @model_validator(mode="after")
    def _whole_storage(self) -> Self:
        if self.storage is StorageKind.S3 and self.s3_bucket is None:
            raise ValueError(f"{PREFIX}S3_BUCKET: name the bucket that {PREFIX}STORAGE=s3 writes to")
        if (self.s3_access_key is None) != (self.s3_secret_key is None):
            raise ValueError(f"{PREFIX}S3_ACCESS_KEY, {PREFIX}S3_SECRET_KEY: set both or neither")
        endpoint = urlsplit(self.s3_endpoint or "")
        if endpoint.scheme == "http" and endpoint.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError(
                f"{PREFIX}S3_ENDPOINT: use https; otherwise customers' files cross the network unencrypted"
            )
        return self
