"""The list of campaigns, and the drafts that begin and end there."""

import re
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.campaigns.models import DRAFT_MAYBE_SENT, Campaign, CampaignState
from mailflatrate.apps.lists.actions.lists import archive_list, create_list
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import tenancy
from support.customers import Customer, sending_customer
from support.people import browser

pytestmark = pytest.mark.usefixtures("database")
HTMX = {"HTTP_HX_REQUEST": "true"}


def text(client: Client, url: str, **headers: Any) -> str:
    answer = client.get(url, **headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_an_empty_list_offers_the_one_next_step() -> None:
    carla = Customer.registered("Carla's Cafe").owner
    page = text(browser(carla), "/studio/campaigns/")
    assert "No campaigns yet" in page
    assert "/studio/campaigns/new/" in page


def test_search_chips_and_pages() -> None:
    anna = sending_customer(people=0)
    drafts = [anna.draft(f"Campaign {number:02}") for number in range(27)]
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=drafts[0].id).update(state=CampaignState.SENT)
    first = text(anna.client, "/studio/campaigns/")
    assert first.count('class="cell-title') == 25
    assert "Campaign 26" in first
    assert "Campaign 01" not in first
    older = re.search(r'rel="next" href="\?([^"]+)"', first)
    assert older is not None
    second = text(anna.client, "/studio/campaigns/?" + older[1].replace("&amp;", "&"))
    assert second.count('class="cell-title') == 2
    assert "Campaign 01" in second
    assert text(anna.client, "/studio/campaigns/?q=campaign+07").count('class="cell-title') == 1
    assert text(anna.client, f"/studio/campaigns/?q={drafts[3].mailing_id}").count('class="cell-title') == 1
    assert text(anna.client, "/studio/campaigns/?state=sent").count('class="cell-title') == 1
    assert "No matching campaigns" in text(anna.client, "/studio/campaigns/?state=sent&q=nothing")
    part = text(anna.client, "/studio/campaigns/?q=campaign+07", **HTMX)
    assert part.lstrip().startswith('<div id="campaigns"')


@pytest.mark.slow
def test_a_new_draft_a_copy_and_a_deleted_one() -> None:
    anna = sending_customer(people=0)
    assert anna.client.post("/studio/campaigns/new/", {"name": " "}).status_code == 422
    made = anna.client.post("/studio/campaigns/new/", {"name": "Spring"})
    assert made.status_code == 303
    assert "Spring" in text(anna.client, made.headers["Location"])
    copied = anna.client.post(made.headers["Location"].replace("edit/", "copy/"))
    assert "Spring (2)" in text(anna.client, copied.headers["Location"])
    gone = anna.client.post(copied.headers["Location"].replace("edit/", "delete/"))
    assert gone.status_code == 303
    assert anna.client.get(copied.headers["Location"]).status_code == 404


def test_the_only_list_and_sender_are_selected_in_a_new_draft_and_of_two_neither() -> None:
    anna = sending_customer(people=0)
    begin = {"name": "Spring", "begin": "blocks"}
    with tenancy.account(anna.account_id):
        create_list("Old news", "Old news", "en")
        archive_list(MailingList.objects.get(name="Old news").id, by=anna.owner)
    anna.client.post("/studio/campaigns/new/", begin)
    with tenancy.account(anna.account_id):
        draft = Campaign.objects.get()
        assert (draft.list_ids, draft.sender_id) == ([anna.list_id], anna.sender_id)
        create_list("Events", "Events", "en")
    anna.client.post("/studio/campaigns/new/", begin)
    with tenancy.account(anna.account_id):
        assert Campaign.objects.order_by("id").last().list_ids == []


def test_the_list_marks_drafts_that_may_have_been_sent() -> None:
    anna = sending_customer(people=0)
    draft = anna.draft("Before the backup")
    words = "may have been sent already"
    assert words not in text(anna.client, "/studio/campaigns/")
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=draft.id).update(state_reason=DRAFT_MAYBE_SENT)
    for page in ("/studio/campaigns/", "/studio/"):
        assert words in text(anna.client, page)


@pytest.mark.slow
def test_what_was_released_is_not_deleted() -> None:
    anna = sending_customer()
    campaign = anna.sending()
    anna.client.post(f"/studio/campaigns/{campaign.id}/delete/")
    assert anna.again(campaign).state == CampaignState.SENDING
