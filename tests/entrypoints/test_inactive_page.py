"""People who have gone quiet are shown, asked by a draft to them alone, and stay by saving preferences (R-91)."""

from datetime import timedelta

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.accounts.actions.people import change_settings
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.segments import jobs as segments_jobs
from mailflatrate.apps.segments.inactive import inactive_conditions, inactive_count
from mailflatrate.apps.segments.queries import count_segment
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from support.customers import Customer, sending_customer
from support.people import browser

PAGE, ASK = "/studio/inactive/", "/studio/inactive/ask/"
PEOPLE = 6


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    """Four of six confirmed long ago; one of those has clicked since. All of them got a campaign."""
    made, long_ago = sending_customer(PEOPLE), clock.now() - timedelta(days=400)
    made.sending()
    with tenancy.account(made.account_id):
        ids = list(Contact.objects.order_by("id").values_list("id", flat=True))
        Subscription.objects.filter(contact_id__in=ids[:4]).update(confirmed_at=long_ago)
        Contact.objects.filter(id=ids[0]).update(last_activity_at=clock.now() - timedelta(days=30))
        Contact.objects.filter(id=ids[1]).update(last_activity_at=long_ago)
    return made


def quiet(anna: Customer) -> int:
    with tenancy.account(anna.account_id):
        return inactive_count()


def test_the_page_counts_them_and_a_neighbour_has_none(anna: Customer) -> None:
    assert "3 of 6 contacts have shown no activity for 12 months" in anna.client.get(PAGE).content.decode()
    carla = Customer.registered("Möbelhaus Nordstern").owner
    assert "No inactive contacts" in browser(carla).get(PAGE).content.decode()
    assert browser(carla).post(ASK).headers["Location"] == PAGE
    assert Client().get(PAGE).status_code == 302


def test_asking_makes_a_draft_to_exactly_them(anna: Customer) -> None:
    answer = anna.client.post(ASK)
    assert answer.status_code == 303
    with tenancy.account(anna.account_id):
        draft = Campaign.objects.latest("id")
        assert answer.headers["Location"].startswith(f"/studio/campaigns/{draft.id}/")
        assert count_segment(draft.list_ids, draft.conditions) == 3
        assert "{{ preferences_url }}" in draft.content and "example.org" not in draft.content


def test_asking_speaks_the_language_of_the_account(anna: Customer) -> None:
    change_settings(anna.account_id, language="de", time_zone="UTC")
    anna.client.post(ASK, headers={"Accept-Language": "en"})
    change_settings(anna.account_id, language="en", time_zone="UTC")
    with tenancy.account(anna.account_id):
        draft = Campaign.objects.latest("id")
        assert (draft.name, draft.language) == ("Do you want to stay?", "de")


def test_whoever_saves_his_preferences_stays(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        delivery = Delivery.objects.order_by("contact_id")[2]
        token = key_ring().seal(TokenPurpose.PREFERENCES, anna.account_id, delivery.id)
    before = quiet(anna)
    assert Client().get(f"/p/{token}").status_code == 200
    assert quiet(anna) == before, "opening the page is no sign"
    given = {"keep": [str(anna.list_id)], "language": "en", "pause": ""}
    assert Client().post(f"/p/{token}", given).status_code == 200
    assert quiet(anna) == before - 1


def test_whoever_does_not_answer_is_let_go_after_a_fortnight(anna: Customer) -> None:
    """Only those who were asked, are still silent, and not before; only a new sign-up brings them back."""
    with tenancy.account(anna.account_id):
        campaign = Campaign.objects.order_by("id")[0]
        Campaign.objects.filter(id=campaign.id).update(
            state="sent", conditions=inactive_conditions(), started_at=clock.now() - timedelta(days=3)
        )
    url = f"/studio/inactive/{campaign.id}/sunset/"
    assert "They can respond until" in anna.client.get(PAGE).content.decode()
    anna.client.post(url)
    assert not asked_to_withdraw(campaign.id), "too early"
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(started_at=clock.now() - timedelta(days=15))
    silent = quiet(anna)
    assert f"{silent} contacts will be removed from all your lists" in anna.client.get(PAGE).content.decode()
    carla = Customer.registered("Möbelhaus Nordstern").owner
    assert browser(carla).post(url).status_code == 404
    assert anna.client.post(url).status_code == 303
    [arguments] = asked_to_withdraw(campaign.id)
    segments_jobs.withdraw_inactive(**arguments)
    assert quiet(anna) == 0
    with tenancy.account(anna.account_id):
        ended = Subscription.objects.filter(state="unsubscribed", unsubscribed_by="sunset").count()
        assert (ended, Subscription.objects.filter(state="confirmed").count()) == (silent, PEOPLE - silent)
        assert Suppression.objects.filter(account_id=anna.account_id, reason="unsubscribe").count() == silent


def asked_to_withdraw(campaign_id: int) -> list[dict[str, int]]:
    waiting = ProcrastinateJob.objects.filter(
        task_name="segments.withdraw_silent", queueing_lock=f"sunset:{campaign_id}"
    )
    return list(waiting.values_list("args", flat=True))
