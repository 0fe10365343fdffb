"""A Chromium that looks at the running demonstration."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from support.browsers import Website, running_website
from support.demo import Demo

ROOT = Path(__file__).parents[2]
SHOTS = Path(__file__).parent / "shots"
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
NAVIGATION = "#sidebar"
PASSWORD = "winterzwiebeln"
expect.set_options(timeout=30_000)  # as long as all other waits: five seconds are little beside other tests
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "/usr/bin/chromium"
SIGNED_IN: dict[str, Any] = {}
"""Cookies of people who are signed in, by their address: a password takes a second of processor time."""
DRAWN = """() => document.fonts.ready.then(() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))"""
"""Ends once everything that has changed was drawn."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--no-opt --no-maglev",  # no page lives long enough for optimized code to be worth its compilation
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of one file: as long as it's open, Django refuses database access in other tests."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: make tools")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass(frozen=True)
class Look:
    """The settings with which a person views a page."""

    language: str = "en"
    theme: str = "letter"
    phone: bool = False

    @property
    def name(self) -> str:
        return f"{self.language}-{'phone' if self.phone else 'desktop'}-{'dark' if self.theme == 'ink' else 'light'}"

    @property
    def window(self) -> ViewportSize:
        return {"width": 390, "height": 844} if self.phone else {"width": 1360, "height": 900}

    @property
    def scheme(self) -> Literal["dark", "light"]:
        return "dark" if self.theme == "ink" else "light"


class Visitor:
    """A person with a browser."""

    def __init__(self, browser: Browser, demo: Demo, look: Look, *, guarded: bool = False) -> None:
        self.demo, self.look = demo, look
        self.context = browser.new_context(
            viewport=look.window,
            color_scheme=look.scheme,
            locale=look.language,
            bypass_csp=not guarded,
            ignore_https_errors=True,
            reduced_motion="reduce",
        )
        self._remember(look)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.problems: list[str] = []
        self._navigation_read: set[Look] = set()
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._blocked)

    def _blocked(self, message: ConsoleMessage) -> None:
        """Note what the content security policy kept from the page."""
        if "Content Security Policy" in message.text:
            self.problems.append(message.text)

    def _remember(self, look: Look) -> None:
        address = {"url": self.demo.base}
        self.context.add_cookies(
            [{"name": "language", "value": look.language, **address}, {"name": "theme", "value": look.theme, **address}]
        )

    def look_as(self, language: str, theme: str, phone: bool) -> None:
        """From the next page on, look in another way."""
        self.look = Look(language, theme, phone)
        self._remember(self.look)
        self.page.set_viewport_size(self.look.window)
        self.page.emulate_media(color_scheme=self.look.scheme)

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """By the page that people use; who is signed in already in another visitor's browser opens no page for that."""
        if self._is_signed_in(email, "/studio/tags/new/"):
            return
        self.go("/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", password)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url("**/studio/**")
        SIGNED_IN[email] = self.context.cookies()

    def _is_signed_in(self, email: str, page: str) -> bool:
        """Take the cookies of an earlier visit; return whether this page opens with them."""
        if email not in SIGNED_IN:
            return False
        self.context.add_cookies(SIGNED_IN[email])
        self._remember(self.look)
        answer = self.page.request.get(f"{self.demo.base}{page}", max_redirects=0)
        return "/login/" not in answer.headers.get("location", "")

    def sign_in_at_the_desk(self, email: str) -> None:
        """With password and second factor; the demonstration shows the digits, which are good for one sign-in."""
        if self._is_signed_in(email, "/desk/"):
            return
        self.go("/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url("**/2fa/authenticate/**")
        digits = re.search(r"\b(\d{6})\b", self.page.inner_text("main"))
        assert digits is not None
        self.page.fill("input[name=code]", digits[1])
        self.page.locator("main form:has(input[name=code]) button").first.click()
        self.page.wait_for_url("**/desk/**")
        SIGNED_IN[email] = self.context.cookies()

    def keep(self, name: str) -> None:
        """Take a picture of the whole page if SHOTS is set. Nothing is asserted of pictures; they are for people."""
        if os.environ.get("SHOTS"):
            self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def go(self, path: str) -> None:
        """Open a page; it must be there."""
        answer = self.page.goto(self.demo.base + path)
        assert answer is not None and answer.status == 200, f"{path}: {answer and answer.status}"

    def shoot(self, name: str) -> None:
        """Wait until everything is drawn; with SHOTS, take a picture of the whole page.

        For that the window is made as tall as the page: Chromium does not draw frames that are out of sight, and the
        source editor measures again when its window grows.
        """
        self.page.evaluate(DRAWN)
        if not os.environ.get("SHOTS"):
            return
        usual = self.page.viewport_size
        assert usual is not None
        height = int(self.page.evaluate("document.documentElement.scrollHeight"))
        self.page.set_viewport_size({"width": usual["width"], "height": min(height, 6000)})
        self.page.evaluate(DRAWN)
        self.keep(f"{name}-{self.look.name}")
        self.page.set_viewport_size(usual)

    def violations(self) -> list[str]:
        """Return axe's findings, one line each. What customers write is in frames, and theirs.

        A person's navigation is the same on all pages, and axe reads it on the first one of each look.
        """
        out = ["iframe", NAVIGATION] if self.look in self._navigation_read else ["iframe"]
        if self.page.locator(NAVIGATION).count():
            self._navigation_read.add(self.look)
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            "([out, tags]) => axe.run({exclude: out.map(one => [one])}, {runOnly: tags, resultTypes: ['violations']})",
            [out, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]],
        )
        return [
            f"{item['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
            for item in found["violations"]
            for node in item["nodes"]
        ]

    def sideways(self) -> int:
        """Pixels that the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture(scope="session")
def axe() -> str:
    """The checker's source, for pages that are looked at by hand."""
    return AXE.read_text()


@pytest.fixture(scope="module")
def visitor(chromium: Browser, demo: Demo) -> Callable[..., AbstractContextManager[Visitor]]:
    """Gives visitors: `with visitor(language, theme, phone) as somebody`.

    With `guarded=True` the content security policy holds in the browser, and `problems` names what it blocked.
    Playwright's `wait_for_function` then does not work, because the policy forbids code from strings.
    """

    @contextmanager
    def visit(language: str, theme: str, phone: bool, *, guarded: bool = False) -> Iterator[Visitor]:
        somebody = Visitor(chromium, demo, Look(language, theme, phone), guarded=guarded)
        try:
            yield somebody
        finally:
            somebody.context.close()

    return visit


@pytest.fixture(scope="module")
def otto(visitor: Callable[[str, str, bool], AbstractContextManager[Visitor]]) -> Iterator[Visitor]:
    with visitor("en", "ink", False) as found:
        found.sign_in_at_the_desk("otto@mailflatrate.example")
        yield found


@pytest.fixture(scope="module")
def website() -> Iterator[Website]:
    with running_website() as site:
        yield site
