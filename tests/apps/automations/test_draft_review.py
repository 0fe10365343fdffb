"""An automation that is shown to the operator's team as a draft: all messages together, with one answer for all."""

import html
import re

import pytest

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.automations.actions.draft_review import ask_draft_review
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.gate import draft_review
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import Customer, sending_customer
from support.desk import desk
from support.people import browser, person
from support.scope import rows

SEND = {"id": "a", "do": "send", "campaign": "new"}
WAIT = {"id": "w", "do": "wait", "for": {"days": 2}}
AGAIN = {"id": "b", "do": "send", "campaign": "new"}


@pytest.fixture
def journey() -> Journey:
    """The draft of an automation with two messages, whose account's campaigns are reviewed."""
    carla = Customer.vetted("Watched", watched=True).with_imprint().with_sender().with_list().with_people(2)
    return Journey.drafted(carla, SEND, WAIT, AGAIN)


def messages(journey: Journey) -> list[Campaign]:
    return list(rows(journey.customer, Campaign).filter(automation_id=journey.automation_id).order_by("id"))


def waiting(journey: Journey) -> list[bool]:
    return [draft_review.waits_as_draft(campaign) for campaign in messages(journey)]


def decide(journey: Journey, word: str, text: str = "") -> int:
    """Answer at the desk, about exactly what its page shows."""
    otto, here = desk().client, f"/desk/automations/{journey.automation_id}/"
    page = otto.get(here).content.decode()
    assert "Draft, early review" in page and page.count("srcdoc=") == 2
    shown = dict(re.findall(r'name="(hash_\d+)"\s+value="([0-9a-f]{64})"', page))
    return int(otto.post(f"{here}review/", {"word": word, "text": text, **shown}).status_code)


@pytest.mark.slow
def test_the_team_sees_and_answers_all_messages_together(journey: Journey) -> None:
    carla, client = journey.customer, browser(journey.customer.owner)
    here = f"/studio/automations/{journey.automation_id}/messages/"
    assert "Show draft to our team" in client.get(here).content.decode()
    assert desk().client.get(f"/desk/automations/{journey.automation_id}/").status_code == 404
    client.post(f"{here}review/")
    assert waiting(journey) == [True, True]
    assert decide(journey, "back", "The first one needs an imprint that fits.") == 303
    page = html.unescape(client.get(here).content.decode())
    assert waiting(journey) == [False, False] and "The first one needs an imprint that fits." in page
    with tenancy.account(carla.account_id):
        drafts.update_campaign(messages(journey)[0].id, {"subject": "Now it fits"}, by=carla.owner)
    client.post(f"{here}review/")
    assert decide(journey, "go") == 303
    assert "Our team has approved exactly this" in client.get(here).content.decode()
    journey.activate()  # nothing waits for a reviewer again
    assert {campaign.state for campaign in messages(journey)}.isdisjoint({CampaignState.DRAFT, CampaignState.REVIEW})


def test_it_is_shown_whole_taken_back_whole_and_counts_once(journey: Journey) -> None:
    carla, client = journey.customer, browser(journey.customer.owner)
    review = f"/studio/automations/{journey.automation_id}/messages/review/"
    first = messages(journey)[0]
    with tenancy.account(carla.account_id), pytest.raises(CampaignError, match="Show the whole automation"):
        draft_review.ask_draft_review(first.id, by=carla.owner)
    assert "Show draft to our team" not in client.get(f"/studio/campaigns/{first.id}/edit/").content.decode()
    client.post(review)
    with tenancy.account(carla.account_id):
        for number in range(draft_review.MOST_OPEN - 1):
            draft_review.ask_draft_review(carla.draft(f"Draft {number}").id, by=carla.owner)
        with pytest.raises(CampaignError, match="enough of your drafts"):
            draft_review.ask_draft_review(carla.draft("One more").id, by=carla.owner)
    for somebody in (sending_customer().client, browser(person(carla.account_id, "Vera", Role.VIEWER))):
        assert somebody.post(review, {"withdraw": "yes"}).status_code in (403, 404)
    assert waiting(journey) == [True, True]
    client.post(review, {"withdraw": "yes"})
    assert waiting(journey) == [False, False]
    journey.save({"id": "a", "do": "send", "campaign": None})
    with tenancy.account(carla.account_id), pytest.raises(AutomationError, match="Fix the open steps"):
        ask_draft_review(journey.automation_id, by=carla.owner)
