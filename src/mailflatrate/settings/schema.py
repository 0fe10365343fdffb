"""The only schema of settings: a field is `MAILFLATRATE_<NAME>` (and `DATABASE_URL`). An unknown variable or a
malformed value stops the start with its name. `docs/settings.md` is generated from all sections.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator

from mailflatrate.rules.sending.shaping import read_shaping
from mailflatrate.rules.stricter_limits import read_tighter
from mailflatrate.settings.database import DatabaseSettings
from mailflatrate.settings.inbound import InboundSettings
from mailflatrate.settings.section import PREFIX, Port, Positive, SettingsError
from mailflatrate.settings.services import CustomerDomainSettings, VettingSettings, WritingSettings
from mailflatrate.settings.storage import S3Encryption, StorageKind, StorageSettings
from mailflatrate.wire.smtp.types import TlsMode

__all__ = [
    "LogFormat", "S3Encryption", "Settings", "SettingsError", "StorageKind", "TlsMode", "blocklists",
    "environment_name", "load_settings", "read_settings",
]  # fmt: skip

# Variables without our prefix that deployments know by this name.
BARE_NAMES = {"database_url": "DATABASE_URL", "otlp_endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT"}

FILE_SUFFIX = "_FILE"
SECRETS = (
    "database_url", "app_database_url", "pooler_database_url", "secret_key", "token_keys", "relay_password",
    "imap_password", "s3_secret_key", "writing_key",
)  # fmt: skip
"""Fields that may be read from a file; its path is in the variable whose name ends in `_FILE`."""
LARGEST_SECRET_OCTETS = 65_536

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class MarkMode(StrEnum):
    AUTO = "auto"
    EACH = "each"


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


class Settings(
    InboundSettings, StorageSettings, DatabaseSettings, VettingSettings, CustomerDomainSettings, WritingSettings
):
    data_dir: Path = Field(Path("var"), description="Folder for the embedded database, secrets and journals.")
    secret_key: str | None = Field(
        None, description="Secret that signs sessions. Default: generated and stored in the data folder."
    )
    token_keys: str | None = Field(
        None,
        description="Key ring for tokens in messages, `id:hex,id:hex`. The first key signs. Default: generated and "
        "stored in the data folder.",
    )
    debug: bool = Field(
        False,
        description="For development: Django's debug pages, templates reloaded for each page, and web processes that"
        " restart when their code changes. Never use this on a public host.",
    )
    vite_port: Port = Field(
        0, description="Port of Vite's development server, used when `debug` is on; 0 serves the built front end."
    )
    log_format: LogFormat = Field(LogFormat.CONSOLE, description="`console` or `json`.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Lowest level that is logged.")
    access_log: bool = Field(
        False, description="Log one line for each web request: path, status, time and client address."
    )

    life_file: Path | None = Field(
        None,
        description="File that web, worker, inbound and follow-postfix touch every 20 seconds while they are working, "
        "for container health checks. systemd uses its own watchdog.",
    )

    otlp_endpoint: str | None = Field(
        None,
        description="OpenTelemetry collector for traces (OTLP over HTTP), such as `http://localhost:4318`. Empty: off. "
        "Needs `requirements/traces.txt`. The SDK reads the other `OTEL_*` variables itself.",
    )
    service_name: str = Field("mailflatrate", description="Name of the service shown to customers and recipients.")
    service_domain: str = Field(
        "mailflatrate.example", description="Domain of abuse@, fbl@ and the service's own messages."
    )
    public_url: str = Field(
        "https://localhost:8443",
        pattern="^https://[^/]+$",
        description="Base URL of every link in a message. Must be https (RFC 8058).",
    )
    web_host: str = Field("127.0.0.1", description="Address that the web processes listen on.")
    web_port: Port = Field(8000, description="Port of the web processes (customer pages, Operations, API).")
    web_workers: Positive = Field(1, description="Number of web processes.")
    public_port: Port = Field(
        8443, description="TLS port of the public pages started by `up`; 0 if a proxy handles TLS."
    )
    tls_certificate: Path | None = Field(None, description="Certificate of the TLS port. Default: self-signed.")
    tls_key: Path | None = Field(None, description="Private key of the TLS port.")
    allowed_hosts: str = Field(
        "",
        description="Comma-separated host names that the pages answer to. Default: the host of "
        "MAILFLATRATE_PUBLIC_URL. `*` is refused outside demo mode.",
    )
    trusted_proxies: str = Field(
        "", description="Comma-separated addresses and networks (10.0.0.0/8) whose X-Forwarded-For header is trusted."
    )
    metrics_networks: str = Field(
        "127.0.0.0/8,::1",
        description="Comma-separated addresses and networks that may read `/metrics` (all others get 404) and the "
        "details of `/readyz`.",
    )
    webhook_networks: str = Field(
        "", description="Comma-separated private networks (10.1.0.0/16) that webhooks may reach, at any port."
    )
    metrics_host: str = Field("127.0.0.1", description="Address that `mailflatrate exporter` listens on.")
    metrics_port: Port = Field(9464, description="Port of `mailflatrate exporter`, for hosts without a web process.")

    relay_host: str | None = Field(None, description="SMTP relay. Empty: all messages go to the test inbox.")
    relay_port: Port = Field(25, description="Port of the relay.")
    relay_user: str | None = Field(None, description="User name for AUTH at the relay.")
    relay_password: str | None = Field(None, description="Password for AUTH at the relay.")
    relay_tls: TlsMode = Field(TlsMode.OPPORTUNISTIC, description="`never`, `opportunistic` or `required`.")
    helo_name: str = Field(
        "localhost", description="Name used in EHLO. Must match the PTR record of the sending IP address."
    )
    sender_processes: Positive = Field(1, description="Sender processes that `up` starts on this host.")
    sender_connections: Positive = Field(10, description="SMTP connections per sender process (R-103).")
    sender_marks: MarkMode = Field(
        MarkMode.AUTO,
        description="When a sender records in the database what it is about to send. `auto`: once per chunk if the"
        " database runs on the sender's own machine and no other host sends, otherwise before each message. `each`:"
        " always before each message, for a database whose disk another machine may take over.",
    )
    sender_marks_ahead: bool = Field(
        False,
        description="Mark the next message of a connection as started while waiting for the reply to the last one. "
        "Useful for a distant relay. A lost host then leaves up to twice as many unknown results as it had "
        "connections.",
    )
    journal_keep_hours: Positive = Field(
        72,
        description="Hours a sender keeps a journal of what it sent (identifiers only), in case the database loses it.",
    )
    resume_after_promotion: bool = Field(
        True,
        description="After a failover to a replica, resume automatically once every sender has replayed its "
        "journals and nothing is missing. Otherwise you run `mailflatrate resume-all`.",
    )
    express_connections: Positive = Field(
        2, description="Extra connections per sender process for confirmation emails and notices (R-105)."
    )
    sender_messages_per_connection: Positive = Field(
        100, description="Messages sent before a connection is renewed (R-103)."
    )
    batch_signing: bool = Field(
        True,
        description="DKIM-sign up to eight messages at once if the host and processor support Intel's multi-buffer "
        "library.",
    )
    sender_chunks_at_once: Positive = Field(2, description="Chunks that one sender process handles in parallel.")
    chunk_size: Positive = Field(1000, description="Recipients per chunk. Each chunk is one background job.")
    canary_size: Positive = Field(500, description="Maximum recipients in the canary chunk (R-88: 5% or 500).")
    canary_wait_seconds: Annotated[int, Field(ge=0)] = Field(
        1800, description="Seconds to wait after the canary chunk (R-88)."
    )
    retry_first_seconds: Positive = Field(900, description="Seconds before the first retry after a 4xx reply (R-72).")
    retry_factor: Annotated[float, Field(ge=1)] = Field(
        2.0, description="Factor by which the pause between retries grows (R-72)."
    )
    retry_give_up_seconds: Positive = Field(
        259_200, description="Age in seconds at which a deferred message is given up (R-72)."
    )
    archive_after_days: Annotated[int, Field(ge=7)] = Field(
        30, description="Days after a campaign ends until its deliveries move to the monthly archive (ADR 0026)."
    )
    relay_pause_max_seconds: Positive = Field(60, description="Maximum seconds between attempts to reach a relay.")
    relay_reply_seconds: Annotated[int, Field(ge=10, le=3600)] = Field(
        600,
        description="Seconds to wait for a relay's reply to a message's content (RFC 5321: ten minutes). Afterward its "
        "result is unknown.",
    )
    shaping: str = Field(
        "",
        description="Messages per hour to large mailbox providers from the trusted pool, where they differ from the "
        "table in Operations: `google=100000, yahoo=0`; 0 is no limit. Applies only if relays are listed in "
        "Operations.",
    )
    warm_up_domains: bool = Field(
        False,
        description="New sender domains start with 50 messages per day and grow (R-104). For relays, see Operations.",
    )
    csa_complaints_address: str | None = Field(
        None, description="Value of the X-CSA-Complaints header. Only for operators certified by the CSA (R-58)."
    )

    tsa_url: str | None = Field(
        None,
        pattern="^https?://",
        description="URL of the time-stamping authority (RFC 3161) that stamps the seals of the consent ledger.",
    )
    tsa_certificates: Path | None = Field(
        None,
        description="PEM file with the trusted certificates of the time-stamping authority. Required with a TSA URL.",
    )

    trusted_proof_keys: Path | None = Field(
        None,
        description="File, or folder of files, with the published signing keys of other installations whose portable "
        "proof of consent may be imported here.",
    )

    brands_file: Path | None = Field(
        None,
        description="File with brands that no customer may use in a sender name, in addition to the built-in list "
        "(R-45).",
    )
    spam_filter: str | None = Field(
        None,
        pattern=r"^(spamd://[^/:]+(:\d+)?|https?://\S+)$",
        description="Spam filter that scores a sample message: `spamd://host:783` (SpamAssassin) or the address of "
        "rspamd, `http://host:11333`. Its result is advice only.",
    )

    data_centres: Path | None = Field(
        None,
        description="File with networks of data centers and mail scanners whose clicks count as automated (R-110). Has "
        "the form of the built-in list, which it replaces.",
    )

    desk_time_zone: str = Field(
        "Europe/Berlin", description="Time zone of Operations, for its pages and working days (R-82)."
    )
    desk_receipts: bool = Field(
        True,
        description="Send authenticated senders a receipt for mail to the abuse desk, at most once every seven days "
        "(R-73).",
    )
    dns_servers: str = Field(
        "", description="Comma-separated `address:port` of DNS servers. Empty: the system's resolvers."
    )
    dns_timeout_seconds: Positive = Field(5, description="Seconds a DNS lookup may take.")
    domain_blocklists: str = Field(
        "",
        description="Comma-separated DNS blocklists for domains, such as `dbl.spamhaus.org` (R-03, R-89). Check their "
        "terms of use. Empty: off.",
    )
    address_blocklists: str = Field(
        "", description="Comma-separated DNS blocklists for IP addresses, such as `zen.spamhaus.org`."
    )
    tighter_limits: str = Field(
        "",
        description="Stricter limits than those in docs/rules.md, such as `complaint_warn=0.03, strike_days=365`. A "
        "looser limit, or one that can't be changed, stops the start (R-84).",
    )
    demo: bool = Field(False, description="Demo mode: local DNS zone, visible logins, short waits.")
    demo_second_factor: str | None = Field(
        None,
        description="Set only by `mailflatrate demo`: the two-factor key of the demo operator, whose codes the sign-in "
        "page then shows. Ignored without MAILFLATRATE_DEMO.",
    )

    @field_validator("shaping")
    @classmethod
    def _shaping(cls, written: str) -> str:
        read_shaping(written)  # raises ValueError, which names the faulty one
        return written

    @field_validator("tighter_limits")
    @classmethod
    def _tighter(cls, written: str) -> str:
        read_tighter(written)  # raises ValueError, which names the faulty one
        return written

    @field_validator("trusted_proxies", "metrics_networks", "webhook_networks")
    @classmethod
    def _networks(cls, written: str) -> str:
        for network in written.split(","):
            if network.strip():
                ip_network(network.strip(), strict=False)  # raises ValueError, which names the faulty one
        return written

    @model_validator(mode="after")
    def _known_hosts(self) -> Self:
        if "*" in self.host_names and not (self.demo or self.debug):
            raise ValueError(f"{PREFIX}ALLOWED_HOSTS: list the host names; * would answer to any name a client sends")
        return self

    @property
    def is_embedded(self) -> bool:
        return self.database_url is None and self.app_database_url is None

    @property
    def storage_folder(self) -> Path:
        return self.storage_dir or self.data_dir / "storage"

    @property
    def withdrawals_folder(self) -> Path:
        return self.withdrawals_dir or self.data_dir / "withdrawals"

    @property
    def public_host(self) -> str:
        return urlsplit(self.public_url).hostname or ""

    @property
    def shaping_numbers(self) -> dict[str, int]:
        return read_shaping(self.shaping)

    @property
    def host_names(self) -> list[str]:
        named = [name.strip() for name in self.allowed_hosts.split(",") if name.strip()]
        own = [*LOOPBACK_NAMES] if self.is_local else []
        return named or list(dict.fromkeys([self.public_host, *own]))

    @property
    def is_local(self) -> bool:
        """Plain HTTP: in the demonstration, in debugging, or at a loopback public URL."""
        return self.demo or self.debug or self.public_host in LOOPBACK_NAMES


def environment_name(field: str) -> str:
    return BARE_NAMES.get(field, PREFIX + field.upper())


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Build settings from an environment. Raises SettingsError naming each unknown or malformed variable."""
    names = {environment_name(field): field for field in Settings.model_fields}
    files = {environment_name(field) + FILE_SUFFIX: field for field in SECRETS}
    variables = {*names, *files}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in variables)
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}; docs/settings.md lists all settings")
    values = {field: environment[name] for name, field in names.items() if environment.get(name, "") != ""}
    for name, field in files.items():
        if environment.get(name, "") == "":
            continue
        if field in values:
            raise SettingsError(f"{name} and {environment_name(field)} are both set; keep only one of them")
        values[field] = _read_secret(name, Path(environment[name]))
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = [": ".join([*map(environment_name, map(str, item["loc"][:1])), item["msg"]]) for item in error.errors()]
        raise SettingsError("; ".join(lines)) from error


def _read_secret(name: str, path: Path) -> str:
    """Return the content of a secret's file without the final line break. Raises SettingsError."""
    try:
        with path.open("rb") as opened:
            written = opened.read(LARGEST_SECRET_OCTETS + 1)
        secret = written.decode().strip("\r\n")
    except (OSError, ValueError) as problem:
        raise SettingsError(f"{name}: can't read {path} ({problem})") from problem
    if not secret or len(written) > LARGEST_SECRET_OCTETS:
        raise SettingsError(f"{name}: {path} is empty or larger than {LARGEST_SECRET_OCTETS} bytes")
    return secret


@cache
def load_settings() -> Settings:
    """Return this process's settings, read once from its environment. Raises SettingsError."""
    return read_settings(os.environ)


def blocklists(written: str) -> list[str]:
    return [zone.strip().strip(".").lower() for zone in written.split(",") if zone.strip()]


def settings_table() -> str:
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    own = [field for field in Settings.__annotations__ if field in Settings.model_fields]
    for field in dict.fromkeys([*own, *Settings.model_fields]):
        info = Settings.model_fields[field]
        default = "" if info.default is None else str(info.default)
        name = f"`{environment_name(field)}`" + (
            f" or `{environment_name(field)}{FILE_SUFFIX}`" if field in SECRETS else ""
        )
        rows.append(f"| {name} | `{default}` | {info.description} |")
    return "\n".join(rows)
