"""A person who says no after the claim of their chunk gets no message, and neither does a row that is gone from it."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.confirmations import plan_confirmations
from mailflatrate.apps.delivery.models import Chunk, Delivery
from mailflatrate.apps.delivery.send.claims import ClaimCheck, check_claim, claim, read_again
from mailflatrate.apps.delivery.send.database import Database
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.base import tenancy
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.fake_relay import ANY, FakeRelay, Step, delayed
from support.forms import customer_with_form, fresh_address
from support.waiting import wait_until_async

No = Callable[[Customer, Delivery, str], object]


def sql(*statements: str) -> No:
    """The owner of the tables changes something with SQL."""

    def run(anna: Customer, row: Delivery, owner: str) -> None:
        values = {"row": row.id, "contact": row.contact_id, "campaign": row.campaign_id}
        with psycopg.connect(owner, autocommit=True) as link:
            link.execute("SET session_replication_role = replica")  # without triggers and keys
            for statement in statements:
                link.execute(statement, values)

    return run


def unsubscribe(anna: Customer, row: Delivery, owner: str) -> None:
    consent.unsubscribe(row.contact_id, list_id=None, by="link", source="t")


def erase(anna: Customer, row: Delivery, owner: str) -> None:
    erase_for_customer(row.contact_id, by=anna.owner)


WAYS: dict[str, No] = {
    "unsubscribed": unsubscribe,
    "erased": erase,
    "contact gone": sql("UPDATE delivery SET contact_id = NULL WHERE id = %(row)s"),
    "subscription gone": sql("DELETE FROM subscription WHERE contact_id = %(contact)s"),
    "list gone": sql("UPDATE delivery SET mailing_list_id = NULL WHERE id = %(row)s"),
    "settled elsewhere": sql("UPDATE delivery SET state = 'cancelled' WHERE id = %(row)s"),
    "in another chunk": sql("UPDATE delivery SET chunk_id = chunk_id + 1000000 WHERE id = %(row)s"),
    "row gone": sql("DELETE FROM delivery WHERE id = %(row)s"),
}


def say(no: No, anna: Customer, row: Delivery, owner: str) -> None:
    """Say no, in a thread of its own."""
    try:
        with tenancy.account(anna.account_id):
            no(anna, row, owner)
    finally:
        connection.close()


def looked_after(anna: Customer, owner: str, no: No) -> tuple[ClaimCheck, list[int], int]:
    """Claim a chunk, say no, and look again: what was found, which rows are still there, and the row concerned."""
    campaign = anna.sending()
    with tenancy.account(anna.account_id):
        chunk_id = Chunk.objects.get(campaign=campaign).id
        row = list(Delivery.objects.filter(chunk_id=chunk_id).order_by("id"))[1]

    async def story() -> tuple[ClaimCheck, list[int]]:
        sender = Database("one")
        try:
            held = await sender.run(anna.account_id, lambda link: claim(link, anna.account_id, chunk_id, "one"))
            assert held is not None
            before = await sender.run(anna.account_id, lambda link: check_claim(link, held, "one"))
            assert before.changed == []
            await asyncio.to_thread(say, no, anna, row, owner)
            found = await sender.run(anna.account_id, lambda link: check_claim(link, held, "one"))
            again = await sender.run(anna.account_id, lambda link: read_again(link, held, found.changed))
            return found, [each.delivery_id for each in again]
        finally:
            await sender.close()

    return *asyncio.run(story()), row.id


@pytest.fixture
def anna(database: str) -> Customer:
    fence.ensure_fence()
    return sending_customer(people=40)


@pytest.mark.parametrize("way", WAYS)
def test_look_names_every_row_that_nothing_speaks_for_any_longer(anna: Customer, database: str, way: str) -> None:
    found, again, row = looked_after(anna, database, WAYS[way])
    assert found.changed == [row]
    belongs_elsewhere = way in ("settled elsewhere", "in another chunk", "row gone")
    assert again == ([] if belongs_elsewhere else [row])


def test_deleted_campaign_sends_nothing(anna: Customer, database: str) -> None:
    found, _, _ = looked_after(anna, database, sql("DELETE FROM campaign WHERE id = %(campaign)s"))
    assert found.campaign_state == "cancelled"


@pytest.mark.parametrize("way", ["erased", "in another chunk"])
def test_slow_relay_gets_no_message_after_the_no(anna: Customer, database: str, way: str) -> None:
    campaign = anna.sending()
    with tenancy.account(anna.account_id):
        chunk_id = Chunk.objects.get(campaign=campaign).id
        last = Delivery.objects.filter(chunk_id=chunk_id).select_related("contact").order_by("id").last()
    assert last is not None and last.contact is not None
    address = last.contact.email

    async def send(relay: FakeRelay) -> None:
        sender = Sender(
            load_settings().model_copy(
                update={"relay_host": "127.0.0.1", "relay_port": relay.port, "sender_connections": 2}
            )
        )
        try:
            working = asyncio.create_task(sender.work_chunk(anna.account_id, chunk_id))
            await wait_until_async(lambda: len(relay.received) >= 2, "the first messages")
            await asyncio.to_thread(say, WAYS[way], anna, last, database)
            await working
        finally:
            await sender.close()

    with FakeRelay().run_in_thread() as relay:
        relay.on(Step.MAIL, ANY, delayed(0.05))
        asyncio.run(send(relay))
        got = [message.recipient for message in relay.received]
    assert len(got) == 39 and address not in got


@pytest.mark.parametrize("way", ["denied", "request gone"])
def test_confirmation_mail_needs_its_request(database: str, way: str) -> None:
    fence.ensure_fence()
    here = customer_with_form()
    here.sign_up(fresh_address())
    chunk_id = plan_confirmations(here.account_id).chunk_id
    assert chunk_id is not None
    change = "DELETE FROM signup_request" if way == "request gone" else "UPDATE signup_request SET state = 'denied'"

    async def story() -> tuple[list[int], list[int]]:
        sender = Database("one")
        try:
            held = await sender.run(here.account_id, lambda link: claim(link, here.account_id, chunk_id, "one"))
            assert held is not None
            before = await sender.run(here.account_id, lambda link: check_claim(link, held, "one"))
            assert before.changed == []
            with psycopg.connect(database, autocommit=True) as owner:
                owner.execute("SET session_replication_role = replica")
                owner.execute(f"{change} WHERE account_id = %s", [here.account_id])
            after = await sender.run(here.account_id, lambda link: check_claim(link, held, "one"))
            return after.changed, [row.delivery_id for row in held.rows]
        finally:
            await sender.close()

    changed, rows = asyncio.run(story())
    assert len(rows) == 1
    assert changed == rows


@pytest.mark.parametrize("list_only", [True, False])
def test_confirmation_mail_that_waits_is_withheld_after_a_no(database: str, list_only: bool) -> None:
    """They signed up again, and unsubscribed while the relay was slow: the rules are asked again before sending."""
    fence.ensure_fence()
    here, email = customer_with_form(), fresh_address()
    here.confirm(here.asked(email))
    here.sign_up(email)
    chunk_id = plan_confirmations(here.account_id).chunk_id
    assert chunk_id is not None
    with tenancy.account(here.account_id):
        row = Delivery.objects.get(chunk_id=chunk_id)
        assert row.contact_id is not None
        consent.unsubscribe(row.contact_id, list_id=here.anna.list_id if list_only else None, by="link", source="t")

    async def send(relay: FakeRelay) -> None:
        sender = Sender(load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port}))
        try:
            await sender.work_transactional(here.account_id, chunk_id)
        finally:
            await sender.close()

    with FakeRelay().run_in_thread() as relay:
        asyncio.run(send(relay))
        assert relay.received == []
    with tenancy.account(here.account_id):
        assert Delivery.objects.get(id=row.id).reason == "request-after-no"
