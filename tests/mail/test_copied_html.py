"""Messages of other systems: what is taken over, what is left out, and what becomes ours."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailflatrate.mail.fetched.copied_html import read_copied
from mailflatrate.mail.fetched.values import MOST_PICTURES, LeftOut

LETTER = """<!doctype html><html><head><title> Our
sale </title><base href="https://shop.example/mail/"><script>x()</script>
<style>@import url(https://x.example/a.css); .a { background: url("https://cdn.example/bg.png") }</style></head>
<body><p>Hello *|FNAME|*, {{ params.FIRSTNAME }} %%last_name%% *|COUPON|*</p>
<p><a href="https://x.us1.list-manage.com/track/click?u=1&id=2">Offer</a> <a href="../shop?a=1">Shop</a>
<a href="https://go.example/click/?url=https%3A%2F%2Fshop.example%2Fnew">New</a> <a href="javascript:x()">Run</a>
<a href="https://mailchi.mp/x/y">View this email in your browser</a> <a href="*|UPDATE_PROFILE|*">here</a></p>
<p>WORDS</p><img src="a.png" alt="A tree" srcset="b.png 2x" onload="x()">
<table><tr><td background="//cdn.example/wood.png">x</td></tr></table>
<img src="https://t.example/q.gif" width="1" height="1"><img src="https://t.example/wf/open?u=1">
<form action="https://x.example"><input name="a"></form>
<table><tr><td>Lindenhof GmbH, Am Markt 1, Kiel.<br><a href="*|UNSUB|*">Unsubscribe</a></td></tr></table>
<a href="https://www.mailchimp.com/referral/?x=1"><img src="https://cdn.example/badge.png" alt="Mailchimp"></a>
</body></html>""".replace("WORDS", "Words about the sale. " * 40)


def test_a_message_of_another_system_becomes_a_source_of_ours() -> None:
    copied = read_copied(LETTER, "https://other.example/view")
    notes = {note.what: note for note in copied.notes}
    html = copied.html
    assert copied.title == "Our sale"
    assert "{{ contact.first_name | default: '' }}" in html
    assert "{{ contact.last_name | default: '' }}" in html
    assert notes[LeftOut.UNKNOWN_FIELDS].samples == ("*|COUPON|*",)
    assert notes[LeftOut.FIELDS].count == 4
    assert 'href="https://shop.example/shop?a=1"' in html
    assert 'href="https://shop.example/new"' in html, "a counting link that names its page"
    assert notes[LeftOut.TRACKED_LINKS].samples == ("Offer",)
    assert 'href="https://">Offer' in html
    assert 'href="{{ web_url }}"' in html
    assert 'href="{{ preferences_url }}"' in html
    assert notes[LeftOut.FOOTER].samples == ("Lindenhof GmbH, Am Markt 1, Kiel. Unsubscribe",)
    assert notes[LeftOut.BADGES].count == 1
    assert notes[LeftOut.PIXELS].count == 2
    assert [(one.url, one.alt) for one in copied.pictures] == [
        ("https://shop.example/mail/a.png", "A tree"),
        ("https://cdn.example/wood.png", ""),
        ("https://cdn.example/bg.png", ""),
    ]
    assert html.count("mf-picture-") == 3
    for gone in ("<script", "<form", "<input", "onload", "srcset", "javascript:", "@import", "Am Markt", "badge"):
        assert gone not in html, gone


def test_the_message_itself_is_never_taken_for_a_footer() -> None:
    short = read_copied('<p>You can <a href="https://x.example/u">unsubscribe</a> at any time.</p>', "")
    assert "at any time" in short.html
    assert 'href="{{ unsubscribe_url }}"' in short.html


def test_pictures_are_bounded() -> None:
    many = "".join(f'<img src="https://x.example/{number}.png">' for number in range(MOST_PICTURES + 5))
    copied = read_copied(many, "")
    assert len(copied.pictures) == MOST_PICTURES
    (note,) = copied.notes
    assert (note.what, note.count) == (LeftOut.MORE_PICTURES, 5)


PIECES = [
    "<table>",
    "<td>",
    "</td>",
    "<style>",
    "</style>",
    "<!--",
    "-->",
    "<a href=",
    "*|A|*",
    "{{",
    "}}",
    "url(",
    ")",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=30).map("".join), st.text(max_size=20))
@example("<div>" * 3_000 + "<a href=x>unsubscribe</a>", "")
@example("<a href='http://[x'>unsubscribe</a><img src='http://[x'>", "http://[x")
@example("*|" * 5_000, "")
def test_any_page_is_read(source: str, url: str) -> None:
    copied = read_copied(source, url)
    assert "<script" not in copied.html
