"""What happens between a sign-up and its confirmation email counts: the gate is asked twice, and a "no" always wins.

Nobody's first confirmation mail goes to a domain that takes none (R-18): the mail waits for the DNS.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from mailflatrate.apps.delivery.confirmations import plan_confirmations
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.domains.models import MailDomain
from mailflatrate.apps.forms.actions import form_edits
from mailflatrate.apps.forms.models import ConfirmationMark, Form, SignupDenial, SignupRequest
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.limits import value
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import ZoneServer
from support.fake_relay import FakeRelay
from support.forms import DOMAIN, FormCustomer, fresh_address
from support.scope import rows, within


def suppress(lindenhof: FormCustomer, email: str) -> None:
    with tenancy.account(lindenhof.account_id):
        key = key_ring().suppression_key(email)
        suppression.suppress(key, reason=SuppressionReason.COMPLAINT, source="test", evidence={})


def deny(lindenhof: FormCustomer, email: str) -> None:
    """Record the answer "this was not me" to an earlier request."""
    with tenancy.account(lindenhof.account_id):
        SignupDenial.objects.create(
            form_id=lindenhof.form_id,
            request_id=0,
            kind="form",
            address_key=key_ring().suppression_key(email),
            requested_at=clock.now(),
            denied_at=clock.now(),
        )


def close(lindenhof: FormCustomer, _email: str) -> None:
    within(lindenhof, form_edits.close_form, lindenhof.form_id)


CHANGES = {"suppressed": suppress, "denied": deny, "closed": close}
REASONS = {"suppressed": "confirmation-allowed", "denied": "request-undenied", "closed": "form-published"}


@pytest.mark.parametrize("change", CHANGES)
def test_a_no_between_the_sign_up_and_the_plan_stops_the_mail(lindenhof: FormCustomer, change: str) -> None:
    dora = fresh_address()
    lindenhof.sign_up(dora)
    CHANGES[change](lindenhof, dora)
    assert lindenhof.send() == []
    (request,) = lindenhof.requests(dora)
    assert (request.state, request.reason) == ("withheld", REASONS[change])
    with tenancy.account(lindenhof.account_id):
        assert not GateDecision.objects.filter(chain="confirmation").get().allowed
        assert not Contact.objects.filter(email=dora).exists()


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_a_no_between_the_plan_and_the_mail_stops_the_mail(lindenhof: FormCustomer, change: str) -> None:
    dora = fresh_address()
    lindenhof.sign_up(dora)
    chunk_id = plan_confirmations(lindenhof.account_id).chunk_id
    assert chunk_id is not None
    CHANGES[change](lindenhof, dora)
    assert send_chunk(lindenhof, chunk_id) == []
    with tenancy.account(lindenhof.account_id):
        delivery = Delivery.objects.get(chunk_id=chunk_id)
        assert delivery.state == "withheld"
        assert delivery.reason in (REASONS[change], "suppressed")
    (request,) = lindenhof.requests(dora)
    assert request.sent_event_id is None


def test_a_request_that_expired_in_the_queue_gets_no_mail(lindenhof: FormCustomer) -> None:
    dora = fresh_address()
    lindenhof.sign_up(dora)
    rows(lindenhof, SignupRequest).filter(email=dora).update(expires_at=clock.now() - timedelta(seconds=1))
    assert lindenhof.send() == []
    assert lindenhof.requests(dora)[0].reason == "request-alive"


def test_an_address_that_is_not_the_one_of_its_key_gets_no_mail(lindenhof: FormCustomer) -> None:
    dora = fresh_address()
    lindenhof.sign_up(dora)
    rows(lindenhof, SignupRequest).filter(email=dora).update(address_key=b"x" * 32)
    assert lindenhof.send() == []
    assert lindenhof.requests(dora)[0].reason == "confirmation-address"


def test_a_form_sends_only_so_many_mails_an_hour(lindenhof: FormCustomer) -> None:
    """R-35: counted within one batch, too."""
    most = int(value("confirmations_per_form_hour"))
    first, second = fresh_address(), fresh_address()
    with tenancy.account(lindenhof.account_id):
        now = clock.now()
        form = Form.objects.get(id=lindenhof.form_id)
        SignupRequest.objects.bulk_create(
            SignupRequest(
                account_id=lindenhof.account_id,
                state="confirmed",
                form_id=lindenhof.form_id,
                version_id=form.current_id,
                mailing_list_id=form.mailing_list_id,
                email=f"{number}@{DOMAIN}",
                address_key=number.to_bytes(32, "big"),
                language="en",
                requested_at=now,
                expires_at=now,
                requested_event_id=1,
            )
            for number in range(most - 1)
        )
    lindenhof.sign_up(first)
    lindenhof.sign_up(second)
    assert [mail.received.recipient for mail in lindenhof.send()] == [first]
    assert lindenhof.requests(second)[0].reason == "form-flooded"


def test_each_mail_that_is_allowed_counts_once_toward_the_mailbox(lindenhof: FormCustomer) -> None:
    dora, emil = fresh_address(), fresh_address("emil")
    before = ConfirmationMark.objects.count()
    suppress(lindenhof, emil)
    for email in (dora, emil):
        lindenhof.sign_up(email)
    lindenhof.send()
    lindenhof.send()
    assert ConfirmationMark.objects.count() == before + 1


def send_chunk(lindenhof: FormCustomer, chunk_id: int) -> list[str]:
    """Send a planned chunk into a relay; return the recipients it took."""

    async def work() -> list[str]:
        async with FakeRelay() as relay:
            settings = load_settings().model_copy(update={"relay_host": "127.0.0.1", "relay_port": relay.port})
            sender = Sender(settings)
            try:
                await sender.work_transactional(lindenhof.account_id, chunk_id)
            finally:
                await sender.close()
            return [message.recipient for message in relay.received]

    return asyncio.run(work())


ZONE = {
    "alive.com": {"MX": ["10 mx.alive.com"]},
    "null-mx.com": {"MX": ["0 ."]},
    "broken-dns.com": {"SERVFAIL": [""]},
    "silent-dns.com": {"SILENT": [""]},
}


@pytest.fixture
def world_dns(monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneServer]:
    """The DNS of the world, and a memory without these domains."""
    MailDomain.objects.filter(domain__in=[*ZONE, "nowhere.com"]).delete()
    with ZoneServer(ZONE) as server:
        monkeypatch.setenv("MAILFLATRATE_DNS_SERVERS", server.nameserver)
        load_settings.cache_clear()
        yield server
    monkeypatch.undo()
    load_settings.cache_clear()


def states(lindenhof: FormCustomer, *addresses: str) -> list[tuple[str, str]]:
    rows = [lindenhof.requests(address)[-1] for address in addresses]
    return [(row.state, row.reason) for row in rows]


def test_the_very_first_mail_waits_for_the_dns(lindenhof: FormCustomer, world_dns: ZoneServer) -> None:
    people = ["dora@alive.com", "emil@null-mx.com", "frieda@nowhere.com"]
    for address in people:
        lindenhof.sign_up(address)
    assert world_dns.questions == [], "no form asks the DNS"
    plan_confirmations(lindenhof.account_id)
    assert states(lindenhof, *people) == [
        ("asked", ""),
        ("withheld", "confirmation-address"),
        ("withheld", "confirmation-address"),
    ]
    with tenancy.account(lindenhof.account_id):
        assert Delivery.objects.filter(confirmation_id__isnull=False).count() == 1
    asked = len(world_dns.questions)
    lindenhof.sign_up("gustav@alive.com")
    plan_confirmations(lindenhof.account_id)
    assert len(world_dns.questions) == asked, "remembered"


@pytest.mark.slow
def test_a_dns_that_fails_keeps_nobody_out_and_nobody_waiting(lindenhof: FormCustomer, world_dns: ZoneServer) -> None:
    people = ["dora@broken-dns.com", "emil@silent-dns.com"]
    for address in people:
        lindenhof.sign_up(address)
    plan_confirmations(lindenhof.account_id)
    assert states(lindenhof, *people) == [("asked", ""), ("asked", "")]
    lindenhof.sign_up("frieda@silent-dns.com")
    asked = len(world_dns.questions)
    plan_confirmations(lindenhof.account_id)
    assert len(world_dns.questions) == asked, "the next mail to it doesn't wait again"
    assert states(lindenhof, "frieda@silent-dns.com") == [("asked", "")]
