"""Facts about a message for the rules. The generated text part says what the HTML says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.content.campaign import CompileContext, ContentSource, SourceFormat, compile_content
from mailflatrate.mail.content.compiler import lint_compiled
from mailflatrate.mail.content.facts import HiddenText, Hiding, LinkText, lint_parts
from mailflatrate.mail.content.text_part import write_text
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine
from mailflatrate.mail.html.inline import inline_styles
from mailflatrate.mail.html.links import LinkBook
from mailflatrate.mail.html.sanitise import Sanitizer
from mailflatrate.mail.html.tokens import tokenise
from mailflatrate.mail.liquid.protect import protect

IMPRINT = FooterImprint(
    lines=(FooterLine("", "Anna Muster & Söhne {{ x }}"), FooterLine("Register", "HRB 12345")),
    reason="You signed up for {{ list.name }}.",
    mailing_id="7XK2-9QPM",
    language="en",
)


def test_a_whole_mailing() -> None:
    source = ContentSource(
        SourceFormat.HTML,
        '<p>Dear {{ contact.first_name }}</p><a href="http://shop.example/?a=1">x</a>'
        '<img src="https://cdn.example/a.png"><img src="https://cdn.example/b.png" alt="">',
        "Subject",
        "Preheader {{ contact.first_name }}",
    )
    compiled = compile_content(source, CompileContext(IMPRINT, link_url=lambda n, _u: f"https://go.example/{n}"))
    facts = lint_compiled(compiled)
    assert facts.unsubscribe_in_html
    assert facts.unsubscribe_in_text
    assert (facts.missing_imprint_html, facts.missing_imprint_text) == ((), ())
    assert facts.merge_tags == ("{{ x }}",)
    assert (facts.image_count, facts.images_without_alt) == (2, ("https://cdn.example/a.png",))
    assert facts.remote_hosts == {"cdn.example"}
    assert facts.insecure_urls == ("http://shop.example/?a=1",)
    assert facts.hidden_text == ()
    assert facts.preheader == "Preheader"
    assert facts.html_bytes == len(compiled.html.source.encode())
    assert facts.total_bytes == facts.html_bytes + facts.text_bytes
    assert facts.forbidden_elements == frozenset()


def test_a_missing_imprint_is_seen() -> None:
    facts = lint_parts(
        '<p>HRB&nbsp;1 <span style="display:none">Muster GmbH</span></p>',
        "Muster GmbH",
        required=["Muster GmbH", "HRB 1"],
    )
    assert facts.missing_imprint_html == ("Muster GmbH",)
    assert facts.missing_imprint_text == ("HRB 1",)


@pytest.mark.parametrize(
    "tag",
    [
        "{{ first }}",
        "%%FNAME%%",
        "[FNAME]",
        "*|FNAME|*",
        "[FIRST_NAME]",
        "{% if x %}",
        "${user.name}",
        "<%= name %>",
        "[UNSUBSCRIBE]",
    ],
)
def test_merge_tags_left_over(tag: str) -> None:
    assert lint_parts("<p>x</p>", f"Dear {tag}!").merge_tags == (tag,)
    escaped = tag.replace("<", "&lt;").replace(">", "&gt;")
    assert lint_parts(f"<p>Dear {escaped}</p>", "").merge_tags == (tag,)


@pytest.mark.parametrize("text", ["100 %", "5%%", "[1]", "{a}", "*|*", "a || b", "$5", "50% to 60%"])
def test_what_is_no_merge_tag(text: str) -> None:
    assert lint_parts(f"<p>{text}</p>", text).merge_tags == ()


@pytest.mark.parametrize(
    ("style", "how"),
    [
        ("display:none", Hiding.NOT_DISPLAYED),
        ("visibility: hidden", Hiding.NOT_DISPLAYED),
        ("font-size:0", Hiding.TINY),
        ("font-size:1px", Hiding.TINY),
        ("opacity:0", Hiding.TRANSPARENT),
        ("color:#fff", Hiding.SAME_COLOR),
        ("color:#FEFEFE;background:#ffffff", Hiding.SAME_COLOR),
        ("color:rgb(255, 255, 255)", Hiding.SAME_COLOR),
        ("text-indent:-9999px", Hiding.OFF_SCREEN),
        ("position:absolute;left:-5000px", Hiding.OFF_SCREEN),
        ("max-height:0;overflow:hidden", Hiding.NO_HEIGHT),
    ],
)
def test_hidden_text(style: str, how: Hiding) -> None:
    facts = lint_parts(f'<p>Seen</p><div style="{style}"><b>not seen</b></div>', "")
    assert facts.hidden_text == (HiddenText("not seen", how),)
    assert facts.preheader == ""


@pytest.mark.parametrize(
    "source",
    [
        '<td style="font-size:0px"><p style="font-size:13px">x</p></td>',
        '<div style="background:#000"><p style="color:#fff">x</p></div>',
        '<td background="https://i.example/dark.png"><p style="color:#fff">x</p></td>',
        '<p style="font-size:0.9em">x</p>',
        '<p style="opacity:0.9;margin-left:-5px">x</p>',
    ],
)
def test_what_is_not_hidden(source: str) -> None:
    assert lint_parts(f"<p>a</p>{source}", "").hidden_text == ()


def test_where_a_mail_client_would_ask() -> None:
    facts = lint_parts(
        '<style>@import url("https://fonts.example/a.css"); p{background:url(//bg.example/a.png)}</style>'
        '<link rel="stylesheet" href="https://css.example/a.css"><img src="http://img.example/a.png" alt="a">'
        '<td background="https://td.example/a"></td><p style="background-image:url(\'https://st.example/a\')">x</p>'
        '<img srcset="https://two.example/a 2x, https://three.example/b 3x" alt="">',
        "",
    )
    assert {host.split(".")[0] for host in facts.remote_hosts} == {
        "fonts",
        "bg",
        "css",
        "img",
        "td",
        "st",
        "two",
        "three",
    }
    assert facts.insecure_urls == ("http://img.example/a.png",)


def test_visible_address_and_its_target() -> None:
    facts = lint_parts(
        '<a href="https://eve.example/x">www.bank.example</a><a href="https://a.example">read more</a>'
        '<a href="https://a.example">https://a.<b>example</b>/x</a><a href="mailto:a@b.example">a@b.example</a>',
        "",
    )
    assert facts.link_texts == (
        LinkText("www.bank.example", "https://eve.example/x"),
        LinkText("https://a.example/x", "https://a.example"),
        LinkText("a@b.example", "mailto:a@b.example"),
    )


def test_forbidden_elements_in_any_mail() -> None:
    assert lint_parts("<form><script>x</script></form><iframe>", "").forbidden_elements == {"form", "script", "iframe"}


@given(st.text(alphabet="<>/abdivpstyle=\"' :;#0123nohref&{%[", max_size=120))
def test_broken_html_never_raises(source: str) -> None:
    lint_parts(source, source)


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
