"""Opening a connection to the relay: greeting, EHLO, STARTTLS, EHLO again, AUTH."""

from __future__ import annotations

import asyncio
import base64
import functools
import ssl
from pathlib import Path

from mailflatrate.wire.smtp.channel import ConnectionLostError
from mailflatrate.wire.smtp.client import SmtpConnection
from mailflatrate.wire.smtp.reply import Capabilities, Reply, parse_capabilities
from mailflatrate.wire.smtp.types import RelayConfig, RelayUnavailable, Stage, TlsMode


async def open_connection(config: RelayConfig) -> SmtpConnection:
    """Raises RelayUnavailable with the stage and reply that ended it. In opportunistic mode a failed TLS handshake is
    followed by one attempt in plain text (RFC 7435 3), in which a password is never sent unless `allow_plaintext_auth`.
    """
    try:
        return await _open(config, config.tls)
    except RelayUnavailable as problem:
        if config.tls is not TlsMode.OPPORTUNISTIC or problem.stage is not Stage.STARTTLS:
            raise
    return await _open(config, TlsMode.NEVER)


async def _open(config: RelayConfig, mode: TlsMode) -> SmtpConnection:
    connection = await _connect(config)
    stage = Stage.GREETING
    try:
        _require(await connection.greeting(), stage, 220)
        stage = Stage.EHLO
        connection.offers = await _ehlo(connection)
        if mode is not TlsMode.NEVER:
            stage = Stage.STARTTLS
            if await _start_tls(connection, mode):
                # RFC 3207 4.2: what was offered before the handshake must be forgotten.
                stage = Stage.EHLO
                connection.offers = await _ehlo(connection)
        if config.username is not None:
            stage = Stage.AUTH
            await _authenticate(connection)
    except RelayUnavailable:
        connection.close()
        await connection.wait_closed()
        raise
    except (ConnectionLostError, OSError) as problem:
        connection.abort(str(problem))
        raise RelayUnavailable(stage, str(problem)) from problem
    except BaseException:
        connection.abort("the opening was cancelled")
        raise
    return connection


async def _connect(config: RelayConfig) -> SmtpConnection:
    loop = asyncio.get_running_loop()
    source = (config.source_address, 0) if config.source_address else None
    try:
        async with asyncio.timeout(config.timeouts.connect_seconds):
            _, connection = await loop.create_connection(
                lambda: SmtpConnection(config), config.host, config.port, local_addr=source
            )
    except TimeoutError as problem:
        raise RelayUnavailable(Stage.CONNECT, "no connection in time") from problem
    except OSError as problem:
        raise RelayUnavailable(Stage.CONNECT, str(problem)) from problem
    return connection


def _require(reply: Reply, stage: Stage, code: int) -> None:
    if reply.code != code:
        raise RelayUnavailable(stage, reply.text, code=reply.code, enhanced=reply.enhanced)


async def _ehlo(connection: SmtpConnection) -> Capabilities:
    name = connection.config.helo_name
    reply = await connection.command(f"EHLO {name}\r\n".encode(), Stage.EHLO)
    if reply.code in {500, 501, 502, 504}:  # RFC 5321 3.2: a server without extensions
        _require(await connection.command(f"HELO {name}\r\n".encode(), Stage.EHLO), Stage.EHLO, 250)
        return Capabilities()
    _require(reply, Stage.EHLO, 250)
    return parse_capabilities(reply)


async def _start_tls(connection: SmtpConnection, mode: TlsMode) -> bool:
    config = connection.config
    if not connection.offers.starttls:
        if mode is TlsMode.REQUIRED:
            raise RelayUnavailable(Stage.STARTTLS, "TLS is required, but the relay doesn't offer STARTTLS")
        return False
    _require(await connection.command(b"STARTTLS\r\n", Stage.STARTTLS), Stage.STARTTLS, 220)
    verify = mode is TlsMode.REQUIRED and config.verify_certificate
    await connection.start_tls(tls_context(verify, config.ca_file), config.timeouts.tls_handshake_seconds)
    return True


@functools.lru_cache(maxsize=32)
def tls_context(verify: bool, ca_file: Path | None) -> ssl.SSLContext:
    """Return a client context with TLS 1.2 or newer (R-102). Cached: reading the system's certificates takes 10 ms."""
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _authenticate(connection: SmtpConnection) -> None:
    """Authenticate by AUTH PLAIN with its initial response (RFC 4954, RFC 4616), or LOGIN if only that is offered."""
    config = connection.config
    username, password = config.username or "", config.password or ""
    if not connection.tls and not config.allow_plaintext_auth:
        raise RelayUnavailable(Stage.AUTH, "passwords are not sent without TLS")
    if "PLAIN" in connection.offers.auth:
        token = _base64(f"\0{username}\0{password}")
        reply = await connection.command(b"AUTH PLAIN " + token + b"\r\n", Stage.AUTH)
    elif "LOGIN" in connection.offers.auth:
        _require(await connection.command(b"AUTH LOGIN\r\n", Stage.AUTH), Stage.AUTH, 334)
        _require(await connection.command(_base64(username) + b"\r\n", Stage.AUTH), Stage.AUTH, 334)
        reply = await connection.command(_base64(password) + b"\r\n", Stage.AUTH)
    else:
        raise RelayUnavailable(Stage.AUTH, "the relay offers neither AUTH PLAIN nor AUTH LOGIN")
    _require(reply, Stage.AUTH, 235)


def _base64(value: str) -> bytes:
    return base64.b64encode(value.encode())
