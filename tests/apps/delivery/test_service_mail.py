"""Messages of the service itself: signed from the first start, and kept back while nobody could verify that (R-59)."""

import asyncio
import re
from collections.abc import Iterator

import dkim
import pytest

from mailflatrate.apps.accounts.actions import notices as notices_actions
from mailflatrate.apps.accounts.actions import people
from mailflatrate.apps.accounts.models import Notice, NoticeKind, User
from mailflatrate.apps.delivery import jobs
from mailflatrate.apps.delivery.models import Chunk, ChunkState, Delivery, DeliveryState
from mailflatrate.apps.delivery.queries import held_service_mail
from mailflatrate.apps.delivery.send.sender import Sender
from mailflatrate.apps.domains.actions import domains, mailboxes, service
from mailflatrate.apps.domains.models import DnsCheck, SenderDomain
from mailflatrate.apps.domains.queries import service_key_published
from mailflatrate.apps.domains.records import service_spf_host
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import Settings, load_settings
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from support.fake_relay import FakeRelay
from support.forms import FormCustomer, customer_with_form, fresh_address
from support.scope import rows


def zone() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {service_spf_host(): {"TXT": ["v=spf1 ip4:127.0.0.1 -all"]}}
    house = people.house_account()
    with tenancy.account(house.id):
        domain = SenderDomain.objects.get(name=load_settings().service_domain)
        for record in domains.records_to_publish(domain):
            found.setdefault(record.host, {})[record.record_type] = [record.value]
    return found


def check_claim(records: dict[str, dict[str, list[str]]]) -> None:
    with ZoneServer(records) as server:
        service.check_service_domain(load_settings(), resolver=DnsResolver([server.nameserver]))


@pytest.fixture
def unpublished() -> Iterator[None]:
    """No check of the service's records has been made, as after the first start; nor is one left for other tests."""

    def forget() -> None:
        with tenancy.platform(PlatformReason.HOUSEKEEPING):
            DnsCheck.objects.filter(domain__account__is_house=True).delete()
            SenderDomain.objects.filter(account__is_house=True).update(verified_at=None)

    forget()
    yield
    forget()


def queued_notice(recipient: str, text: str = "Somebody signed in.\n\nhttps://u.example/x") -> tuple[int, int]:
    """A notice to a user, queued; the accounts's id and the chunk's."""
    house = people.house_account()
    if not User.objects.filter(email=recipient).exists():
        people.create_user(recipient, name="Dora", password="dotted-notes-42-x")
    notice = notices_actions.send_notice(
        house.id, NoticeKind.ACCESS, recipient, subject="Anmeldung", text=text, language="de"
    )
    jobs.queue_notice(house.id, notice.id)
    return house.id, rows(house.id, Delivery).get(notice=notice).chunk_id


def send(account_id: int, chunk_id: int | None, **changes: object) -> list[bytes]:
    """One sender works on a chunk, or takes up confirmations; what its relay got."""

    async def work() -> list[bytes]:
        async with FakeRelay() as relay:
            where: dict[str, object] = {
                "relay_host": "127.0.0.1",
                "relay_port": relay.port,
                "test_inbox_port": relay.port,
            }
            sender = Sender(load_settings().model_copy(update={**where, **changes}))
            try:
                if chunk_id is None:
                    await sender.work_confirmations(account_id)
                else:
                    await sender.work_transactional(account_id, chunk_id)
            finally:
                await sender.close()
            return [letter.content for letter in relay.received]

    return asyncio.run(work())


def due_now(account_id: int, chunk_id: int) -> None:
    assert rows(account_id, Chunk).filter(id=chunk_id, not_before__gt=clock.now()).update(not_before=clock.now()) == 1


def verified(raw: bytes) -> bool:
    records = {f"{name}.".encode(): "".join(sets.get("TXT", [])).encode() for name, sets in zone().items()}
    return bool(dkim.verify(raw, dnsfunc=lambda name, timeout=5: records.get(name)))


def test_the_first_start_makes_the_key_and_a_second_changes_nothing() -> None:
    before = zone()
    assert any("._domainkey." in host for host in before)
    service.ensure_service_key(load_settings())
    assert zone() == before


def test_a_name_that_can_have_no_key_does_not_stop_the_start() -> None:
    service.ensure_service_key(load_settings().model_copy(update={"service_domain": "localhost"}))
    service.ensure_service_key(load_settings().model_copy(update={"service_domain": "gmail.com"}))
    assert not rows(PlatformReason.HOUSEKEEPING, SenderDomain).filter(name__in=["localhost", "gmail.com"]).exists()


@pytest.mark.slow
def test_a_notice_waits_until_the_record_is_published_and_then_verifies(
    unpublished: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipient = fresh_address()
    account_id, chunk_id = queued_notice(recipient)
    assert send(account_id, chunk_id) == []
    with tenancy.account(account_id):
        chunk, row = Chunk.objects.get(id=chunk_id), Delivery.objects.get(chunk_id=chunk_id)
    assert (chunk.state, row.state, row.attempts) == (ChunkState.READY, DeliveryState.PENDING, 0)
    with monkeypatch.context() as patch:
        outside = load_settings().model_copy(update={"relay_host": "relay.example"})
        patch.setattr("mailflatrate.apps.delivery.queries.load_settings", lambda: outside)
        held = held_service_mail()
    assert held is not None
    assert (held.domain, held.waiting >= 1) == (load_settings().service_domain, True)
    check_claim({})
    due_now(account_id, chunk_id)
    assert send(account_id, chunk_id) == [], "a record that is missing lets nothing go"
    check_claim(zone())
    due_now(account_id, chunk_id)
    (raw,) = send(account_id, chunk_id)
    assert verified(raw)
    assert b"Content-Language: de\r\n" in raw


def test_a_dns_that_is_silent_for_a_while_holds_nothing_back(unpublished: None) -> None:
    name = load_settings().service_domain
    assert not service_key_published(name)
    check_claim(zone())
    assert service_key_published(name)
    service.check_service_domain(load_settings(), resolver=DnsResolver(["127.0.0.1:1"], timeout_seconds=0.2))
    assert service_key_published(name)
    check_claim({})
    assert not service_key_published(name), "a record that was taken away is no silence"


def test_nothing_waits_on_a_machine_whose_mail_goes_to_the_test_inbox(unpublished: None) -> None:
    account_id, chunk_id = queued_notice(fresh_address())
    (raw,) = send(account_id, chunk_id, relay_host=None)
    assert verified(raw), "signed there, too"


@pytest.mark.slow
def test_a_confirmation_mail_waits_only_where_the_service_signs_it(unpublished: None) -> None:
    lindenhof: FormCustomer = customer_with_form()
    lindenhof.sign_up(fresh_address())
    assert len(send(lindenhof.account_id, None)) == 1, "the customer's own sender signs it"
    without = customer_with_form(sender=False)
    dora = fresh_address()
    without.sign_up(dora)
    assert send(without.account_id, None) == []
    row = rows(without, Delivery).get(confirmation_id__isnull=False)
    assert row.state == DeliveryState.PENDING
    check_claim(zone())
    due_now(without.account_id, row.chunk_id)
    (raw,) = send(without.account_id, row.chunk_id)
    assert verified(raw)


def test_the_html_part_of_a_notice_is_a_whole_document(unpublished: None) -> None:
    text = 'Guten Tag & willkommen,\nhier: "https://u.example/x?a=1&b=2" und <b>\n\nBis bald'
    account_id, chunk_id = queued_notice(fresh_address(), text)
    (raw,) = send(account_id, chunk_id, relay_host=None)
    from email import message_from_bytes, policy

    html = message_from_bytes(raw, policy=policy.SMTP).get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert '<html lang="de" dir="ltr"><head><meta charset="utf-8"><meta name="viewport"' in html
    assert '&quot;<a href="https://u.example/x?a=1&amp;b=2"' in html
    assert "und &lt;b&gt;</p>" in html
    assert "<title>Anmeldung</title>" in html


def test_no_subject_of_the_service_names_an_address(unpublished: None) -> None:
    """SpamAssassin calls it TO_IN_SUBJ, and a subject shows on locked screens."""
    lindenhof = customer_with_form()
    with tenancy.account(lindenhof.account_id):
        domain = SenderDomain.objects.earliest("id")
        mailboxes.add_reply_address(f"fragen@{domain.name}", by=lindenhof.anna.owner)
        subjects = list(Notice.objects.values_list("subject", flat=True))
    assert subjects
    assert not [subject for subject in subjects if re.search(r"\S@\S", subject)]


def test_settings_name_a_domain_that_can_sign() -> None:
    assert isinstance(load_settings(), Settings)
    assert service_key_published("no-such-service.example") is False
