"""Planning: who gets a row, in which chunk, and what a crash between two slices leaves."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from estate import Estate, build_estate, release
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.consent import ledger
from mailflatrate.apps.delivery.models import Chunk, Delivery, Plan
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import ConsentKind, Contact, MailingList, Subscription
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.apps.suppression.facts import suppression_fact
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.presenters.outcomes import reasons
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.recipient_facts import SuppressionCause
from mailflatrate.settings.schema import load_settings

PEOPLE = 30
NOW = clock.now()


@pytest.fixture
def estate(monkeypatch: pytest.MonkeyPatch) -> Estate:
    monkeypatch.setattr(plan, "load_settings", lambda: load_settings().model_copy(update={"chunk_size": 10}))
    monkeypatch.setattr(plan, "SLICE_CONTACTS", 12)
    return build_estate(PEOPLE)


def people(estate: Estate) -> list[Contact]:
    with tenancy.account(estate.account_id):
        return list(Contact.objects.order_by("id"))


def planned(campaign_id: int, estate: Estate) -> list[tuple[int, int]]:
    with tenancy.account(estate.account_id):
        return list(
            Delivery.objects.filter(campaign_id=campaign_id).order_by("id").values_list("contact_id", "mailing_list_id")
        )


def test_everybody_once_with_the_consent_it_rests_on(estate: Estate) -> None:
    """Two lists, one message: the first list of the campaign's order counts, and its consent event."""
    dora, emil = people(estate)[:2]
    with tenancy.account(estate.account_id):
        second = MailingList.objects.create(name="B", public_name="B", code="second01")
        for contact in (dora, emil):
            proof = ledger.append(
                contact.id, second.id, ConsentKind.CONFIRMED, NOW, ledger.EventEvidence(contact.email)
            )
            Subscription.objects.create(
                mailing_list=second, contact=contact, state="confirmed", consent_event_id=proof, confirmed_at=NOW
            )
        consent.unsubscribe(emil.id, list_id=estate.list_id, by="link", source="test")
    campaign_id = release(estate, plan_now=False)
    with tenancy.account(estate.account_id):
        Campaign.objects.filter(id=campaign_id).update(list_ids=[estate.list_id, second.id])
    plan_it(campaign_id, estate)
    found = dict(planned(campaign_id, estate))
    assert len(found) == PEOPLE
    assert (found[dora.id], found[emil.id]) == (estate.list_id, second.id)
    with tenancy.account(estate.account_id):
        rows = Delivery.objects.filter(campaign_id=campaign_id)
        assert not rows.filter(consent_event=None).exists()
        assert rows.filter(decision__allowed=True).count() == PEOPLE
        assert Campaign.objects.get(id=campaign_id).planned_count == PEOPLE


def test_who_is_left_out_is_counted_by_reason(estate: Estate) -> None:
    everybody = people(estate)
    with tenancy.account(estate.account_id):
        consent.unsubscribe(everybody[0].id, list_id=estate.list_id, by="link", source="test")
        suppression.suppress(
            bytes(everybody[1].address_key),
            reason=SuppressionReason.HARD_BOUNCE,
            source="test",
            evidence={},
            platform=True,
        )
        suppression.suppress(
            bytes(everybody[2].address_key), reason=SuppressionReason.COMPLAINT, source="test", evidence={}
        )
        Contact.objects.filter(id=everybody[3].id).update(attributes={"city": "100 %"})
    campaign_id = release(estate, plan_now=False)
    with tenancy.account(estate.account_id):
        Campaign.objects.filter(id=campaign_id).update(
            conditions=[
                {"field": "attribute", "key": "city", "op": "equals", "value": "bonn"},
                {"field": "first_name", "op": "not_equals", "value": "%s"},
            ]
        )
    plan_it(campaign_id, estate)
    with tenancy.account(estate.account_id):
        campaign = Campaign.objects.get(id=campaign_id)
    assert campaign.left_out == {"unsubscribed": 1, "suppressed_bounce": 1, "suppressed_complaint": 1, "segment": 1}
    assert campaign.planned_count == PEOPLE - 4
    assert [contact_id for contact_id, _ in planned(campaign_id, estate)] == [each.id for each in everybody[4:]]


def test_the_report_says_who_suppressed_an_address(estate: Estate) -> None:
    """The customer, the person by a complaint about this customer, or by one about another."""
    own, here, everywhere = (bytes(each.address_key) for each in people(estate)[:3])
    with tenancy.account(estate.account_id):
        suppression.suppress_by_hand(own, source="API", by=estate.owner)
        suppression.suppress(here, reason=SuppressionReason.COMPLAINT, source="test", evidence={}, platform=True)
    suppression.suppress_everywhere(everywhere, reason=SuppressionReason.COMPLAINT, source="test", evidence={})
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        left_out = Campaign.objects.get(id=campaign_id).left_out
        facts = [suppression_fact(each) for each in (own, here, everywhere)]
    assert left_out == {"suppressed_own": 1, "suppressed_complaint": 1, "suppressed_everywhere": 1}
    assert facts == [SuppressionCause.OWN, SuppressionCause.COMPLAINT, SuppressionCause.EVERYWHERE]
    words = " ".join(counted["word"] for counted in reasons(left_out))
    assert "suppressed by you" in words and "desk" not in words


def plan_it(campaign_id: int, estate: Estate) -> None:
    with tenancy.account(estate.account_id):
        campaign = Campaign.objects.get(id=campaign_id)
        decision = campaign.decisions.get()
    plan.plan_campaign(estate.account_id, campaign_id, decision.edition_id, decision.id)


def test_a_crash_between_slices_is_gone_on_from(estate: Estate) -> None:
    """Nobody twice, nobody forgotten, and a plan that is through is left alone."""
    campaign_id = release(estate, plan_now=False)
    with tenancy.account(estate.account_id):
        decision = Campaign.objects.get(id=campaign_id).decisions.get()
        assert plan._begin(campaign_id, decision.edition_id, decision.id)
        assert plan.plan_slice(campaign_id) == plan.PlanStep(12, more=True)
    plan_it(campaign_id, estate)
    first = planned(campaign_id, estate)
    plan_it(campaign_id, estate)
    assert planned(campaign_id, estate) == first
    assert [contact_id for contact_id, _ in first] == [each.id for each in people(estate)]
    with tenancy.account(estate.account_id):
        campaign = Campaign.objects.get(id=campaign_id)
        assert (campaign.state, campaign.planned_count) == (CampaignState.SENDING, PEOPLE)
        sizes = list(Chunk.objects.filter(campaign_id=campaign_id).order_by("number").values_list("number", "size"))
    assert sizes == [(0, 10), (1, 2), (2, 10), (3, 2), (4, 6)]


def test_the_canary_goes_alone(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    """5 % of a list that is larger than a canary may be (R-88), and only its chunk has a job."""
    small = load_settings().model_copy(update={"chunk_size": 10, "canary_size": 20})
    monkeypatch.setattr(plan, "load_settings", lambda: small)
    campaign_id = release(estate)
    with tenancy.account(estate.account_id):
        assert Plan.objects.get(campaign_id=campaign_id).canary_size == 1
        chunks = list(Chunk.objects.filter(campaign_id=campaign_id).order_by("number"))
    assert chunks[0].size == 1
    assert waiting_chunks() & {each.id for each in chunks} == {chunks[0].id}


def waiting_chunks() -> set[int]:
    jobs = ProcrastinateJob.objects.filter(task_name="delivery.send_chunk", status="todo")
    return {arguments["chunk_id"] for arguments in jobs.values_list("args", flat=True)}


def test_nobody_to_write_to_is_sent_at_once(estate: Estate) -> None:
    campaign_id = release(estate, plan_now=False)
    with tenancy.account(estate.account_id):
        Campaign.objects.filter(id=campaign_id).update(
            conditions=[{"field": "first_name", "op": "equals", "value": "Nobody"}]
        )
    plan_it(campaign_id, estate)
    with tenancy.account(estate.account_id):
        campaign = Campaign.objects.get(id=campaign_id)
    assert (campaign.state, campaign.planned_count, campaign.left_out) == (CampaignState.SENT, 0, {"segment": PEOPLE})
