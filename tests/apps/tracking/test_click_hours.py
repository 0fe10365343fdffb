"""Folding clicks into hours changes no figure, and a replay gives the same hours again."""

from datetime import datetime, timedelta
from random import Random

import pytest
from django.db import connection

from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.privacy.actions.retention import delete_expired
from mailflatrate.apps.tracking.click_hours import COUNTED, fold_campaign, fold_recent, replay_campaign
from mailflatrate.apps.tracking.counts import count_clicks
from mailflatrate.apps.tracking.models import Click, ClickFold, ClickHour
from mailflatrate.apps.tracking.queries import clicks_by_campaign, clicks_by_variant, clicks_of
from mailflatrate.base import clock, tenancy
from support.customers import Customer, sending_customer
from support.scope import rows


def clicked(anna: Customer, name: str, at: datetime, minutes: tuple[int, ...]) -> Campaign:
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
    counts = count_clicks([campaign.id])
    return [
        clicks_of(Edition.objects.get(campaign_id=campaign.id)),
        counts.links(campaign.id),
        counts.people(campaign.id),
        clicks_by_campaign([campaign.id, 0]),
        clicks_by_variant(campaign.id),
        counts.timeline(campaign.id),
    ]


def hours() -> list[tuple[datetime, int, int]]:
    return list(ClickHour.objects.order_by("hour", "link_number").values_list("hour", "people", "machines"))


def test_folding_changes_no_figure_and_a_replay_gives_the_same_again() -> None:
    anna, carla = sending_customer(people=2), sending_customer(people=2)
    begun = clock.now() - timedelta(hours=9, minutes=20)
    campaign = clicked(anna, "Folded", begun, (1, 59, 61, 299, 560))
    with tenancy.account(anna.account_id):
        before = figures(campaign)
        assert before[3] == {campaign.id: 5, 0: 0}
        fold_campaign(campaign.id)
        assert hours() == [(begun, 2, 1), (begun + timedelta(hours=1), 1, 0), (begun + timedelta(hours=4), 1, 0)]
        assert figures(campaign) == before, "what is younger than half an hour is counted as it is"
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
    rows(anna, Click).create(campaign=campaign, edition_id=1, link_number=1, at=clock.now() - timedelta(hours=5))
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
        assert figures(campaign)[3] == before[3]


def counted_one_by_one(campaign: Campaign) -> tuple[dict[tuple[int, int], tuple[int, int]], list[int]]:
    links: dict[tuple[int, int], tuple[int, int]] = {}
    steps = [0] * 48
    assert campaign.started_at is not None
    for row in Click.objects.filter(campaign_id=campaign.id):
        people, machines = links.get((row.edition_id, row.link_number), (0, 0))
        links[row.edition_id, row.link_number] = (people + (not row.machine), machines + row.machine)
        steps[int((row.at - campaign.started_at).total_seconds() // 3600)] += not row.machine
    return links, steps


def from_read_model(campaign: Campaign) -> tuple[dict[tuple[int, int], tuple[int, int]], list[int]]:
    counts = count_clicks([campaign.id])
    links: dict[tuple[int, int], tuple[int, int]] = {}
    for row in counts.rows:
        people, machines = links.get((row.edition_id, row.link_number), (0, 0))
        links[row.edition_id, row.link_number] = (people + row.people, machines + row.machines)
    return links, counts.timeline(campaign.id)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_at_every_moment_the_hours_and_a_replay_say_what_the_clicks_say(seed: int) -> None:
    """People and machines click whenever they like; the job runs whenever it does, and sometimes someone replays."""
    chance = Random(seed)
    anna = sending_customer(people=2)
    campaign = anna.sending("Any order")
    begun = clock.now() - timedelta(days=3)
    now = begun
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(started_at=begun)
        campaign.refresh_from_db()
        edition = Edition.objects.get(campaign_id=campaign.id).id
        for _ in range(12):
            before, now = now, now + timedelta(minutes=chance.choice([7, 30, 61, 240]))
            span = (now - before).total_seconds()
            Click.objects.bulk_create(
                Click(
                    account_id=anna.account_id,
                    campaign=campaign,
                    edition_id=edition,
                    link_number=chance.randint(1, 3),
                    machine=chance.random() < 0.4,
                    at=before + timedelta(seconds=chance.random() * span),
                )
                for _ in range(chance.randint(0, 6))
            )
            with clock.frozen_at(now):
                if chance.random() < 0.7:
                    fold_campaign(campaign.id)
                if chance.random() < 0.3:
                    replay_campaign(campaign.id)
            assert from_read_model(campaign) == counted_one_by_one(campaign)
        assert ClickHour.objects.exists()


def test_a_young_campaign_keeps_its_clicks_one_by_one_and_is_folded_once_it_is_older() -> None:
    anna = sending_customer(people=2)
    now = clock.now()
    campaign = clicked(anna, "Young", now - timedelta(hours=3, minutes=50), (1, 100))
    with tenancy.account(anna.account_id):
        fold_campaign(campaign.id)
        assert (hours(), ClickFold.objects.count()) == ([], 0), "its timeline is in steps of five minutes"
    with clock.frozen_at(now + timedelta(minutes=41)):
        assert fold_recent() >= 1, "the job finds it, although no one has clicked since"
    with tenancy.account(anna.account_id):
        assert sum(people for _, people, _ in hours()) == 2


def test_only_clicks_after_the_last_fold_are_read() -> None:
    """The index on time finds them. Behind row-level security, it's used only for conditions that can't leak."""
    anna = sending_customer(people=2)
    campaign = anna.sending("Index")
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        statement = f"EXPLAIN WITH {COUNTED} SELECT sum(people) FROM counted"
        cursor.execute(statement, {"account_id": anna.account_id, "campaign_ids": [campaign.id]})
        plan = [row[0] for row in cursor.fetchall()]
    (condition,) = [line for line in plan if "Index Cond" in line and "folded" not in line and "f.campaign_id" in line]
    assert "(at >= f.until)" in condition
