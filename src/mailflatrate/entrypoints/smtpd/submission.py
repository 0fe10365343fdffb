"""SMTP submission of transactional messages: TLS from the first byte, an API key as password. It accepts data for a
reviewed template and no content, so it opens no other way to send than the API does (R-112, ADR 0058).
"""

import asyncio
import base64
import binascii
import ssl
from collections.abc import Callable
from typing import Any, Final, TypeVar

import structlog
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from django.db import connections

from mailflatrate.apps.accounts.actions import keys
from mailflatrate.apps.accounts.actions.keys import BegunAnswer, KeyOutsideNetworks, KeyUse, RepeatedDifferently
from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.delivery.actions.transactional import send_message
from mailflatrate.apps.transactional.actions.messages import MessageOrder, NoSuchTemplate, NotSwitchedOn
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.base import audit, tenancy
from mailflatrate.mail.reading.submission import LARGEST, SubmissionRefused, SubmittedMessage, read_submission
from mailflatrate.settings import Settings

log = structlog.get_logger("submission")
T = TypeVar("T")

MOST_TRIES: Final = 3
SESSION_SECONDS: Final = 60
"""How long a connection may be silent."""
SIGN_IN: Final = "530 5.7.0 Sign in with an API key first"
TOO_OFTEN: Final = "450 4.7.1 Too many messages with this key, try again in a minute"
TRY_LATER: Final = "451 4.3.0 The message couldn't be taken just now, try again"


class SubmissionHandler:
    def __init__(self) -> None:
        self._secret = ""
        self._tries = 0

    async def auth_PLAIN(self, server: SMTP, args: list[str]) -> AuthResult:
        """Check an API key that is sent as the password (RFC 4616). After three failures the connection ends."""
        given = args[1].encode() if len(args) == 2 else await _challenged(server)
        secret = _password(given)
        peer = server.session.peer if server.session is not None else None
        ip = str(peer[0]) if isinstance(peer, tuple) else None
        is_known = bool(secret) and await asyncio.to_thread(_closing, _may_send, secret, ip)
        if is_known:
            self._secret = secret
            return AuthResult(success=True)
        self._tries += 1
        log.info("submission_key_refused", ip=ip, tries=self._tries)
        if self._tries >= MOST_TRIES:
            await server.push("421 4.7.0 Too many attempts")
            if server.transport is not None:
                server.transport.close()
            return AuthResult(success=False, handled=True)
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Begin a message of a program that has signed in. Its own sender address is not used."""
        if not self._secret:
            return SIGN_IN
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take one recipient: a message is for one person."""
        if not self._secret:
            return SIGN_IN
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient per message"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the message, or say why not; its content is read here and never passed on."""
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        ip = str(session.peer[0]) if isinstance(session.peer, tuple) else None
        try:
            return await asyncio.to_thread(_closing, submit, self._secret, ip, envelope.rcpt_tos[0], raw)
        except Exception:
            log.exception("submission_failed")
            return TRY_LATER


async def _challenged(server: SMTP) -> bytes:
    answer = await server.challenge_auth("")
    return base64.b64encode(answer) if isinstance(answer, bytes) else b""


def _password(given: bytes) -> str:
    """Return the password of a PLAIN response (RFC 4616 section 2); empty if it isn't one."""
    try:
        parts = base64.b64decode(given, validate=True).split(b"\0")
        return parts[2].decode("ascii") if len(parts) == 3 else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _closing(work: Callable[..., T], *arguments: object) -> T:
    """Return the result of `work`, and close the thread's connections: many threads would keep one each."""
    try:
        return work(*arguments)
    finally:
        connections.close_all()


def _may_send(secret: str, ip: str | None) -> bool:
    return _use(secret, ip) is not None


def _use(secret: str, ip: str | None) -> KeyUse | None:
    try:
        use = keys.use_api_key(secret, ip)
    except KeyOutsideNetworks:
        return None
    return use if use is not None and KeyScope.MESSAGES.value in use.key.scopes else None


def submit(secret: str, ip: str | None, recipient: str, raw: bytes) -> str:
    """Send what a program submitted; return the SMTP reply. A repeated Message-ID gets the first reply again."""
    use = _use(secret, ip)
    if use is None:
        return "535 5.7.8 The key no longer works"
    if use.used > use.most:
        return TOO_OFTEN
    try:
        message = read_submission(raw)
    except SubmissionRefused as refused:
        return str(refused)
    try:
        # A refusal leaves the block as an error, so that nothing of it is kept.
        with audit.acting_through(use.key.label), tenancy.account(use.account.id):
            return _sent(use, recipient, message, raw)
    except RepeatedDifferently:
        return "550 5.7.1 Another message with this Message-ID was submitted before"
    except (NotSwitchedOn, NoSuchTemplate) as refused:
        return f"550 5.7.1 {_one_line(refused)}"
    except TransactionalError as refused:
        return f"550 5.6.0 {_one_line(refused)}"


def _sent(use: KeyUse, recipient: str, message: SubmittedMessage, raw: bytes) -> str:
    begun: Any = None
    if message.message_id:
        begun = keys.begin_answer(use.key.id, f"smtp {message.message_id}", keys.hash_of(f"{recipient}\n{raw!r}"))
        if not isinstance(begun, BegunAnswer):
            return str(begun.body)
    order = MessageOrder(message.template, recipient, message.reference_kind, message.reference, message.data)
    taken = send_message(order, by=use.key.created_by, through=use.key.label)
    reply = f"250 2.0.0 Queued as message {taken.id}"
    if taken.refused_by:
        reply = f"550 5.7.1 Refused by the rule {taken.refused_by}; message {taken.id} in the log says why"
    if begun is not None:
        keys.keep_answer(begun, status=200, body=reply)
    return reply


def _one_line(refused: TransactionalError) -> str:
    return " ".join(str(refused).split()).encode("ascii", "replace").decode()[:400]


def submission_context(settings: Settings) -> ssl.SSLContext | None:
    """Return the TLS context of the submission listener; None if no certificate is set, and then it doesn't listen."""
    if not settings.submission_port or not settings.submission_certificate or not settings.submission_key:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.submission_certificate, settings.submission_key)
    return context


OPTIONS: Final[dict[str, Any]] = {
    # TLS begins with the first byte (RFC 8314 section 3.3), which aiosmtpd doesn't see; the handler asks for the key.
    "auth_require_tls": False,
    "auth_exclude_mechanism": ["LOGIN"],
    "data_size_limit": LARGEST,
    "enable_SMTPUTF8": True,
    "timeout": SESSION_SECONDS,
}
