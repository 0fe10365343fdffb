"""The generated text part says what the HTML says."""

import pytest

from mailflatrate.mail.content.text_part import write_text
from mailflatrate.mail.html.inline import inline_styles
from mailflatrate.mail.html.links import LinkBook
from mailflatrate.mail.html.sanitise import Sanitizer
from mailflatrate.mail.html.tokens import tokenise
from mailflatrate.mail.liquid.protect import protect


def text(source: str) -> str:
    protected = protect(source, entities=True)
    book = LinkBook(lambda number, _url: f"https://go.example/{number}", ())
    tokens = Sanitizer(protected, book).document(tokenise(inline_styles(protected.text)))
    return protected.restore_text(write_text(tokens, protected, book)).rstrip("\n")


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("<h1>Big</h1><h2>Less</h2><h3>Small</h3><p>x</p>", "Big\n===\n\nLess\n----\n\nSmall\n\nx"),
        ("<p>a &amp; b &lt;c&gt; &nbsp; d</p><p>e</p>", "a & b <c> d\n\ne"),
        ("<p>a<br>b<br/>c</p>", "a\nb\nc"),
        ("<p>one <b>two</b>\n   <i>three</i>.</p>", "one two three."),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>d", "- a\n- b\n  - c\n\nd"),
        ("<ol><li><p>a</p></li><li>b</li></ol>", "1. a\n2. b"),
        ("<blockquote><p>a</p><p>b</p></blockquote><p>c</p>", "> a\n\n> b\n\nc"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>a</p><hr><p>b</p>", "a\n\n" + "-" * 40 + "\n\nb"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a | b\n1 | 2"),
        ('<table role="presentation"><tr><td>left</td><td>right</td></tr></table>', "left\nright"),
        ("<table><tr><td><table><tr><td>in</td></tr></table></td><td>out</td></tr></table>", "in\n\nout"),
        ('<p><a href="https://a.example/x">word</a></p>', "word (https://go.example/1)"),
        ('<p><a href="https://a.example/x">https://a.example/x</a>!</p>', "https://go.example/1!"),
        ("<p>see https://a.example/x.</p>", "see https://go.example/1."),
        ('<a href="mailto:anna@muster.example">anna@muster.example</a>', "anna@muster.example"),
        ('<a href="mailto:anna@muster.example">write</a>', "write (anna@muster.example)"),
        ('<a href="#top">top</a>', "top"),
        ('<a href="https://a.example"><img src="x" alt="Buy tea"></a>', "Buy tea (https://go.example/1)"),
        ('<a href="https://a.example"><img src="x" alt=""></a>y', "y"),
        ('<img src="x" alt="A wall of ivy">y', "[A wall of ivy] y"),
        ('<img src="x" alt="">y', "y"),
        ('<div style="display:none">hidden</div><p>x</p>', "x"),
        ('<div style="display : NONE !important"><p>hidden<br>too</p></div><p>x</p>', "x"),
        ("<title>t</title><style>p{}</style><p>x</p>", "x"),
        ("<p>a\u200b\u00adb</p>", "ab"),
        ("<p>{{ a }}</p><p>{% if b %}c{% endif %}</p>", "{{ a }}\n\n{% if b %}c{% endif %}"),
        ("{% raw %}{{ a }}{% endraw %}", '{{ "{" }}{ a }}'),
        ('<a href="https://a.example/{{ a }}">{{ b }}</a>', "{{ b }} (https://a.example/{{ a }})"),
        ("", ""),
        ("</p></div></li></ul></table></a>x", "x"),
        ("<ul><table><li><td><a><b>x", "-\nx"),
    ],
)
def test_text(source: str, written: str) -> None:
    assert text(source) == written


def test_a_long_line_stays_one_line() -> None:
    assert text("<p>" + "word " * 500 + "</p>") == ("word " * 500).strip()
