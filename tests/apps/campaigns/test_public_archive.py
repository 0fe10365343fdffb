"""The public archive: opened by those who manage the account, without personal parts, and only for whole lists."""

from xml.etree import ElementTree

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.campaigns.public_archive import public_subject
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer, sending_customer
from support.people import browser, person
from support.scope import rows

CONTENT = (
    "# Winter\n\nHello {{ contact.first_name | default: 'there' }}, Ms. {{ contact.last_name }}! "
    "[bulbs](https://lindenhof.example/bulbs)\n"
)


class Archive:
    """Anna's list with one sent campaign, and its addresses."""

    def __init__(self, **draft: object) -> None:
        self.anna: Customer = sending_customer(people=2)
        values = {"content": CONTENT, "subject": "Bulbs for {{ contact.first_name | default: 'you' }}", **draft}
        campaign = self.anna.sending_of(self.anna.draft(**values))
        with tenancy.account(self.anna.account_id):
            Campaign.objects.filter(id=campaign.id).update(state=CampaignState.SENT, finished_at=clock.now())
            self.campaign = Campaign.objects.get(id=campaign.id)
            self.code = MailingList.objects.get(id=self.anna.list_id).code
        self.studio = f"/studio/lists/{self.anna.list_id}/public-archive/"
        self.url, self.issue = f"/a/{self.code}/", f"/a/{self.code}/{self.campaign.mailing_id}/"

    def press(self, act: str, **values: object) -> None:
        assert self.anna.client.post(self.studio, {"act": act, **values}).status_code == 303

    def read(self, path: str = "", status: int = 200) -> str:
        answer = Client().get(path or self.url)
        assert answer.status_code == status, answer.content
        return " ".join(answer.content.decode().split())


@pytest.fixture
def archive() -> Archive:
    return Archive()


def test_nothing_is_public_until_it_is_opened_and_after_it_is_closed(archive: Archive) -> None:
    for path in (archive.url, archive.issue, f"{archive.url}feed.xml", f"{archive.url}?frame=1"):
        archive.read(path, 404)
    archive.press("open")
    for path in (archive.url, archive.issue, f"{archive.url}feed.xml", f"{archive.url}?frame=1"):
        archive.read(path)
    archive.press("close")
    for path in (archive.url, archive.issue, f"{archive.url}feed.xml"):
        archive.read(path, 404)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        told = [row.action for row in AuditEntry.objects.filter(subject=f"list:{archive.anna.list_id}")]
    assert {"list.public_archive_opened", "list.public_archive_closed"} <= set(told)


def test_no_reader_is_in_it_and_no_click_is_counted(archive: Archive) -> None:
    archive.press("open")
    page, issue = archive.read(), archive.read(archive.issue)
    assert "Bulbs for you" in page
    assert "Hello there, Ms. …!" in issue, "a field without a fallback is left out"
    assert "Dora" not in page + issue and "Meyer" not in page + issue
    assert 'href="https://lindenhof.example/bulbs"' in issue
    assert "/c/" not in issue.replace("/css", "")
    assert "/u/" not in issue and "/p/" not in issue, "there is no one to unsubscribe"
    assert "sandbox" in Client().get(archive.issue).headers["Content-Security-Policy"]
    assert not rows(archive.anna, Click).exists()


def test_a_feed_and_a_frame(archive: Archive) -> None:
    archive.press("open")
    feed = ElementTree.fromstring(archive.read(f"{archive.url}feed.xml"))
    (item,) = feed.iter("item")
    assert item.findtext("title") == "Bulbs for you"
    assert str(item.findtext("link")).endswith(archive.issue)
    framed = Client().get(f"{archive.url}?frame=1")
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed.headers
    assert "frame-ancestors 'self'" in Client().get(archive.url).headers["Content-Security-Policy"]


def test_a_campaign_is_left_out_and_shown_again(archive: Archive) -> None:
    archive.press("open")
    archive.press("hide", campaign=archive.campaign.id)
    assert "No issue has been sent yet." in archive.read()
    archive.read(archive.issue, 404)
    archive.press("show", campaign=archive.campaign.id)
    archive.read(archive.issue)


@pytest.mark.parametrize(
    "values",
    [
        {"conditions": [{"field": "first_name", "op": "equals", "value": "Dora"}]},
        {"excluded_list_ids": [7]},
        {"state": CampaignState.SENDING},
        {"automation_id": 5},
    ],
)
def test_what_was_meant_for_some_people_is_not_shown(archive: Archive, values: dict[str, object]) -> None:
    archive.press("open")
    rows(archive.anna, Campaign).filter(id=archive.campaign.id).update(**values)
    archive.read(archive.issue, 404)
    assert "No issue has been sent yet." in archive.read()


def test_strangers_and_lesser_roles(archive: Archive) -> None:
    archive.press("open")
    other = Archive()
    archive.read(f"/a/{other.code}/{archive.campaign.mailing_id}/", 404)
    archive.read(f"{archive.url}{other.campaign.mailing_id}/", 404)
    assert other.anna.client.post(archive.studio, {"act": "close"}).status_code == 404
    other.press("hide", campaign=archive.campaign.id)
    assert rows(other.anna, MailingList).get(id=other.anna.list_id).archive_hidden_ids == []
    editor = browser(person(archive.anna.account_id, "Edda", Role.EDITOR))
    assert editor.post(archive.studio, {"act": "close"}).status_code == 403
    archive.read()
    for code in ("", "x" * 17, "%00", "..", archive.code.upper()):
        assert Client().get(f"/a/{code}/").status_code == 404


def test_a_subject_has_no_tags() -> None:
    assert public_subject("No tags", {}) == "No tags"
    assert public_subject("Hi {{ contact.first_name }}", {"contact": {"first_name": ""}}) == "Hi"
    assert public_subject("Hi {{ contact.number }} you", {"contact": {}}) == "Hi you"


def test_the_edition_in_the_archive_is_the_one_that_was_sent(archive: Archive) -> None:
    archive.press("open")
    with tenancy.account(archive.anna.account_id):
        edition = Edition.objects.get(campaign_id=archive.campaign.id)
        Campaign.objects.filter(id=archive.campaign.id).update(content="Something else")
    assert "Winter" in edition.html
    assert "Something else" not in archive.read(archive.issue)


def test_a_campaign_in_several_languages_is_read_in_the_one_that_is_chosen() -> None:
    german = {"language": "de", "subject": "Zwiebeln", "preheader": "", "content": "# Zwiebeln\n", "text_override": ""}
    archive = Archive(translations=[german])
    archive.press("open")
    page, german_page = archive.read(), archive.read(f"{archive.url}?language=de")
    assert "Bulbs for you" in page and f'{archive.issue}?language=de"' in page and "Deutsch" in page
    assert "Zwiebeln" in german_page and "feed.xml?language=de" in german_page
    assert "Bulbs for you" in archive.read(f"{archive.url}?language=fr"), "without a text, the first one is shown"
    feeds = [ElementTree.fromstring(archive.read(f"{archive.url}feed.xml{asked}")) for asked in ("", "?language=de")]
    assert [next(feed.iter("item")).findtext("title") for feed in feeds] == ["Bulbs for you", "Zwiebeln"]
    assert str(next(feeds[1].iter("item")).findtext("link")).endswith(f"{archive.issue}?language=de")
    assert "Winter" in archive.read(archive.issue) and "Winter" in archive.read(f"{archive.issue}?language=tlh")
    issue = Client().get(f"{archive.issue}?language=de")
    assert "Zwiebeln" in issue.content.decode() and issue.headers["Content-Language"] == "de"
