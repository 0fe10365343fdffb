"""A real sender with two real relays of one pool: one killed, slowed, answering 421, 450, 550. All get their mail or
are deferred as they must; nobody gets it twice.

Testing a relay's connection ends in time, whatever hangs.
"""

import asyncio
import contextlib
import gc
import socket
import threading
import time
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import dkim
import pytest
from django.db import connections

from estate import Estate, build_estate, release
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery import transmit
from mailflatrate.apps.delivery.models import Chunk, ChunkState, Delivery, DeliveryState, Relay, RelayReport
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.relays.edit import RelayDraft, add_relay, move_relay
from mailflatrate.apps.delivery.relays.tables import StateChoice
from mailflatrate.apps.delivery.send import sender as engine
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.delivery.transmit import check_relay
from mailflatrate.apps.domains.models import DkimKey
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.smtp.types import RelayConfig, RelayUnavailable
from support.cast import per_module
from support.fake_relay import ANY, HANG, FakeRelay, Step, delayed
from support.scope import within
from support.waiting import stays_async, wait_until_async

PEOPLE, CHUNK = 120, 40
OTTO = audit.machine("tests.relays")
anna = per_module(lambda: build_estate(PEOPLE, address))
"""An account that every test sends another campaign of; their relays answer nothing that ends a subscription."""


def address(account_id: int, number: int) -> str:
    """All at one domain, which both relays get mail for."""
    return f"p{account_id}x{number}@lindenhof.example"


@pytest.fixture
def estate(anna: Estate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    monkeypatch.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": CHUNK}))
    monkeypatch.setattr(engine, "FOLLOW_SECONDS", 0.1)
    monkeypatch.setattr(engine, "REPORT_SECONDS", 0.2)
    _forget()
    yield anna
    _forget()


def _forget() -> None:
    with tenancy.platform(PlatformReason.RELAYS):
        Relay.objects.all().delete()


def add(relay: FakeRelay, name: str, **changes: object) -> int:
    draft = RelayDraft(name, "127.0.0.1", relay.port, tls="never", connections=3, **changes)  # type: ignore[arg-type]
    return within(PlatformReason.RELAYS, add_relay, draft, by=OTTO).id


def move(relay_id: int, state: StateChoice) -> None:
    within(PlatformReason.RELAYS, move_relay, relay_id, state, by=OTTO)


@pytest.fixture
def two() -> Iterator[tuple[FakeRelay, FakeRelay]]:
    with FakeRelay().run_in_thread() as one, FakeRelay().run_in_thread() as other:
        yield one, other


async def kill(relay: FakeRelay) -> None:
    """Stop listening and drop every connection."""
    assert relay._server is not None
    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(relay.stop(), relay._server.get_loop()))


@dataclass
class Sent:
    """What became of a campaign's recipients, and how often each got it."""

    states: Counter[str]
    got: Counter[str]
    campaign: str


Act = Callable[[Sender], Awaitable[None]]


def send_all(
    estate: Estate, *relays: FakeRelay, during: Act | None = None, seconds: float = 60, is_stuck: bool = False
) -> Sent:
    """Offer the chunks to a real sender until all are done and reported; with `is_stuck`, see that none gets done."""
    campaign_id = release(estate)

    def open_chunks() -> list[int]:
        with tenancy.account(estate.account_id):
            rows = Chunk.objects.filter(campaign_id=campaign_id).exclude(state=ChunkState.DONE).order_by("number")
            found = list(rows.values_list("id", flat=True))
        connections.close_all()
        return found

    def are_reported(since: datetime) -> bool:
        with tenancy.platform(PlatformReason.RELAYS):
            found = RelayReport.objects.filter(at__gt=since).exists()
        connections.close_all()
        return found

    async def work() -> None:
        sender = Sender(load_settings().model_copy(update={"relay_pause_max_seconds": 1}))
        acting = asyncio.ensure_future(during(sender)) if during else None

        async def has_open_chunks() -> bool:
            if chunks := await asyncio.to_thread(open_chunks):
                await asyncio.gather(*(sender.work_chunk(estate.account_id, chunk_id) for chunk_id in chunks[:2]))
            return bool(chunks)

        async def is_done() -> bool:
            return not await has_open_chunks()

        try:
            if is_stuck:
                await stays_async(has_open_chunks, "chunks to send", seconds=seconds, pause=0.05)
                return
            await wait_until_async(is_done, "the end of all chunks", seconds=seconds, pause=0.05)
            if acting:
                await acting
            ended_at = clock.now()
            await wait_until_async(lambda: asyncio.to_thread(are_reported, ended_at), "the reports on the relays")
        finally:
            await sender.close()

    asyncio.run(work())
    with tenancy.account(estate.account_id):
        states = Counter(Delivery.objects.filter(campaign_id=campaign_id).values_list("state", flat=True))
        campaign = Campaign.objects.get(id=campaign_id).state
    return Sent(states, Counter(letter.recipient for relay in relays for letter in relay.received), campaign)


def test_both_relays_of_a_pool_take_their_share(estate: Estate, two: tuple[FakeRelay, FakeRelay]) -> None:
    add(two[0], "one", weight=20)
    add(two[1], "other", weight=10)
    sent = send_all(estate, *two)
    assert sent.states == {DeliveryState.SENT: PEOPLE}
    assert set(sent.got.values()) == {1}
    assert sent.campaign == CampaignState.SENT
    assert (len(two[0].received), len(two[1].received)) == pytest.approx((80, 40), abs=6)
    with tenancy.platform(PlatformReason.RELAYS):
        told = {row.relay.name: row for row in RelayReport.objects.select_related("relay")}
    assert told["one"].accepted == len(two[0].received)
    assert told["other"].problem == ""


def test_a_relay_that_dies_leaves_its_messages_to_the_other(estate: Estate, two: tuple[FakeRelay, FakeRelay]) -> None:
    one, other = two
    add(one, "one")
    add(other, "other")

    async def kill_one(_sender: Sender) -> None:
        await wait_until_async(lambda: len(one.received) >= 20, "20 messages at the relay", pause=0.001)
        await kill(one)

    sent = send_all(estate, one, other, during=kill_one)
    in_doubt = sent.states[DeliveryState.IN_DOUBT]
    assert in_doubt <= 3, "at most its open connections"
    assert sent.states[DeliveryState.SENT] == PEOPLE - in_doubt
    assert set(sent.got.values()) == {1}, "nobody twice"
    assert PEOPLE - in_doubt <= len(sent.got) <= PEOPLE
    with tenancy.platform(PlatformReason.RELAYS):
        assert "relay unavailable" in RelayReport.objects.get(relay__name="one").problem


FAULTS = {
    "421 to the envelope": (Step.MAIL, "421 4.7.0 too many connections", {}),
    "421 at the greeting": (Step.CONNECT, "421 4.3.2 not now", {}),
    "450 to the recipient": (Step.RCPT, "450 4.2.0 later", {DeliveryState.DEFERRED}),
    "421 to the recipient": (Step.RCPT, "421 4.7.0 slow down", {DeliveryState.DEFERRED}),
    "421 after the content": (Step.DATA_END, "421 4.7.0 slow down", {DeliveryState.DEFERRED}),
    "452 after the content": (Step.DATA_END, "452 4.3.1 full", {DeliveryState.DEFERRED}),
    "550 after the content": (Step.DATA_END, "550 5.7.1 content refused", {DeliveryState.BOUNCED}),
    "550 to the envelope": (Step.MAIL, "550 5.7.1 sender refused", {DeliveryState.BOUNCED}),
    "550 to the recipient": (Step.RCPT, "550 5.1.1 no such user", {DeliveryState.BOUNCED}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_one_relay_answers_counts_and_the_other_goes_on(
    estate: Estate, two: tuple[FakeRelay, FakeRelay], fault: str
) -> None:
    step, answer, ends = FAULTS[fault]
    if DeliveryState.BOUNCED in ends:
        estate = build_estate(PEOPLE, address)
    one, other = two
    one.on(step, ANY, answer)
    add(one, "one")
    add(other, "other")
    sent = send_all(estate, one, other)
    assert set(sent.states) == {DeliveryState.SENT, *ends}
    assert sum(sent.states.values()) == PEOPLE
    assert set(sent.got.values()) == {1}
    assert len(other.received) == sent.states[DeliveryState.SENT]
    assert not one.received
    if not ends:
        assert sent.states[DeliveryState.SENT] == PEOPLE


@pytest.mark.slow
def test_a_slow_relay_holds_up_nobody(estate: Estate, two: tuple[FakeRelay, FakeRelay]) -> None:
    one, other = two
    one.on(Step.MAIL, ANY, delayed(0.05))
    add(one, "one")
    add(other, "other")
    sent = send_all(estate, one, other)
    assert sent.states == {DeliveryState.SENT: PEOPLE}
    assert set(sent.got.values()) == {1}
    assert len(other.received) > len(one.received) > 0


@pytest.mark.slow
@pytest.mark.parametrize("state", [StateChoice.DRAINING, StateChoice.DISABLED])
def test_a_change_takes_effect_without_a_restart(
    estate: Estate, two: tuple[FakeRelay, FakeRelay], state: StateChoice
) -> None:
    one, other = two
    for relay in two:
        relay.on(Step.MAIL, ANY, delayed(0.01))
    first = add(one, "one")
    late: list[int] = []

    async def change(_sender: Sender) -> None:
        await wait_until_async(lambda: len(one.received) >= 10, "10 messages at the relay", pause=0.005)
        await asyncio.to_thread(_in_own_connection, add, other, "other")
        await asyncio.to_thread(_in_own_connection, move, first, state)
        await wait_until_async(lambda: not one.open_sessions, "the end of its connections", seconds=5)
        late.append(len(one.received))

    sent = send_all(estate, one, other, during=change)
    assert sent.states == {DeliveryState.SENT: PEOPLE}
    assert set(sent.got.values()) == {1}
    assert len(one.received) == late[0] < PEOPLE, "it takes no more"
    assert len(other.received) == PEOPLE - late[0]


def _in_own_connection(function: Callable[..., object], *arguments: object) -> None:
    try:
        function(*arguments)
    finally:
        connections.close_all()


def test_a_pool_without_a_relay_that_takes_waits_and_the_other_pool_is_not_used(
    estate: Estate, two: tuple[FakeRelay, FakeRelay]
) -> None:
    trusted, quarantine = two
    off = add(trusted, "trusted")
    add(quarantine, "quarantine", pool="quarantine")
    move(off, StateChoice.DISABLED)
    sent = send_all(estate, trusted, quarantine, seconds=1.5, is_stuck=True)
    assert sent.states == {DeliveryState.PENDING: PEOPLE}
    assert not sent.got
    assert sent.campaign == CampaignState.WAITING


@pytest.mark.slow
def test_a_dedicated_relay_takes_its_accounts_campaigns_and_no_others(
    estate: Estate, two: tuple[FakeRelay, FakeRelay]
) -> None:
    shared, own = two
    add(shared, "shared")
    add(own, "own", pool="dedicated", account_id=estate.account_id)
    assert send_all(estate, shared, own).states == {DeliveryState.SENT: PEOPLE}
    assert (len(shared.received), len(own.received)) == (0, PEOPLE)
    stranger = build_estate(10, lambda account_id, n: f"q{account_id}x{n}@lindenhof.example")
    assert send_all(stranger, shared, own).states == {DeliveryState.SENT: 10}
    assert (len(shared.received), len(own.received)) == (10, PEOPLE)


def test_a_provider_gets_our_token_as_a_tag_that_names_the_delivery(
    estate: Estate, two: tuple[FakeRelay, FakeRelay]
) -> None:
    relay = add(two[0], "ses", kind="ses", return_path="provider")
    assert send_all(estate, two[0]).states == {DeliveryState.SENT: PEOPLE}
    with tenancy.account(estate.account_id):
        record = DkimKey.objects.get().public_record.encode()
    for letter in two[0].received[:5]:
        path = letter.sender.partition("@")[0].partition("+")[2]
        head, _, token = letter.content.partition(b"\r\n")[0].decode().partition("=")
        assert head == "X-SES-MESSAGE-TAGS: mailflatrate"
        tag = key_ring().open_token(TokenPurpose.RELAY_EVENT, token)
        verp = key_ring().open_token(TokenPurpose.VERP, path)
        assert tag is not None
        assert verp is not None
        assert (tag.account_id, tag.delivery_id, tag.extra) == (verp.account_id, verp.delivery_id, relay)
        assert dkim.verify(letter.content, dnsfunc=lambda *_, **__: record)


@pytest.mark.slow
def test_a_slow_pool_leaves_places_to_the_others(estate: Estate, two: tuple[FakeRelay, FakeRelay]) -> None:
    """A worker with two places, many chunks of a slow pool before the one of a fast pool."""
    slow, fast = two
    slow.on(Step.MAIL, ANY, delayed(0.05))
    add(slow, "slow", pool="dedicated", account_id=estate.account_id)
    add(fast, "fast")
    other = build_estate(10, lambda account_id, n: f"q{account_id}x{n}@lindenhof.example")
    waiting = [*_chunks(estate, release(estate)), *_chunks(other, release(other))]
    slow_chunks = [chunk_id for account_id, chunk_id in waiting if account_id == estate.account_id]
    assert len(waiting) == PEOPLE // CHUNK + 1
    done_at: list[tuple[int, int]] = []

    async def work() -> None:
        sender = Sender(load_settings().model_copy(update={"sender_chunks_at_once": 2}))

        async def place() -> None:
            while waiting:
                account_id, chunk_id = waiting.pop(0)
                await sender.work_chunk(account_id, chunk_id)
                if len(fast.received) == 10 and not done_at:
                    done_at.append((len(slow.received), len(fast.received)))

        try:
            await asyncio.gather(place(), place())
        finally:
            await sender.close()

    asyncio.run(work())
    assert done_at, "the fast pool has sent its mail"
    assert done_at[0][0] < CHUNK, "before the slow one was through with its first chunk"
    assert set(Counter(letter.recipient for letter in (*slow.received, *fast.received)).values()) == {1}
    with tenancy.account(estate.account_id):
        rest = Chunk.objects.filter(id__in=slow_chunks, state=ChunkState.READY).count()
    assert rest == PEOPLE // CHUNK - 1, "they come again, by a job of their own"


def _chunks(estate: Estate, campaign_id: int) -> list[tuple[int, int]]:
    with tenancy.account(estate.account_id):
        rows = Chunk.objects.filter(campaign_id=campaign_id).order_by("number").values_list("id", flat=True)
        found = [(estate.account_id, chunk_id) for chunk_id in rows]
    connections.close_all()
    return found


def test_hanging_name_lookup_does_not_outlast_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        answer.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(transmit, "CHECK_SECONDS", 0.2)
    began = time.monotonic()
    try:
        with pytest.raises(RelayUnavailable, match="no answer"):
            check_relay(RelayConfig(host="relay.example", port=25, helo_name="mail.example"), "postmaster@mail.example")
        assert time.monotonic() - began < 8
    finally:
        answer.set()


@pytest.mark.parametrize("reply", ["250 2.1.0 ok", "550 5.7.1 you are not allowed"])
@pytest.mark.parametrize("hangs", [False, True])
def test_no_connection_outlives_the_check(monkeypatch: pytest.MonkeyPatch, reply: str, hangs: bool) -> None:
    """Whatever the relay says to our sender, and whether it answers QUIT late or never."""
    monkeypatch.setattr(transmit, "CHECK_SECONDS", 0.5)
    with FakeRelay().run_in_thread() as relay, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        relay.on(Step.MAIL, ANY, reply)
        relay.on(Step.QUIT, ANY, delayed(0.1, HANG if hangs else None))
        config = RelayConfig(host="127.0.0.1", port=relay.port, helo_name="mail.example")
        began = time.monotonic()
        with contextlib.suppress(RelayUnavailable):
            check_relay(config, "postmaster@mail.example")
        assert time.monotonic() - began < 30
        gc.collect()
    left = [str(one.message) for one in seen if issubclass(one.category, ResourceWarning)]
    # The connection of a thread that an earlier test started can be found by any later search for garbage.
    assert [each for each in left if "psycopg.Connection" not in each] == []
