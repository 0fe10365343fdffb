"""Links to the answers of a question in a campaign's source.

Parameters for web analytics: only on links of the customer's own domains, and nothing of a link is lost.
"""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.content.poll_links import (
    MOST_POLLS,
    SCORES,
    Poll,
    PollKind,
    PollLinkError,
    find_poll_errors,
    poll_from_json,
    polls_in,
    read_answer,
    with_answer_urls,
)
from mailflatrate.mail.html.link_tags import MOST_OCTETS, LinkTags
from mailflatrate.mail.html.links import LinkBook

YES, NO = "poll:?question=More+tulips%3F&answer=Yes", "poll:?question=More+tulips%3F&answer=No&comment=1"
NPS = [f"poll:?question=Would+you+recommend+us%3F&score={score}" for score in SCORES]


def test_links_with_the_same_question_are_one_poll() -> None:
    body = f'<a href="{YES}">a</a> [b]({NO}) ' + " ".join(f'<a href="{one.replace("&", "&amp;")}">' for one in NPS)
    tulips, recommend = polls = polls_in([body, YES])
    assert tulips == Poll("More tulips?", PollKind.CHOICE, ("Yes", "No"), with_comment=True)
    assert (recommend.kind, recommend.answers, recommend.with_comment) == (PollKind.NPS, SCORES, False)
    assert poll_from_json(tulips.as_json()) == tulips
    written = with_answer_urls(body, polls, "poll_url")
    assert written.startswith(
        '<a href="{{ poll_url }}/0/0">a</a> [b]({{ poll_url }}/0/1) <a href="{{ poll_url }}/1/0">'
    )
    assert '"{{ poll_url }}/1/10"' in written
    assert find_poll_errors(body) == []


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("poll:?answer=Yes", "poll-questionless"),
        ("poll:?question=Q", "poll-answerless"),
        ("poll:?question=Q&answer=Yes&score=3", "poll-answerless"),
        ("poll:?question=Q&score=11", "poll-answerless"),
        ("poll:?question=Q&answer=Yes&next=http://x", "poll-unreadable"),
        (f"poll:?question={'q' * 201}&answer=Yes", "poll-unreadable"),
    ],
)
def test_what_a_link_lacks_is_said_with_its_line(link: str, code: str) -> None:
    with pytest.raises(PollLinkError) as refused:
        read_answer(link)
    assert refused.value.code == code
    (error,) = find_poll_errors(f'<mjml>\n<mj-button href="{link.replace("&", "&amp;")}">x</mj-button>')
    assert (error.line, error.code) == (2, code)
    assert with_answer_urls(link, polls_in([link]), "poll_url") == link


def test_a_poll_has_two_to_six_answers_or_all_scores() -> None:
    seven = " ".join(f"poll:?question=Q&answer={at}" for at in range(7))
    mixed = "poll:?question=Q&answer=a poll:?question=Q&score=1"
    many = " ".join(f"poll:?question={at}&answer={answer}" for at in range(MOST_POLLS + 1) for answer in "ab")
    wanted = {
        YES: "poll-answers",
        seven: "poll-answers",
        " ".join(NPS[1:]): "poll-scores",
        mixed: "poll-mixed",
        many: "too-many-polls",
    }
    for text, code in wanted.items():
        assert [error.code for error in find_poll_errors(text)] == [code]
        assert polls_in([text]) == (), "so the source keeps what is wrong"


@given(st.text(alphabet="poll:?&=questionanswer%2;1 \"<'", max_size=60).map(lambda text: f"{YES} poll:?{text} {NO}"))
def test_no_source_breaks_the_reader(text: str) -> None:
    polls = polls_in([text])
    assert polls[0].question == "More tulips?"
    find_poll_errors(text)
    assert "{{ poll_url }}/0/" in with_answer_urls(text, polls, "poll_url")


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
