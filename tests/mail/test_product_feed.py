"""Items of feeds: articles and products. Feeds as plain facts: what a stranger writes there stays text."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.fetched.feed import plain, read_feed, safe_link
from mailflatrate.mail.fetched.product_feed import MOST_ROWS, read_items
from mailflatrate.mail.fetched.values import FoundGap, NoFeed

RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"
xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Shop</title>%s</channel></rss>"""
ITEM = "<item><title>%s</title><link>https://shop.example/%s</link>%s</item>"


def test_articles_come_newest_first_with_their_pictures() -> None:
    old = ITEM % ("Old", "a", "<pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate>")
    new = ITEM % (
        "New",
        "b",
        "<pubDate>Tue, 06 Jan 2026 10:00:00 GMT</pubDate>"
        '<media:content url="https://cdn.example/b.jpg" medium="image"/>',
    )
    text = ITEM % (
        "In text",
        "c",
        '<description>&lt;img src="https://cdn.example/c.png"&gt; Hi&amp;nbsp;there</description>',
    )
    found = read_items((RSS % (old + new + text)).encode())
    assert [item.title for item in found] == ["New", "Old", "In text"]
    assert [item.picture for item in found] == ["https://cdn.example/b.jpg", "", "https://cdn.example/c.png"]
    assert found[2].text == "Hi there"


def test_products_of_a_merchant_feed_have_prices() -> None:
    fields = "<g:price>15.00 EUR</g:price><g:sale_price>12.00 EUR</g:sale_price>"
    fields += "<g:image_link>https://cdn.example/a.jpg</g:image_link><g:availability>out_of_stock</g:availability>"
    (found,) = read_items((RSS % (ITEM % ("Tulips", "a", fields))).encode())
    assert (found.price.amount, found.price.currency, found.picture) == ("12.00", "EUR", "https://cdn.example/a.jpg")
    assert [gap for gap, _words in found.gaps] == [FoundGap.SOLD_OUT]


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_tables_are_read_by_their_first_line(separator: str) -> None:
    head = separator.join(("id", "Title", "link", "image link", "price"))
    row = separator.join(("1", "Tulips", "https://shop.example/a", "https://cdn.example/a.jpg", "15.00 EUR"))
    (found,) = read_items(f"\ufeff{head}\r\n{row}\r\n{separator * 4}\r\n".encode())
    assert (found.title, found.price.amount, found.picture) == ("Tulips", "15.00", "https://cdn.example/a.jpg")


def test_what_is_no_feed_is_refused() -> None:
    entities = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa">]><rss version="2.0"></rss>'
    too_far = "title,link\n" + "x,\n" * MOST_ROWS + "Late,https://shop.example/late\n"
    for body in (
        b"",
        b"<html></html>",
        entities.encode(),
        b"a,b\n1,2\n",
        too_far.encode(),
        b'title,link\n"' + b"x" * 30_000,
    ):
        with pytest.raises(NoFeed):
            read_items(body)


@given(st.binary(max_size=300) | st.text(alphabet='<>item/titlelink=",;\n\t"', max_size=200).map(str.encode))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    for start in (b"", b"title,link\n", b"<rss version='2.0'><channel>"):
        try:
            found = read_items(start + body)
        except NoFeed:
            continue
        assert all(item.link == "" or item.link.startswith("http") for item in found)


FEED_RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Lindenhof &amp; more</title>
<item><title>Bulbs &lt;b&gt;are&lt;/b&gt; here</title><link>https://lindenhof.example/bulbs?a=1&amp;b=2</link>
<guid>bulbs-1</guid><pubDate>Tue, 24 Nov 2026 09:00:00 +0100</pubDate>
<description>&lt;p&gt;The first &lt;img src="https://spy.example/p.gif"&gt;&lt;script&gt;alert(1)&lt;/script&gt;ones.&lt;/p&gt;</description>
</item><item><description>Only words.</description></item><item></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><title>One</title><id>urn:1</id>
<link href="javascript:alert(1)"/><updated>2026-11-20T10:00:00Z</updated></entry></feed>"""


def test_rss() -> None:
    feed = read_feed(FEED_RSS.encode(), "application/rss+xml")
    first, second = feed.items
    assert (feed.title, first.title, first.summary) == ("Lindenhof & more", "Bulbs are here", "The first ones.")
    assert first.link == "https://lindenhof.example/bulbs?a=1&b=2"
    assert first.published_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert (second.title, second.summary, second.link, second.published_at) == ("Only words.", "", "", None)
    assert first.key == read_feed(FEED_RSS.replace("here", "there").encode()).items[0].key, "known by its guid"


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
