"""The studio's navigation: every page marks its entry and tab, and the new pages show one account's rows only."""

import re
from datetime import timedelta
from time import monotonic

import pytest
from django.test import Client
from django.urls import resolve, reverse

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.relays.tables import Relay
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.studio.reports import report_rows
from mailflatrate.entrypoints.ui import navigation
from mailflatrate.entrypoints.ui.menu import CONTACTS, CONTENT, SETTINGS
from mailflatrate.entrypoints.ui.pages import owner_of, pages, tabs_of
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.customers import Customer, sending_customer
from support.people import browser, person

SUPPRESSIONS, LOOK_UP, ADD = (f"/studio/suppressions/{rest}" for rest in ("", "look-up/", "add/"))
TABBED = {"Contacts": CONTACTS, "Content": CONTENT, "Settings": SETTINGS}


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    return sending_customer(people=3)


def current(page: str, label: str) -> list[str]:
    found = re.search(rf'<nav[^>]*aria-label="{label}".*?</nav>', page, re.DOTALL)
    assert found is not None, label
    links = re.findall(r'<a\b[^>]*aria-current="page"[^>]*>(.*?)</a>', found[0], re.DOTALL)
    return [re.sub(r"<[^>]*>", "", link).strip() for link in links]


def entries(page: str) -> list[str]:
    found = re.search(r'<nav[^>]*aria-label="Main navigation".*?</nav>', page, re.DOTALL)
    assert found is not None
    return [name.strip() for name in re.findall(r"<span>(.*?)</span>", found[0])]


def test_the_sidebar_has_seven_entries_and_three_at_its_foot(anna: Customer) -> None:
    page = anna.client.get("/studio/").content.decode()
    main = ["Home", "Campaigns", "Automations", "Contacts", "Forms", "Content", "Reports"]
    assert entries(page) == [*main, "Test inbox", "Settings", "Help"]
    assert "nav-title" not in page


@pytest.mark.parametrize("section", TABBED)
def test_every_tab_marks_itself_and_its_entry(anna: Customer, section: str) -> None:
    for name, tab in tabs_of(TABBED[section]).items():
        answer = anna.client.get(reverse(f"studio:{name}"))
        page = answer.content.decode()
        assert answer.status_code == 200
        assert current(page, "Main navigation") == [section]
        assert current(page, section) == [str(tab.title)]
        heading = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
        assert heading is not None
        assert str(tab.title) in heading[1]


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("campaigns/", "Campaigns"),
        ("campaigns/digests/", "Campaigns"),
        ("campaigns/new/", "Campaigns"),
        ("automations/", "Automations"),
        ("automations/new/", "Automations"),
        ("lists/new/", "Contacts"),
        ("imports/new/", "Contacts"),
        ("contacts/new/", "Contacts"),
        ("segments/new/", "Contacts"),
        ("forms/new/", "Forms"),
        ("senders/new/", "Settings"),
        ("questions/", "Settings"),
        ("reports/", "Reports"),
        ("help/", "Help"),
        ("test-inbox/", "Test inbox"),
        ("", "Home"),
    ],
)
def test_pages_below_an_entry_keep_it_marked(anna: Customer, path: str, entry: str) -> None:
    page = anna.client.get(f"/studio/{path}").content.decode()
    assert current(page, "Main navigation") == [entry]


def test_every_page_of_the_studio_belongs_to_an_entry() -> None:
    """Except the two that are outside of every entry: reading the agreements, and choosing an account."""
    names = [name for name in pages() if name.startswith("studio:")]
    routes = {name: "/studio/" + re.sub("<[^>]*>", "1", pages()[name].route) for name in names}
    alone = {name for name, route in routes.items() if not owner_of(resolve(route), navigation.addresses())}
    assert alone == {"studio:agreements", "studio:choose-account"}


def test_the_test_inbox_goes_seconds_after_a_relay_takes_the_mail(
    anna: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Test inbox" in entries(anna.client.get("/studio/").content.decode())
    with tenancy.platform(PlatformReason.RELAYS):
        relay = Relay.objects.create(name="out", pool="trusted", host="relay.example", port=587)
    later = monotonic() + navigation.RELAYS_KNOWN_SECONDS
    monkeypatch.setattr(navigation, "monotonic", lambda: later)
    try:
        assert entries(anna.client.get("/studio/").content.decode())[-3:] == ["Reports", "Settings", "Help"]
    finally:
        with tenancy.platform(PlatformReason.RELAYS):
            relay.delete()


def add(anna: Customer, email: str) -> str:
    """Suppress an address; the page that follows."""
    answer = anna.client.post(ADD, {"add-email": email})
    assert (answer.status_code, answer.headers["Location"]) == (303, SUPPRESSIONS)
    return anna.client.get(SUPPRESSIONS).content.decode()


def test_suppressions_are_listed_looked_up_and_added(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        email = Contact.objects.order_by("id").values_list("email", flat=True)[0]
    assert "No suppressions yet" in anna.client.get(SUPPRESSIONS).content.decode()
    added = add(anna, f" {email.upper()} ")
    assert f"{email.upper()} is suppressed" in added
    assert f">{email}<" in added, "while it is a contact the address can be read"
    assert "already suppressed" in add(anna, email)
    assert "nobody-here@x.example is suppressed" in add(anna, "nobody-here@x.example")
    page = anna.client.get(SUPPRESSIONS).content.decode()
    assert "Not a contact" in page and "nobody-here@x.example" not in page
    found = anna.client.post(LOOK_UP, {"look-email": "nobody-here@x.example"}).content.decode()
    assert "nobody-here@x.example has been suppressed since" in found and "Added manually" in found
    assert "isn't suppressed" in anna.client.post(LOOK_UP, {"look-email": "free@x.example"}).content.decode()
    with tenancy.account(anna.account_id):
        row = Suppression.objects.latest("id")
        assert (row.reason, row.source) == (SuppressionReason.MANUAL, f"studio: {anna.owner.email}")


@pytest.mark.parametrize("wrong", ["", "no address", "a@b\0.example", "x" * 400 + "@x.example"])
def test_what_is_no_address_is_refused_with_words(anna: Customer, wrong: str) -> None:
    for url, field in ((LOOK_UP, "look-email"), (ADD, "add-email")):
        answer = anna.client.post(url, {field: wrong})
        assert answer.status_code == 422
        assert "field-error" in answer.content.decode()


def test_reports_show_rates_newest_first_in_pages(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = browser(Customer.registered("Empty").owner).get("/studio/reports/").content.decode()
    assert "No reports yet" in empty
    campaign = anna.sending()
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(state=CampaignState.SENT, finished_at=clock.now())
        older = Campaign.objects.get(id=anna.draft("Older").id)
        Campaign.objects.filter(id=older.id).update(
            state=CampaignState.SENT, finished_at=clock.now() - timedelta(days=2), planned_count=1
        )
        Feedback.objects.create(delivery_id=1, campaign_id=campaign.id, kind=FeedbackKind.UNSUBSCRIBE)
    page = anna.client.get("/studio/reports/").content.decode()
    assert page.index(campaign.mailing_id) < page.index(older.mailing_id)
    assert "Last 30 days" in page
    monkeypatch.setattr("mailflatrate.entrypoints.studio.reports.PAGE_ROWS", 1)
    first = anna.client.get("/studio/reports/").content.decode()
    assert campaign.mailing_id in first and older.mailing_id not in first
    second = anna.client.get(f"/studio/reports/?before={campaign.id}").content.decode()
    assert older.mailing_id in second and campaign.mailing_id not in second
    with tenancy.account(anna.account_id):
        (row,) = report_rows([Campaign.objects.get(id=campaign.id)])
        assert row.unsubscribed == 1


def test_a_stranger_and_a_viewer(anna: Customer) -> None:
    """Carla sees nothing of Anna's and can't page into it; Ben, who only reads, looks up and adds nothing."""
    with tenancy.account(anna.account_id):
        campaign = Campaign.objects.filter(state=CampaignState.SENT).first() or anna.sending()
        email = Contact.objects.order_by("id").values_list("email", flat=True)[1]
    anna.client.post(ADD, {"add-email": email})
    carla = browser(Customer.registered("Möbelhaus Nordstern").owner)
    for path in (
        SUPPRESSIONS,
        "/studio/reports/",
        f"/studio/reports/?before={campaign.id}",
        f"{SUPPRESSIONS}?before=999999",
    ):
        page = carla.get(path).content.decode()
        assert email not in page and campaign.mailing_id not in page
    assert "isn't suppressed" in carla.post(LOOK_UP, {"look-email": email}).content.decode()
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    assert "has been suppressed since" in ben.post(LOOK_UP, {"look-email": email}).content.decode()
    assert ADD not in ben.get(SUPPRESSIONS).content.decode()
    assert ben.post(ADD, {"add-email": "x@x.example"}).status_code == 403
    for path in (SUPPRESSIONS, "/studio/reports/", "/studio/help/", "/studio/settings/security/"):
        assert Client().get(path).status_code == 302
    assert Client().get(ADD).status_code in (302, 405)


def test_security_and_general_are_two_pages(anna: Customer) -> None:
    page = anna.client.get("/studio/settings/security/").content.decode()
    assert "/studio/settings/approval/" in page and "Signed-in devices" in page
    general = anna.client.get("/studio/settings/").content.decode()
    assert 'name="time_zone"' in general and "four-eyes" not in general
    refused = anna.client.post("/studio/settings/approval/", {"wanted": "yes"})
    assert refused.status_code in (303, 422)
