"""Approval of an automation: one request, one answer and one notice for all its messages, by someone who wrote none."""

from typing import Any

import pytest

from mailflatrate.apps.accounts.actions.approval import switch_four_eyes
from mailflatrate.apps.accounts.models import Membership, Notice, Role, User
from mailflatrate.apps.automations.actions import approval, release
from mailflatrate.apps.automations.actions.drafts import draft_of
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.campaigns.actions import drafts as campaign_drafts
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import ReleaseAnswer, ReleaseRequest
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.automations import Journey
from support.customers import WHERE, Customer
from support.people import person
from support.scope import within

Step = dict[str, Any]


@pytest.fixture
def ben(anna: Customer) -> User:
    """Another owner; two people release here."""
    found = person(anna.account_id, "Ben", Role.OWNER)
    switch_four_eyes(anna.account_id, True, by=anna.owner)
    return found


def ask(journey: Journey, by: User, note: str = "") -> list[User]:
    shown = journey.shown_hash()
    with tenancy.account(journey.customer.account_id):
        return approval.request_approval(journey.automation_id, by=by, shown_hash=shown, note=note)


def activate(journey: Journey, by: User) -> release.ActivationResult:
    shown = journey.shown_hash()
    return within(journey.customer, release.activate, journey.automation_id, by=by, shown_hash=shown, where=WHERE)


def told(customer: Customer, subject: str) -> list[str]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        members = Membership.objects.filter(account_id=customer.account_id).values("user__email")
        rows = Notice.objects.filter(recipient__in=members, subject__contains=subject).order_by("id")
        return list(rows.values_list("recipient", flat=True))


def test_one_request_and_one_notice_for_all_messages(anna: Customer, ben: User, send: Step, again: Step) -> None:
    journey = Journey.drafted(anna, send, again)
    assert ask(journey, anna.owner, "Is the price right?") == [ben]
    assert told(anna, "Approval requested") == [ben.email]
    with pytest.raises(AutomationError, match="already"):
        ask(journey, anna.owner)
    assert activate(journey, ben).released
    assert told(anna, "was released") == [anna.owner.email]
    with tenancy.account(anna.account_id):
        answers = ReleaseRequest.objects.values_list("answer", "answered_by")
        assert list(answers) == [(ReleaseAnswer.RELEASED, ben.id)] * 2


def test_a_change_of_the_graph_or_of_a_message_makes_the_request_void(
    anna: Customer, ben: User, send: Step, again: Step
) -> None:
    journey = Journey.drafted(anna, send)
    ask(journey, anna.owner)
    with tenancy.account(anna.account_id):
        draft = draft_of(journey.automation_id)
        campaign = approval.messages_in(draft)[0]
    journey.save({**send, "campaign": campaign.id}, {"id": "w", "do": "wait", "for": {"days": 1}})
    with pytest.raises(AutomationError, match="changed after"):
        activate(journey, ben)
    assert ask(journey, anna.owner) == [ben]
    within(anna, campaign_drafts.update_campaign, campaign.id, {"subject": "Another"}, by=anna.owner)
    with pytest.raises(AutomationError, match="changed after"):
        activate(journey, ben)


def test_who_last_edited_the_graph_does_not_approve_it(anna: Customer, ben: User, send: Step) -> None:
    journey = Journey.drafted(anna, send)
    with tenancy.account(anna.account_id):
        draft = draft_of(journey.automation_id)
        draft.edited_by = ben
        draft.save(update_fields=["edited_by"])
    with pytest.raises(AutomationError, match="No one else"):
        ask(journey, anna.owner)
    cleo = person(anna.account_id, "Cleo", Role.OWNER)
    assert ask(journey, anna.owner) == [cleo]
    with pytest.raises(AutomationError, match="colleague"):
        activate(journey, ben)
    assert activate(journey, cleo).released


def test_a_colleague_returns_it_with_a_reason_and_who_asked_withdraws_it(anna: Customer, ben: User, send: Step) -> None:
    journey = Journey.drafted(anna, send)
    ask(journey, anna.owner)
    with tenancy.account(anna.account_id):
        with pytest.raises(AutomationError, match="what should change"):
            approval.send_back(journey.automation_id, by=ben, text=" ")
        approval.send_back(journey.automation_id, by=ben, text="Shorter")
        assert approval.approval_of(draft_of(journey.automation_id)) is None
    assert told(anna, "was returned") == [anna.owner.email]
    ask(journey, anna.owner)
    with tenancy.account(anna.account_id):
        approval.send_back(journey.automation_id, by=anna.owner, text="")
        with pytest.raises(AutomationError, match="no longer"):
            approval.send_back(journey.automation_id, by=anna.owner, text="")
    assert told(anna, "was returned") == [anna.owner.email]


def test_a_member_who_may_not_release_asks_and_an_owner_answers_by_activating(anna: Customer, send: Step) -> None:
    journey = Journey.drafted(anna, send)
    author = person(anna.account_id, "Ada", Role.AUTHOR)
    with pytest.raises(CampaignError, match="isn't required"):
        ask(journey, anna.owner)
    cleo = person(anna.account_id, "Cleo", Role.OWNER)
    assert ask(journey, author) == [cleo]
    assert activate(journey, cleo).released
    assert told(anna, "was released") == [author.email]
