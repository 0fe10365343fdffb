"""A report's figures beside its progress: what is usual, clicks by hour and link, providers, reasons, and as CSV."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.stats.actions import refresh_campaign
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.studio.campaigns.reports.report_figures import ClickTimeline
from mailflatrate.entrypoints.studio.campaigns.reports.report_pdf import bars_of
from support.customers import Customer, sending_customer

pytestmark = pytest.mark.usefixtures("database")


def sent(anna: Customer, name: str, *, hours_ago: int, delivered: int, bounced: int = 0) -> Campaign:
    campaign = anna.sending(name)
    anna.settle(campaign, DeliveryState.SENT, delivered)
    if bounced:
        anna.settle(campaign, DeliveryState.BOUNCED, bounced, bounce="hard")
    at = clock.now() - timedelta(hours=hours_ago)
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(state=CampaignState.SENT, started_at=at, finished_at=at)
        return Campaign.objects.get(id=campaign.id)


def click(anna: Customer, campaign: Campaign, *hours: float, link: int = 1, machine: bool = False) -> None:
    assert campaign.started_at is not None
    with tenancy.account(anna.account_id):
        edition = Edition.objects.get(campaign_id=campaign.id)
        for hour in hours:
            at = campaign.started_at + timedelta(hours=hour)
            Click.objects.create(campaign=campaign, edition_id=edition.id, link_number=link, machine=machine, at=at)


def page_of(anna: Customer, campaign: Campaign) -> str:
    return " ".join(anna.page(f"campaigns/{campaign.id}/").split())


def chart_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="click-hours" type="application/json">(.*?)</script>', page)
    assert found is not None
    chart: dict[str, Any] = json.loads(found[1])
    return chart


def rows_of(client: Client, campaign: Campaign) -> list[list[str]]:
    answer = client.get(f"/studio/campaigns/{campaign.id}/figures.csv")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_campaign_without_any_click_has_a_flat_line_and_says_so() -> None:
    anna = sending_customer(people=2)
    campaign = sent(anna, "Quiet", hours_ago=5, delivered=2)
    page = page_of(anna, campaign)
    chart = chart_of(page)
    assert chart["series"] == [{"label": "This campaign", "values": [0] * 6}]
    assert len(chart["times"]) == 6
    assert "No clicks in the first 48 hours." in page
    assert "No one has clicked a link yet." in page
    assert "No one unsubscribed because of this campaign." in page
    assert "usual" not in page.partition("How we measure")[0]


def test_one_click_is_one() -> None:
    anna = sending_customer(people=2)
    campaign = sent(anna, "One", hours_ago=0, delivered=2)
    click(anna, campaign, 0)
    page = page_of(anna, campaign)
    assert chart_of(page)["series"][0]["values"] == [1, 0], "two points at least, or there is no line"
    assert "1 click by people, of the delivered messages" in page
    assert ["Total", "Clicks", "1", "50.00", ""] in rows_of(anna.client, campaign)


@pytest.mark.slow
def test_clicks_by_hour_beside_the_median_of_earlier_campaigns() -> None:
    anna = sending_customer(people=4)
    for number, clicks in enumerate((1, 3, 2)):
        earlier = sent(anna, f"Earlier {number}", hours_ago=100 + number, delivered=4)
        click(anna, earlier, *[0.5] * clicks, 3)
    campaign = sent(anna, "Now", hours_ago=60, delivered=3, bounced=1)
    click(anna, campaign, 0, 0.9, 1, 47.9, 48)
    click(anna, campaign, 0, 0, machine=True)
    page = page_of(anna, campaign)
    own, usual = chart_of(page)["series"]
    assert (own["values"][:3], own["values"][47], len(own["values"])) == ([2, 1, 0], 1, 48)
    assert usual["values"][:4] == [2, 0, 0, 1]
    assert "usual 100.0%" in page, "delivered, of the three before"
    assert "2 clicks by bots excluded" in page
    rows = rows_of(anna.client, campaign)
    assert ["Total", "Delivered", "3", "75.00", "100.00"] in rows
    assert ["Total", "Clicks", "5", "166.67", "75.00"] in rows
    assert ["Total", "Clicks by bots", "2", "", ""] in rows
    assert [row[2:] for row in rows if row[0] == "Clicks by hour"][:2] == [["2", "", "2"], ["1", "", "0"]]


def test_links_providers_and_reasons_are_ranked() -> None:
    anna = sending_customer(people=4)
    campaign = sent(anna, "Ranked", hours_ago=2, delivered=3, bounced=1)
    click(anna, campaign, 0, 1)
    with tenancy.account(anna.account_id):
        messages = list(Delivery.objects.filter(campaign=campaign, state="sent").order_by("id"))
        for message, reason in zip(messages, ("too_many", "", "paused"), strict=True):
            Feedback.objects.create(
                delivery_id=message.id, campaign=campaign, kind=FeedbackKind.UNSUBSCRIBE, reason=reason
            )
    refresh_campaign(anna.account_id, campaign.id)
    page = page_of(anna, campaign)
    ranked = page.partition("Most clicked")[2].partition("All links")[0]
    assert "/bulbs" in ranked
    assert 'value="100"' in ranked
    assert page.index("I get too many emails") < page.index("No reason given") < page.index("Chose a pause instead: 1")
    assert "Other providers" in page
    rows = rows_of(anna.client, campaign)
    assert ["Provider", "other providers", "4", "75.00", ""] in rows
    assert ["Unsubscribed", "I get too many emails", "1", "", ""] in rows


def test_the_click_map_shows_each_links_share_and_leads_nowhere() -> None:
    anna = sending_customer(people=2)
    campaign = sent(anna, "Mapped", hours_ago=5, delivered=2)
    path = f"/studio/campaigns/{campaign.id}/clicks/map/"
    assert "no clicks" in anna.client.get(path).content.decode()
    click(anna, campaign, 0, 1, 2)
    click(anna, campaign, 1, machine=True)
    answer = anna.client.get(path)
    message = answer.content.decode()
    assert "100% · 3" in message
    assert "href" not in message.partition("<body")[2], "a click on the map would count"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert f'src="{path}' in anna.client.get(f"/studio/campaigns/{campaign.id}/clicks/").content.decode()
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(track_clicks=False)
    assert anna.client.get(path).status_code == 404
    assert anna.client.get(f"/studio/campaigns/{anna.draft().id}/clicks/map/").status_code == 404


def test_the_report_on_paper_names_no_one() -> None:
    anna = sending_customer(people=2)
    campaign = sent(anna, "Printed", hours_ago=5, delivered=2)
    click(anna, campaign, 0, 1, 1)
    answer = anna.client.get(f"/studio/campaigns/{campaign.id}/report.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-") and len(answer.content) > 5000
    assert anna.client.get(f"/studio/campaigns/{anna.draft().id}/report.pdf").status_code == 404


def test_bars_are_as_high_as_their_share() -> None:
    at = clock.now()
    chart = {"series": [{"values": [4, 0, 1, 2]}]}
    bars = bars_of(ClickTimeline("", at, at, chart, []))
    assert [(bar["x"], bar["y"], bar["height"]) for bar in bars] == [
        ("2.500", "0.000", "20.000"),
        ("52.500", "15.000", "5.000"),
        ("77.500", "10.000", "10.000"),
    ]
    assert bars_of(ClickTimeline("", at, at, {"series": [{"values": [0, 0]}]}, [])) == []


def test_a_stranger_and_a_draft_have_no_file() -> None:
    anna, carla = sending_customer(people=1), sending_customer(people=1)
    campaign = sent(anna, "Mine", hours_ago=1, delivered=1)
    path = f"/studio/campaigns/{campaign.id}/figures.csv"
    assert carla.client.get(path).status_code == 404
    assert Client().get(path).status_code == 302
    assert anna.client.get(f"/studio/campaigns/{anna.draft().id}/figures.csv").status_code == 404
