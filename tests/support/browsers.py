"""What the browser walks share: a website of another origin, the test inbox's messages, viewing a page."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import quote
from zlib import crc32

from playwright.sync_api import expect

from support.page_fit import misfits
from support.waiting import wait_until

TABLETS = (768, 820, 900, 1024)
"""Widths at which the sidebar is there, and little room beside it."""
PHONES = (360,)
PAGE_PAUSE_SECONDS = 0.1
"""Between two questions to a page: each takes four processes some milliseconds."""
BELOW = "<p id=after>What stands below the form.</p>"


class Website:
    """A customer's own website: pages by path."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = pages.get(self.path.partition("?")[0], "").encode()
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                # A strict page: no script and no style that a script writes, but from where it says.
                self.send_header("Content-Security-Policy", "style-src 'self' 'unsafe-inline'; object-src 'none'")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"

    def put(self, path: str, code: str, *, language: str = "de", title: str = "Lindenhof") -> str:
        """A page with a code in it, as the customer pastes it; its address."""
        head = f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        head += '<meta name="viewport" content="width=device-width"></head>'
        self.pages[path] = f"{head}<body><main><h1>{title}</h1>{code}{BELOW}</main></body></html>"
        return f"{self.base}{path}?utm=1"


@contextmanager
def running_website() -> Iterator[Website]:
    """A website while the block runs."""
    site = Website()
    thread = threading.Thread(target=site.server.serve_forever)
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()
        thread.join()


def chosen(*ways: Any) -> list[Any]:
    """Return the first of the ways in which a walk can be walked; all of them with EVERY_WIDTH=1 or SHOTS=1.

    test_every_page looks at the pages in both languages and themes, and a walk costs ten times as much as its looks.
    """
    return list(ways) if os.environ.get("EVERY_WIDTH") or os.environ.get("SHOTS") else list(ways[:1])


def looked_at(somebody: Any, name: str) -> None:
    """A picture; nothing too wide or overlapping, on phones and tablets neither, no violation, no script error.

    Each page has one tablet, which its name chooses, and all of them with EVERY_WIDTH=1.
    """
    somebody.shoot(name)
    at = crc32(name.encode()) % len(TABLETS)
    widths = TABLETS if os.environ.get("EVERY_WIDTH") else TABLETS[at : at + 1]
    assert (found := misfits(somebody.page, PHONES if somebody.look.phone else widths)) == [], (name, found)
    somebody.page.set_viewport_size(somebody.look.window)
    assert somebody.sideways() <= 0, name
    assert (found := somebody.violations()) == [], (name, found)
    assert somebody.problems == [], name


def settle(page: Any) -> None:
    """Wait until htmx has put its answer in place and listens to it: what happens before that is lost."""
    expect(page.locator(".htmx-added, .htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)


def submitted(somebody: Any, path: str, **values: str) -> str:
    """Submit a form as the person's browser does, without drawing its page; return where it leads."""
    (token,) = (one["value"] for one in somebody.context.cookies() if one["name"] == "csrftoken")
    answer = somebody.page.request.post(
        somebody.demo.base + path, form={**values, "csrfmiddlewaretoken": token}, max_redirects=0
    )
    assert answer.status in (302, 303), f"{path}: {answer.status}"
    return str(answer.headers["location"])


def new_draft(somebody: Any, name: str, begin: str) -> str:
    """Open the editor of a new draft; return its path. `begin` is what it starts with, as "gallery:event".

    The page on which people choose that draws a dozen templates, which is a lot for each test that needs a draft;
    test_marketer, test_templates, test_newcomer and one test of test_compose use it.
    """
    path = submitted(somebody, "/studio/campaigns/new/", name=name, begin=begin, language=somebody.look.language)
    somebody.go(path)
    return path


def copied(anna: Any) -> str:
    """Make a draft with everything the demo's campaign said; return the path of its page."""
    anna.go("/studio/campaigns/?state=sent")
    page = anna.page
    row = page.locator("tr", has_text="Winterzwiebeln").last
    row.locator("summary").first.click()
    with page.expect_navigation():
        row.locator("form[action$='/copy/'] button").click()
    page.wait_for_url(re.compile(r"/edit/$"))
    return str(page.evaluate("location.pathname"))


def wait_in_page(page: Any, expression: str, arg: object = None) -> None:
    """Wait until JavaScript holds in the page. Playwright's own wait asks with each frame, which draws frames, too."""
    page.wait_for_function(expression, arg=arg, polling=PAGE_PAUSE_SECONDS * 1000)


def received(somebody: Any, path: str) -> str:
    """Return a page as the server sends it to this person, without having their browser draw it."""
    answer = somebody.page.request.get(somebody.demo.base + path)
    assert answer.status == 200, f"{path}: {answer.status}"
    return str(answer.text())


def wait_for_message(somebody: Any, inbox: str, email: str, seen: set[str] | None = None) -> str:
    """Return the path of the newest message to a person in a test inbox (`/desk/test-inbox/` or `/studio/test-inbox/`).

    Paths in `seen` are skipped, and the one found is added. Raises AssertionError when none arrives.
    """
    known = set() if seen is None else seen

    def newest() -> str:
        rows = re.findall(rf'href="({inbox}\d+/)"', received(somebody, f"{inbox}?q={quote(email)}"))
        return next((row for row in rows if row not in known), "")

    found = wait_until(newest, f"a message to {email} in {inbox}", pause=0.3)
    known.add(found)
    return found


def source_of(somebody: Any, letter: str) -> str:
    """Return a message of the studio's test inbox as received, without the soft line breaks of its encoding."""
    raw = somebody.page.request.get(f"{somebody.demo.base}{letter}raw/").text()
    return re.sub(r"=\r?\n", "", raw).replace("=3D", "=")


def canvas(page: Any) -> Any:
    """Return the campaign as the visual editor draws it."""
    return page.frame_locator("[data-blocks-canvas] iframe.gjs-frame")


def open_step(page: Any, step: str) -> None:
    """Open a step of the campaign editor: content, audience or check."""
    page.locator(f"[data-step-link={step}]").click()


HANDED_OVER = """() => {
    const place = document.querySelector(".blocks[data-ready]:not([data-broken])");
    return !place || place.blocks.source() === document.getElementsByName("content")[0].value;
}"""


def source(page: Any) -> str:
    """Return what the form will save, once the visual editor has handed over what was last changed in it."""
    wait_until(lambda: page.evaluate(HANDED_OVER), "the source in the form", pause=PAGE_PAUSE_SECONDS)
    return str(page.input_value("[name=content]"))


def drag(page: Any, key: str, target: Any, *, share: float) -> None:
    """Drag a block from the palette and drop it on a place in the campaign, `share` of its height from the top."""
    before = source(page)
    button = page.locator(f"[data-blocks-add={key}]")
    button.scroll_into_view_if_needed()
    target.scroll_into_view_if_needed()
    start, stop = button.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + 10)
    page.mouse.down()
    x, y = stop["x"] + stop["width"] / 2, stop["y"] + stop["height"] * share
    for step in range(1, 9):
        page.mouse.move(*(a + (b - a) * step / 8 for a, b in ((start["x"] + 20, x), (start["y"] + 10, y))))
    steps = count()

    def is_marked() -> bool:
        """A hand never holds quite still, and the editor marks the place where the block would go as it moves."""
        step = next(steps)
        page.mouse.move(x + step % 3, y + step % 2)
        mark = page.locator("[data-blocks-canvas] .gjs-placeholder").first
        box = mark.bounding_box() if mark.is_visible() else None
        return box is not None and stop["y"] - 12 <= box["y"] <= stop["y"] + stop["height"] + 12

    wait_until(is_marked, f"the mark where {key} would go", pause=0.06)
    page.mouse.up()
    wait_until(lambda: source(page) != before, f"{key} in the campaign", pause=PAGE_PAUSE_SECONDS)


def approve(otto: Any, path: str) -> None:
    """Approve a campaign at the desk, by its page in the studio.

    A new account's first campaigns wait for that (R-06). What isn't in review sends already: how many earlier tests of
    the same demonstration were approved depends on which ones run.
    """
    otto.go(path.replace("/studio/", "/desk/"))
    if (opens := otto.page.locator("[data-opens=go]")).count():
        opens.click()
        with otto.page.expect_navigation():
            otto.page.locator("#go button.btn-primary").click()
