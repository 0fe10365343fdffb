"""The input and output values of the SMTP client: configuration, messages and outcomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from pathlib import Path
from typing import NamedTuple


class ImapTls(StrEnum):
    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NEVER = "never"


class TlsMode(StrEnum):
    NEVER = "never"
    OPPORTUNISTIC = "opportunistic"
    REQUIRED = "required"


class Stage(Enum):
    """Where in the dialogue something happened. LOCAL: before anything was sent to the relay."""

    # Members are compared by identity, and the hash that `Enum` has is a Python function.
    __hash__ = object.__hash__

    LOCAL = "local"
    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DATA_END = "data_end"
    RSET = "rset"
    QUIT = "quit"
    IDLE = "idle"


class OutcomeKind(Enum):
    """ACCEPTED: 2xx after the content. REJECTED: for good (5xx, or by us at stage LOCAL: the relay lacks what the
    message needs). DEFERRED: 4xx. NOT_SENT: not one byte of content was written, so it may be sent again freely (LOCAL:
    we withheld it). IN_DOUBT: the content was started and no final reply is known; sending again may deliver twice.
    """

    __hash__ = object.__hash__

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    NOT_SENT = "not_sent"
    IN_DOUBT = "in_doubt"


class OutgoingMessage(NamedTuple):
    """To one recipient (R-65). `sender` is "" for the null sender. `content` has CRLF line ends and ends with one;
    dot-stuffing is done here. `envid` identifies it in a DSN (RFC 3461 4.4). `utf8_headers`: raw UTF-8 (RFC 6532).
    """

    delivery_id: int
    sender: str
    recipient: str
    content: bytes
    envid: str | None = None
    utf8_headers: bool = False


class SendOutcome(NamedTuple):
    """`code` is 0 when there was no reply, `enhanced` the RFC 3463 status of the relay, or ours at stage LOCAL.
    `remote_host` is "host:port"; `tls`: encrypted.
    """

    delivery_id: int
    kind: OutcomeKind
    stage: Stage
    code: int
    enhanced: str | None
    text: str
    tls: bool
    remote_host: str


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds; the defaults are the minimums of RFC 5321 4.5.3.2 (connect, TLS, QUIT: our choice)."""

    connect_seconds: float = 30.0
    greeting_seconds: float = 300.0
    command_seconds: float = 300.0
    mail_seconds: float = 300.0
    rcpt_seconds: float = 300.0
    data_start_seconds: float = 120.0
    data_end_seconds: float = 600.0
    tls_handshake_seconds: float = 30.0
    quit_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """`verify_certificate` counts only for TlsMode.REQUIRED: opportunistic TLS can be stripped, so a check would only
    lose mail (RFC 7435). `chunking` prefers BDAT to DATA (`client` says why it is off).
    """

    host: str
    port: int = 25
    helo_name: str = "localhost"
    tls: TlsMode = TlsMode.OPPORTUNISTIC
    verify_certificate: bool = True
    ca_file: Path | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    allow_plaintext_auth: bool = False
    chunking: bool = False
    request_dsn: bool = True
    source_address: str | None = None
    connection_lifetime_seconds: float = 300.0
    timeouts: Timeouts = field(default_factory=Timeouts)

    @property
    def remote_host(self) -> str:
        return f"{self.host}:{self.port}"


class RelayUnavailable(Exception):
    """Messages without a reported outcome are untouched. `stage` says how far it got; `code`, `enhanced` and `text` are
    0 and None without a reply; the pool waits `retry_after_seconds`.
    """

    def __init__(
        self,
        stage: Stage,
        text: str,
        *,
        code: int = 0,
        enhanced: str | None = None,
        retry_after_seconds: float = 0.0,
    ) -> None:
        super().__init__(f"relay unavailable at {stage.value}: {f'{code} ' if code else ''}{text}")
        self.stage = stage
        self.code = code
        self.enhanced = enhanced
        self.text = text
        self.retry_after_seconds = retry_after_seconds
