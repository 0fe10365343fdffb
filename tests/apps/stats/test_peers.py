"""What is usual among accounts of one size: right, and never recognizable."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from random import Random
from statistics import median

import psycopg
import pytest

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.stats.models import DailyFigure, PeerRate
from mailflatrate.apps.stats.peers import (
    LEAST_OWNERS,
    AccountRates,
    PeerMedians,
    account_rates,
    count_peers,
    medians,
    owners_of,
    peer_medians,
    size_of,
)
from mailflatrate.apps.tracking.models import ClickHour
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.customers import sending_customer
from support.scope import within
from support.sql import as_application

OWNERS = count()


def accounts(number: int, size: float = 1_000, clicked: float | None = 10.0) -> list[AccountRates]:
    return [AccountRates(next(OWNERS), size, 98.0 + at / 100, clicked, 0.3) for at in range(number)]


def test_a_median_needs_eight_accounts_of_the_size() -> None:
    assert medians(accounts(LEAST_OWNERS - 1)) == {}
    assert medians(accounts(LEAST_OWNERS)) == {1: PeerMedians(98.0, 10.0, 0.3)}
    few_tracked = [*accounts(LEAST_OWNERS - 1), *accounts(5, clicked=None)]
    assert medians(few_tracked)[1].clicked is None, "seven with this rate are too few"
    assert medians([*accounts(7, 499), *accounts(7, 500), *accounts(8, 500_000)]).keys() == {4}
    assert [size_of(each) for each in (0, 499, 500, 4_999, 5_000, 49_999, 500_000)] == [0, 0, 1, 1, 2, 2, 4]


def test_one_account_alone_hardly_moves_a_median() -> None:
    """Whoever joins with any rate, the median stays between those of two others."""
    chance = Random(1)
    for _ in range(200):
        rates = sorted(chance.uniform(90, 100) for _ in range(chance.randint(LEAST_OWNERS, 30)))
        others = [AccountRates(next(OWNERS), 1_000, rate, None, None) for rate in rates]
        late = AccountRates(next(OWNERS), 1_000, chance.choice([0.0, 100.0]), None, None)
        joined = medians([*others, late])[1].delivered
        assert joined is not None
        middle = len(rates) // 2
        assert round(rates[middle - 1], 1) <= joined <= round(rates[min(middle + 1, len(rates) - 1)], 1)
        assert medians(others)[1].delivered == round(median(rates), 1)


def test_accounts_of_one_owner_count_as_one() -> None:
    """Or seven of them would tell the rate of the eighth account."""
    theirs = [replace(each, owner=-1) for each in accounts(7)]
    assert medians([*theirs, *accounts(1)]) == {}
    assert medians([*theirs, *accounts(7)]) == {1: PeerMedians(98.0, 10.0, 0.3)}
    few_tracked = [*theirs, *accounts(6), *accounts(1, clicked=None)]
    assert medians(few_tracked)[1].clicked is None, "seven owners have it"
    shared = [(1, "user 5"), (2, "vat_id DE1"), (3, "user 5"), (3, "vat_id DE1"), (4, "user 6")]
    assert owners_of(shared) == {1: 1, 2: 1, 3: 1, 4: 4}


def test_an_account_counts_once_with_the_median_of_its_campaigns() -> None:
    anna = sending_customer(people=1)
    ended = clock.now() - timedelta(days=3)
    drafts = [anna.draft(f"Issue {number}") for number in range(4)]
    with tenancy.account(anna.account_id):
        for number, campaign in enumerate(drafts):
            Campaign.objects.filter(id=campaign.id).update(
                state=CampaignState.SENT if number else CampaignState.DRAFT, started_at=ended, finished_at=ended
            )
            DailyFigure.objects.create(
                campaign_id=campaign.id,
                mailing_list_id=anna.list_id,
                provider="other",
                day=ended.date(),
                settled=2_000_000,
                delivered=1_000_000 + 100_000 * number,
                hard=0,
                soft=0,
                complaints=0,
                unsubscribed=1_000,
            )
            ClickHour.objects.create(
                campaign_id=campaign.id, edition_id=1, link_number=1, hour=ended, people=120_000, machines=900_000
            )
    found = [each for each in account_rates() if each.size >= 1_000_000]
    assert [replace(each, owner=0) for each in found] == [
        AccountRates(0, 1_200_000, 60.0, 10.0, pytest.approx(100 * 1_000 / 1_200_000))
    ]
    count_peers()
    assert within(anna, peer_medians, 1_200_000) == PeerMedians(), "one account is too few"
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        PeerRate.objects.create(size=4, delivered=98.5, clicked=4.2, unsubscribed=0.2, counted_at=clock.now())
    with tenancy.account(anna.account_id):
        assert peer_medians(1_200_000) == PeerMedians(98.5, 4.2, 0.2)
        page = " ".join(anna.page(f"campaigns/{drafts[1].id}/").split())
        assert "at least eight are needed" in page
    with as_application(anna) as application, pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute("DELETE FROM peer_rate")
    count_peers()
    assert within(anna, peer_medians, 1_200_000) == PeerMedians(), "counted anew as a whole"
