"""A mailbox read over IMAP (RFC 9051): what nobody has seen yet, its octets as they are, and the mark that it was seen.

It removes nothing and moves nothing. imap-tools opens the mailbox and searches; messages are fetched and marked by the
plain commands, because its own parse the octets again and expunge what other people have marked as deleted.
"""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from imaplib import IMAP4

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.query import AND


class Protection(StrEnum):
    """How the connection is protected: TLS from the beginning (RFC 8314), from STARTTLS on, or not at all."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NEVER = "never"


class MailboxUnavailable(Exception):
    """The mailbox could not be read; the message says why, and nothing of a password. Worth trying again later."""


@dataclass(frozen=True, slots=True)
class MailboxAccess:
    """Where the mailbox is and who may read it."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    protection: Protection
    timeout_seconds: float = 30.0


class OpenMailbox:
    """An open folder. Every method raises MailboxUnavailable."""

    def __init__(self, box: BaseMailBox) -> None:
        self._box = box

    def unseen(self, *, at_most: int, largest_octets: int) -> list[str]:
        """UIDs of messages without \\Seen, the oldest first; larger ones are left alone."""
        with _told():
            return self._box.uids(AND(seen=False, size_lt=largest_octets))[:at_most]

    def fetch(self, uid: str) -> bytes | None:
        """The message as it is stored, still unseen; None when it is gone meanwhile."""
        with _told():
            status, parts = self._box.client.uid("FETCH", uid, "(BODY.PEEK[])")
            _demand(status, parts)
            found = [part[1] for part in parts if isinstance(part, tuple)]
            return bytes(found[0]) if found else None

    def mark_seen(self, uids: Sequence[str]) -> None:
        """Set \\Seen, so that the messages are not found again."""
        if uids:
            with _told():
                _demand(*self._box.client.uid("STORE", ",".join(uids), "+FLAGS.SILENT", r"(\Seen)"))


@contextmanager
def open_mailbox(access: MailboxAccess) -> Iterator[OpenMailbox]:
    """Sign in and open the folder; signed out afterwards. Raises MailboxUnavailable."""
    with _told():
        box = _connected(access)
    try:
        with _told():
            box.login(access.user, access.password, initial_folder=access.folder)
        yield OpenMailbox(box)
    finally:
        with _ignored():
            box.client.logout()
        with _ignored():
            box.client.shutdown()  # also where signing out found nobody there


def _connected(access: MailboxAccess) -> BaseMailBox:
    if access.protection is Protection.NEVER:
        return MailBoxUnencrypted(access.host, access.port, timeout=access.timeout_seconds)
    kind = MailBox if access.protection is Protection.IMPLICIT else MailBoxStartTls
    return kind(access.host, access.port, timeout=access.timeout_seconds, ssl_context=ssl.create_default_context())


def _demand(status: str, answer: object) -> None:
    if status != "OK":
        raise MailboxUnavailable(f"the mailbox answers {status}: {answer!r:.200}")


@contextmanager
def _told() -> Iterator[None]:
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
