"""Pages of an automation after the builder: all messages, activation, running, its people, and the rehearsal."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.accounts.actions.approval import switch_four_eyes
from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.automations import queries
from mailflatrate.apps.automations.models import Automation, AutomationState, Enrolment, VersionState
from mailflatrate.apps.campaigns.actions import comments
from mailflatrate.apps.campaigns.actions import drafts as campaign_drafts
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.forms.models import FormVersion
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.automations import Journey
from support.customers import Customer, sending_customer
from support.forms import add_form
from support.people import browser, person

pytestmark = pytest.mark.usefixtures("database")
SEND = {"id": "a", "do": "send", "campaign": "new"}
WAIT = {"id": "w", "do": "wait", "for": {"days": 2}}
AGAIN = {"id": "b", "do": "send", "campaign": "new"}


def url(journey: Journey, page: str = "") -> str:
    return f"/studio/automations/{journey.automation_id}/{page}"


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def post(client: Client, path: str, status: int = 303, **values: Any) -> str:
    answer = client.post(path, values)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def shown_hash(page: str) -> str:
    found = re.search(r'name="shown_hash" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def state(journey: Journey) -> str:
    with tenancy.account(journey.customer.account_id):
        return Automation.objects.get(id=journey.automation_id).state


def actions(journey: Journey) -> list[str]:
    """The codes of the account's log about this automation, oldest first."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        rows = AuditEntry.objects.filter(
            account_id=journey.customer.account_id, subject=f"automation:{journey.automation_id}"
        )
        return list(rows.order_by("id").values_list("action", flat=True))


# -- activation -------------------------------------------------------------------------------------------------------


def test_problems_lead_to_their_step() -> None:
    anna = sending_customer()
    journey = Journey.drafted(anna, {"id": "a", "do": "send", "campaign": None})
    page = text(anna.client, url(journey, "release/"))
    assert "Fix these steps first" in page and "Write the message of this step." in page
    assert f"{url(journey, 'flow/')}?step=a#side" in page
    assert 'name="confirm"' not in page


def test_a_message_shows_its_checks_with_links_to_its_editor() -> None:
    anna = sending_customer()
    journey = Journey.drafted(anna, SEND)
    with tenancy.account(anna.account_id):
        campaign = Campaign.objects.get(automation_id=journey.automation_id)
        campaign_drafts.update_campaign(campaign.id, {"subject": ""}, by=anna.owner)
    page = text(anna.client, url(journey, "release/"))
    assert f"/studio/campaigns/{campaign.id}/edit/#id_subject" in page
    assert "Some checks haven't passed yet." in page.replace("&#x27;", "'")
    refused = post(anna.client, url(journey, "release/"), 422, shown_hash=shown_hash(page), confirm="on")
    assert "Not activated" in refused and state(journey) == AutomationState.DRAFT


@pytest.mark.slow
def test_it_is_activated_with_the_policy_for_exactly_what_was_shown() -> None:
    anna = sending_customer()
    journey = Journey.drafted(anna, SEND)
    page = text(anna.client, url(journey, "release/"))
    shown = shown_hash(page)
    assert "Select the box" in post(anna.client, url(journey, "release/"), 422, shown_hash=shown)
    assert "has changed" in post(anna.client, url(journey, "release/"), 422, shown_hash="0" * 64, confirm="on")
    post(anna.client, url(journey, "release/"), shown_hash=shown, confirm="on")
    journey.run_release()
    assert state(journey) == AutomationState.ACTIVE
    assert "automation.released" in actions(journey)


@pytest.mark.slow
def test_people_under_way_finish_or_move_as_chosen() -> None:
    anna = sending_customer()
    journey = Journey.begun(anna, WAIT, SEND)
    journey.arrive(*journey.contacts())
    journey.advance()
    post(anna.client, url(journey, "flow/edit/"), do="begin")
    page = text(anna.client, url(journey, "release/"))
    assert "3 people are in the current version" in page
    post(anna.client, url(journey, "release/"), shown_hash=shown_hash(page), confirm="on", people="move")
    journey.run_release()
    assert journey.version().number == 2 and journey.version().moves_people


def test_a_reviewer_has_it_until_it_is_withdrawn() -> None:
    carla = Customer.vetted("Watched", watched=True).with_imprint().with_sender().with_list().with_people(2)
    client, journey = browser(carla.owner), Journey.drafted(carla, SEND)
    page = text(client, url(journey, "release/"))
    assert "Our team reviews it before it starts" in page
    post(client, url(journey, "release/"), shown_hash=shown_hash(page), confirm="on")
    waiting = text(client, url(journey, "release/"))
    assert "Waiting for review" in waiting and "usually within" in waiting
    assert client.get(url(journey)).headers["Location"] == url(journey, "release/")
    post(client, url(journey, "release/take-back/"))
    assert journey.version(VersionState.DRAFT).state == VersionState.DRAFT
    assert "automation.withdrawn" in actions(journey)


@pytest.mark.slow
def test_one_requests_approval_and_a_colleague_gives_it() -> None:
    anna = sending_customer()
    journey = Journey.drafted(anna, SEND, AGAIN)
    ben = browser(person(anna.account_id, "Ben", Role.OWNER))
    switch_four_eyes(anna.account_id, True, by=anna.owner)
    page = text(anna.client, url(journey, "release/"))
    assert "Request approval" in page and 'name="confirm"' not in page
    post(anna.client, url(journey, "release/ask/"), shown_hash=shown_hash(page), note="Is the price right?")
    assert 'name="confirm"' not in text(anna.client, url(journey, "release/"))
    asked = text(ben, url(journey, "release/"))
    assert "Is the price right?" in asked and "Approve and activate" in asked
    post(ben, url(journey, "release/return/"), text="Shorter")
    assert "Is the price right?" not in text(ben, url(journey, "release/"))
    post(anna.client, url(journey, "release/ask/"), shown_hash=shown_hash(page))
    post(ben, url(journey, "release/"), shown_hash=shown_hash(page), confirm="on")
    journey.run_release()
    assert state(journey) == AutomationState.ACTIVE


def test_all_messages_are_read_in_order_beside_the_flow_and_what_people_agreed_to() -> None:
    anna = sending_customer()
    halves = [{"share": 40, "steps": [dict(AGAIN)]}, {"share": 60, "steps": [{"id": "e", "do": "end"}]}]
    journey = Journey.drafted(anna, SEND, WAIT, {"id": "s", "do": "split", "arms": halves}, {"id": "c", "do": "send"})
    form_id, _code = add_form(anna)
    viewer = browser(person(anna.account_id, "Vera", Role.VIEWER))
    page = html.unescape(text(viewer, url(journey, "messages/")))
    with tenancy.account(anna.account_id):
        _first, second = Campaign.objects.filter(automation_id=journey.automation_id).order_by("id")
        comments.write_comment(second.id, "Too long?", by=anna.owner)
        wordings = [each["wording"] for each in FormVersion.objects.get(form_id=form_id).content["frozen"].values()]
    assert page.count("<iframe") == 2 and "Write the message of this step." in page
    order = ("Step a", "Wait 2 days", "Split at random: 40% / 60%: A", "Step b")
    assert sorted(order, key=page.index) == list(order)
    assert wordings and all(wording in page for wording in wordings)
    assert "up to 3 messages" in page and "/edit/" not in page
    assert "1 open comment" in text(anna.client, url(journey, "messages/"))


# -- running ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read_journey(database: str) -> Journey:
    """The same as `running`, for tests that move nobody on."""
    assert database
    return waiting_for_the_second()


@pytest.fixture
def running() -> Journey:
    """Three people have got the first message and wait for the second."""
    return waiting_for_the_second()


def waiting_for_the_second() -> Journey:
    journey = Journey.begun(sending_customer(), SEND, WAIT, AGAIN)
    journey.arrive(*journey.contacts())
    journey.advance()
    return journey


def test_the_overview_shows_figures_and_versions_and_which_message_is_paused(running: Journey) -> None:
    client = running.customer.client
    page = text(client, url(running))
    assert "Version 1" in page and "Edit as version 2" in page
    assert f"{url(running, 'people/')}?version=1&amp;step=w" in page
    assert re.search(r"figure-label\">\s*In it now\s*</p>\s*<p class=\"figure-value \">3<", page)
    assert "A message is paused" not in page
    post(client, url(running, "flow/edit/"), do="begin")
    with tenancy.account(running.customer.account_id):
        campaign = Campaign.objects.filter(automation_id=running.automation_id).order_by("id")[0]
        Campaign.objects.filter(id=campaign.id).update(state=CampaignState.PAUSED)
    page = text(client, f"{url(running)}?version=99")
    assert "Continue with version 2" in page
    assert "A message is paused" in page and f"/studio/campaigns/{campaign.id}/" in page
    report = text(client, f"/studio/campaigns/{campaign.id}/")
    assert f'class="crumb" href="{url(running)}"' in report, "back to the automation"


def test_a_draft_leads_to_its_flow() -> None:
    anna = sending_customer()
    journey = Journey.drafted(anna, SEND)
    assert anna.client.get(url(journey)).headers["Location"] == url(journey, "flow/")
    assert "No one can be in it yet" in text(anna.client, url(journey, "people/"))


def test_it_is_paused_resumed_and_ended_which_the_contacts_timeline_and_the_search_know(running: Journey) -> None:
    client, contact_id = running.customer.client, running.contacts()[0]
    timeline = f"/studio/contacts/{contact_id}/?kind=automations"
    page = text(client, timeline)
    assert "Entered an automation" in page and "Left an automation" not in page
    assert f"{url(running, 'people/')}?contact={contact_id}" in page
    assert "here now, due at this time" in text(client, f"{url(running, 'people/')}?contact={contact_id}")
    post(client, url(running, "pause/"))
    assert state(running) == AutomationState.PAUSED
    assert "no one has entered or moved on" in text(client, url(running))
    post(client, url(running, "pause/"))
    post(client, url(running, "resume/"))
    assert state(running) == AutomationState.ACTIVE
    assert "3 people are in it and leave it now" in text(client, url(running))
    post(client, url(running, "end/"))
    assert state(running) == AutomationState.ENDED
    page = text(client, url(running))
    assert "The automation was ended: 3" in page and "Edit as version" not in page
    assert actions(running) == ["automation.paused", "automation.resumed", "automation.ended"]
    assert "The automation was ended" in text(client, timeline)
    assert f'href="{url(running)}"' in text(client, "/studio/search/?q=welcome")


def test_people_at_a_step_page_by_page(read_journey: Journey) -> None:
    version_id = read_journey.version().id
    with tenancy.account(read_journey.customer.account_id):
        seen, after = [], None
        while True:
            found = queries.people_at(version_id, "w", after=after, limit=1)
            seen += [row.contact_id for row in found.people]
            if found.next is None:
                break
            after = queries.PeopleCursor.read(str(found.next))
        names = [contact.email for contact in Contact.objects.order_by("id")]
    assert sorted(seen) == read_journey.contacts()
    page = text(read_journey.customer.client, f"{url(read_journey, 'people/')}?version=1&step=w")
    assert all(name in page for name in names)
    assert "No one is at this step now" in text(read_journey.customer.client, f"{url(read_journey, 'people/')}?step=b")
    for cursor in ("x", "2026-01-01~1", "9999-12-31T00:00:00+00:00~1", "2026-01-01T00:00:00+00:00~99999999999"):
        assert queries.PeopleCursor.read(cursor) is None


def test_one_persons_way(running: Journey) -> None:
    client, contact_id = running.customer.client, running.contacts()[0]
    with tenancy.account(running.customer.account_id):
        email = Contact.objects.get(id=contact_id).email
    page = text(client, f"{url(running, 'people/')}?address={email}")
    assert "Send “a”" in page and "here now, due at this time" in page and "Waiting" in page
    assert "No contact has this address" in text(client, f"{url(running, 'people/')}?address=nobody@example.org")
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        running.advance()
    assert "Finished" in text(client, f"{url(running, 'people/')}?address={email.upper()}")


def test_who_was_never_in_it_can_be_tried() -> None:
    anna = sending_customer()
    journey = Journey.begun(anna, SEND)
    with tenancy.account(anna.account_id):
        email = Contact.objects.order_by("id")[0].email
    page = text(anna.client, f"{url(journey, 'people/')}?address={email}")
    assert "never been in this automation" in page and f"{url(journey, 'test/')}?address=" in page


# -- rehearsal --------------------------------------------------------------------------------------------------------


def test_a_rehearsal_of_a_contact_and_of_an_example_person(read_journey: Journey) -> None:
    client = read_journey.customer.client
    with tenancy.account(read_journey.customer.account_id):
        email = Contact.objects.get(id=read_journey.contacts()[0]).email
    page = text(client, f"{url(read_journey, 'test/')}?address={email}&at=2027-03-26T10:00")
    assert "2 messages" in page and "Nothing is sent." in page
    assert "This contact wouldn" in page and "in this automation now" in page
    page = text(client, f"{url(read_journey, 'test/')}?at=2027-03-26T10:00&zone=Pacific/Auckland")
    assert "Example person: 2 messages" in page and "in their time zone (Pacific/Auckland)" in page
    assert "No contact has this address." in text(client, f"{url(read_journey, 'test/')}?address=nobody@example.org")
    with tenancy.account(read_journey.customer.account_id):
        assert Enrolment.objects.count() == 3 and Contact.objects.count() == 3


def test_a_rehearsal_follows_the_arm_that_was_chosen() -> None:
    anna = sending_customer()
    halves = [{"share": 40, "steps": [{"id": "e", "do": "end"}]}, {"share": 60, "steps": []}]
    journey = Journey.drafted(anna, {"id": "s", "do": "split", "arms": halves}, SEND)
    page = text(anna.client, url(journey, "test/"))
    assert "1 message" in page and "?arm_s=0" in page
    assert "0 messages" in text(anna.client, f"{url(journey, 'test/')}?arm_s=0")


def test_a_draft_with_problems_has_no_rehearsal() -> None:
    anna = sending_customer()
    journey = Journey.drafted(anna, {"id": "a", "do": "send", "campaign": None})
    assert "Fix the open steps first" in text(anna.client, url(journey, "test/"))


# -- strangers --------------------------------------------------------------------------------------------------------


def test_no_one_else_opens_or_changes_anything(read_journey: Journey) -> None:
    stranger = sending_customer().client
    viewer = browser(person(read_journey.customer.account_id, "Vera", Role.VIEWER))
    author = browser(person(read_journey.customer.account_id, "Ada", Role.AUTHOR))
    for page in ("", "people/", "test/", "messages/", "release/"):
        assert stranger.get(url(read_journey, page)).status_code == 404
    for page in ("pause/", "resume/", "end/", "release/take-back/", "release/ask/", "release/return/", "release/"):
        assert stranger.post(url(read_journey, page)).status_code == 404
        assert viewer.post(url(read_journey, page)).status_code == 403
    for page in ("pause/", "resume/", "end/", "release/take-back/", "release/"):
        assert author.post(url(read_journey, page)).status_code == 403
    assert state(read_journey) == AutomationState.ACTIVE
    assert 'data-opens="end"' not in text(viewer, url(read_journey))
