"""The list of contacts in a browser: filters, chips, columns, orders and the way back; wide, tablet and phone."""

import re
from typing import Any

import pytest

from support.browsers import chosen, settle

pytestmark = pytest.mark.browser

ANNA = "anna@lindenhof.example"
LOOKS = chosen(("en", "letter", False), ("de", "ink", True))
TABLET = {"width": 820, "height": 1180}


def fits(somebody: Any, name: str) -> None:
    """Measure what is open, also at the width of a tablet; keep a picture."""
    usual = somebody.page.viewport_size
    somebody.shoot(name)
    assert somebody.sideways() <= 0
    assert somebody.violations() == []
    somebody.page.set_viewport_size(TABLET)
    assert somebody.sideways() <= 0
    somebody.keep(f"{name}-tablet-{somebody.look.name}")
    somebody.page.set_viewport_size(usual)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_the_list_is_filtered_sorted_and_arranged(visitor: Any, look: tuple[str, str, bool]) -> None:
    with visitor(*look, guarded=True) as anna:
        anna.sign_in(ANNA)
        page = anna.page
        anna.go("/studio/contacts/")
        page.click("[data-opens=add-filter]")
        page.select_option("#filter-by", "first_name")
        page.wait_for_selector("#filter-op option[value=starts]", state="attached")
        settle(page)
        with page.expect_response(re.compile("/contacts/filter/")):
            page.select_option("#filter-op", "starts")
        settle(page)
        page.wait_for_selector("input#filter-value")
        page.fill("#filter-value", "A")
        fits(anna, "contacts-add-filter")
        page.click("#add-filter .ask-foot .btn-primary")
        page.wait_for_url(re.compile("where=first_name"))
        assert page.locator("nav.chips a.chip:has(svg)").count() == 1
        counted = page.locator("#match-count")
        counted.filter(has_text=re.compile(r"\d")).wait_for()
        some = counted.inner_text()
        page.click("[data-opens=choose-columns]")
        page.check("#choose-columns input[value=confirmed]")
        page.uncheck("#choose-columns input[value=tags]")
        fits(anna, "contacts-columns")
        page.click("#choose-columns .ask-foot .btn-primary")
        page.wait_for_url(re.compile("columns="))
        page.locator("details.pop:has(a[href*='sort=']) summary").first.click()
        page.locator("details.pop a[href*='sort=-added']").click()
        page.wait_for_url(re.compile("sort=-added"))
        assert "where=first_name" in page.url
        fits(anna, "contacts-filtered")
        page.go_back()
        page.wait_for_url(re.compile("columns="))
        assert "sort=" not in page.url
        page.locator("nav.chips a.chip:has(svg)").last.click()
        page.wait_for_url(lambda url: "where=" not in url)
        page.locator("#match-count").filter(has_text=re.compile(r"\d")).wait_for()
        assert page.locator("#match-count").inner_text() != some
        anna.go("/studio/contacts/")  # a bare address shows the columns that were chosen
        assert page.locator("#contacts th a[href*='sort=-confirmed']").count() == 1
        assert anna.problems == []


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_a_file_of_suppressions_is_handed_in(visitor: Any, look: tuple[str, str, bool]) -> None:
    with visitor(*look, guarded=True) as anna:
        anna.sign_in(ANNA)
        page = anna.page
        anna.go("/studio/suppressions/import/")
        fits(anna, "suppressions-import")
        text = b"email,status\nlost@papierboot.example,bounced\nno address,bounced\ninfo@x.example,unsubscribed\n"
        page.set_input_files("input[name=file]", {"name": "old.csv", "mimeType": "text/csv", "buffer": text})
        page.locator("main form .btn-primary").click()
        page.wait_for_url(re.compile(r"/suppressions/import/\d+/"))
        page.locator("a[href$='rows.csv']").wait_for()
        fits(anna, "suppressions-imported")
        anna.go("/studio/suppressions/")
        fits(anna, "suppressions")
        assert anna.problems == []
