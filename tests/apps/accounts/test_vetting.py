"""Applications: what was submitted is fixed, no gap is approved, and a decision keeps what it was based on."""

from datetime import timedelta

import pytest

from mailflatrate.apps.accounts.actions import vetting
from mailflatrate.apps.accounts.actions.vetting import MESSAGES_PER_ADDRESS_DAY, UNPROVED_KEPT, AddressRefused
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import (
    Account,
    AccountStatus,
    Applicant,
    DecisionKind,
    Notice,
    Signal,
    User,
    VettingDecision,
)
from mailflatrate.apps.accounts.queries import current_documents
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.vetting.signals import SignalOutcome, SignalResult
from support.cast import per_test
from support.customers import RECORD, WHERE, Customer
from support.people import fresh_mailbox
from support.scope import rows

anna = per_test(Customer.applying)
"""An account with a complete application that is not submitted yet."""


def status(anna: Customer) -> str:
    return rows(anna, Account).get(id=anna.account_id).status


def ask(email: str, ip: str | None = None) -> None:
    vetting.ask_to_apply(email, language="en", ip=ip, link="https://x.example/a", sign_in="https://x.example/s")


def mails_to(email: str) -> int:
    return rows(PlatformReason.OPERATOR_DESK, Notice).filter(recipient=email).count()


@pytest.mark.parametrize("email", ["info@shop.example", "no address", "dora@mailinator.com", ""])
def test_an_address_that_is_no_person_s_cannot_apply(email: str) -> None:
    with pytest.raises(AddressRefused):
        ask(email)
    assert not Applicant.objects.filter(email=email).exists()


def test_an_address_gets_a_few_mails_a_day_and_then_none() -> None:
    email = fresh_mailbox("Dora")
    for _number in range(MESSAGES_PER_ADDRESS_DAY + 2):
        ask(email.upper())
    assert mails_to(email) == MESSAGES_PER_ADDRESS_DAY
    with clock.frozen_at(clock.now() + timedelta(days=1, minutes=1)):
        ask(email)
    assert mails_to(email) == MESSAGES_PER_ADDRESS_DAY + 1


def test_beginning_twice_leads_to_the_same_application_and_a_customer_begins_none(anna: Customer, otto: User) -> None:
    values = {"name": "Eve", "company": "Other", "country": "DE", "language": "en"}
    again = vetting.begin_application(anna.owner.email, **values)
    assert again.account_id == anna.account_id and again.legal_name == RECORD["legal_name"]
    vetting.submit_application(anna.account_id, anna.owner, WHERE)
    with pytest.raises(AccountError, match="already has a login"):
        vetting.begin_application(anna.owner.email, **values)
    assert vetting.open_application(anna.owner.email) is None
    vetting.decide_application(anna.account_id, DecisionKind.ASK, by=otto, text="Which lists?")
    reopened = vetting.open_application(anna.owner.email)
    assert reopened is not None and reopened.account_id == anna.account_id


def test_only_fields_of_the_record_are_written(anna: Customer) -> None:
    with pytest.raises(ValueError, match="signals_at"):
        vetting.save_application(anna.account_id, {"signals_at": clock.now()}, step="all")


def test_a_gap_keeps_an_application_from_being_submitted(anna: Customer) -> None:
    vetting.save_application(anna.account_id, {"phone": ""}, step="company")
    with pytest.raises(AccountError, match=r"Still missing: Phone"):
        vetting.submit_application(anna.account_id, anna.owner, WHERE)
    assert status(anna) == AccountStatus.REGISTERED
    vetting.save_application(anna.account_id, {"phone": RECORD["phone"]}, step="company")
    vetting.submit_application(anna.account_id, anna.owner, WHERE)
    assert status(anna) == AccountStatus.SUBMITTED


def test_documents_that_were_not_shown_are_not_agreed_to(anna: Customer) -> None:
    shown = [row.id for row in current_documents("en")]
    with pytest.raises(AccountError, match="has changed in the meantime"):
        vetting.submit_application(anna.account_id, anna.owner, WHERE, document_ids=shown[1:])
    vetting.submit_application(anna.account_id, anna.owner, WHERE, document_ids=shown)


def test_what_was_submitted_can_no_longer_be_changed(anna: Customer) -> None:
    vetting.submit_application(anna.account_id, anna.owner, WHERE)
    with pytest.raises(AccountError, match="no longer be changed"):
        vetting.save_application(anna.account_id, {"phone": "+49 1"}, step="company")
    with pytest.raises(AccountError, match="no longer be changed"):
        vetting.submit_application(anna.account_id, anna.owner, WHERE)


def test_a_decision_keeps_the_record_and_the_signals_it_was_based_on(anna: Customer, otto: User) -> None:
    vetting.submit_application(anna.account_id, anna.owner, WHERE)
    vetting.keep_signals(anna.account_id, [SignalResult("mx", SignalOutcome.CONCERN, "none")])
    vetting.keep_signals(anna.account_id, [SignalResult("mx", SignalOutcome.GOOD, "ok", "1")])
    vetting.decide_application(anna.account_id, DecisionKind.APPROVE, by=otto, note="Known in town.")
    assert status(anna) == AccountStatus.ACTIVE, "the agreements were accepted with the application"
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        decision = VettingDecision.objects.get(account_id=anna.account_id)
        assert Signal.objects.filter(account_id=anna.account_id).count() == 1
    assert decision.signals == [{"key": "mx", "outcome": "good", "word": "ok", "value": "1", "evidence": ""}]
    assert decision.record["vat_id"] == RECORD["vat_id"] and len(decision.record_sha256) == 64
    assert (decision.decided_by_id, decision.note) == (otto.id, "Known in town.")


def test_an_account_without_an_application_is_not_decided_on(otto: User) -> None:
    bare = Customer.registered("Clausen")
    with pytest.raises(AccountError, match="no application"):
        vetting.decide_application(bare.account_id, DecisionKind.APPROVE, by=otto)
    made = vetting.ensure_application(bare.account_id)
    assert vetting.ensure_application(bare.account_id).id == made.id
    with pytest.raises(AccountError, match="empty field"):
        vetting.decide_application(bare.account_id, DecisionKind.APPROVE, by=otto)


def test_an_account_that_agreed_to_nothing_is_not_activated(otto: User) -> None:
    bare = Customer.registered("Clausen")
    with pytest.raises(AccountError, match="hasn't accepted"):
        vetting.activate_account(bare.account_id, by=otto)
    assert status(bare) == AccountStatus.REGISTERED


def test_addresses_that_were_never_proved_are_forgotten() -> None:
    old, new = fresh_mailbox("Dora"), fresh_mailbox("Dora")
    ask(old)
    with clock.frozen_at(clock.now() + UNPROVED_KEPT + timedelta(minutes=1)):
        ask(new)
        vetting.forget_unproved()
    assert not Applicant.objects.filter(email=old).exists() and Applicant.objects.filter(email=new).exists()
