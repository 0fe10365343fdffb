"""From a provider's figures to its lane that waits, and back by a person's word (R-70, R-86, R-88, R-90)."""

import pytest

from mailflatrate.apps.abuse.models import Case, CaseKind
from mailflatrate.apps.accounts.models import Account, AccountStatus
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import Chunk, Delivery, DeliveryState, LaneHold, Tally
from mailflatrate.apps.delivery.planning import plan
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.stats import actions
from mailflatrate.apps.stats.models import Measure
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.feedback.measures import MeasureLevel
from mailflatrate.settings.schema import load_settings
from support.contact_files import readdress
from support.customers import Customer, sending_customer, sends_since
from support.desk import desk
from support.scope import rows

PEOPLE, THERE, SETTLED, DEAD = 700, 300, 250, 13


@pytest.fixture(scope="module")
def anna() -> Customer:
    made = sending_customer(PEOPLE)
    sends_since(made.account_id, 100)
    there = list(rows(made, Contact).order_by("id")[:THERE])
    for contact in there:
        readdress(contact.id, email=contact.email.split("@")[0] + "@outlook.com")
    return made


@pytest.fixture(scope="module")
def campaign(anna: Customer) -> Campaign:
    """All others got it; 250 of those at Outlook have an outcome, and 13 of them do not exist."""
    with pytest.MonkeyPatch.context() as patch:
        no_canary = load_settings().model_copy(update={"canary_size": PEOPLE})
        patch.setattr(plan, "load_settings", lambda: no_canary)
        made = anna.sending()
    with tenancy.account(anna.account_id):
        for chunk in Chunk.objects.filter(campaign=made):
            waiting = list(Delivery.objects.filter(chunk=chunk).order_by("id").values_list("id", flat=True))
            dead = waiting[:DEAD] if chunk.provider == "microsoft" else []
            sent = waiting[len(dead) : SETTLED] if chunk.provider == "microsoft" else waiting
            _settle(chunk, dead, DeliveryState.BOUNCED, "hard")
            _settle(chunk, sent, DeliveryState.SENT, "")
    actions.judge_campaign(anna.account_id, made.id)
    return made


def _settle(chunk: Chunk, ids: list[int], state: DeliveryState, bounce: str) -> None:
    if ids:
        Delivery.objects.filter(id__in=ids).update(state=state, bounce=bounce, settled_at=clock.now(), attempts=1)
        Tally.objects.create(chunk=chunk, campaign_id=chunk.campaign_id, state=state, detail=bounce, count=len(ids))


def test_only_the_provider_waits(anna: Customer, campaign: Campaign) -> None:
    """5.2 % there, 2.0 % in all: a warning for the campaign, a pause for the lane, and a case with the figures."""
    with tenancy.account(anna.account_id):
        found = list(Measure.objects.order_by("level").values_list("cause", "level", "provider", "events", "base"))
        assert found == [
            ("hard_bounces", MeasureLevel.WARN, "", DEAD, SETTLED + PEOPLE - THERE),
            ("provider_bounces", MeasureLevel.PAUSE_LANE, "microsoft", DEAD, SETTLED),
        ]
        [hold] = LaneHold.objects.all()
        assert (hold.provider, hold.rule, hold.released_at) == ("microsoft", "R-88", None)
        assert Account.objects.get(id=anna.account_id).status == AccountStatus.ACTIVE
    assert anna.again(campaign).state == CampaignState.SENDING
    assert rows(PlatformReason.OPERATOR_DESK, Case).get(account_id=anna.account_id).kind == CaseKind.FIGURES


def test_everybody_sees_it_and_a_person_lifts_it(anna: Customer, campaign: Campaign) -> None:
    page = anna.client.get(f"/studio/campaigns/{campaign.id}/").content.decode()
    assert f"{THERE - SETTLED} recipients at Outlook.com are waiting" in page
    otto = desk()
    assert "13 of 250 addresses" in otto.page("figures/")
    measure = rows(anna, Measure).get(cause="provider_bounces")
    assert "Recipients waiting" in otto.page(f"figures/{measure.id}/")
    url = f"/desk/figures/{measure.id}/lift/"
    assert otto.client.post(url, {"because": " "}).status_code == 422
    assert otto.client.post(url, {"because": "They removed the old half."}).status_code == 303
    assert not rows(anna, LaneHold).filter(released_at=None).exists()
    actions.judge_campaign(anna.account_id, campaign.id)
    assert not rows(anna, LaneHold).filter(released_at=None).exists(), "the same figures do not hold it again"
    assert "13 of 250" not in otto.page("figures/").split("newest first")[0]
