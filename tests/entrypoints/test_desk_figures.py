"""What figures stopped, as the reviewer sees it, and how it is lifted."""

import pytest

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.stats import actions
from mailflatrate.apps.stats.models import Measure
from mailflatrate.base import tenancy
from support.customers import Customer, sending_customer
from support.desk import Desk

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def stopped() -> tuple[Customer, Campaign, int]:
    """A campaign of 200, 8 of which bounced hard: paused, while the account continues."""
    anna = sending_customer(200)
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, 192)
    anna.settle(campaign, DeliveryState.BOUNCED, 7, bounce="hard")
    actions.refresh_campaign(anna.account_id, campaign.id)
    actions.judge_campaign(anna.account_id, campaign.id)
    with tenancy.account(anna.account_id):
        return anna, campaign, Measure.objects.get().id


@pytest.mark.slow
def test_a_stopped_mailing_waits_at_the_desk_until_it_is_lifted(
    stopped: tuple[Customer, Campaign, int], otto: Desk
) -> None:
    anna, campaign, measure_id = stopped
    said = anna.client.get(f"/studio/campaigns/{campaign.id}/").content.decode()
    assert "We stopped this campaign automatically (R-88)" in said and "Resume" not in said
    assert f"/desk/figures/{measure_id}/" in otto.page("figures/")
    assert "7 of 199 addresses don&#x27;t exist (3.52%)" in otto.page(f"figures/{measure_id}/")
    url = f"/desk/figures/{measure_id}/lift/"
    assert otto.client.post(url, {"because": " "}).status_code == 422
    assert otto.client.post(url, {"because": "The dead half is gone."}).status_code == 303
    assert "The dead half is gone." in otto.page(f"figures/{measure_id}/")
    page = anna.client.get(f"/studio/campaigns/{campaign.id}/").content.decode()
    assert "Resume" in page and f"/studio/campaigns/{campaign.id}/resume/" in page
    assert otto.client.post(url, {"because": "Again."}).status_code == 422


def test_customers_do_not_find_the_figures_of_the_desk(stopped: tuple[Customer, Campaign, int]) -> None:
    anna, _, measure_id = stopped
    for path in ("figures/", f"figures/{measure_id}/"):
        assert anna.client.get(f"/desk/{path}").status_code == 404
    assert anna.client.post(f"/desk/figures/{measure_id}/lift/", {"because": "x"}).status_code == 404


@pytest.mark.slow
def test_the_rates_of_an_account_by_all_that_is_told_apart(stopped: tuple[Customer, Campaign, int], otto: Desk) -> None:
    """R-85: one day and seven, by provider, domain, list, origin and campaign; a rate only where someone reports."""
    anna, campaign, _ = stopped
    for query in ("", "?days=1", "?days=nonsense"):
        said = otto.page(f"accounts/{anna.account_id}/rates/{query}")
        for word in ("Provider", "Sending domain", "lindenhof.example", "Newsletter", "Our forms", campaign.name):
            assert word in said, word
        assert "3.52%" in said and "0.00% of" not in said
    assert f"/desk/accounts/{anna.account_id}/rates/" in otto.page(f"accounts/{anna.account_id}/")
    otto.page("accounts/999999/rates/", status=404)


def test_customers_do_not_find_the_rates_of_the_desk(stopped: tuple[Customer, Campaign, int]) -> None:
    anna, _, _ = stopped
    for account_id in (anna.account_id, sending_customer(2).account_id):
        assert anna.client.get(f"/desk/accounts/{account_id}/rates/").status_code == 404
