"""A mailbox says itself whose it is (R-46): the mail, the page behind it, its limits, the database."""

import secrets
from datetime import timedelta

import psycopg
import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Notice, NoticeKind, Role
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.jobs import queue_notice
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.domains.actions import domains, mailboxes
from mailflatrate.apps.domains.errors import DomainError
from mailflatrate.apps.domains.models import Mailbox, SenderAddress, SenderDomain
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.cast import per_module
from support.customers import Customer, sending_customer
from support.mailboxes import prove
from support.people import browser, person
from support.scope import rows, within

DORA = f"dora{secrets.randbelow(10**15)}@people.example"
anna = per_module(sending_customer, people=1)
"""Anna; each test asks about mailboxes of its own."""


def add(anna: Customer) -> Mailbox:
    """A further sender; its address is new in each test, for the limit counts all accounts."""
    email = f"post{secrets.randbelow(10**15)}@lindenhof.example"
    with tenancy.account(anna.account_id):
        domain = SenderDomain.objects.get()
        domains.add_sender(domain.id, email, "Lindenhof", by=anna.owner)
        return Mailbox.objects.get(email=email)


def again(anna: Customer, mailbox: Mailbox) -> Mailbox:
    return rows(anna, Mailbox).get(id=mailbox.id)


def page_of(mailbox: Mailbox) -> str:
    return mailboxes.mailbox_url(mailbox).removeprefix(load_settings().public_url)


def mails(anna: Customer, email: str) -> list[Notice]:
    return list(rows(anna, Notice).filter(kind=NoticeKind.SENDER, recipient=email).order_by("id"))


def blocked_by(anna: Customer, draft: Campaign) -> tuple[str, ...]:
    with tenancy.account(anna.account_id):
        return tuple(finding.key for finding in check_campaign(draft.id).blocked_by)


def test_a_sender_counts_once_somebody_in_its_mailbox_clicked(anna: Customer) -> None:
    mailbox = add(anna)
    (mail,) = mails(anna, mailbox.email)
    assert mailboxes.mailbox_url(mailbox) in mail.text
    sender = rows(anna, SenderAddress).get(email=mailbox.email)
    draft = anna.ticked(anna.draft(sender_id=sender.id))
    assert blocked_by(anna, draft) == ("sender-verified",)
    page = Client().get(page_of(mailbox))
    assert "Yes, it" in page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"
    Client().head(page_of(mailbox))
    assert again(anna, mailbox).proved_at is None, "a link scanner confirms nothing"
    assert Client().post(page_of(mailbox)).status_code == 200
    assert again(anna, mailbox).proved_at is not None
    assert blocked_by(anna, draft) == ()
    assert "Confirmed" in Client().post(page_of(mailbox)).content.decode(), "repeated, it does nothing more"


def test_the_gate_lets_the_mail_out_only_to_a_mailbox_that_was_named(anna: Customer) -> None:
    mailbox = add(anna)
    (mail,) = mails(anna, mailbox.email)
    queue_notice(anna.account_id, mail.id)
    with tenancy.account(anna.account_id):
        assert Delivery.objects.get(notice=mail).decision.allowed
        stranger = Notice.objects.create(kind=NoticeKind.SENDER, recipient="dora@elsewhere.example", subject="x")
        other = Notice.objects.create(kind=NoticeKind.PRIVACY, recipient=mailbox.email, subject="x")
    for notice in (stranger, other):
        queue_notice(anna.account_id, notice.id)
        assert not rows(anna, GateDecision).order_by("-id")[0].allowed


def test_no_is_kept_and_nobody_asks_again(anna: Customer) -> None:
    mailbox = add(anna)
    assert "You said no" in Client().post(page_of(mailbox), {"refuse": "1"}).content.decode()
    with tenancy.account(anna.account_id):
        assert SenderAddress.objects.get(email=mailbox.email).verified_at is None
        with pytest.raises(DomainError, match="said it isn't yours"):
            mailboxes.ask_again(mailbox.id, by=anna.owner)
    late = Client().post(page_of(mailbox))
    assert late.status_code == 409
    assert again(anna, mailbox).proved_at is None


def test_whoever_clicked_too_soon_takes_it_back(anna: Customer) -> None:
    mailbox = add(anna)
    Client().post(page_of(mailbox))
    Client().post(page_of(mailbox), {"refuse": "1"})
    assert again(anna, mailbox).proved_at is None
    assert rows(anna, SenderAddress).get(email=mailbox.email).verified_at is None


def test_a_link_ends_after_a_week_and_with_a_newer_round(anna: Customer) -> None:
    mailbox = add(anna)
    old = page_of(mailbox)
    with clock.frozen_at(clock.now() + timedelta(days=8)):
        late = Client().post(old)
        assert late.status_code == 409
        assert "expired" in late.content.decode()
        within(anna, mailboxes.ask_again, mailbox.id, by=anna.owner)
        assert "There&#x27;s a newer email about this address" in Client().post(old).content.decode()
        assert Client().post(page_of(again(anna, mailbox))).status_code == 200
    assert again(anna, mailbox).proved_at is not None


def test_a_link_of_the_same_round_stays_good_when_it_is_sent_again(anna: Customer) -> None:
    mailbox = add(anna)
    within(anna, mailboxes.ask_again, mailbox.id, by=anna.owner)
    assert Client().post(page_of(mailbox)).status_code == 200


def test_three_mails_a_day_to_one_mailbox_from_whatever_account() -> None:
    anna = sending_customer(people=1)
    mailbox = add(anna)
    within(anna, mailboxes.ask_again, mailbox.id, by=anna.owner)
    eve = sending_customer(people=0)
    with tenancy.account(eve.account_id):
        mailboxes.add_reply_address(mailbox.email, by=eve.owner)
        with pytest.raises(DomainError, match="Check its inbox, or try again tomorrow"):
            mailboxes.ask_again(Mailbox.objects.get(email=mailbox.email).id, by=eve.owner)
    with clock.frozen_at(clock.now() + timedelta(hours=25)), tenancy.account(anna.account_id):
        mailboxes.ask_again(mailbox.id, by=anna.owner)


def test_an_account_that_nobody_activated_writes_to_no_stranger() -> None:
    customer = Customer.registered("Eve's Angels")
    account_id, eve = customer.account_id, customer.owner
    with tenancy.account(account_id):
        with pytest.raises(DomainError, match="once your account is active"):
            mailboxes.add_reply_address(DORA, by=eve)
        assert not Mailbox.objects.exists()
        domain = domains.add_domain("victim.example")
        domains.add_sender(domain.id, "ceo@victim.example", "The boss", by=eve)
        assert not Notice.objects.exists(), "nobody at a domain is written to before its DNS was seen"


def test_answers_go_where_somebody_agreed(anna: Customer) -> None:
    draft = anna.ticked(anna.draft(reply_to=DORA.capitalize()))
    assert blocked_by(anna, draft) == ("reply-to-verified",)
    within(anna, mailboxes.add_reply_address, DORA, by=anna.owner)
    assert blocked_by(anna, draft) == ("reply-to-verified",)
    within(anna, prove, DORA)
    assert blocked_by(anna, draft) == ()


def test_once_a_year_it_is_asked_again_and_rests_without_an_answer() -> None:
    anna = sending_customer(people=1)
    mailbox = add(anna)
    within(anna, prove, mailbox.email)
    start = clock.now()
    with tenancy.account(anna.account_id):
        for days, count in ((334, 1), (336, 2), (337, 2)):
            with clock.frozen_at(start + timedelta(days=days)):
                mailboxes.renew_mailboxes()
            assert len(mails(anna, mailbox.email)) == count
        assert SenderAddress.objects.get(email=mailbox.email).verified_at is not None
        with clock.frozen_at(start + timedelta(days=366)):
            mailboxes.renew_mailboxes()
        assert SenderAddress.objects.get(email=mailbox.email).verified_at is None


def test_the_pages_show_the_state_and_send_it_again(anna: Customer) -> None:
    mailbox = add(anna)
    page = anna.client.get("/studio/senders/").content.decode()
    assert "Waiting for confirmation" in page
    anna.client.post(f"/studio/senders/mailboxes/{mailbox.id}/ask/")
    assert len(mails(anna, mailbox.email)) == 2
    answer = anna.client.post("/studio/senders/mailboxes/", {"reply_address": "nobody"})
    assert answer.status_code == 422
    assert "an email address" in answer.content.decode()
    assert (
        anna.client.post("/studio/senders/mailboxes/", {"reply_address": "team@lindenhof.example"}).status_code == 303
    )
    reply = rows(anna, Mailbox).get(email="team@lindenhof.example")
    assert anna.client.post(f"/studio/senders/mailboxes/{reply.id}/remove/").status_code == 303
    assert not rows(anna, Mailbox).filter(id=reply.id).exists()
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    assert ben.post("/studio/senders/mailboxes/", {"reply_address": "x@lindenhof.example"}).status_code == 403


def test_a_token_of_another_purpose_or_a_forged_one_opens_nothing(anna: Customer) -> None:
    mailbox = add(anna)

    other = key_ring().seal(TokenPurpose.UNSUBSCRIBE, anna.account_id, mailbox.id, 1)
    assert Client().post(f"/mailbox/{other}").status_code == 404
    assert Client().post(f"/mailbox/{'0' * 40}").status_code == 404


def test_no_sql_of_the_application_says_that_a_mailbox_was_proved(anna: Customer) -> None:
    mailbox = add(anna)
    attacks = [
        f"UPDATE mailbox SET proved_at = now() WHERE id = {mailbox.id}",
        "UPDATE mailbox SET email = 'ceo@bank.example' WHERE proved_at IS NOT NULL",
        f"INSERT INTO mailbox (account_id, email, for_replies, round, proved_at, created_at)"
        f" VALUES ({anna.account_id}, 'ceo@bank.example', true, 1, now(), now())",
        f"UPDATE sender_address SET verified_at = now() WHERE email = '{mailbox.email}'",
        "UPDATE sender_address SET email = 'ceo@bank.example' WHERE verified_at IS NOT NULL",
    ]
    with psycopg.connect(app_url(load_settings())) as base:
        for attack in attacks:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), base.transaction():
                tenancy.enter_account(base, anna.account_id)
                base.execute(attack)
