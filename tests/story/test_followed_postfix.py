"""What a real Postfix does after its 250 is known: its log is followed across rotations and a killed follower."""

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections

from apps.delivery import test_relays
from apps.delivery.test_relays import send_all
from copies import Copies, Copy
from estate import Estate, build_estate
from free_ports import free_ports
from mailflatrate.apps.delivery.models import Delivery, DeliveryState, LogFollower, RelayCount, RelayDeferral
from mailflatrate.apps.delivery.queries import campaign_progress
from mailflatrate.apps.delivery.relays.edit import RelayDraft, add_relay
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.suppression.queries import is_suppressed
from mailflatrate.base import clock, ids, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.web.tls import certificate
from mailflatrate.mail.address import canonical_key
from mailflatrate.settings.schema import load_settings
from support.fake_relay import ANY, FakeRelay, Step
from support.postfix_host import POSTFIX, PostfixHost, postfix_host
from support.waiting import wait_until

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.slow,
    pytest.mark.skipif(not POSTFIX.exists(), reason="no /usr/sbin/postfix here; `make tools` installs it"),
    pytest.mark.skipif(os.geteuid() != 0, reason="an instance of Postfix is started by root only"),
]

PATIENCE_SECONDS = 120.0
DOMAIN = "hinter-dem-postfix.de"
KINDS = ("well", "well", "busy", "gone", "full", "shut")
"""Accepted; put off once; refused; over quota until the queue gives up; a closed door once."""
PEOPLE = 36
EACH = PEOPLE // len(KINDS)

forget = test_relays._forget


def address(account_id: int, number: int) -> str:
    return f"{KINDS[number % len(KINDS)]}{account_id}x{number}@{DOMAIN}"


class World:
    """The server behind Postfix."""

    def __init__(self, sink: FakeRelay) -> None:
        self.asked: Counter[str] = Counter()
        sink.on(Step.RCPT, ANY, self.answer)

    def answer(self, recipient: str, _number: int) -> str | None:
        self.asked[recipient] += 1
        match recipient[:4]:
            case "busy" if self.asked[recipient] == 1:
                return "450 4.2.0 Busy, come again"
            case "shut" if self.asked[recipient] == 1:
                return "421 4.3.2 Closing"
            case "gone":
                return "550 5.1.1 No such user here"
            case "full":
                return "452 4.2.2 The mailbox is over quota"
        return None


@pytest.fixture
def estate(database: str) -> Iterator[Estate]:
    assert database
    forget()
    yield build_estate(PEOPLE, address)
    forget()
    with tenancy.platform(PlatformReason.RELAYS):
        LogFollower.objects.all().delete()


@contextmanager
def following(host: PostfixHost, copies: Copies) -> Iterator[Copy]:
    """The command as it runs beside Postfix."""
    command = ["follow-postfix", "--file", str(host.folder / "log"), "--relay", "followed", "--name", "mta-1"]
    process = copies.start(*command, purpose="listening")
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def wait(look: Callable[[], Any], what: str, host: PostfixHost) -> Any:
    def found() -> Any:
        try:
            return look()
        finally:
            connections.close_all()

    return wait_until(found, lambda: f"{what}; Postfix says:\n{host.log[-4000:]}", seconds=PATIENCE_SECONDS, pause=0.3)


def rotate(host: PostfixHost) -> None:
    """As the shipped logrotate does it: the file is renamed, and Postfix is told."""
    (host.folder / "log").rename(host.folder / f"log-{time.strftime('%Y%m%d-%H%M%S')}")
    subprocess.run([POSTFIX, "-c", host.folder / "etc", "reload"], check=True, capture_output=True, timeout=60)


def states(estate: Estate) -> dict[str, tuple[DeliveryState, str]]:
    with tenancy.account(estate.account_id):
        rows = Delivery.objects.filter(contact__isnull=False).select_related("contact")
        return {row.contact.email: (DeliveryState(row.state), row.bounce) for row in rows if row.contact}


def count(result: str) -> int:
    with tenancy.platform(PlatformReason.RELAYS):
        return sum(RelayCount.objects.filter(follower="mta-1", result=result).values_list("count", flat=True))


def test_what_postfix_does_after_its_250_is_known(estate: Estate, copies: Copies) -> None:
    (lmtp_port,) = free_ports(1)
    with (
        FakeRelay().run_in_thread() as sink,
        postfix_host(
            lmtp_port=lmtp_port,
            certificate=certificate(load_settings()),
            mailboxes={"here.example": ["anna"]},
            routes={DOMAIN: sink.port},
        ) as host,
    ):
        world = World(sink)
        # Long enough for what is put off once to be tried again, however busy the machine is.
        etc = host.folder / "etc"
        subprocess.run(["/usr/sbin/postconf", "-c", etc, "-e", "maximal_queue_lifetime=25s"], check=True, timeout=60)
        subprocess.run([POSTFIX, "-c", etc, "reload"], check=True, capture_output=True, timeout=60)
        with tenancy.platform(PlatformReason.RELAYS):
            draft = RelayDraft("followed", "127.0.0.1", host.submission_port, tls="never", connections=3)
            add_relay(draft, by=test_relays.OTTO)
        with following(host, copies) as first:
            sent = send_all(estate, sink)
            assert DeliveryState.PENDING not in sent.states
            assert DeliveryState.IN_DOUBT not in sent.states
            with tenancy.account(estate.account_id):
                campaign_id = Delivery.objects.values_list("campaign_id", flat=True)[0]
                assert campaign_id is not None

            def put_off() -> bool:
                with tenancy.account(estate.account_id):
                    bounced = campaign_progress(campaign_id).bounced_hard
                return bounced > 0 and count("deferred") >= EACH

            wait(put_off, "the first deferrals and bounces", host)
            rotate(host)
            first.kill()
            first.wait(20)
        ended_at = clock.now()
        with following(host, copies):

            def has_begun() -> bool:
                with tenancy.platform(PlatformReason.RELAYS):
                    return LogFollower.objects.filter(name="mta-1", seen_at__gt=ended_at).exists()

            wait(has_begun, "the second follower", host)
            rotate(host)
            expected = {"well": "sent", "busy": "sent", "shut": "sent", "gone": "hard", "full": "soft"}

            def all_final() -> bool:
                found = states(estate)
                return all((bounce or state) == expected[email[:4]] for email, (state, bounce) in found.items())

            wait(all_final, "the final results", host)
            wait(lambda: count("sent") >= len(sink.received), "the count of what was delivered", host)
    _judge(estate, sink, world, campaign_id)


def _judge(estate: Estate, sink: FakeRelay, world: World, campaign_id: int) -> None:
    """Figures, people and the world behind Postfix agree, and each line counted once."""
    got = Counter(letter.recipient for letter in sink.received)
    assert set(got.values()) == {1}
    assert len(got) == 4 * EACH
    assert (count("sent"), count("bounced") + count("expired")) == (4 * EACH, 2 * EACH)
    assert count("bounced") == EACH
    with tenancy.account(estate.account_id):
        progress = campaign_progress(campaign_id)
        assert (progress.sent, progress.deferred, progress.pending) == (4 * EACH, 0, 0)
        assert (progress.bounced_hard, progress.bounced_soft, progress.in_doubt) == (EACH, EACH, 0)
        kinds = Counter(Feedback.objects.values_list("kind", flat=True))
        assert kinds == {FeedbackKind.HARD_BOUNCE: EACH, FeedbackKind.SOFT_BOUNCE: EACH}
        assert not RelayDeferral.objects.exists()
        replies = dict(Delivery.objects.values_list("contact__email", "reply_text"))
        for number in range(PEOPLE):
            email = address(estate.account_id, number)
            gone = is_suppressed(ids.key_ring().suppression_key(canonical_key(email)))
            assert gone == email.startswith("gone")
            if email.startswith("full"):
                assert "over quota" in replies[email]
                assert world.asked[email] > 1
    with tenancy.platform(PlatformReason.RELAYS):
        follower = LogFollower.objects.get(name="mta-1")
    assert (follower.gaps, follower.relay) == (0, "followed")
