"""An archived list reaches no one: neither by what is planned, nor by what was planned or released before."""

from datetime import timedelta

from django.db import connection

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.recipients import count_recipients
from mailflatrate.apps.delivery.ab_test import decisions_of
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.delivery.planning.plan import plan_campaign
from mailflatrate.apps.gate.actions import release_campaign, release_due
from mailflatrate.apps.gate.recipients import COLUMNS, JOINS, RecipientRow, recipient_facts
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.actions.lists import archive_list, unarchive_list
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.gate.judge import judge_recipient
from mailflatrate.rules.skip_reasons import WithholdReason
from support.cast import per_test
from support.customers import Customer, sending_customer
from support.scope import rows, within

anna = per_test(sending_customer, people=4)


def reasons(campaign: Campaign) -> set[WithholdReason | None]:
    """What a sender decides about the recipients who were planned."""
    with tenancy.account(campaign.account_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM delivery d {JOINS} WHERE d.campaign_id = %s", [campaign.id])
        found = [judge_recipient(recipient_facts(RecipientRow(*row)), clock.now()) for row in cursor.fetchall()]
    return {skipped.reason if skipped else None for skipped in found}


def planned(anna: Customer, campaign: Campaign) -> set[int | None]:
    released = within(anna, decisions_of, campaign.id)
    for decision in released:
        assert decision.edition_id is not None
        plan_campaign(anna.account_id, campaign.id, decision.edition_id, decision.id)
    return set(rows(anna, Delivery).filter(campaign=campaign).values_list("contact_id", flat=True))


def test_people_of_an_archived_list_are_counted_as_skipped(anna: Customer) -> None:
    draft = anna.draft()
    with tenancy.account(anna.account_id):
        archive_list(anna.list_id, by=anna.owner)
        counted = count_recipients(draft)
    assert (counted.recipients, counted.skipped) == (0, {"list_archived": 4})


def test_a_list_archived_before_the_campaign_is_due_gets_nothing(anna: Customer) -> None:
    campaign = anna.ticked(anna.draft())
    with tenancy.account(anna.account_id):
        assert release_campaign(campaign.id, by=anna.owner, at=clock.now() + timedelta(hours=1)).allowed
        archive_list(anna.list_id, by=anna.owner)
        Campaign.objects.filter(id=campaign.id).update(scheduled_at=clock.now() - timedelta(minutes=1))
        release_due(campaign.id)
    assert planned(anna, campaign) == set()


def test_a_list_archived_after_planning_gets_nothing(anna: Customer) -> None:
    campaign = anna.sending()
    assert reasons(campaign) == {None}
    within(anna, archive_list, anna.list_id, by=anna.owner)
    assert reasons(campaign) == {WithholdReason.LIST_ARCHIVED}


def test_a_restored_list_reaches_those_who_did_not_leave_meanwhile(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        archive_list(anna.list_id, by=anna.owner)
        first, *others = Contact.objects.order_by("id").values_list("id", flat=True)
        consent.unsubscribe(first, list_id=anna.list_id, by="link", source="page")
        unarchive_list(anna.list_id, by=anna.owner)
    campaign = anna.ticked(anna.draft())
    assert within(anna, release_campaign, campaign.id, by=anna.owner).allowed
    assert planned(anna, campaign) == set(others)
