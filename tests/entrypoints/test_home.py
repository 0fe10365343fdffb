"""The first page of the studio."""

import pytest
from django.template import engines
from django.test import Client
from django_cotton.compiler_regex import CottonCompiler

from mailflatrate.apps.accounts.actions import agreements
from mailflatrate.apps.campaigns.models import CampaignState
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.rates import bounce_rate, complaint_rate
from mailflatrate.entrypoints.studio.home.views import greeting
from support.customers import Customer, sending_customer
from support.people import browser

pytestmark = pytest.mark.usefixtures("database")


def text(client: Client, url: str = "/studio/") -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_fresh_account_is_told_what_is_missing_and_in_which_order() -> None:
    carla = Customer.registered("Carla's Cafe").owner
    page = text(browser(carla))
    steps = [
        "Complete your application",
        "t been accepted yet",
        "Create your first list",
        "Add your sending domain",
        "Fill in your imprint",
    ]
    places = [page.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)
    assert "Complaints (last 7 days)" not in page, "no figures before there is anything to count"


def test_a_list_without_people_asks_for_an_import() -> None:
    customer = Customer.registered("Carla's Cafe")
    account_id, carla = customer.account_id, customer.owner
    with tenancy.account(account_id):
        create_list("News")
    assert "Import your contacts" in text(browser(carla))


def test_an_incomplete_imprint_is_named() -> None:
    anna = sending_customer()
    agreements.save_imprint(
        anna.account_id, country="DE", fields={"organisation": "company", "legal_name": "Lindenhof"}, by=anna.owner
    )
    assert "Your imprint is incomplete" in text(anna.client)


def test_figures_of_an_account_at_work() -> None:
    anna = sending_customer(people=5)
    page = text(anna.client)
    assert "none sent yet" in page
    assert "limit 0.10%" in page
    assert "limit 1.00%" in page
    assert "Nothing to do" in page

    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, 4)
    anna.settle(campaign, DeliveryState.BOUNCED, 1, bounce="hard")
    with tenancy.account(anna.account_id):
        type(campaign).objects.filter(id=campaign.id).update(state=CampaignState.SENT)
    page = text(anna.client)
    assert "80.0%" in page
    assert "4 of 5" in page
    assert "20.00%" in page, "one hard bounce among five"


def test_german_numbers_and_words() -> None:
    anna = sending_customer()
    anna.client.cookies["language"] = "de"
    assert "0,10 %" in text(anna.client)


@pytest.mark.parametrize(
    ("state", "words"),
    [(CampaignState.WAITING, "is waiting: the mail server isn"), (CampaignState.PAUSED, "is paused")],
)
def test_a_mailing_that_stands_still_comes_first(state: CampaignState, words: str) -> None:
    anna = sending_customer()
    campaign = anna.sending("Bulbs")
    with tenancy.account(anna.account_id):
        type(campaign).objects.filter(id=campaign.id).update(state=state)
    page = text(anna.client)
    assert words in page
    assert page.index(words) < page.index("Recipients")


def test_drafts_and_doubtful_deliveries_are_lines_too() -> None:
    anna = sending_customer()
    anna.draft("Spring sale")
    campaign = anna.sending("Bulbs")
    anna.settle(campaign, DeliveryState.IN_DOUBT, 1, reason="host_lost")
    page = text(anna.client)
    assert "Finish “Spring sale”" in page
    assert "1 check hasn&#x27;t passed yet" in page
    assert "1 message has an unknown result" in page


def test_carla_sees_nothing_of_annas() -> None:
    anna = sending_customer()
    anna.draft("Secret plans")
    carla = Customer.registered("Carla's Cafe").owner
    assert "Secret plans" not in text(browser(carla))


def test_somebody_who_is_not_signed_in_is_sent_to_the_door() -> None:
    answer = Client().get("/studio/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")


@pytest.mark.parametrize(("hour", "words"), [(4, "evening"), (5, "morning"), (12, "afternoon"), (18, "evening")])
def test_the_greeting_follows_the_clock(hour: int, words: str) -> None:
    assert greeting("Anna Lindner", hour) == f"Good {words}, Anna"
    assert greeting("  ", hour) == "Home"


def test_rates_are_coloured_only_where_they_say_something() -> None:
    assert complaint_rate(0, 0).percent is None
    assert complaint_rate(2, 100).tone == "", "two complaints are chance (R-85)"
    assert complaint_rate(3, 1_000_000).tone == ""
    assert complaint_rate(700, 1_000_000).tone == "warning"
    assert complaint_rate(2000, 1_000_000).tone == "error"
    assert bounce_rate(80, 10_000).tone == "warning"
    assert bounce_rate(101, 10_000).tone == "error"
    assert complaint_rate(2, 1_764).tone == "warning", "two of many are over the limit, and the rule warns of them"
    assert complaint_rate(2, 1_000_000).tone == ""


def test_a_rate_over_its_limit_is_not_called_near_it() -> None:
    few, near, over = complaint_rate(2, 1_764), complaint_rate(700, 1_000_000), complaint_rate(2000, 1_000_000)
    assert [rate.too_few for rate in (few, near, over)] == [True, False, False]
    template = engines["django"].from_string(CottonCompiler().process('<c-rate label="Complaints" :rate="few" />'))
    shown = template.render({"few": few})
    assert "only 2 so far, limit 0.10%" in shown
    assert "near" not in shown
