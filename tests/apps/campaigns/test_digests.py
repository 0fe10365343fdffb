"""Digests: a feed on a real web server, drafts that people release, and addresses that nobody is sent to."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils.html import escape
from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.campaigns import jobs as campaign_jobs
from mailflatrate.apps.campaigns.actions import digests, drafts
from mailflatrate.apps.campaigns.content.campaign_content import compile_campaign
from mailflatrate.apps.campaigns.content.digest_content import next_issue
from mailflatrate.apps.campaigns.errors import CampaignError, NameTaken
from mailflatrate.apps.campaigns.models import (
    Campaign,
    CampaignState,
    CampaignTemplate,
    DigestOutcome,
    FeedDigest,
    PageFetchCount,
)
from mailflatrate.apps.campaigns.queries import attribute_names, newest_imprint
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import clock, tenancy
from mailflatrate.mail.content.compiler import write_parts
from mailflatrate.rules import limits
from mailflatrate.wire.dns import DnsResolver, ZoneServer
from support.cast import per_test
from support.customers import Customer, sending_customer
from support.people import followed
from support.scope import rows

anna = per_test(sending_customer, people=1)


@dataclass
class Site:
    """A shop's web server with a feed, and a DNS that knows it."""

    resolver: DnsResolver
    url: str = ""
    entries: list[str] = field(default_factory=list)
    status: int = 200
    body: bytes | None = None

    def publish(self, title: str, *, days_ago: float = 1, text: str = "Words.", link: str = "") -> None:
        at = format_datetime(clock.now() - timedelta(days=days_ago))
        link = link or f"https://shop.example/{len(self.entries)}"
        self.entries.append(
            f"<item><title><![CDATA[{title}]]></title><link><![CDATA[{link}]]></link><pubDate>{at}</pubDate>"
            f"<description><![CDATA[{text}]]></description></item>"
        )

    @property
    def feed(self) -> bytes:
        if self.body is not None:
            return self.body
        return f'<rss version="2.0"><channel><title>S</title>{"".join(self.entries)}</channel></rss>'.encode()


@pytest.fixture
def site() -> Iterator[Site]:
    with ZoneServer({"shop.example": {"A": ["127.0.0.1"]}, "inside.example": {"A": ["10.0.0.7"]}}) as dns:
        made = Site(DnsResolver([dns.nameserver], timeout_seconds=2))

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(made.status)
                self.send_header("Content-Type", "application/rss+xml")
                self.end_headers()
                self.wfile.write(made.feed)

            def log_message(self, *_args: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        made.url = f"http://shop.example:{server.server_address[1]}/feed"
        yield made
        server.shutdown()
        server.server_close()
        thread.join()


def saved(anna: Customer, site: Site, **values: Any) -> FeedDigest:
    with tenancy.account(anna.account_id):
        whole = {
            "name": "Shop news", "url": site.url, "mailing_list": MailingList.objects.get(), "weekday": 7,
            "at": time(9), "time_zone": "UTC", "minimum": 1, "is_active": True,
        } | values  # fmt: skip
        digest = digests.save_digest(whole, by=anna.owner)
        FeedDigest.objects.filter(id=digest.id).update(sender_id=anna.sender_id)
        return digest


def looked(anna: Customer, site: Site, digest: FeedDigest, *, issue: bool = False, private: bool = True) -> FeedDigest:
    digests.check_digest(anna.account_id, digest.id, issue=issue, resolver=site.resolver, private=private)
    return rows(anna, FeedDigest).select_related("last_issue").get(id=digest.id)


def due(anna: Customer, digest: FeedDigest) -> None:
    rows(anna, FeedDigest).filter(id=digest.id).update(next_at=clock.now() - timedelta(minutes=1))


def waiting(anna: Customer, digest: FeedDigest) -> list[str]:
    with tenancy.account(anna.account_id):
        return sorted(digest.items.filter(used_at=None).values_list("title", flat=True))


def letters(anna: Customer) -> list[str]:
    with tenancy.account(house_account().id):
        found = Notice.objects.filter(recipient=anna.owner.email, kind="team").order_by("id")
        return list(found.values_list("subject", flat=True))


def test_an_issue_is_a_draft_that_waits_for_its_tick(anna: Customer, site: Site) -> None:
    """Old entries are known, new ones are in the draft, newest first; it asks by email and sends nothing (R-04)."""
    site.publish("Old", days_ago=30)
    site.publish("Tulips", days_ago=2)
    digest = looked(anna, site, saved(anna, site))
    assert (digest.outcome, waiting(anna, digest)) == (DigestOutcome.READ, ["Tulips"])
    site.publish("Lilies", days_ago=0)
    due(anna, digest)
    campaign_jobs.check_due_digests(0)
    queued = ProcrastinateJob.objects.filter(args__digest_id=digest.id, args__account_id=anna.account_id)
    assert set(queued.values_list("queue_name", "lock")) == {("fetch", f"page-fetches-{anna.account_id}")}
    digest = looked(anna, site, digest)
    issue = digest.last_issue
    assert issue is not None and digest.outcome == DigestOutcome.DRAFTED and digest.next_at > clock.now()
    assert issue.state == CampaignState.DRAFT and issue.subject == "Shop news: Lilies" and issue.preheader == "Tulips"
    assert issue.content.index("Lilies") < issue.content.index("Tulips") and "Old" not in issue.content
    assert issue.list_ids == [anna.list_id] and issue.policy_hash == ""
    with tenancy.account(anna.account_id):
        assert [one.key for one in check_campaign(issue.id).blocked_by] == ["policy-acknowledged"]
    assert letters(anna) == ["“Shop news” is ready for review"] and waiting(anna, digest) == []


def test_a_day_that_is_used_up_is_no_failure_of_the_feed(
    anna: Customer, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old entries count as known all the same, once the feed is read for the first time."""
    site.publish("Old", days_ago=30)
    with monkeypatch.context() as tight:
        tight.setitem(limits._TIGHTENED, "page_fetches_day", 1)
        digest = saved(anna, site)
        with tenancy.account(anna.account_id):
            PageFetchCount.objects.create(day=clock.now().date(), fetched=1)
        due(anna, digest)
        digest = looked(anna, site, digest)
    assert (digest.outcome, digest.failures, digest.checked_at) == (DigestOutcome.USED_UP, 0, None)
    assert digest.next_at > clock.now(), "it is tried again in an hour"
    assert "daily limit of web pages" in anna.page(f"campaigns/digests/{digest.id}/")
    digest = looked(anna, site, digest)
    assert (digest.outcome, waiting(anna, digest)) == (DigestOutcome.READ, [])


def test_nothing_new_makes_no_draft(anna: Customer, site: Site) -> None:
    digest = looked(anna, site, saved(anna, site, minimum=2))
    site.publish("One")
    due(anna, digest)
    digest = looked(anna, site, digest)
    assert (digest.outcome, digest.last_issue, waiting(anna, digest)) == (DigestOutcome.TOO_FEW, None, ["One"])
    assert "An issue needs at least" in anna.client.get(f"/studio/campaigns/digests/{digest.id}/").content.decode()
    digest = looked(anna, site, digest, issue=True)
    assert digest.outcome == DigestOutcome.DRAFTED, "asked for by a person, one is enough"


def test_issues_do_not_pile_up(anna: Customer, site: Site) -> None:
    digest = looked(anna, site, saved(anna, site))
    site.publish("One")
    first = looked(anna, site, digest, issue=True).last_issue
    site.publish("Two")
    digest = looked(anna, site, digest, issue=True)
    assert (digest.outcome, digest.last_issue) == (DigestOutcome.WAITS, first)
    with tenancy.account(anna.account_id):
        assert first is not None
        drafts.delete_draft(first.id)
    assert looked(anna, site, digest, issue=True).outcome == DigestOutcome.DRAFTED


@pytest.mark.parametrize(
    ("status", "body", "outcome", "detail"),
    [
        (404, None, DigestOutcome.MISSING, "HTTP 404"),
        (500, None, DigestOutcome.FAILED, "HTTP 500"),
        (200, b"<html></html>", DigestOutcome.NO_FEED, "neither RSS nor Atom"),
    ],
)
def test_a_feed_that_fails_says_why(
    anna: Customer, site: Site, status: int, body: bytes | None, outcome: DigestOutcome, detail: str
) -> None:
    digest = saved(anna, site)
    site.status, site.body = status, body
    due(anna, digest)
    digest = looked(anna, site, digest)
    assert (digest.outcome, digest.detail, digest.last_issue) == (outcome, detail, None)
    assert timedelta(minutes=50) < digest.next_at - clock.now() < timedelta(minutes=70), "again in an hour"
    page = anna.client.get(f"/studio/campaigns/digests/{digest.id}/").content.decode()
    assert detail in page and escape(digest.get_outcome_display()) in page
    for _again in range(5):
        due(anna, digest)
        digest = looked(anna, site, digest)
    assert letters(anna) == ["No issue of “Shop news”: its feed can't be read"] and digest.failures == 0


@pytest.mark.parametrize("url", ["http://inside.example/feed", "http://127.0.0.1/feed", "http://[::1]/feed"])
def test_nobody_is_sent_into_the_own_network(anna: Customer, site: Site, url: str) -> None:
    """Whatever the address or its name says."""
    digest = looked(anna, site, saved(anna, site, url=url), private=False)
    assert (digest.outcome, digest.detail) == (DigestOutcome.UNKNOWN, "the address is not public")


EVIL = 'Get {{ contact.email }} {% if a %} <b onclick="x()">now</b> [x](javascript:alert(1)) </body>'
TEMPLATES = {
    "none": None,
    "markdown": ("markdown", "# Ours\n\n[[entries]]\n\nBye"),
    "html": ("html", "<html><body><p>Ours</p></body></html>"),
    "mjml": (
        "mjml",
        "<mjml><mj-body><mj-section><mj-column><mj-text>Ours</mj-text></mj-column></mj-section></mj-body></mjml>",
    ),
    "mjml with its place": (
        "blocks",
        "<mjml><mj-body><mj-section><mj-column><mj-text>[[entries]]</mj-text></mj-column>"
        "</mj-section></mj-body></mjml>",
    ),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_strangers_write_stays_text(anna: Customer, site: Site, name: str) -> None:
    """In each way of writing: no Liquid, no markup, no script comes alive, and readers see what was written."""
    site.publish(EVIL.replace("<b", "&lt;b"), text=EVIL, link="https://shop.example/{{x}}")
    given = TEMPLATES[name]
    with tenancy.account(anna.account_id):
        template = None
        if given is not None:
            template = CampaignTemplate.objects.create(
                name=name, language="en", content_kind=given[0], content=given[1], subject=""
            )
    digest = saved(anna, site, template=template)
    issue = looked(anna, site, digest, issue=True).last_issue
    assert issue is not None
    with tenancy.account(anna.account_id):
        imprint = newest_imprint()
        assert imprint is not None
        compiled = compile_campaign(issue, imprint, edition_id=None, attributes=attribute_names())
    values = {
        "contact": {"email": "dora@people.example", "first_name": "", "last_name": ""},
        "account": {"name": "A"},
        "list": {"name": "L"},
        "subscription": {"date": "1", "source": "s"},
        "unsubscribe_url": "#",
        "preferences_url": "#",
        "web_url": "#",
        "mailing_id": "x",
    }
    parts = write_parts(compiled.sources, values)
    html, text = parts.html, parts.text
    assert "dora@people.example" not in html + text + parts.subject
    assert "<b onclick" not in html and 'href="javascript' not in html
    assert "{{ contact.email }} {% if a %}" in text and "https://shop.example/%7B%7Bx%7D%7D" in text
    assert ("Ours" in text) == (name in ("markdown", "html", "mjml"))


def test_settings(anna: Customer, site: Site) -> None:
    """Names once an account; another address forgets what was known; a stranger's values are refused."""
    digest = looked(anna, site, saved(anna, site))
    with pytest.raises(NameTaken):
        saved(anna, site)
    site.publish("One")
    looked(anna, site, digest)
    with tenancy.account(anna.account_id):
        row = FeedDigest.objects.get(id=digest.id)
        values = {name: getattr(row, name) for name in ("name", "mailing_list", "weekday", "at", "time_zone")}
        digests.save_digest(values | {"url": site.url + "2"}, by=anna.owner, digest_id=digest.id)
        assert not row.items.exists()
        with pytest.raises(ValueError, match="customers can't write"):
            digests.save_digest(values | {"url": "x", "failures": 3}, by=anna.owner, digest_id=digest.id)
        for number in range(19):
            digests.save_digest(values | {"url": "x", "name": str(number)}, by=anna.owner)
        with pytest.raises(CampaignError, match="up to 20"):
            digests.save_digest(values | {"url": "x", "name": "21"}, by=anna.owner)


@pytest.mark.parametrize(
    ("weekday", "after", "moment"),
    [
        (0, datetime(2026, 11, 24, 12, tzinfo=UTC), datetime(2026, 11, 30, 8, tzinfo=UTC)),
        (1, datetime(2026, 11, 24, 7, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (1, datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)),
        (7, datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 11, 25, 8, tzinfo=UTC)),
        (0, datetime(2026, 3, 25, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)),  # summer time has begun
    ],
)
def test_when_the_next_issue_is_due(weekday: int, after: datetime, moment: datetime) -> None:
    assert next_issue(weekday, time(9), "Europe/Berlin", after) == moment


def test_the_pages(anna: Customer, site: Site) -> None:
    """From the empty page to the prepared issue; what is wrong with the form is said at its field."""
    assert "No RSS campaigns yet" in anna.client.get("/studio/campaigns/digests/").content.decode()
    data = {
        "name": "Shop news", "url": "ftp://shop.example/", "mailing_list": anna.list_id, "sender": anna.sender_id,
        "weekday": "0", "at": "09:00", "time_zone": "Europe/Berlin", "minimum": "1", "is_active": "on",
    }  # fmt: skip
    for bad in ("ftp://shop.example/", "https://me:secret@shop.example/"):
        assert anna.client.post("/studio/campaigns/digests/new/", data | {"url": bad}).status_code == 422
    page = followed(anna.client, "/studio/campaigns/digests/new/", data | {"url": site.url})
    assert "Checking the feed" in page
    digest = rows(anna, FeedDigest).get()
    site.publish("Tulips <i>in</i> red")
    looked(anna, site, digest)
    address = f"/studio/campaigns/digests/{digest.id}/"
    part = anna.client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<div") and "Tulips in red" in part and "1 item" in part
    assert "Checking the feed" in followed(anna.client, f"{address}check/", {"issue": "yes"})
    digest = looked(anna, site, digest, issue=True)
    assert "Issue prepared" in anna.client.get(address).content.decode()
    assert "Shop news" in anna.client.get("/studio/campaigns/digests/").content.decode()
    page = followed(anna.client, address, data | {"url": site.url, "name": "Other"})
    assert "Saved." in page
    followed(anna.client, f"{address}delete/", {})
    with tenancy.account(anna.account_id):
        assert not FeedDigest.objects.exists() and Campaign.objects.filter(id=digest.last_issue_id).exists()


def test_without_a_feed_each_issue_is_the_template_as_a_draft_until_a_person_releases_it() -> None:
    anna = sending_customer()
    with tenancy.account(anna.account_id):
        template = CampaignTemplate.objects.create(
            name="Weekly", subject="This week", language="en", content_kind="markdown", content="# This week\n"
        )
        values = {
            "name": "Weekly",
            "url": "",
            "mailing_list": MailingList.objects.get(),
            "sender": None,
            "template": None,
            "weekday": 7,
            "at": time(9),
            "time_zone": "Europe/Berlin",
            "minimum": 1,
            "is_active": True,
        }
        with pytest.raises(CampaignError, match="copy of a template"):
            digests.save_digest(values, by=anna.owner)
        digest = digests.save_digest(values | {"template": template}, by=anna.owner)
        assert digest.asked_at is None, "no feed is looked at"
        FeedDigest.objects.update(next_at=clock.now() - timedelta(minutes=1))
    digests.check_digest(anna.account_id, digest.id, issue=False)
    digests.check_digest(anna.account_id, digest.id, issue=False)
    with tenancy.account(anna.account_id):
        (draft,) = Campaign.objects.all()
        assert (draft.subject, draft.content, draft.state) == ("This week", "# This week\n", CampaignState.DRAFT)
        assert not check_campaign(draft.id).allowed, "nobody ticked the policy for it"
        digest.refresh_from_db()
        assert (digest.outcome, digest.next_at > clock.now()) == (DigestOutcome.DRAFTED, True)
    digests.check_digest(anna.account_id, digest.id, issue=True)
    with tenancy.account(anna.account_id):
        assert FeedDigest.objects.get().outcome == DigestOutcome.WAITS
        assert Campaign.objects.count() == 1
    page = anna.client.get(f"/studio/campaigns/digests/{digest.id}/").content.decode()
    assert "Check now" not in page
    assert "Prepare issue now" in page
