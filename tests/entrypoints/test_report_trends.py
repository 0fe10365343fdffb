"""The page of trends: a waterfall that ends where it should, clicks by weekday, and nothing for those it isn't for."""

import re
from datetime import timedelta

from django.test import Client

from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.lists.growth import Gain, Growth, Loss
from mailflatrate.apps.stats.actions import refresh_campaign
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.studio.report_trends import waterfall, weekday_clicks
from support.customers import Customer, sending_customer
from support.people import browser


def test_the_waterfall_leads_from_then_to_now(database: str) -> None:
    with tenancy.account(sending_customer(people=1).account_id):
        rows = waterfall(Growth(100, 90, (Gain(None, None, 20),), (Loss("link", 25), Loss("one_click", 5))))
        assert [(row.kind, row.people, row.begin, row.width) for row in rows] == [
            ("total", 100, 0, 83.33),
            ("gain", 20, 83.33, 16.67),
            ("loss", -30, 75, 25),
            ("total", 90, 0, 75),
        ]
        assert [row.width for row in waterfall(Growth(0, 0, (), ()))] == [0, 0], "nobody is an empty bar"


def test_weekdays_are_shaded_by_their_share() -> None:
    table = [[0] * 24 for _day in range(7)]
    assert {shade for row in weekday_clicks(table) for _people, shade in row.blocks} == {0}
    table[1][9], table[1][11], table[4][0] = 5, 3, 1
    rows = weekday_clicks(table)
    assert rows[1].day == "Tuesday"
    assert (rows[1].blocks[3], rows[4].blocks[0], rows[0].blocks[0]) == ((8, 4), (1, 1), (0, 0))


def test_the_page_with_nothing_and_with_one_campaign(database: str) -> None:
    anna = sending_customer(people=2)
    page = " ".join(anna.page("reports/trends/").split())
    assert "No one has clicked a link in the last 90 days." in page
    assert "No messages in the last eight weeks." in page
    assert "No sign-ups in the last 30 days" in page
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, 2)
    with tenancy.account(anna.account_id):
        at = clock.now() - timedelta(hours=1)
        Campaign.objects.filter(id=campaign.id).update(state=CampaignState.SENT, started_at=at, finished_at=at)
        edition = Edition.objects.get(campaign_id=campaign.id)
        Click.objects.create(campaign=campaign, edition_id=edition.id, link_number=1, at=clock.now())
    refresh_campaign(anna.account_id, campaign.id)
    page = " ".join(anna.page("reports/trends/").split())
    assert 'class="heat-4">1<' in page
    assert "Other providers" in page
    assert re.search(r'id="provider-weeks" type="application/json">[^<]*"values": \[(null, )*100.0\]', page)


def test_no_one_else_sees_it(database: str) -> None:
    assert Client().get("/studio/reports/trends/").status_code == 302
    anna = sending_customer(people=2)
    carla = browser(Customer.registered("Carla").owner)
    assert "+2" in anna.page("reports/trends/")
    assert "+2" not in carla.get("/studio/reports/trends/").content.decode()
    assert anna.client.post("/studio/reports/trends/").status_code == 405
