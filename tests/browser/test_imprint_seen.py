"""No style of an author's HTML hides, moves or covers the imprint: the ink of its text is looked at in a browser."""

import random
from io import BytesIO

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from mailflatrate.mail.content.campaign import CompileContext, ContentSource, SourceFormat, compile_content
from mailflatrate.mail.html.imprint import FooterImprint, FooterLine

LINES = ("Anna Muster Feinkost GmbH & Co. KG", "Lindenweg 4, 24103 Kiel", "Amtsgericht Bonn, HRA 12345")
IMPRINT = FooterImprint(tuple(FooterLine("", text) for text in LINES), "You asked for this.", "7XK2-9QPM", "en")
VALUES = {
    "unsubscribe_url": "https://go.example/u/t",
    "preferences_url": "https://go.example/p/t",
    "contact": {"first_name": "iv", "last_name": "red", "email": "dora@sub.example"},
}
BODY = '<h1 class="c">Winter bulbs</h1><p>The first bulbs are here.</p>'
SELECTORS = """div[lang]|body>div:last-child|body > *|*|:not(.x)|:not(:hover)|:is(div,.x)|.c ~ div|.c + p + div|div *|a
|strong|a,p|\\64 iv|di\\76|div/**/[lang]|*|*|html|body|:root|#b|.b|body:has(.c) > div|div::after|div::before
|div:first-line|body::after|html::after|.c::after|.c|p|h1""".replace("\n", "").split("|")
DECLARATIONS = """scale:0|transform:scale(0)|rotate:90deg|translate:-9999px|clip-path:inset(50%)|clip:rect(0,0,0,0)
|zoom:.01|opacity:0|filter:brightness(9)|filter:opacity(0)|mask-image:linear-gradient(transparent,transparent)
|mix-blend-mode:lighten|letter-spacing:-3em|word-spacing:-99em|text-indent:-9999px|font-size:0|font:0/0 Blank
|line-height:0|color:#f7f4ee|background:#57504a|background:linear-gradient(#57504a,#57504a)
|-webkit-text-fill-color:#f7f4ee|-webkit-text-stroke:3px #f7f4ee|-webkit-text-security:disc|margin-left:-9999px
|margin:-900px 0 0|margin-bottom:-900px|padding-left:9999px|padding:0 0 0 100%|border:900px solid #57504a
|width:0;overflow:hidden|max-width:0|max-height:0;overflow:hidden|block-size:0|max-inline-size:1px
|height:9px;overflow:hidden|position:fixed;top:-999px|position:absolute;left:-9999px|content-visibility:hidden
|visibility:hidden|display:none|display:flex|contain:size|columns:9 1px|column-gap:9999px
|animation:k 9s infinite|offset:path("M-9999,0 L-9999,0")|white-space:nowrap
|content:"";position:fixed;inset:0;background:#fff;z-index:2147483647|outline:900px solid #fff
|box-shadow:0 0 0 900px #fff|scale:var(--a)|width:9999px;text-align:right
|position:relative;z-index:9;background:#fff;height:900px;margin-bottom:-900px""".replace("\n", "").split("|")
CONDITIONS = """|@media screen|@media (min-width:1px)|@supports (display:grid)|@layer x|@container (min-width:0)
|@scope (html)|@media all{@layer y""".replace("\n", "").split("|")
PAGE = (
    '<html class="b"><head><style>@keyframes k{{from{{scale:0}}to{{scale:0}}}}'
    "@font-face{{font-family:ARIAL;src:url(x.woff)}}:root{{--a:0}}{css}</style></head>"
    "<body id='b' style='{own}'>{content}</body></html>"
)
WIPE = """() => {
    const walk = document.createTreeWalker([...document.querySelectorAll('div[lang]')].pop(), NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) walk.currentNode.data = walk.currentNode.data.replace(/\\S/g, '\\u2003');
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Page:
    return chromium.new_page(viewport={"width": 700, "height": 900})


def compiled(css: str, own: str = "", content: str = BODY) -> str:
    source = ContentSource(SourceFormat.HTML, PAGE.format(css=css, own=own, content=content), "Subject")
    return compile_content(source, CompileContext(IMPRINT)).html.render(VALUES)


def ink(page: Page, html: str) -> int:
    """How much of the imprint's text is seen: pixels that change when its letters become blanks."""
    page.set_content(html)
    shown = Image.open(BytesIO(page.screenshot(full_page=True))).convert("L")
    page.evaluate(WIPE)
    wiped = Image.open(BytesIO(page.screenshot(full_page=True))).convert("L")
    seen = (0, 0, 700, min(shown.height, wiped.height))
    return sum(ImageChops.difference(shown.crop(seen), wiped.crop(seen)).histogram()[40:])


def rule(selector: str, declarations: str, condition: str) -> str:
    inner = f"{selector}{{{declarations.replace(';', '!important;')}!important}}"
    return f"{condition}{{{inner}}}" + "}" * condition.count("{") if condition else inner


@pytest.mark.parametrize("declarations", DECLARATIONS)
def test_no_declaration_in_any_rule_hides_the_imprint(page: Page, declarations: str) -> None:
    whole = ink(page, compiled(""))
    css = "".join(rule(selector, declarations, "@media (min-width:1px)") for selector in SELECTORS[:-4])
    assert ink(page, compiled(css)) > 0.8 * whole
    assert ink(page, compiled("", own=declarations.replace('"', ""))) > 0.8 * whole
    covering = f'<div style="{declarations.replace(chr(34), "")};background-color:#fff">{BODY}</div>'
    assert ink(page, compiled("", content=covering)) > 0.8 * whole


def test_no_mixture_of_rules_hides_the_imprint(page: Page) -> None:
    whole = ink(page, compiled(""))
    luck = random.Random(24)
    for _ in range(40):
        css = "".join(
            rule(luck.choice(SELECTORS), luck.choice(DECLARATIONS), luck.choice(CONDITIONS)) for _ in range(6)
        )
        assert ink(page, compiled(css)) > 0.8 * whole, css


def test_sheets_come_from_font_services_only() -> None:
    head = (
        '<link rel="stylesheet" href="https://eve.example/a.css"><link rel="stylesheet" href="{{ contact.email }}">'
        '<link rel="stylesheet" href="https://fonts.googleapis.com/css?family=Lora">'
        '<style>@import url("https://eve.example/b.css");@import "//eve.example/c.css";'
        '@import "//eve.example/?https://fonts.bunny.net/";@import url(https://fonts.bunny.net@eve.example/);'
        "@import url(https://fonts.googleapis.com/css2?family=Lato);p{color:red}</style>"
    )
    source = ContentSource(SourceFormat.HTML, f"<html><head>{head}</head><body>{BODY}</body></html>", "Subject")
    html = compile_content(source, CompileContext(IMPRINT)).html.render(VALUES)
    assert "eve.example" not in html
    assert html.count('rel="stylesheet"') == 1
    assert "family=Lora" in html
    assert "family=Lato" in html


def test_usual_style_sheets_stay() -> None:
    css = (
        "@media only screen and (max-width:480px){.col{width:100%!important;display:block!important}"
        "u + #frame .x{display:none}.q div{display:none}.sm\\:w-9{display:none}"
        "img{max-width:100%}td a.btn{padding:12px 200px}}"
        "@media (prefers-color-scheme:dark){body{background-color:#111}a{color:#9cf}}"
        "a[x-apple-data-detectors]{color:inherit}"
    )
    html = compiled(css, own="margin:0;padding:0;background:#eee url(https://shop.example/g.png)")
    for kept in (
        ".col{width:100%!important;display:block!important}", "u + #frame .x{display:none}", ".q div{display:none}",
        "img{max-width:100%}", ".sm\\:w-9{display:none}",
        "td a.btn{padding:12px 200px}", "body{background-color:#111}", "a{color:#9cf}", "background:#eee url(",
    ):  # fmt: skip
        assert kept in html.replace(": ", ":").replace(" {", "{"), kept


def test_groups_in_groups_are_left_out_beyond_a_depth() -> None:
    css = "@media screen{" * 40 + ".c{color:red}" * 5_000 + "}" * 40
    assert "color:red" not in compiled(css)
    assert ".c{color:red}" in compiled("@media screen{@supports (color:red){.c{color:red}}}").replace(": ", ":")


@pytest.mark.parametrize(
    "style",
    [
        "mar{% if contact.first_name %}{% endif %}gin-top:-900px",
        "color:red;{% if contact.first_name %}margin-top:-900px{% endif %}",
        "margin-top:{% if contact.first_name %}-{% endif %}900px",
        "mar{{ contact.first_name }}gin-top:{{ contact.last_name }}",
        "margin-top:{{ contact.first_name }}px",
        "margin-top:-{{ contact.first_name }}px",
    ],
)
def test_liquid_puts_no_negative_margin_together(style: str) -> None:
    assert "margin" not in compiled("", content=f'<p style="{style}">x</p>').partition("<div lang")[0]


def test_liquid_in_a_selector_or_a_style_changes_looks_only() -> None:
    html = compiled("@media all{ d{{ contact.first_name }}{scale:0;color:red} }")
    assert "scale" not in html.partition("</style>")[0].partition(":root")[2]
    style = "color:{{ contact.first_name }};background:url(https://shop.example/a-{{ contact.first_name }}.png)"
    assert "shop.example" in compiled("", content=f'<p style="{style}">x</p>')
    assert "font-weight" in compiled(
        "", content='<p style="{% if contact.first_name %}font-weight:700{% endif %}">x</p>'
    )
