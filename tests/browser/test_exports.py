"""Leaving: an owner asks for a file of everyone and downloads it. And the other way in: by API key."""

from typing import Any

import pytest

from browser.conftest import PASSWORD
from support.browsers import chosen, looked_at

pytestmark = pytest.mark.browser

ANNA = "anna@lindenhof.example"
LOOKS = chosen(("en", "letter", False), ("de", "ink", True))


@pytest.mark.parametrize(("language", "theme", "phone"), LOOKS, ids=lambda one: str(one))
def test_an_owner_exports_everyone(visitor: Any, language: str, theme: str, phone: bool) -> None:
    with visitor(language, theme, phone) as anna:
        anna.sign_in(ANNA)
        page = anna.page
        # Taking data out asks for the password once more.
        anna.go("/reauthenticate/?next=/studio/exports/new/")
        page.fill("main input[type=password]", PASSWORD)
        page.locator("main form button.btn-primary").click()
        page.wait_for_url("**/studio/exports/new/")
        looked_at(anna, "export-new")
        page.locator("main form button.btn-primary").click()
        file = page.locator("main a[href$='/file']").first
        file.wait_for()
        looked_at(anna, "exports")
        with page.expect_download() as waiting:
            file.click()
        assert b"@" in waiting.value.path().read_bytes()


@pytest.mark.parametrize(("language", "theme", "phone"), LOOKS, ids=lambda one: str(one))
def test_the_key_of_the_previous_system_is_asked_for(visitor: Any, language: str, theme: str, phone: bool) -> None:
    """Whoever has no key there goes back to the files; a wrong one is told, and isn't shown again."""
    with visitor(language, theme, phone) as anna:
        anna.sign_in(ANNA)
        page = anna.page
        anna.go("/studio/imports/new/")
        page.locator("main a[href='/studio/imports/fetch/']").click()
        page.wait_for_url("**/studio/imports/fetch/")
        looked_at(anna, "move-fetch")
        page.select_option("[name=system]", "mailchimp")
        page.fill("[name=key]", "0123456789-without-data-center")
        page.locator("main form button.btn-primary").click()
        page.wait_for_selector("#move:not([hx-get])")
        looked_at(anna, "move-fetch-failed")
        assert "-us21" in page.inner_text("main")
        page.locator("form[action$='/discard/'] button").click()
        page.wait_for_url("**/studio/imports/new/")
