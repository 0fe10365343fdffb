"""Folding clicks into hours changes no figure, and a replay gives the same hours again."""

from datetime import datetime, timedelta

import pytest

from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.privacy.actions.retention import delete_expired
from mailflatrate.apps.tracking.click_hours import fold_campaign, fold_recent, replay_campaign
from mailflatrate.apps.tracking.models import Click, ClickHour
from mailflatrate.apps.tracking.queries import clicks_by_campaign, clicks_by_variant, clicks_of, clicks_of_campaign
from mailflatrate.apps.tracking.timeline import HOUR_SECONDS, clicks_by_step
from mailflatrate.base import clock, tenancy
from support.customers import Customer, sending_customer

pytestmark = pytest.mark.usefixtures("database")


def clicked(anna: Customer, name: str, at: datetime, minutes: tuple[int, ...]) -> Campaign:
    """Return a campaign that began at a time, with a click by a person at each minute, and one by a machine."""
    campaign = anna.sending(name)
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(started_at=at)
        edition = Edition.objects.get(campaign_id=campaign.id)
        for minute in (*minutes, -1):
            moment = at + timedelta(minutes=max(minute, 0))
            Click.objects.create(campaign=campaign, edition_id=edition.id, link_number=1, machine=minute < 0, at=moment)
    return campaign


def figures(campaign: Campaign) -> list[object]:
    """Return everything that reports ask about clicks."""
    return [
        clicks_of(Edition.objects.get(campaign_id=campaign.id)),
        clicks_of_campaign(campaign.id),
        clicks_by_campaign([campaign.id, 0]),
        clicks_by_variant(campaign.id),
        clicks_by_step([campaign.id], HOUR_SECONDS, 48),
    ]


def hours() -> list[tuple[datetime, int, int]]:
    return list(ClickHour.objects.order_by("hour", "link_number").values_list("hour", "people", "machines"))


def test_folding_changes_no_figure_and_a_replay_gives_the_same_again() -> None:
    anna, carla = sending_customer(people=2), sending_customer(people=2)
    begun = clock.now() - timedelta(hours=9, minutes=20)
    campaign = clicked(anna, "Folded", begun, (1, 59, 61, 299, 560))
    with tenancy.account(anna.account_id):
        before = figures(campaign)
        assert before[2] == {campaign.id: 5, 0: 0}
        fold_campaign(campaign.id)
        assert hours() == [(begun, 2, 1), (begun + timedelta(hours=1), 1, 0), (begun + timedelta(hours=4), 1, 0)]
        assert figures(campaign) == before, "what is younger than four hours is counted as it is"
        folded = hours()
        fold_campaign(campaign.id)
        replay_campaign(campaign.id)
        assert (hours(), figures(campaign)) == (folded, before)
        Click.objects.filter(at__lt=begun + timedelta(minutes=60), machine=False).first().delete()  # type: ignore[union-attr]
        replay_campaign(campaign.id)
        assert hours()[0] == (begun, 1, 1), "a replay follows the clicks"
    with tenancy.account(carla.account_id):
        assert hours() == []
        fold_campaign(campaign.id)
        replay_campaign(campaign.id)
        assert hours() == [] and clicks_by_campaign([campaign.id]) == {campaign.id: 0}, "a stranger sees and folds none"
    with tenancy.account(anna.account_id):
        Click.objects.create(campaign=campaign, edition_id=1, link_number=1, at=clock.now() - timedelta(hours=5))
    assert fold_recent() >= 1, "the job finds campaigns with clicks"


def test_retention_keeps_the_hours_and_a_replay_does_not_lose_them() -> None:
    anna = sending_customer(people=2)
    campaign = clicked(anna, "Old", clock.now() - timedelta(days=26 * 31), (1, 61))
    with tenancy.account(anna.account_id):
        Click.objects.create(
            campaign=campaign,
            edition_id=Edition.objects.get(campaign_id=campaign.id).id,
            link_number=1,
            at=clock.now() - timedelta(hours=6),
        )
        fold_campaign(campaign.id)
        before, folded = figures(campaign), hours()
    delete_expired()
    with tenancy.account(anna.account_id):
        assert Click.objects.count() == 1
        assert (figures(campaign), hours()) == (before, folded)
        replay_campaign(campaign.id)
        assert figures(campaign)[2] == before[2]
