"""Two subjects are tested on a part of the audience, and the better one goes to everyone else; in both languages."""

import re
from typing import Any

import pytest

from support.browsers import PAGE_PAUSE_SECONDS, approve, copied, looked_at, open_step, received
from support.waiting import wait_until

pytestmark = pytest.mark.browser

PATIENCE_SECONDS = 90


def test_two_subjects_and_a_choice(visitor: Any, otto: Any) -> None:
    """Written in German on a phone, looked at by the desk, chosen in English at a desk of one's own."""
    with visitor("de", "letter", True) as anna:
        anna.sign_in("anna@lindenhof.example")
        path = copied(anna)
        write_second_subject(anna)
        released(anna)
        approve_both(otto, path.removesuffix("edit/"))
        anna.look_as("en", "ink", False)
        choose_second(anna, path.removesuffix("edit/"))


def write_second_subject(anna: Any) -> None:
    """Variant B is a copy of A with a subject of its own; the policy is ticked for both."""
    page = anna.page
    open_step(page, "audience")
    page.locator("#sending summary").click()
    with page.expect_navigation():
        page.locator("button[name=variants][value='add:0']").click()
    assert page.url.endswith("?variant=1#step-content")
    unsaved = page.input_value("#shown_hash")
    page.fill("[name=subject]", "Zwiebeln, die den Winter lieben")
    looked_at(anna, "variants-compose")
    wait_until(lambda: page.input_value("#shown_hash") != unsaved, "the saved draft", pause=PAGE_PAUSE_SECONDS)
    open_step(page, "check")
    page.locator("[data-opens=policy]").first.click()
    page.check("#policy_confirm")
    with page.expect_navigation():
        page.locator("#policy button.btn-primary").click()
    open_step(page, "content")
    page.locator(".mail-head nav.segments a").first.click()
    page.wait_for_url(re.compile(r"variant=0"))
    assert page.input_value("[name=subject]") != "Zwiebeln, die den Winter lieben"


def released(anna: Any) -> None:
    """Anna sends it; the account is new, so that a person of the operator looks first."""
    open_step(anna.page, "check")
    anna.page.locator("[data-opens=send-now]").click()
    looked_at(anna, "variants-release")
    with anna.page.expect_navigation():
        anna.page.locator("#send-now button.btn-primary").click()


def approve_both(otto: Any, path: str) -> None:
    otto.go(path.replace("/studio/", "/desk/"))
    assert "Zwiebeln, die den Winter lieben" in otto.page.inner_text("main")
    looked_at(otto, "variants-desk")
    approve(otto, path)


def choose_second(anna: Any, report: str) -> None:
    """Pick B as soon as the test is out, without waiting for the clicks; everyone else gets it."""
    page = anna.page

    def is_over() -> bool:
        return 'data-opens="choose-1"' in received(anna, report)

    wait_until(is_over, "the choice in the report", seconds=PATIENCE_SECONDS, pause=0.5)
    anna.go(report)
    looked_at(anna, "variants-report")
    page.locator("[data-opens=choose-1]").click()
    looked_at(anna, "variants-choose")
    with page.expect_navigation():
        page.locator("#choose-1 button.btn-primary").click()
    assert "Variant B goes to everyone else." in page.inner_text("main")
