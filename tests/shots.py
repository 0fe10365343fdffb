"""The pictures of the README, made from a demonstration of their own: `make shots`."""

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from browser.conftest import CHROMIUM, FLAGS, Look, Visitor
from support.browsers import copied
from support.demo import Demo, running_demo

SHOTS = Path(__file__).parents[1] / "docs" / "shots"


def first_link(visitor: Visitor, page: str, pattern: str) -> str:
    visitor.go(page)
    for link in visitor.page.locator("main a[href]").all():
        if re.fullmatch(pattern, address := str(link.get_attribute("href"))):
            return address
    raise LookupError(f"{page} has no link like {pattern}")


def keep(visitor: Visitor, address: str, name: str, wait_for: str = "main") -> None:
    """Take the upper part of a page, as people see it first."""
    visitor.go(address)
    visitor.page.locator(wait_for).first.wait_for()
    visitor.page.wait_for_load_state("networkidle")
    visitor.page.screenshot(path=SHOTS / f"{name}.png")


def take(browser: Browser, demo: Demo) -> None:
    """Take all pictures: home first, before there is a draft."""
    anna = Visitor(browser, demo, Look())
    anna.sign_in("anna@lindenhof.example")
    keep(anna, "/studio/", "home")
    keep(anna, first_link(anna, "/studio/contacts/", r"/studio/contacts/\d+/"), "contact")
    form = first_link(anna, "/studio/forms/", r"/studio/forms/\d+/")
    keep(anna, f"{form}landing/", "landing", ".blocks[data-ready]")
    report = first_link(anna, "/studio/campaigns/?state=sent", r"/studio/campaigns/\d+/")
    anna.look_as("en", "ink", False)
    keep(anna, report, "report")
    anna.look_as("en", "letter", False)
    copied(anna)
    keep(anna, re.sub(r"^https?://[^/]+", "", anna.page.url), "compose", ".blocks[data-ready], [data-editor-host]")
    otto = Visitor(browser, demo, Look())
    otto.sign_in_at_the_desk("otto@mailflatrate.example")
    keep(otto, first_link(otto, "/desk/cases/?state=all", r"/desk/cases/\d+/"), "case")


if __name__ == "__main__":
    SHOTS.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="mailflatrate-shots-") as folder,
        running_demo(Path(folder)) as running,
        sync_playwright() as playwright,
    ):
        take(playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS)), running)
    sys.exit(0)
