"""Test inbox addresses that bounce, complain or reply on request, over real sockets (ARCHITECTURE section 8)."""

import asyncio
import contextlib
import re
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import urlsplit

import structlog

from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.apps.inbound.test_inbox import MailboxBehavior
from mailflatrate.base import clock
from mailflatrate.settings import Settings

log = structlog.get_logger("world")

TIMEOUT_SECONDS = 8.0
REACTION_PAUSE_SECONDS = 0.3
AT_ONCE = 20
OWN_ADDRESS = "127.0.0.2"


_REFUSALS = {
    MailboxBehavior.UNKNOWN: "550 5.1.1 User unknown",
    MailboxBehavior.BUSY: "421 4.3.2 System not accepting messages, try later",
    MailboxBehavior.FULL: "552 5.2.2 Mailbox full, quota exceeded",
}


class SimulatedInternet:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limit = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    async def refuses(self, address: str) -> str | None:
        """Return the refusing reply; empty if the address accepts, None if it never replies."""
        behaviour = MailboxBehavior.of(address)
        if behaviour is MailboxBehavior.TIMEOUT:
            await asyncio.sleep(TIMEOUT_SECONDS)
            return None
        return _REFUSALS.get(behaviour, "") if behaviour else ""

    def react(self, arrival: Arrival, behaviour: MailboxBehavior | None) -> None:
        if behaviour is None or behaviour in _REFUSALS:
            return
        task = asyncio.get_running_loop().create_task(self._react(arrival, behaviour))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _react(self, arrival: Arrival, behaviour: MailboxBehavior) -> None:
        await asyncio.sleep(REACTION_PAUSE_SECONDS)
        async with self._limit:
            try:
                await self._answer(arrival, behaviour)
            except (OSError, TimeoutError, RuntimeError) as problem:
                log.warning("a simulated reply in the test inbox could not be delivered", problem=str(problem))

    async def _answer(self, arrival: Arrival, behaviour: MailboxBehavior) -> None:
        original = message_from_bytes(arrival.raw, policy=policy.SMTP)
        if behaviour is MailboxBehavior.BOUNCE:
            await self._mail("", arrival.envelope_from, delivery_report(arrival))
        elif behaviour is MailboxBehavior.COMPLAIN:
            address = str(original["CFBL-Address"] or "").partition(";")[0].strip()
            if address:
                await self._mail("fbl@test-inbox.example", address, feedback_report(arrival, address))
        elif behaviour is MailboxBehavior.VACATION:
            await self._mail("", arrival.envelope_from, vacation(arrival))
        elif behaviour is MailboxBehavior.UNSUBSCRIBE:
            match = re.search(r"<mailto:([^?>]+)", str(original["List-Unsubscribe"] or ""))
            if match:
                await self._mail(arrival.envelope_to, match.group(1), plain(arrival, match.group(1), "unsubscribe"))
        elif behaviour is MailboxBehavior.ONE_CLICK:
            match = re.search(r"<(https://[^>]+)>", str(original["List-Unsubscribe"] or ""))
            if match:
                await one_click(match.group(1))

    async def _mail(self, sender: str, recipient: str, raw: bytes) -> None:
        await deliver(self._settings.smtpd_host, self._settings.inbound_smtp_port, sender, recipient, raw)


async def deliver(host: str, port: int, sender: str, recipient: str, raw: bytes) -> None:
    """Deliver one message to an SMTP server. Raises RuntimeError with the reply that refused it."""
    reader, writer = await _connect(host, port)

    async def expect(command: str, code: str) -> None:
        if command:
            writer.write(command.encode() + b"\r\n")
            await writer.drain()
        line = await reader.readline()
        while line[3:4] == b"-":
            line = await reader.readline()
        if not line.startswith(code.encode()):
            raise RuntimeError(f"{command or 'greeting'}: {line.decode(errors='replace').strip()}")

    try:
        await expect("", "220")
        await expect("EHLO test-inbox.example", "250")
        await expect(f"MAIL FROM:<{sender}>", "250")
        await expect(f"RCPT TO:<{recipient}>", "250")
        await expect("DATA", "354")
        stuffed = re.sub(rb"(?m)^\.", b"..", raw.removesuffix(b"\r\n"))
        writer.write(stuffed + b"\r\n")
        await expect(".", "250")
        await expect("QUIT", "221")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect from a separate address, because a relay on this host also comes from 127.0.0.1."""
    try:
        return await asyncio.open_connection(host, port, local_addr=(OWN_ADDRESS, 0))
    except OSError:  # the listener is on another host or on IPv6, or the system knows no second loopback address
        return await asyncio.open_connection(host, port)


async def one_click(url: str) -> None:
    """Send the POST of RFC 8058 section 3.2, as a mailbox provider does."""
    parts = urlsplit(url)
    context = ssl.create_default_context()
    if parts.hostname == "localhost":  # the demo's certificate is self-signed
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
    body = "List-Unsubscribe=One-Click"
    writer.write(
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n{body}".encode()
    )
    status = await reader.readline()
    writer.close()
    if b" 200 " not in status:
        raise RuntimeError(f"one-click: {status.decode(errors='replace').strip()}")


def _head(sender: str, recipient: str, subject: str) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain="test-inbox.example")
    return message


def plain(arrival: Arrival, recipient: str, text: str) -> bytes:
    message = _head(arrival.envelope_to, recipient, text)
    message.set_content(text)
    return message.as_bytes()


def vacation(arrival: Arrival) -> bytes:
    """Return an automatic reply (RFC 3834)."""
    message = _head(arrival.envelope_to, arrival.envelope_from, "Automatic reply: out of office")
    message["Auto-Submitted"] = "auto-replied"
    message.set_content("I am away until Monday.")
    return message.as_bytes()


def _returned_head(arrival: Arrival) -> bytes:
    return arrival.raw.partition(b"\r\n\r\n")[0] + b"\r\n"


def _report(sender: str, recipient: str, subject: str, kind: str, parts: list[tuple[str, bytes]]) -> bytes:
    """Return a multipart/report (RFC 6522) of prepared parts, each with its content type."""
    boundary = "report-of-the-test-inbox"
    fields = [
        *_head(sender, recipient, subject).items(),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/report; report-type={kind}; boundary="{boundary}"'),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode() + b"\r\n"
    body = b"".join(
        f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode() + content + b"\r\n"
        for content_type, content in parts
    )
    return head + body + f"--{boundary}--\r\n".encode()


def delivery_report(arrival: Arrival) -> bytes:
    """Return a DSN for a nonexistent mailbox (RFC 3464)."""
    status = (
        "Reporting-MTA: dns; mx.test-inbox.example\r\n\r\n"
        f"Final-Recipient: rfc822; {arrival.envelope_to}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n"
    )
    text = f"The message to {arrival.envelope_to} could not be delivered: user unknown.\r\n"
    return _report(
        "MAILER-DAEMON@test-inbox.example",
        arrival.envelope_from,
        "Undelivered Mail Returned to Sender",
        "delivery-status",
        [
            ("text/plain; charset=utf-8", text.encode()),
            ("message/delivery-status", status.encode()),
            ("text/rfc822-headers", _returned_head(arrival)),
        ],
    )


def feedback_report(arrival: Arrival, address: str) -> bytes:
    """Return an ARF complaint (RFC 5965)."""
    report = (
        "Feedback-Type: abuse\r\nUser-Agent: test-inbox/1\r\nVersion: 1\r\n"
        f"Original-Mail-From: <{arrival.envelope_from}>\r\nArrival-Date: {format_datetime(clock.now())}\r\n"
    )
    return _report(
        "fbl@test-inbox.example", address, "FW: complaint", "feedback-report",
        [("text/plain; charset=utf-8", b"This is an abuse report for a message received by the test inbox.\r\n"),
         ("message/feedback-report", report.encode()), ("message/rfc822", arrival.raw)],
    )  # fmt: skip
