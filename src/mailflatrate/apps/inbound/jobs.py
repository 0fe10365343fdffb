"""Reading stored mail."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError

from mailflatrate.apps.inbound import actions, mailbox, naming, postbox
from mailflatrate.apps.inbound.intake import READ_LANES, wake_readers
from mailflatrate.apps.inbound.queries import TOGETHER, is_any_left
from mailflatrate.apps.inbound.trust import SenderProof
from mailflatrate.base import clock, tracing
from mailflatrate.base.child import ChildBusy
from mailflatrate.base.jobs import JobQueue, defer, job, wake
from mailflatrate.wire.imap import MailboxUnavailable

log = structlog.get_logger("inbound")


ASK_AGAIN_AFTER = timedelta(minutes=10)
ASKED_AT_MOST = 12
POLL = "inbound.poll_mailbox"
GATHER_SECONDS = 0.1
AT_MOST_SECONDS = 4.0
LEFT_AFTER = timedelta(seconds=60)
NOTING_SECONDS = 30.0
NOT_ITS_FAULT = (OperationalError, InterfaceError, ChildBusy)


@job("inbound.read_new", JobQueue.INBOUND)
def read_new(lane: int) -> None:
    """Read what waits in a lane, the oldest first, until nothing is left; each message at most once.

    What comes within a tenth of a second is read together: ten messages cost little more than one. After some seconds
    the next job goes on, so that a process that is told to stop need not see a storm to its end.
    """
    after_id, ends = 0, time.monotonic() + AT_MOST_SECONDS
    time.sleep(GATHER_SECONDS)
    while few := actions.claim_mails(lane, READ_LANES, after_id=after_id):
        try:
            with tracing.span("inbound.triage", messages=len(few)):
                read_mails(few)
        except NOT_ITS_FAULT:
            with suppress(DatabaseError):
                actions.release_mails(few)
            raise
        after_id = few[-1]
        if time.monotonic() > ends:
            wake_readers({lane})
            return
        if len(few) < TOGETHER:
            time.sleep(GATHER_SECONDS)


def read_mails(raw_mail_ids: Sequence[int]) -> None:
    """Read messages in one transaction; where one of them cannot be, each in a transaction of its own."""
    try:
        proofs = actions.read_together(raw_mail_ids)
    except Exception as problem:  # noqa: BLE001  one after another shows which of them it was
        log.info(
            "a batch failed, so messages are read one at a time",
            first=raw_mail_ids[0],
            problem=f"{type(problem).__name__}: {problem}"[:300],
        )
        for raw_mail_id in raw_mail_ids:
            _read(raw_mail_id)
    else:
        for raw_mail_id, proof in proofs.items():
            _ask_again_later(raw_mail_id, proof, asked=0)


@job("inbound.ask_again", JobQueue.INBOUND)
def ask_again(raw_mail_id: int, asked: int) -> None:
    """The key of a report's sender could not be asked for when it came: read the message once more."""
    _read(raw_mail_id, asked=asked)


@job("inbound.sweep", JobQueue.INBOUND, every="* * * * *")
def sweep(timestamp: int) -> None:
    """Have read what a crash left unread."""
    if is_any_left(datetime.fromtimestamp(timestamp, UTC) - LEFT_AFTER):
        wake_readers()


def _read(raw_mail_id: int, *, asked: int = 0) -> None:
    """A message that breaks its reader is put aside for a person; it stops no other and is never dropped."""
    try:
        _ask_again_later(raw_mail_id, actions.read_mail(raw_mail_id, again=asked > 0), asked=asked)
    except NOT_ITS_FAULT:
        raise  # not the message's fault: the job is tried again
    except Exception as problem:
        log.exception("a message could not be processed", raw_mail=raw_mail_id)
        actions.put_aside(raw_mail_id, f"{type(problem).__name__}: {problem}")


def _ask_again_later(raw_mail_id: int, proof: SenderProof, *, asked: int) -> None:
    if proof is SenderProof.UNKNOWN and asked < ASKED_AT_MOST:
        defer(
            "inbound.ask_again", JobQueue.INBOUND, at=clock.now() + ASK_AGAIN_AFTER, once=f"ask_again:{raw_mail_id}",
            raw_mail_id=raw_mail_id, asked=asked + 1,
        )  # fmt: skip


@job("inbound.note_addresses", JobQueue.HOUSE, every="* * * * *")
def note_addresses(timestamp: int) -> None:
    """Note which addresses new messages name, and those from before there were notes; for half a minute at most."""
    ends = time.monotonic() + NOTING_SECONDS
    for model in naming.TABLES:
        while time.monotonic() < ends and naming.note_some(model):
            pass


@job("inbound.look_into_mailbox", JobQueue.INBOUND, every="* * * * *")
def look_into_mailbox(timestamp: int) -> None:
    """Have the operator's mailbox polled, by one process at a time, where there is one."""
    if mailbox.is_configured():
        wake(POLL, JobQueue.INBOUND, once=POLL, lock=POLL)


@job(POLL, JobQueue.INBOUND)
def poll_mailbox() -> None:
    """Take in what is new in the mailbox. When it cannot be read, the next minute tries again."""
    try:
        mailbox.poll()
    except MailboxUnavailable as problem:
        log.warning("the mailbox can't be read", problem=str(problem))


@job("inbound.trim_postbox", JobQueue.HOUSE, every="* * * * *")
def trim_postbox(timestamp: int) -> None:
    """Delete the test inbox's oldest messages above its limit."""
    postbox.trim()
