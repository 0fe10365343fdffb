"""Parameters for web analytics: only on links of the customer's own domains, and nothing of a link is lost."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.html.link_tags import MOST_OCTETS, LinkTags
from mailflatrate.mail.html.links import LinkBook

TAGS = LinkTags(frozenset({"shop.example"}), (("utm_source", "newsletter"), ("utm_campaign", "Advent & more")))
ADDED = "utm_source=newsletter&utm_campaign=Advent%20%26%20more"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.example", f"https://shop.example?{ADDED}"),
        ("https://www.shop.example/a?b=1", f"https://www.shop.example/a?b=1&{ADDED}"),
        ("HTTPS://Shop.Example/a#top", f"HTTPS://Shop.Example/a?{ADDED}#top"),
        ("https://shop.example/a?#/route?x=1", f"https://shop.example/a?{ADDED}#/route?x=1"),
        ("https://shop.example/?b=1&", f"https://shop.example/?b=1&{ADDED}"),
        (
            "https://shop.example/?utm_source=own&utm_campaign=",
            "https://shop.example/?utm_source=own&utm_campaign=",
        ),
        (
            "https://shop.example/?utm_source=own",
            "https://shop.example/?utm_source=own&utm_campaign=Advent%20%26%20more",
        ),
        ("https://shop.example:8443/", f"https://shop.example:8443/?{ADDED}"),
    ],
)
def test_own_links_get_what_they_lack(url: str, expected: str) -> None:
    assert TAGS.tagged(url) == expected
    assert TAGS.tagged(expected) == expected, "a second time changes nothing"


@pytest.mark.parametrize(
    "url",
    [
        "https://notshop.example/",
        "https://shop.example.evil.example/",
        "https://evil.example/?to=https://shop.example/",
        "https://evil.example#@shop.example/",
        "https://shop.example@evil.example/",
        "https://anna@shop.example/",
        "mailto:anna@shop.example",
        "//shop.example/",
        "/path",
        "https://[::1",
        "",
        f"https://shop.example/{'a' * MOST_OCTETS}",
        "https://shop.example/?" + "&".join("a=1" for _ in range(600)),
    ],
)
def test_everything_else_stays(url: str) -> None:
    assert TAGS.tagged(url) == url


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
def test_nothing_is_lost_and_nothing_fails(path: str, query: str, value: str) -> None:
    tags = LinkTags(frozenset({"shop.example"}), (("utm_source", value),))
    url = f"https://shop.example/{path}?{query}"
    found = tags.tagged(url)
    assert tags.tagged(found) == found
    if found != url:
        before, after = urlsplit(url), urlsplit(found)
        assert (before.netloc, before.path, before.fragment) == (after.netloc, after.path, after.fragment)
        rest = parse_qsl(after.query, keep_blank_values=True)
        assert rest[:-1] == parse_qsl(before.query, keep_blank_values=True)
        assert rest[-1] == ("utm_source", value)


def test_a_book_tags_before_it_numbers_and_leaves_the_imprint_alone() -> None:
    book = LinkBook(lambda number, _url: f"https://go.example/{number}", {"https://shop.example/privacy"}, TAGS)
    assert book("https://shop.example/privacy") == "https://shop.example/privacy"
    assert book("https://shop.example/a") == book("https://shop.example/a") == "https://go.example/1"
    assert [link.url for link in book.links()] == [f"https://shop.example/a?{ADDED}"]
    plain = LinkBook(None, frozenset(), TAGS)
    assert plain("https://shop.example/a") == f"https://shop.example/a?{ADDED}"
    assert plain("https://other.example/a") == "https://other.example/a"
