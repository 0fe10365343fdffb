"""Every page that a customer, an operator or a recipient can reach fits its window, from a phone to a large screen, and
axe finds nothing in it: half of them in light colors and English on a laptop, the others in dark colors and German on
a phone. With EVERY_WIDTH=1, each page is measured in both looks and at every width.

A page is loaded once for each look, and its window is resized. Which look and widths a page gets depends on its route
alone, so that it fails again when it's measured again.

The pages come from the URL configuration. Each address is found by following links from the start pages, refuses to be
opened because it only takes forms, or is in `NOT_OPENED` with the reason why it isn't opened. A new page is measured
as soon as another page links to it.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from zlib import crc32

import pytest
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from support.browsers import submitted, wait_for_message
from support.page_fit import WIDTHS, misfits, resize
from support.unopened_pages import NOT_OPENED

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Way:
    """How a page is looked at: its extreme widths in pixels, and the one of them at which axe reads it."""

    look: tuple[str, str, bool]
    phone: int
    screen: int
    axe_width: int

    def widths(self, number: int) -> tuple[int, ...]:
        """Return the widths of a page, narrow first: both extremes, and of those in between the one of its number."""
        if os.environ.get("EVERY_WIDTH"):
            return WIDTHS
        return self.phone, BETWEEN[number % len(BETWEEN)], self.screen


BETWEEN = WIDTHS[2:-2]
ENGLISH, GERMAN = ("ink", "letter") if os.environ.get("OTHER_THEMES") else ("letter", "ink")
WAYS = (Way(("en", ENGLISH, False), 360, 1280, 1280), Way(("de", GERMAN, False), 390, 1920, 390))
"""Together they measure at all widths. A page has one of them, and with EVERY_WIDTH=1 both. OTHER_THEMES=1 measures
English in dark colors and German in light ones."""
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
NAME = f"Spring tulips {os.getpid()}"
REPORT = "/studio/campaigns/1/"
"""The campaign that the demonstration sends first, which is also the only one with revenue and answers."""
PASSWORD = "winterzwiebeln"
HERE = {"127.0.0.1", "localhost"}
LINKS = """() => [...document.querySelectorAll("a[href], iframe[src]")].map(one => new URL(one.href || one.src))
  .map(url => [url.hostname, url.pathname, url.search])"""


def _routes(prefix: str, entries: list[URLPattern | URLResolver]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            yield from _routes(prefix + str(entry.pattern), entry.url_patterns)
        else:
            yield prefix + str(entry.pattern)


ROUTES = {
    route for route in _routes("/", get_resolver().url_patterns) if not route.startswith("/api/") or "docs" in route
}


@cache
def _route_of(address: str) -> str:
    try:
        return "/" + resolve(address.partition("?")[0]).route
    except Resolver404:
        return ""


def _number(address: str) -> int:
    """Return a number that is the same for all addresses of a route, in every run."""
    return crc32(_route_of(address).encode())


class Walker:
    """Opens each page once, follows its links, and measures it."""

    def __init__(self) -> None:
        self.opened: dict[str, str] = {}
        self.faults: list[str] = []

    def walk(self, somebody: Any, *starts: str, leave: str = "-") -> None:
        """Measure all pages that links lead to from these, with this person's rights, except those below `leave`.

        All known pages of one look come before those of the other: to change it draws the page anew that is open.
        """
        queues: tuple[list[str], list[str]] = ([], [])
        look, links = 0, list(starts)
        while links or any(queues):
            for link in links:
                queues[_number(link) % 2].append(link)
            links, look = [], look if queues[look] else 1 - look
            address = queues[look].pop(0)
            route = _route_of(address)
            if route in self.opened or route in NOT_OPENED or route not in ROUTES or address.startswith(leave):
                continue
            self.open(somebody, address, WAYS[look])
            if _route_of(somebody.page.evaluate("location.pathname")) != route:
                continue  # sent away: another person may open it
            self.opened[route] = address
            links = [path + search for host, path, search in somebody.page.evaluate(LINKS) if host in HERE]
            self.measure(somebody, address, WAYS[look])
            if os.environ.get("EVERY_WIDTH"):
                self.open(somebody, address, WAYS[1 - look])
                self.measure(somebody, address, WAYS[1 - look])

    def open(self, somebody: Any, address: str, way: Way) -> None:
        seen = somebody.look
        if (seen.language, seen.theme, seen.phone) != way.look:
            somebody.look_as(*way.look)
        resize(somebody.page, WIDTHS[0] if os.environ.get("EVERY_WIDTH") else way.phone)
        somebody.go(address)

    def measure(self, somebody: Any, address: str, way: Way) -> None:
        """Note what doesn't fit in the page that is open, what axe finds, and what the content policy blocked."""
        name, found = _route_of(address), []
        for width in way.widths(_number(address) // 2):
            found += misfits(somebody.page, (width,))
            if width == way.axe_width:
                found += [f"axe: {line}" for line in somebody.violations()]
                somebody.shoot(f"page{re.sub('[^a-z]+', '-', name.lower())}")
        self.faults += [f"{name} ({somebody.look.language}): {line}" for line in (*found, *somebody.problems)]
        somebody.problems.clear()


def _mailing_id(anna: Any) -> str:
    """Return the mailing ID of the demonstration's campaign, which is the first."""
    anna.go(REPORT)
    assert "EUR" in anna.page.inner_text("main"), "the report that is measured has revenue"
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z*~$=]{1,3}", anna.page.inner_text("body"))
    assert found is not None
    return found[0]


def _filled(anna: Any) -> str:
    """Make one of everything that the demonstration doesn't show; return the path of the new draft."""
    page = anna.page
    draft = submitted(anna, "/studio/campaigns/new/", name=NAME, begin="gallery:announcement", language="en")
    submitted(anna, draft.replace("/edit/", "/save-as-template/"), name=NAME)
    dora = {"node": "c0", "0-field": "first_name", "0-op": "equals", "0-value": "Dora"}
    submitted(anna, "/studio/segments/new/", name=NAME, **dora)
    submitted(anna, "/studio/copies/", name=NAME, url="https://lindenhof.example/newsletter")
    submitted(anna, "/studio/coupons/", name=NAME, codes=f"PAGE-{os.getpid()}")
    submitted(anna, "/studio/tags/new/", name=NAME, color="teal")
    submitted(anna, "/studio/lists/1/public-archive/", act="open")
    anna.go("/studio/automations/new/")
    page.fill("main input[name=name]", NAME)
    page.locator("main form .btn-primary").click()
    page.wait_for_url(re.compile(r"/automations/\d+/flow/"))
    submitted(anna, "/studio/transactional/templates/", name=NAME, key=f"page-{os.getpid()}")
    anna.go("/studio/webhooks/")
    page.fill("input[name=url]", f"https://crm.lindenhof.example/{os.getpid()}")
    page.locator("main form .btn-primary").click()
    page.wait_for_url("**/webhooks/new/")  # shows the secret once
    submitted(anna, "/studio/bulk/start/", action="add_tag", all="1", q="dora", tag_name=NAME)
    anna.go("/studio/suppressions/import/")
    left = {"name": "left.csv", "mimeType": "text/csv", "buffer": b"email\nleft@papierboot.example\n"}
    page.set_input_files("input[name=file]", left)
    page.locator("main form .btn-primary").click()
    page.wait_for_url(re.compile(r"/suppressions/import/\d+/"))
    anna.go("/studio/campaigns/digests/new/")
    page.fill("main input[name=name]", NAME)
    page.fill("main input[name=url]", "https://lindenhof.example/feed")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(re.compile(r"/digests/\d+/$"))
    return draft


def _archive(anna: Any) -> str:
    anna.go("/studio/lists/1/public-archive/")
    found = re.search(r"/a/[a-z0-9]+/", anna.page.content())
    assert found is not None
    return found[0]


def _reauthenticate(somebody: Any) -> None:
    """Enter the password again, as pages about sign-in ask for it."""
    somebody.go("/reauthenticate/?next=/sessions/")
    submitted(somebody, "/reauthenticate/", password=PASSWORD, next="/sessions/")


def _in_mail(somebody: Any, search: str, prefix: str, inbox: str = "/desk/test-inbox/") -> str:
    seen: set[str] = set()
    while True:
        somebody.go(wait_for_message(somebody, inbox, search, seen))
        link = somebody.page.locator(f"a[href*='{prefix}']")
        if link.count():
            address = str(link.first.get_attribute("href"))
            return address[address.index(prefix) :]


def _only_takes_forms(otto: Any, route: str) -> bool:
    address = otto.demo.base + PARAMETER.sub("1", route)
    return bool(otto.page.request.get(address, max_redirects=0).status == 405)


def _mails(anna: Any, otto: Any) -> list[str]:
    """Have an invitation and a new password sent; return where these, a verification email, a campaign and a
    transactional message lead.
    """
    ida = f"ida{os.getpid()}@lindenhof.example"
    submitted(anna, "/studio/settings/team/", name="Ida", email=ida, role="editor")
    submitted(anna, "/password/reset/", email="carla@nordstern.example")
    return [
        _in_mail(otto, ida, "/invitation/"),
        _in_mail(otto, "carla@nordstern.example", "/password/reset/key/"),
        _in_mail(anna, "news@lindenhof.example", "/mailbox/", "/studio/test-inbox/"),
        *(_in_mail(anna, "Winterzwiebeln sind da", page, "/studio/test-inbox/") for page in ("/u/", "/p/", "/q/")),
        _in_mail(anna, "Ihre Bestellung 20417", "/n/", "/studio/test-inbox/"),
    ]


def test_every_page_fits_its_window(visitor: Any, otto: Any) -> None:
    walker = Walker()
    with visitor("en", "letter", False, guarded=True) as anna:
        anna.sign_in("anna@lindenhof.example")
        mailing_id, draft, letters = _mailing_id(anna), _filled(anna), _mails(anna, otto)
        letters.append(_archive(anna))
        walker.walk(anna, REPORT)
        walker.walk(anna, "/studio/", draft, draft.replace("/edit/", "/versions/"), "/reauthenticate/")
        _reauthenticate(anna)
        walker.walk(anna, "/2fa/", "/2fa/totp/activate/", "/2fa/webauthn/add/", "/logout/")
    first = [f"/desk/{kind}/1/" for kind in ("cases", "mail", "campaigns", "origins", "held-imports")]
    # The test inbox has links to another person's new password, which end the operator's session.
    walker.walk(
        otto,
        "/desk/",
        "/desk/audit/?check=1",
        *first,
        "/desk/cases/search/?q=lindenhof",
        "/2fa/reauthenticate/",
        leave="/password/",
    )
    with visitor("en", "letter", False, guarded=True) as dora:
        walker.walk(dora, "/login/", "/report/", "/apply/", "/apply/done/", "/inactive/", *letters)
        walker.walk(dora, "/password/reset/done/", "/password/reset/key/done/", f"/help/{mailing_id}")
        dora.go("/login/")
        dora.page.fill("input[name=login]", "otto@mailflatrate.example")
        dora.page.fill("input[name=password]", PASSWORD)
        dora.page.click("main button[type=submit]")
        dora.page.wait_for_url("**/2fa/authenticate/**")
        walker.walk(dora, "/2fa/authenticate/")
    otto.look_as("en", "ink", False)
    left = ROUTES - walker.opened.keys() - NOT_OPENED.keys()
    unknown = sorted(route for route in left if not _only_takes_forms(otto, route))
    assert unknown == [], "neither reached by links nor named with a reason"
    assert sorted(NOT_OPENED.keys() - ROUTES) == [], "named, but there is no such address any longer"
    assert walker.faults == []


def test_what_does_not_fit_is_found(visitor: Any) -> None:
    """The measure itself can fail: a row that is too wide, two buttons in one place, and neither in a good page."""
    with visitor("en", "letter", False) as somebody:
        somebody.page.set_content(
            "<main><button>One</button> <button>Two</button><div style='overflow:auto'>"
            "<p style='width:2000px'>A table that scrolls</p></div></main>"
        )
        assert misfits(somebody.page) == []
        somebody.page.set_content("<main><p style='width:800px'>Wide</p></main>")
        assert [line.partition(":")[0] for line in misfits(somebody.page)] == ["360 px", "390 px", "768 px"]
        somebody.page.set_content("<main><button>One</button><button style='margin-left:-20px'>Two</button></main>")
        assert len(misfits(somebody.page, (360,))) == 1
