"""Background jobs that read stored mail, poll the mailbox, and trim the test inbox."""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError

from mailflatrate.apps.inbound import mailbox, named_addresses, provider_posts, test_inbox
from mailflatrate.apps.inbound.actions import claim_batch, manual_review, process_batch
from mailflatrate.apps.inbound.actions.stop_requests import TELL_COMPLAINT_JOB
from mailflatrate.apps.inbound.actions.stop_requests import tell_complaint as tell
from mailflatrate.apps.inbound.hook_proof import resolver
from mailflatrate.apps.inbound.intake import READ_SHARDS, wake_readers
from mailflatrate.apps.inbound.queries import TOGETHER, is_any_left
from mailflatrate.apps.inbound.report_proof import SenderProof
from mailflatrate.base import clock, tracing
from mailflatrate.base.child import ChildBusy
from mailflatrate.base.jobs import JobQueue, defer, job, wake
from mailflatrate.wire import sns
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
    """Oldest first, each at most once, until none is left. Those that arrive within a tenth of a second are read
    together: ten cost little more than one. After some seconds the next job continues, so that a stop need not
    wait.
    """
    after_id, ends = 0, time.monotonic() + AT_MOST_SECONDS
    time.sleep(GATHER_SECONDS)
    while few := claim_batch.claim_mails(lane, READ_SHARDS, after_id=after_id):
        try:
            with tracing.span("inbound.triage", messages=len(few)):
                read_mails(few)
        except NOT_ITS_FAULT:
            with suppress(DatabaseError):
                claim_batch.release_mails(few)
            raise
        after_id = few[-1]
        if time.monotonic() > ends:
            wake_readers({lane})
            return
        if len(few) < TOGETHER:
            time.sleep(GATHER_SECONDS)


def read_mails(raw_mail_ids: Sequence[int]) -> None:
    """Read messages in one transaction; if one of them cannot be read, each in its own transaction."""
    try:
        proofs = process_batch.read_together(raw_mail_ids)
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
    """Read a message once more, because the DKIM key of the report's sender could not be looked up when it arrived."""
    _read(raw_mail_id, asked=asked)


@job("inbound.sweep", JobQueue.INBOUND, every="* * * * *")
def sweep(timestamp: int) -> None:
    if is_any_left(datetime.fromtimestamp(timestamp, UTC) - LEFT_AFTER):
        wake_readers()
    if provider_posts.is_any_post_left():
        provider_posts.wake()


@job(provider_posts.READ_POSTS, JobQueue.INBOUND)
def read_provider_posts() -> None:
    provider_posts.read_posts()


@job(provider_posts.CONFIRM_TOPIC, JobQueue.INBOUND)
def confirm_topic(url: str) -> None:
    sns.confirm_subscription(url, resolver())


@job("inbound.delete_old_posts", JobQueue.HOUSE, every="17 * * * *")
def delete_old_posts(timestamp: int) -> None:
    provider_posts.delete_old_posts()


def _read(raw_mail_id: int, *, asked: int = 0) -> None:
    """Read one message. One that crashes its reader is left to a person; it blocks no other and is never dropped."""
    try:
        _ask_again_later(raw_mail_id, process_batch.read_mail(raw_mail_id, again=asked > 0), asked=asked)
    except NOT_ITS_FAULT:
        raise  # not the message's fault: the job is tried again
    except Exception as problem:
        log.exception("a message could not be processed", raw_mail=raw_mail_id)
        manual_review.put_aside(raw_mail_id, f"{type(problem).__name__}: {problem}")


def _ask_again_later(raw_mail_id: int, proof: SenderProof, *, asked: int) -> None:
    if proof is SenderProof.UNKNOWN and asked < ASKED_AT_MOST:
        defer(
            "inbound.ask_again",
            JobQueue.INBOUND,
            at=clock.now() + ASK_AGAIN_AFTER,
            once=f"ask_again:{raw_mail_id}",
            raw_mail_id=raw_mail_id,
            asked=asked + 1,
        )


@job("inbound.note_addresses", JobQueue.HOUSE, every="* * * * *")
def note_addresses(timestamp: int) -> None:
    """Index addresses of new messages, and of older ones not yet indexed, for at most half a minute."""
    ends = time.monotonic() + NOTING_SECONDS
    for model in named_addresses.TABLES:
        while time.monotonic() < ends and named_addresses.note_some(model):
            pass


@job("inbound.fetch_mailbox", JobQueue.INBOUND, every="* * * * *")
def fetch_mailbox(timestamp: int) -> None:
    if mailbox.is_configured():
        wake(POLL, JobQueue.INBOUND, once=POLL, lock=POLL)


@job(POLL, JobQueue.INBOUND)
def poll_mailbox() -> None:
    """Import new messages from the mailbox. If it cannot be read, the next minute tries again."""
    try:
        mailbox.poll()
    except MailboxUnavailable as problem:
        log.warning("the mailbox can't be read", problem=str(problem))


@job("inbound.trim_test_inbox", JobQueue.HOUSE, every="* * * * *")
def trim_test_inbox(timestamp: int) -> None:
    test_inbox.trim()


@job(TELL_COMPLAINT_JOB, JobQueue.HOUSE)
def tell_complaint(account_id: int, campaign_id: int | None) -> None:
    tell(account_id, campaign_id)
