"""People who have gone quiet are shown, asked by a draft to them alone, and stay by saving preferences (R-91)."""

from datetime import timedelta

import pytest
from django.test import Client

from campaign_world import World, bare_account, browser, world
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.lists.queries import count_segment
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.tokens import Purpose

PAGE, ASK = "/studio/quiet/", "/studio/quiet/ask/"
PEOPLE = 6


@pytest.fixture(scope="module")
def anna(database: str) -> World:
    """Four of six confirmed long ago; one of those has clicked since. All of them got a mailing."""
    made, long_ago = world(PEOPLE), clock.now() - timedelta(days=400)
    made.sending()
    with tenancy.account(made.account_id):
        ids = list(Contact.objects.order_by("id").values_list("id", flat=True))
        Subscription.objects.filter(contact_id__in=ids[:4]).update(confirmed_at=long_ago)
        Contact.objects.filter(id=ids[0]).update(last_activity_at=clock.now() - timedelta(days=30))
        Contact.objects.filter(id=ids[1]).update(last_activity_at=long_ago)
    return made


def quiet(anna: World) -> int:
    from mailflatrate.entrypoints.web.studio.audience.quiet import quiet_count

    with tenancy.account(anna.account_id):
        return quiet_count()


def test_the_page_counts_them_and_a_neighbour_has_none(anna: World) -> None:
    assert "From 3 of 6 people nothing came for 12 months" in anna.client.get(PAGE).content.decode()
    _account, carla = bare_account("Möbelhaus Nordstern")
    assert "Nobody has gone quiet" in browser(carla).get(PAGE).content.decode()
    assert browser(carla).post(ASK).headers["Location"] == PAGE
    assert Client().get(PAGE).status_code == 302


def test_asking_makes_a_draft_to_exactly_them(anna: World) -> None:
    answer = anna.client.post(ASK)
    assert answer.status_code == 303
    with tenancy.account(anna.account_id):
        draft = Campaign.objects.latest("id")
        assert answer.headers["Location"].startswith(f"/studio/campaigns/{draft.id}/")
        assert count_segment(draft.list_ids, draft.conditions) == 3
        assert "{{ preferences_url }}" in draft.content and "example.org" not in draft.content


def test_whoever_saves_his_preferences_stays(anna: World) -> None:
    with tenancy.account(anna.account_id):
        delivery = Delivery.objects.order_by("contact_id")[2]
        token = key_ring().seal(Purpose.PREFERENCES, anna.account_id, delivery.id)
    before = quiet(anna)
    assert Client().get(f"/p/{token}").status_code == 200
    assert quiet(anna) == before, "opening the page is no sign"
    given = {"keep": [str(anna.list_id)], "language": "en", "pause": ""}
    assert Client().post(f"/p/{token}", given).status_code == 200
    assert quiet(anna) == before - 1
