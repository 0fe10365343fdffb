"""One provider lane of a campaign waits, all others are sent; only a person can resume it (R-86, R-88, R-90)."""

import asyncio
from collections import Counter

import pytest
from django.db import ProgrammingError, connection, connections
from procrastinate.contrib.django.models import ProcrastinateJob

from estate import Estate, build_estate, release
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery import lanes
from mailflatrate.apps.delivery.actions import campaigns, retries
from mailflatrate.apps.delivery.models import Chunk, Delivery, DeliveryState, Retry
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.queries import campaign_progress
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.sending.providers import provider_of
from mailflatrate.settings.schema import load_settings
from support.fake_relay import ANY, FakeRelay, Step, delayed
from support.scope import within
from support.waiting import wait_until_async

PEOPLE, CHUNK = 40, 5
DOMAINS = ("gmail.com", "gmx.de", "gmx.de", "lindenhof.example", "web.de", "icloud.com", "gmx.net", "bakery.example")


@pytest.fixture
def estate(monkeypatch: pytest.MonkeyPatch) -> Estate:
    monkeypatch.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": CHUNK}))
    monkeypatch.setattr(plan, "LANE_LEAST", 6)
    return build_estate(PEOPLE, lambda account_id, n: f"p{account_id}x{n}@{DOMAINS[n % len(DOMAINS)]}")


def lanes_of(estate: Estate, campaign_id: int) -> dict[int, tuple[str, Counter[str]]]:
    with tenancy.account(estate.account_id):
        found = {}
        for chunk in Chunk.objects.filter(campaign_id=campaign_id).order_by("number"):
            rows = Delivery.objects.filter(chunk=chunk, state=DeliveryState.PENDING).select_related("contact")
            found[chunk.number] = (chunk.provider, Counter(provider_of(str(row.contact).split("@")[1]) for row in rows))
        return found


def hold(estate: Estate, campaign_id: int, provider: str = "united_internet") -> bool:
    return within(PlatformReason.ACCOUNT_STATUS, lanes.hold_lane, estate.account_id, campaign_id, provider, "R-88")


def lift(estate: Estate, campaign_id: int, provider: str = "united_internet") -> None:
    within(PlatformReason.OPERATOR_DESK, lanes.release_lane, estate.account_id, campaign_id, provider)


def send_all(estate: Estate, campaign_id: int) -> Counter[str]:
    """Offer every chunk to a real sender; return how many got the campaign, by provider."""
    with tenancy.account(estate.account_id):
        chunks = list(Chunk.objects.filter(campaign_id=campaign_id).order_by("number").values_list("id", flat=True))

    async def work() -> Counter[str]:
        async with FakeRelay() as relay:
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
            sender = Sender(settings)
            try:
                for chunk_id in chunks:
                    await sender.work_chunk(estate.account_id, chunk_id)
            finally:
                await sender.close()
            return Counter(provider_of(letter.recipient.partition("@")[2]) for letter in relay.received)

    return asyncio.run(work())


def woken(estate: Estate, campaign_id: int) -> set[int]:
    jobs = ProcrastinateJob.objects.filter(task_name="delivery.send_chunk", status="todo")
    ids = {arguments["chunk_id"] for arguments in jobs.values_list("args", flat=True)}
    with tenancy.account(estate.account_id):
        rows = Chunk.objects.filter(campaign_id=campaign_id, id__in=ids)
        return set(rows.values_list("number", flat=True))


def test_each_large_provider_has_chunks_of_its_own_and_they_take_turns(estate: Estate) -> None:
    found = lanes_of(estate, release(estate))
    assert [(lane, sum(people.values())) for lane, people in found.values()] == [
        ("", 5), ("other", 5), ("united_internet", 5), ("", 5), ("other", 5), ("united_internet", 5),
        ("united_internet", 5), ("united_internet", 5),
    ]  # fmt: skip
    assert all(set(people) == {lane} for lane, people in found.values() if lane)
    assert {provider for lane, people in found.values() if not lane for provider in people} == {"google", "apple"}


def test_the_canary_is_a_sample_of_all(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    small = load_settings().model_copy(update={"chunk_size": CHUNK, "canary_size": 30})
    monkeypatch.setattr(plan, "load_settings", lambda: small)
    first, *others = lanes_of(estate, release(estate)).values()
    assert first[0] == "" and sum(first[1].values()) == 2
    assert sum(sum(people.values()) for _, people in others) == PEOPLE - 2


def test_only_the_held_lane_waits(estate: Estate) -> None:
    campaign_id = release(estate)
    assert hold(estate, campaign_id)
    assert send_all(estate, campaign_id) == {"google": 5, "apple": 5, "other": 10}
    with tenancy.account(estate.account_id):
        assert campaign_progress(campaign_id).held == {"united_internet": 20}
        assert Campaign.objects.get(id=campaign_id).state == CampaignState.SENDING, "it is not over"
    campaigns.wake_campaign(estate.account_id, campaign_id)
    held = {number for number, (lane, _) in lanes_of(estate, campaign_id).items() if lane == "united_internet"}
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        ProcrastinateJob.objects.filter(task_name="delivery.send_chunk").delete()
    campaigns.wake_campaign(estate.account_id, campaign_id)
    assert woken(estate, campaign_id) & held == set()
    lift(estate, campaign_id)
    assert woken(estate, campaign_id) == held
    assert send_all(estate, campaign_id) == {"united_internet": 20}
    with tenancy.account(estate.account_id):
        assert Campaign.objects.get(id=campaign_id).state == CampaignState.SENT


def test_people_of_a_shared_chunk_move_to_their_lane(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is held, and when a retry comes due afterward."""
    monkeypatch.setattr(plan, "LANE_LEAST", PEOPLE + 1)
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        put_off = Delivery.objects.filter(campaign_id=campaign_id, contact__email__endswith="@gmx.net").first()
        assert put_off is not None
        Delivery.objects.filter(id=put_off.id).update(state=DeliveryState.DEFERRED, attempts=1)
        Retry.objects.create(delivery_id=put_off.id, campaign_id=campaign_id, due_at=clock.now())
    hold(estate, campaign_id)
    found = lanes_of(estate, campaign_id)
    assert not any(people["united_internet"] for lane, people in found.values() if not lane)
    assert sum(people["united_internet"] for lane, people in found.values() if lane) == 19
    retries.collect_retries(estate.account_id, campaign_id)
    assert send_all(estate, campaign_id) == {"google": 5, "apple": 5, "other": 10}
    assert within(estate, campaign_progress, campaign_id).held == {"united_internet": 20}
    lift(estate, campaign_id)
    assert send_all(estate, campaign_id) == {"united_internet": 20}


def hold_elsewhere(estate: Estate, campaign_id: int) -> None:
    hold(estate, campaign_id)
    connections.close_all()


@pytest.mark.slow
def test_a_sender_in_the_middle_of_a_chunk_leaves_them_out(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    """It learns of the hold by its look; what it gives back is sorted out."""
    monkeypatch.setattr(plan, "LANE_LEAST", PEOPLE + 1)
    monkeypatch.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": PEOPLE}))
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        [chunk] = Chunk.objects.filter(campaign_id=campaign_id)

    async def work() -> Counter[str]:
        async with FakeRelay() as relay:
            relay.on(Step.DATA_END, ANY, delayed(0.08))
            settings = load_settings().model_copy(
                update={"relay_host": "127.0.0.1", "relay_port": relay.port, "sender_connections": 1}
            )
            sender = Sender(settings)
            sending = asyncio.create_task(sender.work_chunk(estate.account_id, chunk.id))
            await wait_until_async(lambda: relay.received, "the first message", pause=0.01)
            await asyncio.to_thread(hold_elsewhere, estate, campaign_id)
            await asyncio.wait_for(sending, 60)
            await sender.close()
            return Counter(provider_of(letter.recipient.partition("@")[2]) for letter in relay.received)

    got = asyncio.run(work())
    assert {"google": got["google"], "apple": got["apple"], "other": got["other"]} == {
        "google": 5,
        "apple": 5,
        "other": 10,
    }
    assert got["united_internet"] < 20
    assert within(estate, campaign_progress, campaign_id).held == {"united_internet": 20 - got["united_internet"]}


def test_a_customer_cannot_release_a_lane(estate: Estate) -> None:
    campaign_id = release(estate)
    hold(estate, campaign_id)
    for attack in ("DELETE FROM lane_hold", "UPDATE lane_hold SET released_at = now()"):
        with pytest.raises(ProgrammingError), tenancy.account(estate.account_id), connection.cursor() as cursor:
            cursor.execute(attack)


def test_a_mailing_that_is_over_has_no_lane_to_hold(estate: Estate) -> None:
    campaign_id = release(estate)
    send_all(estate, campaign_id)
    assert not hold(estate, campaign_id)
