"""The search over everything in an account: what is found, how it is shown, and what a stranger finds."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.actions.templates import save_as_template
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.lists.models import Contact, MailingList
from mailflatrate.apps.segments.models import Segment
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.studio.search.results import GROUP_HITS, marked, normalized
from mailflatrate.entrypoints.ui.menu import FOOT, MAIN, TEST_INBOX
from mailflatrate.entrypoints.ui.pages import tabs_of
from support.customers import Customer, sending_customer
from support.people import browser, person

SEARCH = "/studio/search/"
PART = {"HX-Request": "true"}
_OPTION = re.compile(r'<a\s+class="search-hit[^"]*".*?href="([^"]+)".*?</a>', re.DOTALL)


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    return sending_customer(people=3, domain="kraut.example")


def asked(client: Client, text: str, **headers: str) -> str:
    answer = client.get(SEARCH, {"q": text}, headers={**PART, **headers})
    assert answer.status_code == 200
    return answer.content.decode()


def hits(page: str) -> dict[str, str]:
    """Where each result leads, with its words."""
    return {
        unescape(found[1]): " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())
        for found in _OPTION.finditer(page)
    }


def rename(anna: Customer, **names: str) -> None:
    with tenancy.account(anna.account_id):
        Contact.objects.filter(id=Contact.objects.order_by("id")[0].id).update(**names)


def test_everything_in_an_account_is_found_by_its_name(anna: Customer) -> None:
    campaign = anna.draft("Zwiebelfest im November")
    with tenancy.account(anna.account_id):
        MailingList.objects.create(name="Zwiebelfreunde", public_name="Friends", language="en", code="zf")
        MailingList.objects.create(
            name="Intern", public_name="Alte Zwiebelliste", language="de", code="alt", archived_at=clock.now()
        )
        Segment.objects.create(name="Zwiebelkäufer", conditions=[])
        save_as_template(campaign.id, "Zwiebelvorlage", by=None)
    rename(anna, last_name="Zwiebelfisch")
    found = hits(asked(anna.client, "zWIEBEL"))
    said = " / ".join(found.values())
    for text in ("Zwiebelfest", "Zwiebelfreunde", "Alte Zwiebelliste", "Zwiebelkäufer", "Zwiebelfisch", "Zwiebelvor"):
        assert re.sub(r"(?i)zwiebel", r"Zwiebel ", text).strip() in said, text
    assert f"/studio/campaigns/{campaign.id}/" in found
    assert "Archived" in said
    for url in found:
        assert anna.client.get(url).status_code in (200, 303), url


def test_a_mailing_id_is_found_as_people_say_it(anna: Customer) -> None:
    campaign = anna.draft("Quotable")
    for said in (campaign.mailing_id, campaign.mailing_id.lower().replace("-", " "), campaign.mailing_id[:6]):
        assert f"/studio/campaigns/{campaign.id}/" in hits(asked(anna.client, said)), said


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("dkim", "/studio/senders/"),
        ("Imprint", "/studio/imprint/"),
        ("invite colleagues", "/studio/settings/team/"),
        ("2fa", "/2fa/"),
        ("api keys", "/studio/settings/keys/"),
        ("test inbox", "/studio/test-inbox/"),
        ("Help", "/studio/help/"),
        ("create campaign", "/studio/campaigns/new/"),
    ],
)
def test_pages_are_found_by_their_title_and_by_what_is_done_there(anna: Customer, text: str, url: str) -> None:
    assert url in hits(asked(anna.client, text))


def test_pages_are_found_in_german_words(anna: Customer) -> None:
    page = asked(anna.client, "impressum", **{"Accept-Language": "de"})
    assert "/studio/imprint/" in hits(page)
    assert "Seiten" in page


def test_every_page_of_the_navigation_has_other_words_that_find_it() -> None:
    tabs = {name: tab for entry in (*MAIN, TEST_INBOX, *FOOT) for name, tab in tabs_of(entry).items()}
    assert len(tabs) > 30
    assert [name for name, tab in tabs.items() if not tab.keywords] == []


def test_a_page_found_by_another_word_shows_it(anna: Customer) -> None:
    assert "DKIM" in hits(asked(anna.client, "dkim"))["/studio/senders/"].replace(" ", "")


@pytest.mark.parametrize("text", ["", " ", "a", "a\0", " \t a"])
def test_one_character_searches_nothing(anna: Customer, text: str) -> None:
    page = asked(anna.client, text)
    assert hits(page) == {}
    assert "at least 2 characters" in page


def test_nothing_found_says_what_can_be_searched(anna: Customer) -> None:
    page = asked(anna.client, "<script>alert(1)</script>")
    assert "<script>" not in page and "Nothing found for" in page and "mailing ID" in page


@pytest.mark.parametrize(
    "text", ["%%", "__", "\\\\", "'; DROP TABLE contact; --", "x" * 5000, "((", "[a-", "\ud7ff" * 90]
)
def test_no_text_breaks_it(anna: Customer, text: str) -> None:
    assert hits(asked(anna.client, text)) == {}


def test_names_are_escaped_and_marked(anna: Customer) -> None:
    anna.draft("<img src=x onerror=alert(1)> Quarkstrudel")
    page = asked(anna.client, "quark")
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt; <mark>Quark</mark>strudel" in page
    assert "&lt;<mark>img</mark> src" in asked(anna.client, "img")


def test_a_group_shows_a_few_and_leads_to_the_rest(anna: Customer) -> None:
    for number in range(GROUP_HITS + 2):
        anna.draft(f"Rundbrief {number}")
    found = hits(asked(anna.client, "rundbrief"))
    assert len(found) == GROUP_HITS + 1
    assert "/studio/campaigns/?q=rundbrief" in found
    shown = anna.client.get("/studio/campaigns/?q=rundbrief").content.decode()
    assert all(f"Rundbrief {number}" in shown for number in range(GROUP_HITS + 2))


def test_its_number_of_statements_does_not_grow_with_what_it_finds(anna: Customer) -> None:
    with CaptureQueriesContext(connection) as little:
        asked(anna.client, "zebrastripe")
    with CaptureQueriesContext(connection) as much:
        asked(anna.client, "kraut")
    assert len(much) <= len(little)


def test_without_javascript_it_is_a_page(anna: Customer) -> None:
    page = anna.client.get(SEARCH, {"q": "kraut.example"}).content.decode()
    assert "<html" in page and 'value="kraut.example"' in page
    assert len([url for url in hits(page) if url.startswith("/studio/contacts/")]) == 3
    assert 'role="option"' not in page.partition("<main")[2].partition("</main>")[0]
    anywhere = anna.client.get("/studio/lists/").content.decode()
    assert anywhere.count('href="/studio/search/"') == 2, "the buttons are links"


def test_a_stranger_finds_nothing_of_it_and_a_viewer_reads(anna: Customer) -> None:
    """Carla finds none of Anna's things; Ben, who may only read, finds them, but no page that creates something."""
    campaign = anna.draft("Nur für Anna")
    with tenancy.account(anna.account_id):
        email = Contact.objects.order_by("id").values_list("email", flat=True)[0]
    carla = browser(Customer.registered("Möbelhaus Nordstern").owner)
    for text in ("kraut.example", email, campaign.mailing_id, "nur für", "newsletter", "zwiebel"):
        found = hits(asked(carla, text))
        assert all("/new/" in url or not re.search(r"\d", url) for url in found), (text, found)
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    assert f"/studio/campaigns/{campaign.id}/" in hits(asked(ben, "nur für"))
    assert any(url.startswith("/studio/contacts/") for url in hits(asked(ben, email)))
    assert ben.get("/studio/contacts/", {"q": email}).status_code == 200, "viewers may see contacts"
    assert "/studio/campaigns/new/" not in hits(asked(ben, "campaign"))
    assert "/studio/campaigns/new/" in hits(asked(anna.client, "campaign"))


def test_nobody_searches_without_signing_in(anna: Customer) -> None:
    assert Client().get(SEARCH, {"q": "kraut"}).status_code == 302
    refused = Client().get(SEARCH, {"q": "kraut"}, headers=PART)
    assert refused.status_code == 401 and "HX-Redirect" in refused.headers
    assert anna.client.post(SEARCH, {"q": "kraut"}).status_code == 405


def test_the_desk_has_no_search_button(anna: Customer) -> None:
    """The search reads one account, so it isn't offered outside of one."""
    assert "search-dialog" not in Client().get("/login/").content.decode()


def test_what_is_typed_is_bounded_and_composed() -> None:
    assert normalized("  u\u0308ber \n\t alles\0 ") == "über alles"
    assert len(normalized("x " * 4000)) <= 100
    assert marked("Straße & Straße", "STRASSE") == "Straße &amp; Straße"
    assert marked("İstanbul", "stan") == "İ<mark>stan</mark>bul"
    assert marked("a.b a+b", "a.b") == "<mark>a.b</mark> a+b"
    assert marked("API keys", "keys api", words=True) == "<mark>API</mark> <mark>keys</mark>"
    assert marked("x", "") == "x"


def test_a_campaign_of_another_account_with_the_same_name_is_not_counted(anna: Customer) -> None:
    anna.draft("Sommerfest")
    other = sending_customer(people=1)
    other.draft("Sommerfest")
    found = [url for url in hits(asked(anna.client, "sommerfest")) if "/campaigns/" in url]
    assert len(found) == 1
    with tenancy.account(anna.account_id):
        assert Campaign.objects.filter(name="Sommerfest").count() == 1
