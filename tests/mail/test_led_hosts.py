"""A merge field leads to no host that the approved content doesn't spell out and the account hasn't verified."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailflatrate.mail.content.campaign import (
    CompileContext,
    CompiledContent,
    ContentSource,
    SourceFormat,
    compile_content,
)
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine
from mailflatrate.mail.liquid import KNOWN_VARIABLES, RenderRefused, SourceRefused
from mailflatrate.mail.liquid.led_hosts import FOLDED_SIGNS
from mailflatrate.mail.source_errors import ForeignHost

IMPRINT = FooterImprint((FooterLine("", "Muster GmbH"),), "You signed up.", "7XK2-9QPM", "en")
KNOWN = KNOWN_VARIABLES | {"contact.x", "contact.y", "coupon.x"}
CONTEXT = CompileContext(IMPRINT, known_variables=KNOWN, own_hosts=frozenset({"shop.example"}))
LINKS = dict.fromkeys(("unsubscribe_url", "preferences_url", "web_url"), "https://go.service.example/u/t.o-k")
KINDS = {"html": SourceFormat.HTML, "markdown": SourceFormat.MARKDOWN}


def compiled(body: str, *, text: str | None = None, kind: str = "html") -> CompiledContent:
    return compile_content(ContentSource(KINDS[kind], body, "Subject", text=text), CONTEXT)


def write(letter: CompiledContent, **fields: str) -> tuple[str, str]:
    contact = {"email": "dora@reader.example", **fields}
    values = {**LINKS, "contact": contact, "coupon": fields, "account": {"name": "Muster"}, "list": {"name": "News"}}
    return letter.html.render(values), letter.text.render(values)


PLACES = (
    '<a href="%s">x</a>',
    '<a href=" %s">x</a>',
    '<img src="%s" alt="">',
    '<table background="%s"><tr><td>x</table>',
    '<img srcset="https://shop.example/a.png 1x, %s 2x" alt="">',
    '<p style="background:url(%s)">x</p>',
    "<style>p{background:url('%s')}</style><p>x</p>",
    '<!--[if mso]><v:rect href="%s"></v:rect><![endif]--><p>x</p>',
    '<!--[if mso]><v:image src="%s"></v:image><![endif]--><p>x</p>',
    "<p>See %s today</p>",
    "<b>%s</b>",
    '<svg><a xlink:href="%s">x</a></svg>',
)
SPELLINGS = (
    ("{{ contact.x }}", "https://evil.com/login", ""),
    ("{{contact.x}}", "HTTPS:\\\\evil.com", ""),
    ("//{{ contact.x }}", "evil.com/a", ""),
    ("{{ contact.x }}", "//evil.com", ""),
    ("https:{{ contact.x }}", "//evil.com", ""),
    ("https://{{ contact.x }}/", "evil.com", ""),
    ("https://{{ contact.x }}/", "2130706433", ""),
    ("https://shop.example{{ contact.x }}", ".evil.com", ""),
    ("https://shop.example{{ contact.x }}", "@evil.com", ""),
    ("https://shop.example{{ contact.x }}", ":x@evil.com/", ""),
    ("https://shop.example.{{ contact.x }}", "evil.com", ""),
    ("https://{{ contact.x }}shop.example/", "evil.com/?", ""),
    ("https://{{ contact.x }}.shop.example/", "evil.com#", ""),
    ("{% assign u = contact.x %}{{ u }}", "https://evil.com", ""),
    ("{{ contact.x | append: '.com' }}", "www.evil", ""),
    ("{% if contact.x %}{{ contact.x }}{% else %}https://shop.example{% endif %}/a", "https://evil.com", ""),
    ("{{ contact.x }}{{ contact.y }}", "https:", "//evil.com"),
    ("{{ contact.x }}{{ contact.y }}", "https://ev", "il.com"),
    ("{{ contact.x }}", "https://shop.example.evil.com/", ""),
    ("{{ contact.x }}", "https://shop.example@evil.com/", ""),
    ("{{ contact.x }}", "https://notshop.example/", ""),
    ("{{ contact.x }}", "https://ｅvil。com/", ""),
    ("{{ contact.x }}", "https://shop.example%2eevil.com/", ""),
    ("{{ coupon.x }}", "https://evil.com", ""),
    ("{{ contact.x }}", "https://ev\u00adil.com/", ""),
    ("{{ contact.x }}", "mailto:boss@evil.com", ""),
    ("https://shop.example{{ contact.x }}", "\t.evil.com", ""),
    ("https://shop.example{{ contact.x }}", "\n@evil.com", ""),
    ("https://shop.example{{ contact.x }}", "\t-evil.com", ""),
    ("{{ contact.x }}", "ht\ttps:\n/\t/ev\til.com", ""),
    ("{{ contact.x }}", "https://evil.com\\@shop.example/", ""),
    ("https://shop.example{{ contact.x }}", "\\00002eevil\\00002ecom", ""),
    ("https://shop.example/{{ contact.x }}", "a);background:url(https://evil.com/b", ""),
    ("https://shop.example/{{ contact.x }}", "a 1x, https://evil.com/b", ""),
    ("{{ contact.x }}", "https://evil\u2024com", ""),
    ("/{{ contact.x }}", "/evil.com", ""),
    ("{{ contact.x }}", "/\\2130706433", ""),
    ("mailto:{{ contact.x }}", "boss@evil.com,info@shop.example", ""),
    ("{{ contact.x | default: 'a' }}", "https://evil.com", ""),
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("spelling", "x", "y"), SPELLINGS)
def test_a_value_that_leads_to_a_foreign_host_is_refused(place: str, spelling: str, x: str, y: str) -> None:
    quoted = spelling.replace("'", "&quot;")
    try:
        parts = write(compiled(place % quoted), x=x, y=y or "y")
    except (ForeignHost, SourceRefused):
        return
    # What the sanitizer or the scheme's guard took out is not in the message at all.
    for part in parts:
        assert "evil" not in part.lower().replace("shop.example", ""), part
        assert "notshop" not in part
        assert "2130706433" not in part


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("Hello {{ contact.x }}!", "https://evil.com"),
        ("Hello {{ contact.x }}!", "evil.com"),
        ("Hello {{ contact.x }}!", "www.evil.shop"),
        ("See https://{{ contact.x }}/a", "evil.com"),
        ("www.{{ contact.x }}", "evil.com"),
        ("{{ contact.x }}.com", "evil"),
        ("See https://shop.example{{ contact.x }}", ".evil.com"),
        ("{% for i in (1..1) %}{{ contact.x }}{% endfor %}", "Dora https://evil.com"),
    ],
)
def test_a_value_that_mail_programs_would_link_is_refused_as_text(text: str, x: str) -> None:
    for letter in (compiled(f"<p>{text}</p>"), compiled("<p>x</p>", text=text), compiled(text, kind="markdown")):
        with pytest.raises(ForeignHost) as refused:
            write(letter, x=x)
        assert refused.value.error.code == "leads-elsewhere"


@pytest.mark.parametrize(
    ("spelling", "x", "shown"),
    [
        ("{{ contact.x }}", "https://shop.example/cart?id=5", "https://shop.example/cart?id=5"),
        ("{{ contact.x }}/a", "https://my.shop.example", "https://my.shop.example/a"),
        ("https://{{ contact.x }}.shop.example/", "kiel", "https://kiel.shop.example/"),
        ("https://partner.com/?to={{ contact.x }}", "https://dora.com/", "https://partner.com/?to=https://dora.com/"),
        ("https://partner.com/{{ contact.x }}", "a.b-c", "https://partner.com/a.b-c"),
        ("mailto:{{ contact.x }}?subject=a", "anna@shop.example", "mailto:anna@shop.example?subject=a"),
        ("tel:{{ contact.x }}", "+49 431 5", "tel:+49 431 5"),
        ("{{ unsubscribe_url }}", "x", LINKS["web_url"]),
        ("{% assign u = contact.x %}{{ web_url }}", "x", LINKS["web_url"]),
    ],
)
def test_values_that_lead_where_the_account_may_link_stay(spelling: str, x: str, shown: str) -> None:
    assert f'href="{shown}"' in write(compiled(f'<a href="{spelling}">x</a>'), x=x)[0]


@pytest.mark.parametrize(
    "name",
    [
        "Dr. Dora Meyer",
        "St.Gallen",
        "dora@reader.example",
        "reader.example",
        "Straße 5 // Hof",
        "1.234,50 €",
        "28.11.2026",
        "10:30",
        "c/o Meier",
        "z.B. so",
        "Meyer & Co.",
    ],
)
def test_usual_values_are_printed(name: str) -> None:
    write(compiled("<p>Hello {{ contact.x }}, <b>{{ contact.y }}</b>.</p>"), x=name, y=name)


PARTS = st.lists(
    st.sampled_from(["https:", "//", "evil", ".", "com", "@", "shop.example", "/", "?", "#", ":", "\\", "%2e"]),
    max_size=7,
)


@given(PARTS, st.lists(st.integers(0, 7), max_size=2), st.sampled_from(['<a href="%s">x</a>', '<img src="%s" alt="">']))
def test_no_composition_of_fixed_parts_and_values_leads_to_a_foreign_host(
    parts: list[str], cuts: list[int], place: str
) -> None:
    """Whatever is fixed and what is a value: a browser's reading of a finished URL is never `evil.com`."""
    edges = sorted(min(cut, len(parts)) for cut in cuts) if len(cuts) == 2 else [0, len(parts)]
    before, value, after = ("".join(parts[a:b]) for a, b in ((0, edges[0]), (edges[0], edges[1]), (edges[1], None)))
    if "evil" not in value + after[:4] or "evil.com" in before + after or not value:
        return
    try:
        page, _text = write(compiled(place % f"{before}{{{{ contact.x }}}}{after}"), x=value)
    except (RenderRefused, SourceRefused):
        return
    for node in LexborHTMLParser(page).css("a, img"):
        url = (node.attributes.get("href") or node.attributes.get("src") or "").replace("\\", "/").replace("%2e", ".")
        scheme, found, rest = url.partition("//")
        if scheme in ("", "https:") and found:
            host = rest.lstrip("/").split("/")[0].split("?")[0].split("#")[0].rpartition("@")[2].split(":")[0]
            assert not host.endswith("evil.com"), url


def test_every_character_that_becomes_a_sign_of_a_host_is_known() -> None:
    known = re.compile(f"[{FOLDED_SIGNS}]")
    for code in range(0x80, sys.maxunicode + 1):
        becomes = unicodedata.normalize("NFKC", chr(code))
        assert bool(set(becomes) & set(".:/\\\u3002")) == bool(known.match(chr(code))), hex(code)
