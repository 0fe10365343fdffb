"""Probes a port for `mailflatrate doctor` without sending a message, and without the SMTP client, which only the way to
the relay may use (ARCHITECTURE section 2).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mailflatrate.wire.deadline import Deadline

PROBE_SECONDS = 10.0
CONVERSATION_SECONDS = 40.0
LONGEST_LINE_BYTES = 2048


class ProbeFailed(Exception):
    """The port does not respond correctly; the message says how far the conversation got."""


@dataclass(frozen=True, slots=True)
class SeenCertificate:
    """A certificate that every mailbox provider would accept, and when it expires."""

    not_after: datetime
    issuer: str


def read_certificate(host: str, port: int, *, cafile: str | None = None, at: str | None = None) -> SeenCertificate:
    """Check chain, name and dates. `at`: the server, if the name does not lead there. Raises ProbeFailed."""
    context = ssl.create_default_context(cafile=cafile)
    try:
        with (
            socket.create_connection((at or host, port), timeout=PROBE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as link,
        ):
            seen = link.getpeercert() or {}
    except ssl.SSLCertVerificationError as problem:
        raise ProbeFailed(problem.verify_message or str(problem)) from problem
    except OSError as problem:
        raise ProbeFailed(str(problem)) from problem
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(seen["notAfter"])), UTC)
    issuer = seen.get("issuer", ())
    names = {pair[0]: pair[1] for group in issuer for pair in group if isinstance(pair, tuple) and len(pair) == 2}
    return SeenCertificate(until, str(names.get("organizationName") or names.get("commonName") or "unknown"))


def ask_recipients(host: str, port: int, recipients: Sequence[str], *, lmtp: bool = False) -> dict[str, str]:
    """Return an SMTP or LMTP server's reply to RCPT TO for each address. Sends no message. Raises ProbeFailed."""
    try:
        with (
            Deadline(CONVERSATION_SECONDS) as deadline,
            deadline.connect(host, port, silence_seconds=PROBE_SECONDS) as link,
            link.makefile("rb") as lines,
        ):

            def say(command: str) -> str:
                if command:
                    link.sendall(f"{command}\r\n".encode())
                while True:
                    line = lines.readline(LONGEST_LINE_BYTES).decode("utf-8", "replace")
                    if line[3:4] != "-":
                        return line.strip()

            def require(command: str, code: str) -> None:
                reply = say(command)
                if not reply.startswith(code):
                    raise ProbeFailed(f"{command or 'greeting'}: {reply or 'no answer'}")

            require("", "220")
            require(f"{'LHLO' if lmtp else 'EHLO'} localhost", "250")
            require("MAIL FROM:<>", "250")
            replies = {recipient: say(f"RCPT TO:<{recipient}>") for recipient in recipients}
            say("QUIT")
            return replies
    except OSError as problem:
        raise ProbeFailed(str(problem)) from problem
