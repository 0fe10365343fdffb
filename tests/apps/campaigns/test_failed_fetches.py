"""What is fetched for a customer and fails: an error of ours is a failed job, what a stranger's server does is none.

A brand is looked up on a website, and changes nothing before someone saves it.
"""

import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from PIL import Image

from mailflatrate.apps.campaigns.actions.brand import BrandRunner, current_lookup, request_lookup
from mailflatrate.apps.campaigns.actions.content_lookup import ContentRunner, request_content
from mailflatrate.apps.campaigns.actions.fetch_runner import LOST_AFTER
from mailflatrate.apps.campaigns.actions.message_copies import CopyRunner, decoded, request_copy
from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.campaigns.jobs import forget_fetches
from mailflatrate.apps.campaigns.models import BrandKit, BrandLookup, ContentLookup, LookupKind, MessageCopy
from mailflatrate.base import clock, tenancy
from mailflatrate.base.jobs import TaskFailed
from mailflatrate.mail.fetched.linked_page import read_linked_page
from mailflatrate.rules import limits
from mailflatrate.wire.dns import DnsAnswer, DnsResolver, Resolver, ZoneServer
from mailflatrate.wire.web import WebStatus, fetch_page
from support.customers import Customer, sending_customer
from support.other_site import other_site
from support.scope import rows, within


def copy(anna: Customer, url: str, resolver: Resolver) -> str:
    asked = within(anna, request_copy, name="", url=url, file=b"", by=anna.owner)
    CopyRunner(resolver, True).run(anna.account_id, asked.id)
    with tenancy.account(anna.account_id):
        return MessageCopy.objects.get(id=asked.id).state


def brand(anna: Customer, url: str, resolver: Resolver) -> str:
    lookup = within(anna, request_lookup, url)
    BrandRunner(resolver, True).run(anna.account_id, lookup.id)
    with tenancy.account(anna.account_id):
        return BrandLookup.objects.get().state


def product(anna: Customer, url: str, resolver: Resolver) -> str:
    return _content(anna, url, resolver, LookupKind.PRODUCT)


def feed(anna: Customer, url: str, resolver: Resolver) -> str:
    return _content(anna, url, resolver, LookupKind.FEED)


def _content(anna: Customer, url: str, resolver: Resolver, kind: LookupKind) -> str:
    asked = within(anna, request_content, kind, url, most=1, with_pictures=True, by=anna.owner)
    ContentRunner(resolver, True).run(anna.account_id, asked.id)
    with tenancy.account(anna.account_id):
        return ContentLookup.objects.get(id=asked.id).state


TASKS = [copy, brand, product, feed]


class Mistaken(DnsResolver):
    """A resolver with a mistake of ours."""

    def a(self, name: str) -> DnsAnswer:
        raise RuntimeError(name)


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[str, DnsResolver]]:
    """A server that answers each connection with these bytes, whatever it is asked, and closes it."""
    with ZoneServer({"mail.example": {"A": ["127.0.0.1"]}}) as dns, socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    link, _ = server.accept()
                except OSError:
                    return
                with link:
                    link.recv(4096)
                    link.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield (
                f"http://mail.example:{server.getsockname()[1]}/x",
                DnsResolver([dns.nameserver], timeout_seconds=2),
            )
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_an_error_of_ours_ends_the_row_and_counts_as_a_failed_job(task: Callable[..., str]) -> None:
    anna = sending_customer(people=0)
    with pytest.raises(TaskFailed):
        task(anna, "https://lindenhof.example/", Mistaken([]))
    with tenancy.account(anna.account_id):
        rows = [*MessageCopy.objects.all(), *BrandLookup.objects.all(), *ContentLookup.objects.all()]
        assert [row.state for row in rows] == ["failed"]


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
HOSTILE = {
    "nothing": b"",
    "no_http": b"\x00\xff" * 500,
    "error": b"HTTP/1.1 500 No\r\n\r\n",
    "loop": b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n",
    "bad_redirect": b"HTTP/1.1 302 Found\r\nLocation: http://[::/\xff\r\n\r\n",
    "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n<rss>",
    "codec_of_none": OK + b"<meta charset=undefined>\xff<p>one two three",
    "codec_of_names": OK + b"<meta charset=idna>\xff.xn--\x80",
    "deep": OK + b"<div>" * 60_000,
    "xml": OK + b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;'>]><rss>&c;",
    "ld_json": OK + b'<script type="application/ld+json">' + b"[" * 50_000 + b"</script>",
}


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_a_stranger_answers_is_no_failure_of_ours(task: Callable[..., str], kind: str) -> None:
    with answering(HOSTILE[kind]) as (url, resolver):
        assert task(sending_customer(people=0), url, resolver) in ("failed", "done")


@pytest.mark.parametrize("task", TASKS)
def test_a_server_that_is_absent_is_no_failure_of_ours(task: Callable[..., str]) -> None:
    anna = sending_customer(people=0)
    with answering(b"") as (_url, resolver):
        assert task(anna, "https://absent.example/", resolver) == "failed"


@pytest.mark.parametrize("codec", ["punycode", "idna", "undefined", "rot13", "zip", "no-such", "windows-1252"])
def test_no_page_chooses_a_codec_that_is_none_of_texts(codec: str) -> None:
    """Punycode would cost the square of the length, minutes for a page of 768 kB, and some codecs always fail."""
    page = f"<title>tdrmu-4ra.</title><meta charset={codec}>".encode()
    assert decoded(page + b"\xff") == page.decode() + "\xff"
    assert read_linked_page(page, codec).title == "tdrmu-4ra."
    with answering(OK.replace(b"html\r", f"html; charset={codec}\r".encode()) + page) as (url, resolver):
        seen = fetch_page(url, resolver, private=True)
    assert (seen.status, seen.html) == (WebStatus.OK, page.decode())


PAGE = b"""<html><head><link rel="stylesheet" href="/a.css"></head><body><header>
<img src="/broken.png" alt="Logo"><img src="/logo.png" alt="Lindenhof logo"></header></body></html>"""


def test_what_a_website_says_fills_in_the_form_and_is_saved_by_a_person() -> None:
    anna, carla = sending_customer(people=0), sending_customer(people=0)
    out = io.BytesIO()
    Image.new("RGB", (120, 40), "green").save(out, "PNG")
    with other_site() as site:
        site.answers |= {
            "/": PAGE,
            "/a.css": b".btn{background:#7a1f3d} h1{font-family:Lora,serif}",
            "/broken.png": b"no picture",
            "/logo.png": out.getvalue(),
        }
        answer = anna.client.post("/studio/brand/website/", {"url": f"{site.base}/"})
        assert answer.status_code == 303
        assert "Looking at" in anna.page("brand/")
        lookup = rows(anna, BrandLookup).get()
        BrandRunner(site.resolver, True).run(anna.account_id, lookup.id)
        BrandRunner(site.resolver, True).run(anna.account_id, lookup.id)  # a job may run again
        assert site.asked.count("/") == 1
        with tenancy.account(anna.account_id):
            found = current_lookup()
            assert found is not None
            assert (found.state, found.values) == ("done", {"primary": "#7a1f3d", "heading_font": "georgia"})
            assert found.logo is not None
            assert not BrandKit.objects.exists()
        page = anna.page("brand/?from=website")
        assert "Nothing changes until you save" in page
        assert 'value="#7a1f3d"' in page
        assert f'<option value="{found.logo_id}" selected>' in page
        assert within(carla, current_lookup) is None
        site.asked.clear()
        lookup = within(anna, request_lookup, f"{site.base}/")
        BrandRunner(site.resolver).run(anna.account_id, lookup.id)
        assert site.asked == [], "only public addresses are visited"
    assert "choose colors and logo yourself" in anna.page("brand/")
    assert anna.client.post("/studio/brand/website/", {"url": "a b"}).status_code == 303
    with tenancy.account(anna.account_id), pytest.raises(CampaignInputError):
        request_lookup("file:///etc/passwd")


class Broken(DnsResolver):
    """A resolver with a mistake."""

    def a(self, name: str) -> DnsAnswer:
        raise RuntimeError(name)


def test_a_lookup_that_fails_ends_and_lookups_count_as_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = sending_customer(people=0)
    lookup = within(anna, request_lookup, "https://lindenhof.example/")
    with pytest.raises(TaskFailed):
        BrandRunner(Broken([]), True).run(anna.account_id, lookup.id)
    assert "choose colors and logo yourself" in anna.page("brand/")
    with tenancy.account(anna.account_id):
        request_lookup("https://lindenhof.example/")
        BrandLookup.objects.update(created_at=clock.now() - LOST_AFTER - timedelta(minutes=1))
    forget_fetches(0)
    assert "choose colors and logo yourself" in anna.page("brand/"), "its job was lost"
    monkeypatch.setitem(limits._TIGHTENED, "page_fetches_day", 1)
    assert anna.client.post("/studio/brand/website/", {"url": "https://lindenhof.example/"}).status_code == 303
    assert "which is the daily limit. Try again tomorrow." in anna.page("brand/")
