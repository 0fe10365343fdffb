"""The first campaigns of an account, and unusual ones, wait for a person (R-06, R-07, R-90)."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from mailflatrate.apps.accounts.actions import account_status, agreements, people
from mailflatrate.apps.accounts.actions.account_status import Reasons
from mailflatrate.apps.accounts.models import Account, AccountStatus, Acknowledgement, Notice, Occasion
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.gate.actions import check_campaign, release_campaign, release_due
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.apps.gate.supervision import end_supervision
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.verdict import Severity
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.people import operator
from support.scope import rows, within
from support.sql import as_application

COLUMNS = (
    "account_id, name, subject, preheader, reply_to, language, list_ids, conditions, content_kind, content,"
    " text_override, track_clicks, policy_hash, policy_version, state_reason, time_zone, planned_count, left_out,"
    " created_at, updated_at"
)


@pytest.fixture
def anna() -> Customer:
    """Freshly activated: her first three campaigns are reviewed."""
    made = sending_customer()
    account_status.set_limits(made.account_id, by=operator(), daily_limit=None, supervised=True, because="new")
    return made


def released(anna: Customer, name: str = "Bulbs", **values: Any) -> Campaign:
    campaign = anna.ticked(anna.draft(name, **values))
    assert within(anna, release_campaign, campaign.id, by=anna.owner).allowed
    return anna.again(campaign)


def approve(anna: Customer, campaign: Campaign, **values: Any) -> Campaign:
    asked = {"approved": True, "by": operator(), "shown_hash": campaign.policy_hash} | values
    review_campaign(anna.account_id, campaign.id, **asked)
    return anna.again(campaign)


def supervised(anna: Customer) -> bool:
    return rows(PlatformReason.OPERATOR_DESK, Account).get(id=anna.account_id).supervised


def open_keys(anna: Customer, campaign: Campaign, severity: Severity) -> list[str]:
    with tenancy.account(anna.account_id):
        return [one.key for one in check_campaign(campaign.id).failures if one.severity is severity]


def sent(anna: Customer, campaign: Campaign) -> None:
    """It started, with the job that follows from that, and is over."""
    rows(anna, Campaign).filter(id=campaign.id).update(state="sent", started_at=clock.now(), planned_count=3)
    end_supervision(anna.account_id, campaign.id)


@pytest.mark.slow
def test_three_mailings_wait_and_the_fourth_goes(anna: Customer) -> None:
    for number in range(3):
        campaign = released(anna, f"Number {number + 1}")
        assert campaign.state == CampaignState.REVIEW
        assert supervised(anna)
        campaign = approve(anna, campaign)
        assert campaign.state == CampaignState.PLANNING
        sent(anna, campaign)
    assert not supervised(anna)
    assert released(anna, "Number 4").state == CampaignState.PLANNING


def test_a_mailing_comes_back_with_the_reason(anna: Customer) -> None:
    campaign = released(anna)
    with pytest.raises(CampaignError, match="reason"):
        approve(anna, campaign, approved=False, text=" ")
    with pytest.raises(CampaignError, match="operator's team can review a campaign"):
        approve(anna, campaign, by=anna.owner)
    campaign = approve(anna, campaign, approved=False, text="The subject promises a prize.")
    assert (campaign.state, campaign.state_reason) == (CampaignState.DRAFT, "The subject promises a prize.")
    with tenancy.account(people.house_account().id):
        assert "promises a prize" in Notice.objects.filter(recipient=anna.owner.email).latest("id").text
    campaign = released(anna, "Bulbs again")
    assert campaign.state == CampaignState.REVIEW, "the next one is looked at, too"


def test_a_review_holds_for_the_content_that_was_seen(anna: Customer) -> None:
    campaign = released(anna)
    with pytest.raises(CampaignError, match="changed in the meantime"):
        approve(anna, campaign, shown_hash="0" * 64)
    with tenancy.account(anna.account_id):
        drafts.unschedule(campaign.id)
        drafts.update_campaign(campaign.id, {"subject": "Another subject"})
    with pytest.raises(CampaignError, match="This campaign is no longer waiting for review"):
        approve(anna, campaign)
    with tenancy.account(anna.account_id):
        assert not release_campaign(campaign.id, by=anna.owner).allowed, "the tick was for another content (R-04)"
    campaign = anna.ticked(anna.again(campaign))
    within(anna, release_campaign, campaign.id, by=anna.owner)
    assert anna.again(campaign).state == CampaignState.REVIEW


def test_a_scheduled_mailing_is_reviewed_first_and_goes_out_in_time(anna: Customer) -> None:
    campaign, at = anna.ticked(anna.draft("Later")), clock.now() + timedelta(days=2)
    within(anna, release_campaign, campaign.id, by=anna.owner, at=at)
    campaign = anna.again(campaign)
    assert (campaign.state, campaign.scheduled_at) == (CampaignState.REVIEW, at)
    campaign = approve(anna, campaign)
    assert (campaign.state, campaign.scheduled_at) == (CampaignState.SCHEDULED, at)
    with clock.frozen_at(at + timedelta(seconds=1)), tenancy.account(anna.account_id):
        release_due(campaign.id)
    assert anna.again(campaign).state == CampaignState.PLANNING


def test_nobody_walks_around_the_reviewer_in_the_database(anna: Customer) -> None:
    """Raw SQL under the application role in Anna's own scope, with tick and all."""
    waiting, ticked = released(anna), anna.ticked(anna.draft("Ticked"))
    attacks = [
        *(
            f"UPDATE campaign SET state = '{state}' WHERE id = {row.id}"
            for row in (waiting, ticked)
            for state in ("scheduled", "planning", "sending", "waiting", "paused")
        ),
        "INSERT INTO campaign_review (account_id, campaign_id, content_hash, approved, text, note, why, reviewed_by_id,"
        f" reviewed_at) VALUES ({anna.account_id}, {waiting.id}, '{waiting.policy_hash}', true, '', '', '[]',"
        f" {anna.owner.id}, now())",
        f"INSERT INTO campaign ({COLUMNS}, mailing_id, state) SELECT {COLUMNS}, 'EVE', 'sending' FROM campaign"
        f" WHERE id = {waiting.id}",
    ]
    with psycopg.connect(app_url(load_settings())) as application:
        for attack in attacks:
            tenancy.enter_account(application, anna.account_id)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(attack)
            application.rollback()
    campaign = approve(anna, waiting)
    with as_application(anna) as application, pytest.raises(psycopg.errors.InsufficientPrivilege):
        # another content under the same approval
        application.execute("UPDATE campaign SET policy_hash = 'f' WHERE id = %s", [campaign.id])


def test_after_a_pause_one_mailing_is_looked_at() -> None:
    anna, otto = sending_customer(), operator()
    why = Reasons("complaints", "Too many complaints.", rule="R-86")
    with clock.frozen_at(clock.now() - timedelta(days=2)):
        account_status.change_account_status(anna.account_id, AccountStatus.PAUSED, why, by=None, machine="test")
    assert released_keys(anna) == ["account-active"]
    account_status.change_account_status(
        anna.account_id, AccountStatus.ACTIVE, Reasons("lifted", "They wrote to us."), by=otto
    )
    campaign = released(anna)
    assert campaign.state == CampaignState.REVIEW
    campaign = approve(anna, campaign)
    assert supervised(anna), "nothing of it was sent yet"
    sent(anna, campaign)
    assert not supervised(anna)


def released_keys(anna: Customer) -> list[str]:
    return open_keys(anna, anna.ticked(anna.draft("x")), Severity.BLOCK)


def test_half_a_year_of_silence_asks_for_a_look() -> None:
    anna = sending_customer()
    sent(anna, released(anna, "The last one"))
    campaign = anna.ticked(anna.draft("Here again"))
    for days, expected in ((182, []), (184, ["like-the-mailings-before"])):
        with clock.frozen_at(clock.now() + timedelta(days=days)):
            assert open_keys(anna, campaign, Severity.REVIEW) == expected


def test_a_new_account_begins_small() -> None:
    anna, otto = sending_customer(), operator()
    account_status.set_limits(anna.account_id, by=otto, daily_limit=2, supervised=False, because="test")
    assert released_keys(anna) == ["volume-allowed"], "three readers are one too many"
    account_status.set_limits(anna.account_id, by=otto, daily_limit=3, supervised=False, because="test")
    sent(anna, released(anna))
    assert released_keys(anna) == ["volume-allowed"], "today's three are written to already"
    with clock.frozen_at(clock.now() + timedelta(days=1, seconds=1)):
        assert released_keys(anna) == []


def test_each_tick_is_recorded_with_its_content(anna: Customer) -> None:
    """R-04: who, when, from where, which version, which content; an edit and a copy ask again."""
    campaign = anna.draft()
    where = agreements.Circumstances(ip="192.0.2.9", user_agent="Browser/1")
    with tenancy.account(anna.account_id):
        shown = content_hash(campaign, newest_imprint())
        drafts.tick_policy(campaign.id, by=anna.owner, shown_hash=shown, where=where)
        row = Acknowledgement.objects.select_related("document").get(occasion=Occasion.CAMPAIGN, subject_id=campaign.id)
        assert (row.user, row.ip, row.user_agent, row.content_hash) == (anna.owner, "192.0.2.9", "Browser/1", shown)
        assert row.document.sha256
        assert drafts.copy_campaign(campaign.id, by=anna.owner).policy_hash == ""
        drafts.update_campaign(campaign.id, {"preheader": "New"})
    assert "policy-acknowledged" in open_keys(anna, campaign, Severity.BLOCK)
