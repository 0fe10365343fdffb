"""Drafts that were tested, or released and taken back, can be deleted; what left us can still be looked up."""

from datetime import timedelta

import pytest

from mailflatrate.apps.abuse.queries.search import search
from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.gate.notices import notice_decision
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.api import Program, begun, program_of, word
from support.cast import per_test
from support.customers import Customer, sending_customer
from support.scope import rows, within

anna = per_test(sending_customer, people=2)


@pytest.fixture
def shop(anna: Customer) -> Program:
    return program_of(anna)


def after_test(anna: Customer, shop: Program) -> int:
    draft = begun(anna, shop)
    shop.post(f"/campaigns/{draft['id']}/test", {"recipients": [anna.owner.email]}, 202)
    with tenancy.account(anna.account_id):
        assert notice_decision(Notice.objects.get(kind=NoticeKind.TEST)).allowed
    return int(draft["id"])


def after_take_back(anna: Customer, shop: Program) -> int:
    draft = begun(anna, shop)
    path, at = f"/campaigns/{draft['id']}", (clock.now() + timedelta(days=2)).isoformat()
    shop.post(f"{path}/release", word(draft, at=at), 202)
    shop.post(f"{path}/take-back", {})
    return int(draft["id"])


@pytest.mark.parametrize("made", [after_test, after_take_back])
def test_draft_with_permits_is_gone_for_its_account_and_found_by_the_desk(anna: Customer, shop: Program, made) -> None:  # type: ignore[no-untyped-def]
    number = made(anna, shop)
    mailing_id = shop.get(f"/campaigns/{number}")["mailing_id"]
    assert shop.call("DELETE", f"/campaigns/{number}").status_code in (200, 204)
    assert shop.refused("GET", f"/campaigns/{number}")[0] == 404
    assert number not in [row["id"] for row in shop.get("/campaigns")["items"]]
    assert anna.client.get(f"/studio/campaigns/{number}/").status_code == 404
    assert mailing_id not in anna.page("campaigns/")
    assert shop.refused("POST", f"/campaigns/{number}/test", {"recipients": [anna.owner.email]})[0] == 404
    assert rows(anna, GateDecision).filter(allowed=True).exists()
    results = within(PlatformReason.OPERATOR_DESK, search, mailing_id)
    assert [campaign.mailing_id for campaign in results.campaigns] == [mailing_id]


def test_tested_draft_is_deleted_in_the_studio(anna: Customer, shop: Program) -> None:
    number = after_test(anna, shop)
    answer = anna.client.post(f"/studio/campaigns/{number}/delete/")
    assert answer.status_code == 303
    assert anna.client.get(f"/studio/campaigns/{number}/").status_code == 404


def test_untested_draft_leaves_no_row(anna: Customer, shop: Program) -> None:
    number = begun(anna, shop)["id"]
    shop.call("DELETE", f"/campaigns/{number}")
    assert not rows(PlatformReason.OPERATOR_DESK, Campaign).filter(id=number).exists()
