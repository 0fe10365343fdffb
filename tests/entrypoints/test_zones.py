"""One clock a page: the desk's at the desk, the account's in the studio and on what its readers see."""

from datetime import UTC, datetime

import pytest

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import clock, tenancy
from support.customers import Customer, customer_with_members, sending_customer
from support.desk import Desk, desk
from support.origins import declare_origin

LATE = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)
"""Half past midnight of the next day in Berlin, half past six of the evening in New York."""


@pytest.fixture(scope="module")
def otto(database: str) -> Desk:
    assert database
    return desk()


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer(3)


def test_the_desk_has_its_own_clock(anna: Customer, otto: Desk) -> None:
    campaign = anna.draft("Winter bulbs")
    with tenancy.account(anna.account_id):
        Account.objects.filter(id=anna.account_id).update(time_zone="America/New_York")
        Campaign.objects.filter(id=campaign.id).update(state="scheduled", scheduled_at=LATE)
    shown = otto.page(f"campaigns/{campaign.id}/")
    assert "15 July 2026, 00:30" in shown


def test_the_studio_has_the_account_s_clock_on_every_page(database: str) -> None:
    assert database
    anna = customer_with_members()
    with tenancy.account(anna.account_id):
        Account.objects.filter(id=anna.account_id).update(time_zone="Europe/Berlin")
        MailingList.objects.filter(id=anna.list_id).update(created_at=LATE)
    with clock.frozen_at(LATE):
        declare_origin(anna.account_id, anna.list_id)
    page = anna.page(f"lists/{anna.list_id}/")
    assert "15 July 2026" in page, "created"
    assert "15 Jul 2026, 00:30" in page, "signed"


def test_a_letter_at_the_desk_loads_nothing_from_the_customer_s_host(anna: Customer, otto: Desk) -> None:
    campaign = anna.draft("Spring bulbs")
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(state="scheduled", scheduled_at=LATE)
    answer = otto.client.get(f"/desk/campaigns/{campaign.id}/")
    images = next(part for part in answer.headers["Content-Security-Policy"].split("; ") if part.startswith("img-src"))
    assert images == "img-src 'self' data:"
    assert "aren't loaded here, so no one there can tell that you" in answer.content.decode()
