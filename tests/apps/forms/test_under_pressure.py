"""The cap under concurrent requests; the express lane beside a stuck campaign; a scanner in a campaign's message."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import close_old_connections, connections
from django.test import Client

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.confirmations import plan_confirmations
from mailflatrate.apps.delivery.models import Chunk, Delivery
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.forms.models import ConfirmationMark, SignupRequest
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.schema import load_settings
from support.customers import Customer
from support.fake_relay import HANG, FakeRelay, Step
from support.forms import DOMAIN, FormCustomer, customer_with_form, fresh_address
from support.scope import rows
from support.waiting import wait_until_async


def at_once(work: Any, many: list[Any]) -> list[Any]:
    """Run `work` for each, all beginning at the same moment, each with a connection of its own."""
    barrier = threading.Barrier(len(many))

    def one(argument: Any) -> Any:
        close_old_connections()
        barrier.wait()
        try:
            return work(argument)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(many)) as pool:
        return list(pool.map(one, many))


def test_the_same_address_many_times_at_once_is_one_request() -> None:
    lindenhof, dora = customer_with_form(), fresh_address()
    statuses = at_once(lambda _number: lindenhof.post(dora).status_code, list(range(12)))
    assert statuses == [303] * 12
    assert len(lindenhof.requests(dora)) == 1


@pytest.mark.slow
def test_the_cap_holds_when_many_customers_plan_at_the_same_moment() -> None:
    victim = fresh_address("victim").partition("@")[0]
    places = [customer_with_form() for _customer in range(4)]
    for number, each in enumerate(places):
        each.sign_up(f"{victim}+{number}@{DOMAIN}")
        each.sign_up(f"{victim}+{number}x@{DOMAIN}")
    begin = clock.now()
    at_once(plan_confirmations, [each.account_id for each in places])
    marks = ConfirmationMark.objects.filter(at__gte=begin)
    asked = 0
    for each in places:
        with tenancy.account(each.account_id):
            asked += SignupRequest.objects.filter(state="asked").count()
    assert asked == 5, "eight asked, of four customers, all at once"
    assert marks.count() >= 5


def test_one_request_gets_one_mail_however_many_senders_look() -> None:
    lindenhof, dora = customer_with_form(), fresh_address()
    lindenhof.sign_up(dora)
    at_once(plan_confirmations, [lindenhof.account_id] * 6)
    assert rows(lindenhof, Delivery).filter(confirmation_id__isnull=False).count() == 1


@pytest.mark.slow
def test_a_sign_up_does_not_wait_for_a_mailing_that_is_stuck() -> None:
    """Own connections, own journal: a relay that hangs over a campaign's letters holds up no confirmation."""
    lindenhof, dora = customer_with_form(), fresh_address()
    campaign = lindenhof.anna.sending("Stuck")
    with tenancy.account(lindenhof.account_id):
        chunk = Chunk.objects.filter(campaign=campaign).get()
        readers = set(Delivery.objects.filter(campaign=campaign).values_list("contact__email", flat=True))
    lindenhof.sign_up(dora)

    async def work() -> list[str]:
        async with FakeRelay() as relay:
            for reader in readers:
                relay.on(Step.RCPT, reader, HANG)
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
            sender = Sender(settings)
            stuck = asyncio.create_task(sender.work_chunk(lindenhof.account_id, chunk.id))
            await wait_until_async(
                lambda: any("MAIL" in command.upper() for command in relay.commands), "the campaign's first message"
            )
            await asyncio.wait_for(sender.work_confirmations(lindenhof.account_id), 30)
            assert not stuck.done()
            stuck.cancel()
            await asyncio.gather(stuck, return_exceptions=True)
            await sender.close()
            return [letter.recipient for letter in relay.received]

    assert asyncio.run(work()) == [dora]


@pytest.mark.slow
def test_a_scanner_in_a_campaigns_letter_changes_nothing() -> None:
    """Acceptance 4: GET and HEAD of every link in every part and header of the message as sent."""
    lindenhof = customer_with_form()
    letters = sent_letters(lindenhof, lindenhof.anna)
    assert letters
    before = everything(lindenhof)
    followed = set()
    for content in letters:
        message = message_from_bytes(content, policy=policy.SMTP)
        text = "\n".join(str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text")
        headers = "\n".join(str(value) for value in message.values())
        for url in re.findall(r"https://[^\s\"'<>)]+", text + headers):
            parts = urlsplit(url)
            if parts.netloc != urlsplit(load_settings().public_url).netloc:
                continue
            followed.add(parts.path.split("/")[1])
            for method in ("get", "head", "options"):
                answer = getattr(Client(), method)(parts.path, headers={"User-Agent": "Barracuda Sentinel (EE)"})
                assert answer.status_code in (200, 204, 302, 405), (method, url)
                assert not answer.cookies
    assert {"u", "p", "c", "help"} <= followed, followed
    assert everything(lindenhof) == before


def sent_letters(lindenhof: FormCustomer, anna: Customer) -> list[bytes]:
    """A campaign as the relay takes it."""
    campaign = anna.sending("Winter")
    chunk = rows(anna, Chunk).filter(campaign=campaign).get()

    async def work() -> list[bytes]:
        async with FakeRelay() as relay:
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
            sender = Sender(settings)
            try:
                await sender.work_chunk(lindenhof.account_id, chunk.id)
            finally:
                await sender.close()
            return [letter.content for letter in relay.received]

    return asyncio.run(work())


def everything(lindenhof: FormCustomer) -> list[list[Any]]:
    """Every row that says who gets mail, and why."""
    with tenancy.account(lindenhof.account_id):
        return [
            list(model.objects.order_by("id").values())
            for model in (Subscription, ConsentEvent, SignupRequest, Suppression)
        ]
