"""“This wasn't me”: asked on GET, done on POST, for this account and address only."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from mailflatrate.apps.abuse.actions import intake
from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.transactional.models import MisdirectedAddress, TemplateVersion
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from support.transactional import TransactionalCustomer, transactional_customer, with_template


@pytest.fixture(scope="module")
def anna(database: str) -> TransactionalCustomer:
    """A shop that no reader reports anything about."""
    assert database
    return transactional_customer()


@pytest.fixture
def reported_anna(database: str) -> TransactionalCustomer:
    assert database
    return transactional_customer()


def link(anna: TransactionalCustomer, purpose: TokenPurpose = TokenPurpose.NOT_ME) -> str:
    message = anna.send()
    return "/n/" + key_ring().seal(purpose, anna.account_id, anna.delivery(message).id)


def page_report(about: str) -> intake.PageReport:
    return intake.PageReport(
        about.encode(), "unasked", "I know nothing about this order.", "", "", "en", None, {}, stop=True
    )


def reports(anna: TransactionalCustomer) -> int:
    with tenancy.account(anna.account_id):
        return MisdirectedAddress.objects.count()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_scanners_change_nothing(anna: TransactionalCustomer, method: str) -> None:
    answer = Client().generic(method, link(anna))
    assert answer.status_code in (200, 405)
    assert reports(anna) == 0


def test_the_reader_is_asked_and_told_and_the_owners_are_told_once(reported_anna: TransactionalCustomer) -> None:
    url, browser = link(reported_anna), Client(enforce_csrf_checks=True)
    asked = browser.get(url)
    with tenancy.account(reported_anna.account_id):
        name = current_account().name
    assert asked.status_code == 200 and name in asked.content.decode() and "A-4711" in asked.content.decode()
    assert asked.headers["Cache-Control"] == "no-store"
    for _ in range(2):
        assert "Stopped" in browser.post(url).content.decode()
    assert "Stopped" in browser.get(url).content.decode()
    assert reports(reported_anna) == 1
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        told = Notice.objects.filter(recipient=reported_anna.customer.owner.email, subject__contains="wrong person")
        assert told.count() == 1
        assert "A-4711" in told.get().text


def test_its_mailing_id_leads_to_help_and_to_a_report(reported_anna: TransactionalCustomer) -> None:
    """Like that of a campaign; a draft that no one read has none."""
    mailing_id, browser = reported_anna.version().mailing_id, Client()
    with tenancy.account(reported_anna.account_id):
        name = current_account().name
    shown = browser.get(f"/help/{mailing_id}").content.decode()
    assert name in shown and "no unsubscribe link" in shown and f"/report/?id={mailing_id}" in shown
    draft = with_template(reported_anna.customer, reported_anna.sender_id, key="second")
    with tenancy.account(reported_anna.account_id):
        unread = TemplateVersion.objects.get(id=draft).mailing_id
    assert browser.get(f"/help/{unread}").status_code == 404
    filed, found = intake.take_page_report(page_report(mailing_id))
    assert (found.account_id, found.campaign, found.mailing_id) == (reported_anna.account_id, None, mailing_id)
    assert filed.case.account_id == reported_anna.account_id
    assert intake.find(unread.encode()).account_id is None
    html = render_to_string("public/report/done.html", {"found": found, "sender": name, "reference": "x"})
    assert mailing_id in html and "This wasn't me" in html


@pytest.mark.parametrize("purpose", [purpose for purpose in TokenPurpose if purpose is not TokenPurpose.NOT_ME])
def test_no_other_token_opens_it(anna: TransactionalCustomer, purpose: TokenPurpose) -> None:
    assert Client().post(link(anna, purpose)).status_code == 404
    assert reports(anna) == 0


def test_a_token_of_another_delivery_stops_nothing(anna: TransactionalCustomer) -> None:
    for delivery_id in (0, 2**47):
        url = "/n/" + key_ring().seal(TokenPurpose.NOT_ME, anna.account_id, delivery_id)
        assert Client().post(url).status_code == 410
    assert reports(anna) == 0
