"""The activation is a release: each message passes the gate, for exactly what was shown, by as many people as asked."""

from typing import Any

import pytest

from mailflatrate.apps.accounts.actions.approval import switch_four_eyes
from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.accounts.rights import NotPermitted
from mailflatrate.apps.automations.actions import approval, drafts, release
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import AutomationState, AutomationVersion, VersionState
from mailflatrate.apps.automations.queries import automations
from mailflatrate.apps.campaigns.actions import drafts as campaign_drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import campaigns, newest_imprint
from mailflatrate.apps.gate.actions import release_campaign
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import WHERE, Customer
from support.people import operator, person
from support.scope import rows, within

Step = dict[str, Any]


def activate(journey: Journey, by: Any = None, shown: str | None = None) -> release.ActivationResult:
    shown = shown or journey.shown_hash()
    with tenancy.account(journey.customer.account_id):
        return release.activate(journey.automation_id, by=by or journey.customer.owner, shown_hash=shown, where=WHERE)


def review(journey: Journey, *, approved: bool) -> None:
    found = message(journey)
    with tenancy.account(journey.customer.account_id):
        shown = content_hash(found, newest_imprint())
    review_campaign(
        journey.customer.account_id, found.id, approved=approved, by=operator(), shown_hash=shown, text="As it is"
    )


def message(journey: Journey) -> Campaign:
    return rows(journey.customer, Campaign).filter(automation_id=journey.automation_id).latest("id")


def test_a_message_that_the_gate_refuses_keeps_all_from_being_released(anna: Customer, send: Step, again: Step) -> None:
    journey = Journey.drafted(anna, send, again)
    with tenancy.account(anna.account_id):
        campaign_drafts.update_campaign(message(journey).id, {"subject": ""}, by=anna.owner)
    result = activate(journey)
    assert not result.released
    assert [verdict.allowed for verdict in result.verdicts.values()] == [True, False]
    with tenancy.account(anna.account_id):
        assert {row.state for row in Campaign.objects.filter(automation_id=journey.automation_id)} == {"draft"}
        assert automations().get(id=journey.automation_id).state == AutomationState.DRAFT


def test_what_changed_since_it_was_shown_is_not_released(anna: Customer, send: Step) -> None:
    journey = Journey.drafted(anna, send)
    shown = journey.shown_hash()
    with tenancy.account(anna.account_id):
        campaign_drafts.update_campaign(message(journey).id, {"subject": "Another"}, by=anna.owner)
    with pytest.raises(AutomationError, match="changed"):
        activate(journey, shown=shown)


def test_problems_are_told_with_their_step(anna: Customer) -> None:
    result = activate(Journey.drafted(anna, {"id": "a", "do": "send", "campaign": None}))
    assert not result.released and [problem.step for problem in result.problems] == ["a"]


def test_a_role_that_may_not_release_does_not_activate(anna: Customer, send: Step) -> None:
    journey = Journey.drafted(anna, send)
    with pytest.raises(NotPermitted):
        activate(journey, by=person(anna.account_id, "Vera", Role.VIEWER))


def test_a_message_is_released_with_its_automation_only_and_is_in_no_list(anna: Customer, send: Step) -> None:
    journey = Journey.drafted(anna, send)
    anna.ticked(message(journey))
    with tenancy.account(anna.account_id):
        with pytest.raises(CampaignError, match="automation"):
            release_campaign(message(journey).id, by=anna.owner)
        assert not campaigns().exists()


def test_a_supervised_account_waits_for_a_reviewer(send: Step) -> None:
    carla = Customer.vetted("Watched", watched=True).with_imprint().with_sender().with_list().with_people(2)
    journey = Journey.drafted(carla, send)
    assert activate(journey).released
    journey.run_release()
    assert message(journey).state == CampaignState.REVIEW
    assert journey.version(VersionState.DRAFT).state == VersionState.RELEASING
    journey.arrive(*journey.contacts())
    journey.advance()
    assert journey.at() == {}
    review(journey, approved=True)
    journey.run_release()
    journey.advance()
    assert len(journey.planned()) == 2


def test_a_message_that_a_reviewer_returns_returns_the_automation(send: Step, again: Step) -> None:
    carla = Customer.vetted("Watched", watched=True).with_imprint().with_sender().with_list().with_people(2)
    journey = Journey.drafted(carla, send, again)
    activate(journey)
    review(journey, approved=False)
    journey.run_release()
    draft = journey.version(VersionState.DRAFT)
    assert draft.state == VersionState.DRAFT
    with tenancy.account(carla.account_id):
        used = Campaign.objects.filter(id__in=graph_of(draft).campaigns())
        assert {row.state for row in used} == {"draft"}


def test_a_second_person_approves_where_the_account_asks_for_one(anna: Customer, send: Step) -> None:
    colleague = person(anna.account_id, "Ben", Role.OWNER)
    switch_four_eyes(anna.account_id, True, by=anna.owner)
    journey = Journey.drafted(anna, send)
    with pytest.raises(AutomationError, match="second person"):
        activate(journey)
    shown = journey.shown_hash()
    within(anna, approval.request_approval, journey.automation_id, by=anna.owner, shown_hash=shown)
    with pytest.raises(AutomationError, match="colleague"):
        activate(journey)
    assert activate(journey, by=colleague).released
    journey.run_release()
    assert journey.version().state == VersionState.CURRENT


def test_a_released_version_is_edited_as_a_new_one_with_copies(anna: Customer, send: Step) -> None:
    journey = Journey.begun(anna, send)
    with tenancy.account(anna.account_id):
        with pytest.raises(AutomationError, match="new version"):
            drafts.draft_of(journey.automation_id)
        draft = drafts.begin_version(journey.automation_id, by=anna.owner)
        assert drafts.begin_version(journey.automation_id, by=anna.owner) == draft
        assert graph_of(draft).campaigns() != graph_of(journey.version()).campaigns()
        assert AutomationVersion.objects.filter(automation_id=journey.automation_id).count() == 2
