"""A new account's first list: filled in from the application, and its origin approved together with the account."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.accounts.actions import vetting
from mailflatrate.apps.accounts.models import (
    Account,
    AccountStatus,
    Acknowledgement,
    AgreementKind,
    Occasion,
    User,
    VettingDecision,
)
from mailflatrate.apps.domains.models import SenderAddress, SenderDomain
from mailflatrate.apps.lists.models import DeclarationState, ListOrigin, MailingList
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.customers import RECORD, WHERE, Customer
from support.desk import desk
from support.people import browser

pytestmark = pytest.mark.usefixtures("database")
PAGE = "/studio/lists/first/"


def _applied() -> tuple[int, User, Client]:
    applying = Customer.applying()
    account_id, user = applying.account_id, applying.owner
    vetting.submit_application(account_id, user, WHERE)
    return account_id, user, browser(user)


def _signed(**changes: Any) -> dict[str, Any]:
    today = clock.now().date()
    said = {
        "name": "Newsletter",
        "language": "de",
        "kind": "website",
        "form_urls": RECORD["form_url"],
        "wording": "Yes, I'd like the monthly letter. I can unsubscribe at any time.",
        "collected_from": str(today - timedelta(days=300)),
        "previous_system": "Our shop system",
        "declared_count": "1949",
        "controller": "Gärtnerei Lindenhof GmbH",
        "signatory": "Anna Lindner",
        "policy": "on",
        "assured": "on",
    }
    return {name: value for name, value in {**said, **changes}.items() if value}


def _origin(account_id: int) -> ListOrigin:
    with tenancy.account(account_id):
        return ListOrigin.objects.get()


def test_it_is_filled_in_and_nothing_is_checked_beforehand() -> None:
    _account_id, _user, anna = _applied()
    page = anna.get(PAGE).content.decode()
    for said in (
        "Newsletter",
        RECORD["form_url"],
        "Our shop system",
        "1949",
        "Gärtnerei Lindenhof GmbH",
        "Anna Lindner",
    ):
        assert said in page
    assert "unchanged since you accepted it" in page
    assert " checked" not in page


def test_list_and_origin_are_created_together_or_not_at_all() -> None:
    account_id, _user, anna = _applied()
    for missing in ("policy", "assured", "wording", "name", "collected_from"):
        assert anna.post(PAGE, _signed(**{missing: ""})).status_code == 422, missing
        with tenancy.account(account_id):
            assert not MailingList.objects.exists(), missing
    assert anna.post(PAGE, _signed()).status_code == 303
    with tenancy.account(account_id):
        assert ListOrigin.objects.get().state == DeclarationState.WAITING
        tick = Acknowledgement.objects.get(occasion=Occasion.LIST)
        assert tick.document.kind == AgreementKind.POLICY
    assert anna.get(PAGE).status_code == 303, "an account with a list goes to its lists"


def test_one_review_two_decisions() -> None:
    account_id, _user, anna = _applied()
    anna.post(PAGE, _signed())
    otto, origin = desk(), _origin(account_id)
    page = otto.page(f"applications/{account_id}/")
    assert "I can unsubscribe at any time" in page
    url = f"/desk/applications/{account_id}/decide/"
    refused = otto.client.post(url, {"kind": "approve", "origin": origin.id, "origin_reason": ""})
    assert refused.status_code == 422, "the customer reads a reason"
    with tenancy.account(account_id):
        assert Account.objects.get(id=account_id).status == AccountStatus.SUBMITTED, "both or neither"
    words = {"kind": "approve", "origin": origin.id, "origin_reason": "Form seen."}
    assert otto.client.post(url, words).status_code == 303
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Account.objects.get(id=account_id).status == AccountStatus.ACTIVE
        assert VettingDecision.objects.filter(account_id=account_id).count() == 1
        lines = AuditEntry.objects.filter(account_id=account_id)
        assert {"account.active", "origin.approved"} <= set(lines.values_list("action", flat=True))
        assert lines.get(action="origin.approved").reason == "Form seen."
    assert _origin(account_id).state == DeclarationState.APPROVED


def test_the_account_alone_leaves_the_origin_waiting() -> None:
    account_id, _user, anna = _applied()
    anna.post(PAGE, _signed())
    answer = desk().client.post(f"/desk/applications/{account_id}/decide/", {"kind": "approve"})
    assert answer.status_code == 303
    assert _origin(account_id).state == DeclarationState.WAITING


def test_no_origin_of_another_account_comes_along() -> None:
    account_id, _user, _anna = _applied()
    other_id, _carla, carla = _applied()
    carla.post(PAGE, _signed())
    foreign, otto = _origin(other_id), desk()
    words = {"kind": "approve", "origin": foreign.id, "origin_reason": "Form seen."}
    assert otto.client.post(f"/desk/applications/{account_id}/decide/", words).status_code == 404
    assert _origin(other_id).state == DeclarationState.WAITING
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert Account.objects.get(id=account_id).status == AccountStatus.SUBMITTED
    assert "Newsletter" not in otto.page(f"applications/{account_id}/").partition("First list")[2][:500]


def test_the_demo_button_does_not_exist_elsewhere() -> None:
    account_id, _user, anna = _applied()
    anna.post("/studio/senders/new/", {"name": "news.lindenhof.example"})
    with tenancy.account(account_id):
        domain = SenderDomain.objects.get()
        assert not SenderAddress.objects.exists()
    assert anna.post(f"/studio/senders/{domain.id}/publish/").status_code == 404
    assert b"/publish/" not in anna.get(f"/studio/senders/{domain.id}/").content
