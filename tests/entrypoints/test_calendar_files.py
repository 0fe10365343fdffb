"""Calendar files and countdowns of a campaign on their whole way: draft, gate, edition, public address."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.gate.actions import check_campaign, release_campaign
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.presenters.preview import render_preview
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from support.customers import CONTENT, Customer, sending_customer

pytestmark = pytest.mark.usefixtures("database")

EVENT = "calendar:?name=Open+day&start=2030-05-04T10:00&zone=Europe/Berlin&place=Lindenhof"


def draft(anna: Customer, days: int) -> Campaign:
    until = (clock.now() + timedelta(days=days)).date().isoformat()
    counted = f'\n\nStill {{{{ "{until}" | days_left }}}}.\n\n[Add it to your calendar]({EVENT})\n'
    return anna.draft(content=CONTENT + counted)


def test_the_file_is_at_a_public_address_of_the_edition_and_names_no_one() -> None:
    anna, carla = sending_customer(people=1), sending_customer(people=1)
    campaign = anna.sending_of(draft(anna, 5))
    with tenancy.account(anna.account_id):
        edition = Edition.objects.get(campaign_id=campaign.id)
    assert re.search(r"Still [45] days\.", edition.html)
    assert "days_left" not in edition.html + edition.text
    (address,) = {link["url"] for link in edition.links if link["url"].endswith(".ics")}
    path = "/" + address.split("/", 3)[3]
    answer = Client().get(path)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert not answer.cookies
    assert b"DTSTART;TZID=Europe/Berlin:20300504T100000" in answer.content
    assert b"@" not in re.sub(rb"UID:[0-9a-f]{32}@", b"", answer.content.replace(b"\r\n ", b"")), "no address"
    assert Client().get(path).content == answer.content
    assert Client().post(path).status_code == 405
    ring = key_ring()
    for token in (
        ring.seal(TokenPurpose.CALENDAR, carla.account_id, edition.id, 0),
        ring.seal(TokenPurpose.CALENDAR, anna.account_id, edition.id, 1),
        ring.seal(TokenPurpose.CALENDAR, anna.account_id, 0, 0),
        ring.seal(TokenPurpose.CLICK, anna.account_id, edition.id, 0),
        "0" * 40,
        "x",
    ):
        assert Client().get(f"/e/{token}/event.ics").status_code == 404, token


def test_a_countdown_has_to_last_until_the_campaign_is_sent() -> None:
    anna = sending_customer(people=1)
    campaign = anna.ticked(draft(anna, 3))
    with tenancy.account(anna.account_id):
        assert check_campaign(campaign.id).allowed
        refused = release_campaign(campaign.id, by=anna.owner, at=clock.now() + timedelta(days=10))
        assert not refused.allowed
        assert "countdown-over" in str(refused.findings)
        assert release_campaign(campaign.id, by=anna.owner, at=clock.now() + timedelta(days=1)).allowed


def test_the_words_of_an_event_are_judged_and_shown_to_who_reviews() -> None:
    anna = sending_customer(people=1)
    link = f"{EVENT}&note=Tickets:+http://192.0.2.1/win"
    with tenancy.account(anna.account_id):
        campaign = anna.draft(content=f"{CONTENT}\n\n[Add it to your calendar]({link})\n")
        verdict = check_campaign(campaign.id)
        assert "http://192.0.2.1/win" in str(verdict.findings)
        (event,) = render_preview(campaign, current_account(), None, bare=False).events
    assert event.note == "Tickets: http://192.0.2.1/win"
