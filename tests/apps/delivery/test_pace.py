"""A campaign with a slow pace: one pace for all senders, whatever each of them does."""

import asyncio
from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.actions import claim_end
from mailflatrate.apps.delivery.models import Chunk, ChunkState, DeliveryState, Plan
from mailflatrate.apps.delivery.pacing import change_pace
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.delivery.queries import campaign_turns
from mailflatrate.apps.delivery.send.claims import Claim, claim
from mailflatrate.apps.delivery.send.database import Connection, Database
from mailflatrate.apps.delivery.send.outcomes import SettledDelivery, record
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings
from support.cast import per_module
from support.customers import Customer, sending_customer
from support.scope import within

PEOPLE = 9
anna = per_module(sending_customer, people=PEOPLE)
"""Her account, with nine people on the list."""


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": 5}))


def slow(anna: Customer, per_hour: int | None = 120) -> tuple[Campaign, list[int]]:
    """A planned campaign at two messages a minute, and its chunks: five and four people."""
    campaign = anna.sending_of(anna.draft("Slow", per_hour=per_hour))
    with tenancy.account(anna.account_id):
        return campaign, list(Chunk.objects.filter(campaign=campaign).order_by("number").values_list("id", flat=True))


def claimed(anna: Customer, wanted: list[tuple[int, str]]) -> list[Claim | None]:
    """Senders that ask at the same moment, each over a connection of its own."""

    async def ask() -> list[Claim | None]:
        databases = [Database(name) for _chunk, name in wanted]

        def one(database: Database, chunk_id: int, name: str) -> asyncio.Task[Claim | None]:
            async def work(connection: Connection) -> Claim | None:
                found = await claim(connection, anna.account_id, chunk_id, name)
                await asyncio.sleep(0.2)  # the others meet a turn that is taken and not committed yet
                return found

            return asyncio.create_task(database.run(anna.account_id, work))

        try:
            return list(await asyncio.gather(*(one(d, *each) for d, each in zip(databases, wanted, strict=True))))
        finally:
            for database in databases:
                await database.close()

    return asyncio.run(ask())


def sent(anna: Customer, held: Claim, name: str) -> None:
    """The sender's word about all that it claimed."""

    async def write() -> None:
        database = Database(name)

        async def work(connection: Connection) -> None:
            batch = [
                SettledDelivery(row.delivery_id, DeliveryState.SENT.value, 250, "2.0.0", "ok", "", "", clock.now())
                for row in held.rows
            ]
            await record(connection, anna.account_id, held.chunk_id, name, batch)

        await database.run(anna.account_id, work)
        await database.close()

    asyncio.run(write())
    claim_end.finish_chunk(anna.account_id, held.chunk_id, name)


def a_turn_later(campaign: Campaign) -> None:
    with tenancy.account(campaign.account_id):
        Plan.objects.filter(campaign=campaign).update(next_turn_at=clock.now() - timedelta(seconds=1))


def waiting_jobs(chunk_ids: list[int]) -> list[tuple[int, bool]]:
    jobs = ProcrastinateJob.objects.filter(task_name="delivery.send_chunk", status="todo")
    rows = [(job.args["chunk_id"], bool(job.scheduled_at and job.scheduled_at > clock.now())) for job in jobs]
    return sorted(row for row in rows if row[0] in chunk_ids)


def test_several_senders_share_one_turn(anna: Customer) -> None:
    """Two claims at the same moment, of two chunks: one gets its two letters, the other nothing."""
    campaign, (first, second) = slow(anna)
    assert waiting_jobs([first, second]) == [(first, False)]
    found = claimed(anna, [(first, "a"), (second, "b"), (first, "c")])
    got = [each for each in found if each is not None]
    assert [len(each.rows) for each in got] == [2]
    name = "abc"[found.index(got[0])]
    assert claimed(anna, [(first, "d"), (second, "e")]) == [None, None]
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        ProcrastinateJob.objects.filter(task_name="delivery.send_chunk").delete()
    sent(anna, got[0], name)
    assert waiting_jobs([first, second]) == [(first, True)]  # what is left, at the next turn
    a_turn_later(campaign)
    (again,) = claimed(anna, [(first, "f")])
    assert again is not None
    assert {row.delivery_id for row in again.rows}.isdisjoint(row.delivery_id for row in got[0].rows)


def test_turn_by_turn_everybody_gets_it_once(anna: Customer) -> None:
    campaign, chunks = slow(anna)
    letters: list[int] = []
    for _turn in range(20):
        a_turn_later(campaign)
        with tenancy.account(anna.account_id):
            ready = Chunk.objects.filter(id__in=chunks, state=ChunkState.READY).order_by("number").first()
        if ready is None:
            break
        (held,) = claimed(anna, [(ready.id, "one")])
        assert held is not None
        assert 1 <= len(held.rows) <= 2
        letters += [row.delivery_id for row in held.rows]
        sent(anna, held, "one")
    assert len(letters) == len(set(letters)) == PEOPLE
    assert anna.again(campaign).state == "sent"


def test_the_page_knows_when_it_ends_and_the_speed_can_change(anna: Customer) -> None:
    campaign, chunks = slow(anna, 60)
    with tenancy.account(anna.account_id):
        turns = campaign_turns(campaign.id, 9)
        assert turns is not None
        assert turns.per_turn == 1
        assert timedelta(minutes=7) < turns.ends_at - clock.now() <= timedelta(minutes=8)
    page = anna.client.get(f"/studio/campaigns/{campaign.id}/").content.decode()
    assert "Up to 60 per hour" in page
    assert "Expected to finish on" in page
    speed = f"/studio/campaigns/{campaign.id}/speed/"
    assert anna.client.post(speed, {"per_hour": "3"}).status_code == 303
    assert anna.again(campaign).per_hour == 60
    assert anna.client.post(speed, {"per_hour": ""}).status_code == 303
    assert within(anna, campaign_turns, campaign.id, 9) is None
    assert [chunk for chunk, _later in waiting_jobs(chunks)] == sorted(chunks)
    held = claimed(anna, [(chunks[0], "a"), (chunks[1], "b")])
    assert [len(each.rows) for each in held if each] == [5, 4]


def test_a_mailing_that_is_over_keeps_its_speed(anna: Customer) -> None:
    draft = anna.draft("Not out")
    with tenancy.account(anna.account_id), pytest.raises(CampaignError):
        change_pace(draft.id, 60)
