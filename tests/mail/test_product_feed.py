"""Items of feeds: articles and products."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
