"""Posts of relays' providers: taken in a web request, read by a job into stored events, which are read like mail."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F

from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.apps.delivery.relays.hooks import count_events, count_post, count_refusal, find_hook
from mailflatrate.apps.inbound import arrival_journal
from mailflatrate.apps.inbound.hook_proof import PostUnproved, prove_post
from mailflatrate.apps.inbound.intake import wake_readers
from mailflatrate.apps.inbound.models import PostState, ProviderPost, RawMail
from mailflatrate.base import child, clock, jobs, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenClaims, TokenPurpose
from mailflatrate.mail.identifiers.verp import return_path
from mailflatrate.mail.provider_events import values
from mailflatrate.mail.provider_events.json_values import MAX_OCTETS
from mailflatrate.mail.untrusted_mail import ForeignMail
from mailflatrate.settings import load_settings

log = structlog.get_logger("inbound")

READ_POSTS = "inbound.read_provider_posts"
CONFIRM_TOPIC = "inbound.confirm_topic"
LARGEST_OCTETS = MAX_OCTETS
MOST_ATTEMPTS = 2
AT_MOST_SECONDS = 5.0
MOST_WAITING = 5_000
KEPT = timedelta(days=3)
"""Longer than a provider's post stays valid, so that a repeated one is known."""
FAILED_KEPT = timedelta(days=30)


class PostResult(Enum):
    TAKEN = "taken"
    KNOWN = "known"
    NO_HOOK = "no_hook"
    UNPROVED = "unproved"
    BUSY = "busy"


def find(provider: str, token: str) -> RelayHook | None:
    with tenancy.platform(PlatformReason.MAIL_IN):
        return find_hook(provider, token)


def refuse(hook: RelayHook, problem: str) -> None:
    with tenancy.platform(PlatformReason.MAIL_IN):
        count_refusal(hook.relay_id, problem)


def take_post(hook: RelayHook, headers: Mapping[str, str], body: bytes) -> PostResult:
    """Check who wrote a post, then store it whole and enqueue reading it. A repeated one is not stored again."""
    try:
        proof = prove_post(hook, headers, body)
    except PostUnproved as problem:
        refuse(hook, str(problem))
        return PostResult.UNPROVED
    post = ProviderPost(
        relay_id=hook.relay_id,
        provider=hook.relay.kind,
        raw=b"" if proof.confirm_url else body,
        once=proof.once,
        state=PostState.READ if proof.confirm_url else PostState.NEW,
        received_at=clock.now(),
    )
    with tenancy.platform(PlatformReason.MAIL_IN):
        if ProviderPost.objects.filter(once=proof.once).exists():
            return PostResult.KNOWN
        if ProviderPost.objects.filter(state=PostState.NEW).count() >= MOST_WAITING:
            return PostResult.BUSY
        ProviderPost.objects.bulk_create([post], ignore_conflicts=True)
        count_post(hook.relay_id)
        if proof.confirm_url:
            jobs.defer(
                CONFIRM_TOPIC, jobs.JobQueue.INBOUND, once=f"{CONFIRM_TOPIC}:{hook.relay_id}", url=proof.confirm_url
            )
        else:
            wake()
            about = {"relay_id": post.relay_id, "provider": post.provider, "once": proof.once.hex()}
            noted = {**about, "at": post.received_at.isoformat()}
            transaction.on_commit(lambda: arrival_journal.write([(noted, body)]))
    return PostResult.TAKEN


def restore(about: dict[str, Any], body: bytes) -> bool:
    named = {"relay_id": about["relay_id"], "provider": about["provider"], "once": bytes.fromhex(about["once"])}
    with tenancy.platform(PlatformReason.MAIL_IN):
        if ProviderPost.objects.filter(once=named["once"]).exists():
            return False
        ProviderPost.objects.create(
            **named, raw=body, state=PostState.NEW, received_at=datetime.fromisoformat(about["at"])
        )
        wake()
        return True


def wake() -> None:
    jobs.wake(READ_POSTS, jobs.JobQueue.INBOUND, once=READ_POSTS, lock=READ_POSTS)


def read_posts() -> int:
    """Oldest first; each is counted before it is read. After some seconds the next job continues."""
    done, ends = 0, time.monotonic() + AT_MOST_SECONDS
    while (post_id := _claim()) is not None:
        _read(post_id)
        done += 1
        if time.monotonic() > ends:
            with tenancy.platform(PlatformReason.MAIL_IN):
                wake()
            break
    return done


def delete_old_posts() -> None:
    """Delete posts that were read, once no repetition of them is valid, and failed ones after a month."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        ProviderPost.objects.filter(state=PostState.READ, received_at__lt=clock.now() - KEPT).delete()
        ProviderPost.objects.filter(state=PostState.FAILED, received_at__lt=clock.now() - FAILED_KEPT).delete()


def is_any_post_left() -> bool:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        return ProviderPost.objects.filter(state=PostState.NEW).exists()


def _claim() -> int | None:
    with tenancy.platform(PlatformReason.MAIL_IN):
        post = ProviderPost.objects.select_for_update().filter(state=PostState.NEW).order_by("id").defer("raw").first()
        if post is None:
            return None
        if post.attempts >= MOST_ATTEMPTS:
            _close(post.id, PostState.FAILED, "reading it was interrupted twice")
        ProviderPost.objects.filter(id=post.id).update(attempts=F("attempts") + 1)
        return post.id


def _read(post_id: int) -> None:
    with tenancy.platform(PlatformReason.MAIL_IN):
        post = ProviderPost.objects.filter(id=post_id, state=PostState.NEW).first()
    if post is None:
        return
    try:
        posted: values.PostedEvents = child.call("hook.post", post.provider, bytes(post.raw))
    except child.ChildBusy:
        with tenancy.platform(PlatformReason.MAIL_IN):
            ProviderPost.objects.filter(id=post_id).update(attempts=F("attempts") - 1)
        raise  # not the post's fault: the job is tried again
    except (values.PostRefused, child.ChildError) as problem:
        log.warning("a provider's post could not be read", post=post_id, problem=str(problem))
        with tenancy.platform(PlatformReason.MAIL_IN):
            _close(post_id, PostState.FAILED, str(problem) or type(problem).__name__)
            count_refusal(post.relay_id, str(problem) or type(problem).__name__)
        return
    with tenancy.platform(PlatformReason.MAIL_IN):
        rows = _events_of(post, posted.events)
        _store(rows)
        count_events(post.relay_id, len(rows), len(posted.events) - len(rows))
        _close(post_id, PostState.READ, "")
        wake_readers()


def _close(post_id: int, state: PostState, reason: str) -> None:
    body = {"raw": b""} if state is PostState.READ else {}
    ProviderPost.objects.filter(id=post_id).update(state=state, reason=reason[:200], **body)


def _events_of(post: ProviderPost, events: Sequence[values.ProviderEvent]) -> list[RawMail]:
    rows = []
    for event in events:
        claims = key_ring().open_token(TokenPurpose.RELAY_EVENT, event.token)
        if claims is not None and claims.extra == post.relay_id and claims.account_id > 0:
            rows.append(_row(post, event, claims))
    return rows


def _row(post: ProviderPost, event: values.ProviderEvent, claims: TokenClaims) -> RawMail:
    token = key_ring().seal(TokenPurpose.VERP, claims.account_id, claims.delivery_id)
    named = f"{post.relay_id}:{post.provider}:{event.token}:{event.event_id}"
    return RawMail(
        account_id=claims.account_id,
        via=VIA_HOOK,
        envelope_from="",
        envelope_to=return_path(token, load_settings().service_domain),
        raw=wrap_event(post.provider, event.raw),
        sha256=hashlib.sha256(named.encode()).digest(),
        received_at=post.received_at,
    )


def _store(rows: Sequence[RawMail]) -> None:
    """Store events that aren't stored yet: an event that was posted before is not read again."""
    RawMail.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)


VIA_HOOK = "hook"
"""`RawMail.via` of an event that a relay's provider posted."""


def wrap_event(provider: str, event: str) -> bytes:
    return f'{{"provider":{json.dumps(provider)},"event":{event}}}'.encode()


def read_wrapped_event(raw: bytes) -> ForeignMail:
    """Read a stored event. Raises ChildError."""
    event: ForeignMail = child.call("hook.event", raw)
    return event
