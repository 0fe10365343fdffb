"""An early approval of a draft answers for its content only: neither for the audience, nor for what never was sent."""

from datetime import timedelta

import psycopg
import pytest

from mailflatrate.apps.accounts.actions import account_status
from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import Campaign, CampaignReview, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.gate.actions import check_campaign, release_campaign, release_due
from mailflatrate.apps.gate.draft_review import ask_draft_review
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.base import clock, tenancy
from mailflatrate.base.jobs import app
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.campaigns.campaign_states import UNFINISHED
from mailflatrate.rules.verdict import Severity
from mailflatrate.settings.roles import app_url, owner_url
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.people import operator
from support.subscribers import add_people

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def anna() -> Customer:
    """Freshly activated: her first three campaigns are reviewed."""
    made = sending_customer()
    account_status.set_limits(made.account_id, by=operator(), daily_limit=None, supervised=True, because="new")
    return made


def approved_early(anna: Customer, name: str = "Bulbs", *, ago: timedelta = timedelta(0)) -> Campaign:
    """A draft that the operator's team approved as it is some time ago, with the policy confirmed."""
    campaign = anna.draft(name)
    with tenancy.account(anna.account_id):
        ask_draft_review(campaign.id, by=anna.owner)
    with clock.frozen_at(clock.now() - ago):
        answer(anna, campaign)
    return anna.ticked(campaign)


def answer(anna: Customer, campaign: Campaign) -> None:
    """The operator's team approves it as it is."""
    with tenancy.account(anna.account_id):
        shown = content_hash(anna.again(campaign), newest_imprint())
    review_campaign(anna.account_id, campaign.id, approved=True, by=operator(), shown_hash=shown)


def answered(anna: Customer, campaign: Campaign) -> Campaign:
    """The campaign after the operator's team approved its release."""
    answer(anna, campaign)
    return anna.again(campaign)


def released(anna: Customer, campaign: Campaign) -> Campaign:
    with tenancy.account(anna.account_id):
        assert release_campaign(campaign.id, by=anna.owner).allowed
    return anna.again(campaign)


def planned(anna: Customer, campaign: Campaign) -> None:
    """The jobs after a release: its recipients are planned, and what follows from its start."""
    waiting = "DELETE FROM procrastinate_jobs WHERE task_name = %s AND (args->>'campaign_id')::bigint = %s"
    for name in ("delivery.plan_campaign", "gate.end_supervision"):
        with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
            found = owner.execute(f"{waiting} RETURNING args", [name, campaign.id]).fetchall()
        for (arguments,) in found:
            app.tasks[name].func(**arguments)
    assert anna.again(campaign).started_at is not None


def supervised(anna: Customer) -> bool:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return Account.objects.get(id=anna.account_id).supervised


def open_reviews(anna: Customer, campaign: Campaign) -> list[str]:
    with tenancy.account(anna.account_id):
        return [one.key for one in check_campaign(campaign.id).failures if one.severity is Severity.REVIEW]


def add_old_people(anna: Customer, count: int) -> None:
    """People on the list who confirmed twenty months ago and got nothing since."""
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        add_people(anna.account_id, anna.list_id, count, "old.example")
        for table, column in (("subscription", "confirmed_at"), ("consent_event", "occurred_at")):
            owner.execute(
                f"UPDATE {table} s SET {column} = now() - interval '20 months' FROM contact c"
                " WHERE c.id = s.contact_id AND c.account_id = %s AND c.email LIKE '%%@old.example'",
                [anna.account_id],
            )


def test_old_contacts_on_the_same_list_wait_for_a_review(anna: Customer) -> None:
    """R-13: the audience grows after the early approval; the content and so its hash stay."""
    campaign = approved_early(anna)
    assert open_reviews(anna, campaign) == []
    add_old_people(anna, 10)
    assert open_reviews(anna, campaign) == ["consent-fresh"]
    campaign = released(anna, campaign)
    assert campaign.state == CampaignState.REVIEW
    assert answered(anna, campaign).state == CampaignState.PLANNING, "a reviewer who saw the audience lets it go"


def test_many_more_recipients_wait_for_a_review(anna: Customer) -> None:
    """R-07: a multiple of what the account usually sends."""
    before = anna.draft("Before")
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=before.id).update(
            state="sent", started_at=clock.now() - timedelta(days=9), planned_count=300
        )
    campaign = approved_early(anna)
    add_people(anna.account_id, anna.list_id, 1001, "more.example")
    assert open_reviews(anna, campaign) == ["like-the-mailings-before"]
    assert released(anna, campaign).state == CampaignState.REVIEW


def test_what_is_scheduled_is_asked_again_when_it_is_due(anna: Customer) -> None:
    campaign, at = approved_early(anna), clock.now() + timedelta(days=2)
    with tenancy.account(anna.account_id):
        release_campaign(campaign.id, by=anna.owner, at=at)
    assert anna.again(campaign).state == CampaignState.SCHEDULED
    add_old_people(anna, 10)
    with clock.frozen_at(at + timedelta(seconds=1)), tenancy.account(anna.account_id):
        release_due(campaign.id)
    assert anna.again(campaign).state == CampaignState.REVIEW


def test_the_database_knows_what_an_early_approval_is_worth(anna: Customer) -> None:
    """Raw SQL under the application role: not out of review, and not after a week."""
    campaign = approved_early(anna)
    add_old_people(anna, 10)
    waiting = released(anna, campaign)
    aged = approved_early(anna, "Aged", ago=timedelta(days=7, minutes=1))
    fresh = approved_early(anna, "Fresh")
    with psycopg.connect(app_url(load_settings())) as application:
        for row in (waiting, aged):
            for state in ("scheduled", *UNFINISHED):
                tenancy.enter_account(application, anna.account_id)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    application.execute("UPDATE campaign SET state = %s WHERE id = %s", [state, row.id])
                application.rollback()
        tenancy.enter_account(application, anna.account_id)
        application.execute("UPDATE campaign SET state = 'scheduled' WHERE id = %s", [fresh.id])
        application.rollback()


def test_what_was_sent_under_an_early_approval_is_completed_later(anna: Customer) -> None:
    """Recipients who certainly did not get it are sent it after all, also after the week."""
    campaign = approved_early(anna, ago=timedelta(days=9))
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute("UPDATE campaign SET state = 'sent', started_at = now() WHERE id = %s", [campaign.id])
    with psycopg.connect(app_url(load_settings())) as application:
        tenancy.enter_account(application, anna.account_id)
        application.execute("UPDATE campaign SET state = 'sending' WHERE id = %s", [campaign.id])
        application.rollback()


def test_supervision_does_not_end_without_a_message(anna: Customer) -> None:
    """Approved early, then changed, scheduled, waiting or canceled: none of them counts."""
    for number in range(3):
        campaign = approved_early(anna, f"Changed {number}")
        with tenancy.account(anna.account_id):
            drafts.update_campaign(campaign.id, {"subject": "Something else"}, by=anna.owner)
        assert released(anna, anna.ticked(campaign)).state == CampaignState.REVIEW
    for number in range(3):
        campaign = approved_early(anna, f"Scheduled {number}")
        with tenancy.account(anna.account_id):
            release_campaign(campaign.id, by=anna.owner, at=clock.now() + timedelta(days=3))
    for number in range(3):
        campaign = released(anna, approved_early(anna, f"Canceled {number}"))
        with tenancy.account(anna.account_id):
            Campaign.objects.filter(id=campaign.id).update(state="cancelled")
    assert supervised(anna)
    approved_early(anna, "One more")
    assert supervised(anna)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert CampaignReview.objects.filter(account_id=anna.account_id, approved=True).count() == 10


def test_supervision_ends_when_the_third_approved_campaign_starts(anna: Customer) -> None:
    """However it was approved. An account held for review again waits for a campaign approved after that."""
    for number in range(2):
        planned(anna, released(anna, approved_early(anna, f"Early {number}")))
    third = answered(anna, released(anna, anna.ticked(anna.draft("Third"))))
    assert (third.state, supervised(anna)) == (CampaignState.PLANNING, True)
    planned(anna, third)
    assert not supervised(anna)
    later = anna.ticked(anna.draft("Approved before"))
    account_status.set_limits(anna.account_id, by=operator(), daily_limit=None, supervised=True, because="look")
    later = answered(anna, released(anna, later))
    account_status.set_limits(anna.account_id, by=operator(), daily_limit=None, supervised=True, because="again")
    planned(anna, later)
    assert supervised(anna)
    planned(anna, released(anna, approved_early(anna, "Approved after")))
    assert not supervised(anna)


def test_an_early_review_keeps_the_findings_that_its_reviewer_saw(anna: Customer) -> None:
    """Also of a draft that was never released, and so never judged."""
    add_old_people(anna, 10)
    campaign = approved_early(anna)
    with tenancy.account(anna.account_id):
        review = CampaignReview.objects.get(campaign_id=campaign.id)
    assert [one["key"] for one in review.why] == ["first-mailings-reviewed", "consent-fresh"]
