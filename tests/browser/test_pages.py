"""Ways through the demonstration in four looks, with axe; test_every_page walks through all pages."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from mailflatrate.entrypoints.cli.demo import wrong
from support.browsers import chosen, new_draft, open_step

pytestmark = pytest.mark.browser

LOOKS = chosen(("en", "letter", False), ("de", "ink", True), ("de", "letter", False), ("en", "ink", False))


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: "-".join(map(str, look)))
def anna(request: pytest.FixtureRequest, visitor: Any) -> Iterator[Any]:
    language, theme, phone = request.param
    with visitor(language, theme, phone, guarded=True) as found:
        found.sign_in("anna@lindenhof.example")
        yield found


def test_the_demonstration_gives_the_numbers_it_must(demo: Any) -> None:
    """Acceptance 1: what misbehaving addresses must give."""
    assert wrong(demo.numbers) == []


def test_the_way_through_a_mailing(anna: Any) -> None:
    """The report of the sent campaign, then a new one: compose, with the checks beside it."""
    page = anna.page
    anna.go("/studio/campaigns/?state=sent")  # drafts of other tests push the first campaign off the first page
    page.get_by_role("link", name="Winterzwiebeln", exact=False).last.click()
    page.wait_for_load_state()
    anna.shoot("report")
    assert re.search(r"1[.,]923", page.content())
    assert anna.violations() == []
    new_draft(anna, "Adventsmarkt", "blocks")
    page.fill("[name=subject]", "Der Adventsmarkt beginnt am Samstag")
    page.wait_for_selector(".blocks[data-ready]")
    anna.shoot("compose")
    assert anna.sideways() <= 0
    assert anna.violations() == []
    open_step(page, "audience")
    page.locator("[name=list_ids]").first.check()
    page.wait_for_load_state("networkidle")
    anna.shoot("compose-audience")
    assert anna.sideways() <= 0
    assert anna.violations() == []
    assert anna.problems == []


def test_a_message_in_the_test_inbox(anna: Any) -> None:
    """The message as it left the engine, with its signature verified."""
    anna.go("/studio/test-inbox/?q=Winterzwiebeln")
    anna.page.locator("a[href^='/studio/test-inbox/']").filter(has_text=re.compile("Winterzwiebeln|@")).first.click()
    anna.page.wait_for_load_state("networkidle")
    anna.shoot("message")
    assert anna.sideways() <= 0
    assert anna.violations() == []


def test_sign_in_page(visitor: Any) -> None:
    """Also for people who are not in yet."""
    for language, theme, phone in LOOKS:
        with visitor(language, theme, phone) as stranger:
            stranger.go("/login/")
            stranger.shoot("login")
            assert stranger.violations() == []
