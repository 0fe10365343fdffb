"""Feeds as plain facts: what a stranger writes there stays text."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest

from mailflatrate.mail.fetched.feed import plain, read_feed, safe_link
from mailflatrate.mail.fetched.values import NoFeed

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Lindenhof &amp; more</title>
<item><title>Bulbs &lt;b&gt;are&lt;/b&gt; here</title><link>https://lindenhof.example/bulbs?a=1&amp;b=2</link>
<guid>bulbs-1</guid><pubDate>Tue, 24 Nov 2026 09:00:00 +0100</pubDate>
<description>&lt;p&gt;The first &lt;img src="https://spy.example/p.gif"&gt;&lt;script&gt;alert(1)&lt;/script&gt;ones.&lt;/p&gt;</description>
</item><item><description>Only words.</description></item><item></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><title>One</title><id>urn:1</id>
<link href="javascript:alert(1)"/><updated>2026-11-20T10:00:00Z</updated></entry></feed>"""


def test_rss() -> None:
    feed = read_feed(RSS.encode(), "application/rss+xml")
    first, second = feed.items
    assert (feed.title, first.title, first.summary) == ("Lindenhof & more", "Bulbs are here", "The first ones.")
    assert first.link == "https://lindenhof.example/bulbs?a=1&b=2"
    assert first.published_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert (second.title, second.summary, second.link, second.published_at) == ("Only words.", "", "", None)
    assert first.key == read_feed(RSS.replace("here", "there").encode()).items[0].key, "known by its guid"


def test_atom_without_a_link_that_may_be_followed() -> None:
    (entry,) = read_feed(ATOM.encode()).items
    assert (entry.title, entry.link, entry.published_at) == ("One", "", datetime(2026, 11, 20, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Shop</body></html>",
        b"/etc/passwd",
        b"http://127.0.0.1/",
        b"\x00\xff" * 50,
        b'{"items": []}',
        b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss version="2.0"><channel><title>&b;</title>'
        b"</channel></rss>",
    ],
)
def test_no_feed(body: bytes) -> None:
    """A file's name or an address is text here, and nothing opens it; entities of its own are not expanded."""
    with pytest.raises(NoFeed):
        read_feed(body)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp037", "utf-7"])
@pytest.mark.parametrize("entity", [f'"{"A" * 20_000}"', 'SYSTEM "file:///etc/hostname"'])
def test_entity_that_another_encoding_hides_is_not_expanded(encoding: str, entity: str) -> None:
    feed = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE rss [<!ENTITY a {entity}>]><rss version="2.0">'
        f"<channel><title>T</title><item><title>{'&a;' * 500}</title></item></channel></rss>"
    )
    with suppress(NoFeed):
        found = read_feed(feed.encode(encoding), f"text/xml; charset={encoding}")
        assert {sign for item in found.items for sign in item.title} <= set("&a;…")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a.example/x{{ contact.email }}", ""),
        ("https://a.example/{{y}}", "https://a.example/%7B%7By%7D%7D"),
        ('https://a.example/"><script>', "https://a.example/%22%3E%3Cscript%3E"),
        ("https://user:pass@a.example/", ""),
        ("ftp://a.example/", ""),
        ("//a.example/", ""),
        ("https:///x", ""),
        ("https://a.example/" + "x" * 1000, ""),
        ("https://a.example/%C3%A4?q=ü", "https://a.example/%C3%A4?q=%C3%BC"),
    ],
)
def test_links(url: str, safe: str) -> None:
    assert safe_link(url) == safe


def test_long_text_ends_between_words() -> None:
    assert plain("word " * 100, 20) == "word word word…"
    assert plain("x" * 30, 10) == "xxxxxxxxx…"
    assert plain("a\u202eb\x00c<br>d", 20) == "a bc d"


def test_a_document_that_breaks_the_library_is_no_feed() -> None:
    with pytest.raises(NoFeed, match="too damaged"):
        read_feed(b'<?xml version="1.0" encoding="\x97utf-9"?><feed xmlns="http://www.w3.org/2005/Atom"></feed>')
