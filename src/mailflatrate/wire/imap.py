"""A mailbox read over IMAP (RFC 9051), with one deadline and one limit on octets, because the server may be untrusted.
It removes and moves nothing: imap-tools opens and searches, but would parse the octets again and expunge what other
people have marked as deleted.
"""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from imaplib import IMAP4, IMAP4_SSL

from imap_tools import BaseMailBox, ImapToolsError
from imap_tools.query import AND

from mailflatrate.wire.deadline import Deadline
from mailflatrate.wire.smtp.types import ImapTls


class MailboxUnavailable(Exception):
    """The mailbox could not be read; the message says why, without the password. Retrying later may help."""


@dataclass(frozen=True, slots=True)
class MailboxAccess:
    host: str
    port: int
    user: str
    password: str
    folder: str
    tls: ImapTls
    timeout_seconds: float = 30.0
    conversation_seconds: float = 300.0
    most_octets: int = 512 * 1024 * 1024


class OpenMailbox:
    """An open folder. Every method raises MailboxUnavailable."""

    def __init__(self, box: BaseMailBox) -> None:
        self._box = box

    def unseen(self, *, at_most: int, largest_octets: int) -> list[str]:
        """Return UIDs of messages without \\Seen, the oldest first; larger ones are ignored."""
        with _as_unavailable():
            return self._box.uids(AND(seen=False, size_lt=largest_octets))[:at_most]

    def fetch(self, uid: str) -> bytes | None:
        """Return the stored message, which stays unseen; None if it no longer exists."""
        with _as_unavailable():
            status, parts = self._box.client.uid("FETCH", uid, "(BODY.PEEK[])")
            _demand(status, parts)
            contents = [part[1] for part in parts if isinstance(part, tuple)]
            return bytes(contents[0]) if contents else None

    def mark_seen(self, uids: Sequence[str]) -> None:
        """Set \\Seen, so that the messages are not found again."""
        if uids:
            with _as_unavailable():
                _demand(*self._box.client.uid("STORE", ",".join(uids), "+FLAGS.SILENT", r"(\Seen)"))


@contextmanager
def open_mailbox(access: MailboxAccess) -> Iterator[OpenMailbox]:
    """Sign in and open the folder; sign out afterward. Raises MailboxUnavailable."""
    with _as_unavailable(), Deadline(access.conversation_seconds) as deadline:
        box = _Box(access, deadline)
        try:
            box.login(access.user, access.password, initial_folder=access.folder)
            yield OpenMailbox(box)
        finally:
            with _ignored():
                box.client.logout()
            with _ignored():
                box.client.shutdown()  # also if the server was gone when signing out


class _Box(BaseMailBox):
    def __init__(self, access: MailboxAccess, deadline: Deadline) -> None:
        self._access, self._deadline = access, deadline
        super().__init__()

    def _get_mailbox_client(self) -> IMAP4:
        access = self._access
        context = ssl.create_default_context()
        if access.tls is ImapTls.IMPLICIT:
            return _GuardedTls(access, self._deadline, context)
        client = _GuardedClient(access, self._deadline)
        if access.tls is ImapTls.STARTTLS:
            _demand(*client.starttls(context))
            self._deadline.guard(client.sock)
        return client


class _Bounds(IMAP4):
    _deadline: Deadline
    _left: int

    def _create_socket(self, timeout: float | None) -> socket.socket:
        link: socket.socket = super()._create_socket(timeout)  # type: ignore[misc]  # no part of the stubs
        return self._deadline.guard(link)

    def read(self, size: int) -> bytes:
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._count(len(line))
        return line

    def _count(self, octets: int) -> None:
        self._left -= octets
        if self._left < 0:
            raise self.abort("the server sends more data than expected")


class _GuardedClient(_Bounds):
    def __init__(self, access: MailboxAccess, deadline: Deadline) -> None:
        self._deadline, self._left = deadline, access.most_octets
        super().__init__(access.host, access.port, timeout=access.timeout_seconds)


class _GuardedTls(_Bounds, IMAP4_SSL):
    def __init__(self, access: MailboxAccess, deadline: Deadline, context: ssl.SSLContext) -> None:
        self._deadline, self._left = deadline, access.most_octets
        IMAP4_SSL.__init__(self, access.host, access.port, ssl_context=context, timeout=access.timeout_seconds)


def _demand(status: str, answer: object) -> None:
    if status != "OK":
        raise MailboxUnavailable(f"the mailbox answers {status}: {answer!r:.200}")


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except (ImapToolsError, IMAP4.error, OSError) as problem:
        raise MailboxUnavailable(f"{type(problem).__name__}: {problem}"[:300]) from problem


@contextmanager
def _ignored() -> Iterator[None]:
    try:
        yield
    except (ImapToolsError, IMAP4.error, OSError):
        return
