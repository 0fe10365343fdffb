"""The links of a draft are visited once before it is released, and what was seen is compared and kept."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.actions.link_visits import JOB, visit_again, visit_links
from mailflatrate.apps.campaigns.content.link_visits import current_visits, may_visit
from mailflatrate.apps.campaigns.models import Campaign, LinkVisit
from mailflatrate.apps.campaigns.seals import is_genuine, seal_of
from mailflatrate.apps.gate.actions import check_campaign
from mailflatrate.base import clock, tenancy
from mailflatrate.base.jobs import TaskFailed
from mailflatrate.rules import limits
from mailflatrate.rules.gate.judge import explain
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import DnsAnswer, DnsResolver, ZoneServer
from support.cast import per_module
from support.customers import Customer, sending_customer
from support.scope import within

HOST = "shop.blumen-am-see.de"
PRODUCT = (
    '<html><head><title>Tulips</title><script type="application/ld+json">{"@type": "Offer", "price": "24.90", '
    '"priceCurrency": "EUR"}</script></head><body>Buy tulips</body></html>'
)
ASKED: list[tuple[str, dict[str, str]]] = []
anna = per_module(sending_customer, people=1)


class Shop(BaseHTTPRequestHandler):
    """A shop with a product, a page that is gone, and one that moved to another domain."""

    def do_GET(self) -> None:
        ASKED.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if self.path == "/moved":
            port = self.headers["Host"].rpartition(":")[2]
            return self._answer(302, "", Location=f"http://other.garten-im-tal.de:{port}/", **{"Set-Cookie": "a=b"})
        return self._answer(404 if self.path == "/gone" else 200, PRODUCT)

    def _answer(self, status: int, body: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def resolver() -> Iterator[DnsResolver]:
    zone = {HOST: {"A": ["127.0.0.1"]}, "other.garten-im-tal.de": {"A": ["127.0.0.1"]}}
    with ZoneServer(zone) as dns:
        yield DnsResolver([dns.nameserver], timeout_seconds=2)


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{HOST}:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def findings(anna: Customer, draft: Campaign) -> dict[str, str]:
    failures = within(anna, check_campaign, draft.id).failures
    return {each.key: explain(each, "en").sentence for each in failures if each.key.startswith("links-")}


def visited(anna: Customer, draft: Campaign) -> dict[str, LinkVisit]:
    with tenancy.account(anna.account_id):
        return {row.url: row for row in current_visits(draft.id)}


def test_what_is_behind_the_links_is_said_and_kept(anna: Customer, shop: str, resolver: DnsResolver) -> None:
    content = (
        f"Tulips for 19,90 € [buy]({shop}/tulips) or read [more]({shop}/gone), [news]({shop}/moved), "
        "[lost](https://nowhere.blumen-am-see.de/) [an example](https://shop.example/) "
        "[yours](https://shop.blumen-am-see.de/?id={{ contact.email }})"
    )
    draft = anna.draft(content=content)
    with tenancy.account(anna.account_id):
        job = ProcrastinateJob.objects.get(task_name=JOB, args__campaign_id=draft.id)
        assert (job.queue_name, job.lock) == ("fetch", f"page-fetches-{anna.account_id}")
    assert "4 of the links" in findings(anna, draft)["links-visited"]
    ASKED.clear()
    visit_links(anna.account_id, draft.id, resolver=resolver, private=True)
    said = findings(anna, draft)
    assert "19.90 EUR / 24.90 EUR" in said["links-agree"]
    assert f"{shop}/gone (HTTP 404)" in said["links-found"]
    assert f"{shop}/moved → http://other.garten-im-tal.de" in said["links-direct"]
    assert "https://nowhere.blumen-am-see.de/" in said["links-hosted"]
    assert "links-visited" not in said
    assert [path for path, _headers in ASKED] == ["/tulips", "/gone", "/moved", "/"], "each once, a redirect followed"
    for _path, headers in ASKED:
        assert load_settings().public_url in headers["user-agent"]
        assert headers.keys().isdisjoint({"cookie", "referer", "authorization"})
    rows = visited(anna, draft)
    tulips = rows[f"{shop}/tulips"]
    assert (tulips.title, tulips.text, tulips.prices) == ("Tulips", "Tulips Buy tulips", [["24.90", "24.90", "EUR"]])
    assert rows["https://shop.example/"].outcome == "skipped"
    with tenancy.account(anna.account_id):
        edition = drafts.make_edition(Campaign.objects.get(id=draft.id))
        seen = {each["url"]: each for each in edition.facts["visits"]}
        assert seen[f"{shop}/gone"]["problem"] == "HTTP 404"
        assert is_genuine(edition)
        edition.facts["visits"][0]["outcome"] = "ok" if edition.facts["visits"][0]["outcome"] != "ok" else "gone"
        assert seal_of(edition) != bytes(edition.seal), "the evidence is part of the seal"


def test_again_means_again_and_what_left_the_draft_is_no_longer_shown(
    anna: Customer, shop: str, resolver: DnsResolver
) -> None:
    draft = anna.draft(content=f"[a]({shop}/a) [b]({shop}/b) for 24,90 €")
    visit_links(anna.account_id, draft.id, resolver=resolver, private=True)
    assert findings(anna, draft).keys() <= {"links-https"}
    with tenancy.account(anna.account_id):
        assert visit_again(draft.id) == 0, "a moment ago"
        LinkVisit.objects.filter(campaign=draft).update(visited_at=clock.now() - timedelta(minutes=5))
        assert visit_again(draft.id) == 2
        assert visit_again(draft.id) == 2, "those that wait are asked for again, whatever became of their job"
        drafts.update_campaign(draft.id, {"content": f"[b]({shop}/b)"}, by=anna.owner)
    ASKED.clear()
    visit_links(anna.account_id, draft.id, resolver=resolver, private=True)
    assert [path for path, _headers in ASKED] == ["/b"]
    assert list(visited(anna, draft)) == [f"{shop}/b"]


def test_the_inside_of_our_network_is_never_visited(anna: Customer, shop: str, resolver: DnsResolver) -> None:
    """The name leads to 127.0.0.1: nothing is asked there, and the link stays unvisited."""
    draft = anna.draft(content=f"[a]({shop}/inside)")
    ASKED.clear()
    visit_links(anna.account_id, draft.id, resolver=resolver)
    assert ASKED == []
    assert visited(anna, draft)[f"{shop}/inside"].outcome == "unknown"
    assert "1 of the links" in findings(anna, draft)["links-visited"]


class Breaking(DnsResolver):
    """A resolver with a mistake: one name makes it fail as no resolver may."""

    def a(self, name: str) -> DnsAnswer:
        if name.startswith("broken."):
            raise RuntimeError(name)
        return super().a(name)


def test_one_link_that_fails_does_not_stop_the_others(anna: Customer, shop: str, resolver: DnsResolver) -> None:
    breaking = Breaking([])
    breaking._resolver = resolver._resolver
    draft = anna.draft(
        content=f"[a](https://broken.blumen-am-see.de/) [b]({shop}/grün) [c](https://nowhere.blumen-am-see.de/)"
    )
    ASKED.clear()
    with pytest.raises(TaskFailed):
        visit_links(anna.account_id, draft.id, resolver=breaking, private=True)
    found = {url: row.outcome for url, row in visited(anna, draft).items()}
    assert list(found.values()) == ["unknown", "ok", "no_host"]
    assert [path for path, _headers in ASKED] == ["/gr%C3%BCn"]
    assert "https://nowhere.blumen-am-see.de/" in findings(anna, draft)["links-hosted"]


def test_a_day_that_is_used_up_stays_so_whatever_is_deleted(
    shop: str, resolver: DnsResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    clara = sending_customer(people=1)
    monkeypatch.setitem(limits._TIGHTENED, "page_fetches_day", 1)
    first, second = clara.draft(content=f"[a]({shop}/a) [b]({shop}/b)"), clara.draft(content=f"[c]({shop}/c)")
    ASKED.clear()
    visit_links(clara.account_id, first.id, resolver=resolver, private=True)
    assert [path for path, _headers in ASKED] == ["/a"]
    assert "which is the daily limit. Try again tomorrow." in clara.page(f"campaigns/{first.id}/edit/links/")
    within(clara, drafts.delete_draft, first.id)
    visit_links(clara.account_id, second.id, resolver=resolver, private=True)
    assert [path for path, _headers in ASKED] == ["/a"]
    assert clara.client.post(f"/studio/campaigns/{second.id}/edit/links/visit/").status_code == 303
    assert "which is the daily limit. Try again tomorrow." in clara.page("campaigns/")


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://www.blumen-am-see.de/a?b=c", True),
        ("https://shop.example/", False),
        ("https://blumen-am-see.de/{{ contact.email }}", False),
        ("https://blumen-am-see.de/{% if x %}a{% endif %}", False),
        ("https://user:secret@blumen-am-see.de/", False),
        ("https://localhost/", False),
        ("https://[::1", False),
        ("{{ unsubscribe_url }}", False),
    ],
)
def test_what_may_be_visited(url: str, answer: bool) -> None:
    assert may_visit(url) is answer
    assert not may_visit(f"https://{load_settings().public_host}/u/token")
