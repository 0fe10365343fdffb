"""No block of a landing page covers the wording, the box, the button, the imprint or a link, whatever it is made of."""

import random
import re
from io import BytesIO
from mimetypes import guess_type
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Route, expect

from mailflatrate.apps.forms.actions.landing_pages import publish_landing_page, save_landing_page
from mailflatrate.apps.forms.models import LandingPage
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.signup.landing_pages import compile_landing
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.forms.landing import LandingContent
from support.forms import FormCustomer, customer_with_form

pytestmark = pytest.mark.usefixtures("database")
OVERLAY = (
    "<div style='position:{place};top:0;left:0;width:100vw;height:100vh;z-index:2147483647;background:#f00;"
    "margin:-{far}px'><a href='https://eve.example' style='position:fixed;inset:0;display:block'>YES</a></div>"
)
REPORTED = (
    "<svg><title><!--</title><section><p>x</p></section>--></title></svg>",
    "<svg><style><!--</style><section><p>x</p></section>--></style></svg>",
    "<math><mi><style><!--</style></iframe><section><p>x</p></section>--></style></mi></math>",
)
PIECES = """<svg>|</svg>|<math>|</math>|<mtext>|<annotation-xml encoding=text/html>|<foreignObject>|<desc>|<title>|
</title>|<style>|</style>|<!--|-->|<p>|</p>|<section>|</section>|</div>|</body>|</html>|</iframe>|<table>|<td>|
<select>|<template>|</template>|<noscript>|</noscript>|<textarea>|</textarea>|<xmp>|<plaintext>|
<iframe srcdoc='<b>x'>|<base target=_self href=https://eve.example>|<dialog open>|<details open>|<marquee>|
&quot;|&#34;&gt;|"|'|<a name="x&quot; srcdoc=&quot;">|<img src=x alt='"&gt;</iframe>'>|
<p title='</iframe><style>*{position:fixed}'>|<div popover id=p>|<button popovertarget=p>|<label for=consent>|
<h1>|{% if account.name == 'zz' %}|{% endif %}|{% comment %}|{% endcomment %}|
<link rel=stylesheet href=https://eve.example/x.css>|
<meta http-equiv=refresh content='0;url=https://eve.example'>|<frameset>|<object>|<embed>""".replace("\n", "").split(
    "|"
)
STYLES = (
    "body,html,main,.paper-card,*{position:fixed!important;top:0;height:300vh;width:300vw;z-index:99;margin:-500px}",
    "@media all{.paper-card *{opacity:0;display:none}} :root{--customer:red}",
    "a{transform:translateY(900px) scale(50)} h1{box-shadow:0 0 0 9999px red;outline:9999px solid red}",
)
COVERED = """(wanted) => {
    const bad = [];
    for (const part of document.querySelectorAll(wanted)) {
        part.scrollIntoView({block: 'center'});
        for (const box of part.getClientRects())
            for (let x = box.left + 1; x < box.right; x += 9)
                for (let y = box.top + 1; y < box.bottom; y += 5) {
                    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue;
                    const top = document.elementFromPoint(x, y);
                    const ours = top?.closest('main, #imprint, .paper-foot') || top?.matches('.paper, body, html');
                    if (!ours || top.closest('.landing-content'))
                        bad.push([part.tagName, x, y, top && top.outerHTML.slice(0, 60)]);
                }
    }
    return bad.slice(0, 3);
}"""
WANTED = "main.paper-card, #imprint, .paper-foot"


def hostile(luck: random.Random) -> str:
    """One page's blocks: pieces that parsers read in different ways, an overlay, and a style sheet."""
    pieces = "".join(luck.choices(PIECES, k=luck.randint(0, 9)))
    before = luck.choice((*REPORTED, pieces, pieces))
    overlay = OVERLAY.format(place=luck.choice(("fixed", "absolute", "sticky", "relative")), far=luck.choice((0, 4000)))
    block = luck.choice(
        (
            f"<mj-raw>{before}{overlay}</mj-raw>",
            f"<mj-section><mj-column><mj-text>{before}{overlay}</mj-text></mj-column></mj-section>",
            f"<mj-raw>{before}</mj-raw><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section><mj-raw>{overlay}</mj-raw>",
        )
    )
    return f"<mjml><mj-head><mj-style>{luck.choice(STYLES)}</mj-style></mj-head><mj-body>{block}</mj-body></mjml>"


def published(customer: FormCustomer, source: str) -> tuple[str, str, str]:
    """The page's path, its HTML and its policy; the page is published unless its content is refused."""
    content = LandingContent("en", "Tulips", "News for gardeners.", source=source)
    with tenancy.account(customer.account_id):
        compiled = compile_landing(content)
        save_landing_page(customer.form_id, content)
        assert publish_landing_page(customer.form_id, content, compiled[0], (), by=None) == []
        path = f"/l/{LandingPage.objects.get(form_id=customer.form_id).code}/"
    answer = Client().get(path)
    return path, answer.content.decode(), answer.headers["Content-Security-Policy"]


def show(page: Page, shown: tuple[str, str, str]) -> bytes:
    """Open a page as our web process answers it; the picture of the form."""
    path, html, policy = shown

    def answer(route: Route) -> None:
        asked = route.request.url.removeprefix("http://localhost:9")
        if asked == path:
            route.fulfill(body=html, headers={"Content-Type": "text/html", "Content-Security-Policy": policy})
        elif asked.startswith(settings.STATIC_URL):
            file = Path(settings.STATIC_ROOT) / asked.removeprefix(settings.STATIC_URL).partition("?")[0]
            route.fulfill(body=file.read_bytes(), content_type=guess_type(file.name)[0])
        else:
            route.abort()

    page.unroute_all()
    page.route("**/*", answer)
    page.goto(f"http://localhost:9{path}")
    expect(page.locator("iframe.landing-content")).to_have_attribute("style", re.compile("height"))
    return page.locator("main.paper-card").screenshot(animations="disabled")


def looks_the_same(picture: bytes, clean: bytes) -> bool:
    """Whether two pictures of the form differ in the smoothing of edges at most."""
    first, second = (Image.open(BytesIO(one)).convert("L") for one in (picture, clean))
    if first.size != second.size:
        return False
    return sum(ImageChops.difference(first, second).histogram()[64:]) < 20


@pytest.fixture(autouse=True)
def _rows_beside_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in this thread


def test_no_block_covers_what_people_consent_to(chromium: Browser) -> None:
    customer, luck, refused = customer_with_form(), random.Random(24), 0
    plain = "<mjml><mj-body><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section></mj-body></mjml>"
    context = chromium.new_context(viewport={"width": 900, "height": 700}, java_script_enabled=True)
    page = context.new_page()
    clean = show(page, published(customer, plain))
    reported = [plain.replace("<mj-section>", f"<mj-raw>{one}{OVERLAY}</mj-raw><mj-section>", 1) for one in REPORTED]
    sources = [source.replace("{place}", "absolute").replace("{far}", "0") for source in reported]
    for source in sources + [hostile(luck) for _ in range(36)]:
        try:
            shown = published(customer, source)
        except SourceRefused:
            refused += 1
            continue
        picture = show(page, shown)
        assert page.evaluate(COVERED, WANTED) == [], source
        assert looks_the_same(picture, clean), source
        assert page.frames[1:] == page.frames[1:2], source
    assert refused < 30, "most pages have to be looked at"
    context.close()


def test_links_lead_on_and_the_frame_is_as_high_as_its_content(chromium: Browser) -> None:
    source = (
        "<mjml><mj-body><mj-section><mj-column><mj-text><p style='height:100vh'>A</p><a href='#end'>Down</a></mj-text>"
        "<mj-button href='#signup'>Sign up</mj-button><mj-button href='https://garden.example/'>Garden</mj-button>"
        "<mj-spacer height='1500px'></mj-spacer><mj-text><p id='end'>Last words</p></mj-text>"
        "</mj-column></mj-section></mj-body></mjml>"
    )
    context = chromium.new_context(viewport={"width": 900, "height": 700})
    page = context.new_page()
    show(page, published(customer_with_form(), source))
    frame = page.frame_locator("iframe.landing-content")
    assert (
        page.evaluate(
            "(f => f.contentDocument.documentElement.scrollHeight - f.clientHeight)(document.querySelector('iframe'))"
        )
        == 0
    ), "nothing of it needs scrolling inside"
    frame.get_by_text("Down").click()
    expect(frame.get_by_text("Last words")).to_be_in_viewport()
    frame.get_by_text("Sign up", exact=True).click()
    expect(page.locator("#signup")).to_be_in_viewport()
    with context.expect_page() as opened:
        frame.get_by_text("Garden").click()
    assert opened.value.url in ("https://garden.example/", "chrome-error://chromewebdata/", "about:blank")
    context.close()


def test_without_scripts_the_blocks_scroll_and_the_button_leads_to_the_form(chromium: Browser) -> None:
    source = (
        "<mjml><mj-body><mj-section><mj-column><mj-button href='#signup'>Sign up</mj-button><mj-spacer height='1500px'>"
        "</mj-spacer></mj-column></mj-section></mj-body></mjml>"
    )
    shown = published(customer_with_form(), source)
    context = chromium.new_context(viewport={"width": 900, "height": 700}, java_script_enabled=False)
    page = context.new_page()
    headers = {"Content-Type": "text/html", "Content-Security-Policy": shown[2]}
    page.route("**/*", lambda route: route.abort())
    page.route(f"**{shown[0]}", lambda route: route.fulfill(body=shown[1], headers=headers))
    page.goto(f"http://localhost:9{shown[0]}")
    page.frame_locator("iframe.landing-content").get_by_text("Sign up", exact=True).click()
    page.wait_for_url("**#signup")
    context.close()
