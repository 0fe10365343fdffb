"""What a lost server left open, as the customer and the operator read it, and the button that sends what never left."""

import html
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.actions import lost_host
from mailflatrate.apps.delivery.models import Begun, Chunk, ChunkState, Delivery, LostClaim
from mailflatrate.apps.delivery.recovery.unknown import UnknownResults, unknown_results
from mailflatrate.apps.delivery.send import recovery
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.send.outcomes import retry_policy
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.desk import desk
from support.people import browser, person

PEOPLE = 8


@pytest.fixture
def anna(database: str) -> Iterator[Customer]:
    with psycopg.connect(database, autocommit=True) as owner:  # of other tests
        owner.execute("UPDATE lost_claim SET settled_at = now()")
    yield sending_customer(people=PEOPLE)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    kept = Journal(tmp_path)
    yield kept
    kept.close(settled=True)


def lose_host(anna: Customer, name: str = "mail-4.1.a.b") -> Campaign:
    """Three messages were under way when the host died, the other five had been sent."""
    campaign = anna.sending("Lost")
    with tenancy.account(anna.account_id):
        chunk = Chunk.objects.get(campaign_id=campaign.id)
        Chunk.objects.filter(id=chunk.id).update(state=ChunkState.SENDING, claimed_by=name)
        ids = list(Delivery.objects.filter(chunk=chunk).order_by("id").values_list("id", flat=True))
        Begun.objects.create(chunk=chunk, claimed_by=name, begun_to=ids[-1], under_way=ids[:3], unsent=[])
    lost_host.abandon_chunk(anna.account_id, chunk.id, name)
    return anna.again(campaign)


def journal_comes_back(anna: Customer, journal: Journal, begun: int) -> None:
    """After the campaign's end it says that so many of the three were begun, and proves that the others were not."""
    with tenancy.account(anna.account_id):
        lost = LostClaim.objects.get(settled_at=None)
    journal.begin_chunk(anna.account_id, lost.chunk_id)
    for delivery_id in lost.deliveries[:begun]:
        journal.started(delivery_id)
    recovery.replay_folder(journal.path.parent, retry_policy(load_settings()))


def page(client: Client, url: str) -> str:
    answer = client.get(f"/studio/campaigns/{url}")
    assert answer.status_code == 200, answer.content[-2000:]
    return " ".join(html.unescape(answer.content.decode()).split())


def test_the_report_says_how_many_are_unknown_and_whether_that_may_change(anna: Customer) -> None:
    campaign = lose_host(anna)
    assert campaign.state == CampaignState.SENT
    report = page(anna.client, f"{campaign.id}/")
    assert "failed while 3 messages were being sent" in report
    assert "fill in 3 results" in report
    assert f"/studio/campaigns/{campaign.id}/recipients/?state=in_doubt" in report
    assert "3 messages were being sent" in page(anna.client, f"{campaign.id}/recipients/?state=in_doubt")
    assert "Sending them again might reach people twice, so we never do" not in page(
        anna.client, f"{campaign.id}/recipients/"
    )
    with tenancy.account(anna.account_id):
        LostClaim.objects.filter(settled_at=None).update(settled_at=clock.now())
        assert unknown_results(campaign.id) == UnknownResults(3, 0, 0)
        assert unknown_results(campaign.id).final == 3
    assert "All records have been read, so the result stays unknown." in page(anna.client, f"{campaign.id}/")


def test_who_certainly_did_not_get_it_is_sent_it_by_the_button(anna: Customer, journal: Journal) -> None:
    campaign = lose_host(anna, journal.name)
    journal_comes_back(anna, journal, begun=1)
    send = f"/studio/campaigns/{campaign.id}/send-unsent/"
    overview = page(anna.client, f"{campaign.id}/")
    assert "2 messages were never sent" in overview and "All messages have a result." not in overview
    assert "a sending process failed" in page(anna.client, f"{campaign.id}/recipients/?state=in_doubt")
    assert "a sending server failed" not in page(anna.client, f"{campaign.id}/recipients/?state=sent")
    recipients = page(anna.client, f"{campaign.id}/recipients/?state=pending")
    assert "2 messages were never sent" in recipients and "Send it to 2 recipients" in recipients and send in recipients
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    looked = page(ben, f"{campaign.id}/recipients/")
    assert "2 messages were never sent" in looked and send not in looked, "a viewer reads it and has no button"
    assert ben.post(send).status_code == 403
    carla = Customer.registered("Carla's Cafe").owner
    assert browser(carla).post(send).status_code == 404
    assert anna.again(campaign).state == CampaignState.SENT
    assert anna.client.post(send).status_code == 303
    assert anna.again(campaign).state == CampaignState.SENDING
    assert "never sent" not in page(anna.client, f"{campaign.id}/recipients/")


def test_german_reads_the_same(anna: Customer, journal: Journal) -> None:
    campaign = lose_host(anna, journal.name)
    anna.client.cookies["language"] = "de"
    report = page(anna.client, f"{campaign.id}/")
    assert "während 3 E-Mails unterwegs waren" in report and "Dann tragen wir 3 Ergebnisse nach" in report
    journal_comes_back(anna, journal, begun=2)
    assert "An 1 Empfänger senden" in page(anna.client, f"{campaign.id}/recipients/")


def test_the_operator_reads_which_hosts_would_tell(anna: Customer) -> None:
    lose_host(anna)
    home = " ".join(html.unescape(desk().page("")).split())
    assert "Journals of lost hosts are missing" in home
    assert "They would settle 3 unknown results." in home
    assert "mail-4: 3 results" in home
    with tenancy.account(anna.account_id):
        LostClaim.objects.filter(settled_at=None).update(settled_at=clock.now())
    assert "Journals of lost hosts" not in desk().page("")


def test_a_campaign_that_waits_for_the_end_of_a_hold_says_so(anna: Customer) -> None:
    waiting, running = anna.draft(), anna.sending()
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=waiting.id).update(state=CampaignState.PLANNING)
    assert "We're gathering the recipients" in page(anna.client, f"{waiting.id}/")
    fence.pause_all()
    try:
        assert "Your campaign will start once the hold is lifted" in page(anna.client, f"{waiting.id}/progress/")
        assert "Your campaign will continue once the hold is lifted" in page(anna.client, f"{running.id}/")
    finally:
        with tenancy.account(anna.account_id):
            Campaign.objects.filter(id=waiting.id).update(state=CampaignState.DRAFT)
        fence.resume_all(set())
    assert "on hold" not in page(anna.client, f"{running.id}/")
