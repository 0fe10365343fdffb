"""The goal on its page; conversions in the report, its files, the list of reports, the API and the monthly email."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.models import DeliveryState
from mailflatrate.apps.lists.models import ConversionGoal
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.apps.stats.monthly_report import month_figures, report_facts
from mailflatrate.apps.stats.report_links import create_report_link
from mailflatrate.base import clock, tenancy
from support.api import program_of
from support.conversions import Shop
from support.customers import sending_customer
from support.people import browser, person

GOAL = {
    "goal-event": "order.placed",
    "goal-window_days": "7",
    "goal-amount": "total",
    "goal-currency": "eur",
    "goal-currency_name": "currency",
    "goal-coupon": "coupon",
}


@pytest.fixture(scope="module")
def shop(database: str) -> Shop:
    assert database
    made = Shop()
    with tenancy.account(made.anna.account_id):
        made.buy()
    made.count()
    made.anna.settle(made.summer, DeliveryState.SENT, 4)
    return made


def test_the_report_and_its_files_say_what_was_bought_and_how_it_is_measured(shop: Shop) -> None:
    report = shop.anna.page(f"campaigns/{shop.summer.id}/")
    for words in ("39.80 EUR · 19.99 CHF", "9.9500 EUR · 4.9975 CHF", "agreed to that", "“order.placed” up to 7 days"):
        assert words in report
    table = shop.anna.page(f"campaigns/{shop.summer.id}/figures.csv")
    assert "Revenue,EUR,39.80,," in table and "Revenue per delivered message,CHF,4.9975,," in table
    with tenancy.account(shop.anna.account_id):
        Campaign.objects.filter(id=shop.summer.id).update(state=CampaignState.SENT, finished_at=clock.now())
    assert "39.80 EUR · 19.99 CHF" in shop.anna.page("reports/")
    campaigns = shop.anna.page("campaigns/")
    assert "39.80 EUR · 19.99 CHF" in campaigns and "3 conversions" in campaigns
    assert shop.anna.client.get(f"/studio/campaigns/{shop.summer.id}/report.pdf").content.startswith(b"%PDF")
    with tenancy.account(shop.anna.account_id):
        link = create_report_link(
            shop.summer.id, name="Board", ends_at=clock.now() + timedelta(days=7), password="", by=shop.anna.owner
        )
    shared = shop.anna.client.get(f"/s/{link.token}").content.decode()
    assert "Summer" in shared
    assert "EUR" not in shared, "what was earned isn't shown to people without an account"


def test_programs_and_the_monthly_email_get_the_same(shop: Shop) -> None:
    found = program_of(shop.anna).get(f"/campaigns/{shop.summer.id}/report")["conversions"]
    assert [found[name] for name in ("event", "conversions", "by_click", "by_coupon", "refunds")] == [
        "order.placed",
        3,
        3,
        0,
        1,
    ]
    assert found["revenue"][0] == {"currency": "EUR", "amount": "39.80", "per_delivered": "9.9500"}
    assert [(day["day"], day["conversions"]) for day in found["by_day"]] == [(3, 2), (4, 1)]
    assert program_of(sending_customer(people=1)).refused("GET", f"/campaigns/{shop.summer.id}/report")[0] == 404
    with tenancy.account(shop.anna.account_id):
        begun = Campaign.objects.get(id=shop.summer.id).started_at
        assert begun is not None
        month = month_figures(begun.date().replace(day=1), ZoneInfo("UTC"))
        lines = {line["label"]: line["value"] for line in report_facts("A", begun.date(), month, month)["rates"]}
        assert stored_about(shop.people[0], to_mailbox=True, language="en")["conversions"][0]["by"] == "click"  # type: ignore[index]
    assert (lines["Conversions"], lines["Revenue in EUR"]) == ("4 (4)", "46.80 (46.80)")


def test_those_who_manage_the_account_say_what_counts(shop: Shop) -> None:
    assert "Days after a click" in shop.anna.page("event-types/")
    refused = shop.anna.client.post("/studio/event-types/conversions/", GOAL | {"goal-amount": "totl"})
    assert (refused.status_code, "totl" in refused.content.decode()) == (422, True)
    refused = shop.anna.client.post("/studio/event-types/conversions/", GOAL | {"goal-window_days": "99"})
    assert refused.status_code == 422
    author = browser(person(shop.anna.account_id, "Ben", Role.EDITOR))
    assert author.post("/studio/event-types/conversions/", GOAL).status_code == 403
    stranger = sending_customer(people=1)
    assert stranger.client.post("/studio/event-types/conversions/", GOAL).status_code == 422
    assert shop.anna.client.post("/studio/event-types/conversions/", GOAL).status_code == 303
    with tenancy.account(shop.anna.account_id):
        assert ConversionGoal.objects.get().currency == "EUR"
    assert (
        shop.anna.client.post(
            "/studio/event-types/conversions/", {"goal-event": "", "goal-window_days": "7"}
        ).status_code
        == 303
    )
    with tenancy.account(shop.anna.account_id):
        assert not ConversionGoal.objects.exists()
    assert "Revenue" not in shop.anna.page("campaigns/"), "nothing is counted"
    assert program_of(shop.anna).get(f"/campaigns/{shop.summer.id}/report")["conversions"] is None
