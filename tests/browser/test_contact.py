"""A contact's page in a real browser: fields in place, notes, the timeline; a form's typed fields from end to end."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from support.browsers import chosen, looked_at, settle

pytestmark = pytest.mark.browser

LOOKS = chosen(("de", "letter", True), ("en", "ink", False))


@pytest.fixture(params=LOOKS, ids=lambda look: "-".join(map(str, look)))
def anna(request: pytest.FixtureRequest, visitor: Any) -> Iterator[Any]:
    with visitor(*request.param) as found:
        found.sign_in("anna@lindenhof.example")
        yield found


def open_contact(anna: Any) -> str:
    """Open a contact of the demonstration; its path."""
    anna.go("/studio/contacts/?q=brief.example")
    anna.page.locator("main a[href^='/studio/contacts/']").filter(has_text="@brief.example").first.click()
    anna.page.wait_for_url(re.compile(r"/studio/contacts/\d+/"))
    return str(anna.page.evaluate("location.pathname"))


def test_a_field_is_edited_and_a_note_written(anna: Any) -> None:
    page, path = anna.page, open_contact(anna)
    looked_at(anna, "contact-timeline")
    page.locator("#value-last_name a").click()
    page.locator("#field_last_name:focus").wait_for()
    looked_at(anna, "contact-field")
    page.fill("#field_last_name", f"Sommer {anna.look.language}")
    page.locator("#value-last_name form button[type=submit]").click()
    page.locator("li.value-row#value-last_name", has_text=f"Sommer {anna.look.language}").wait_for()
    settle(page)
    page.locator("#timeline summary").first.click()
    page.fill("#note_text", "Tulpen am Telefon bestellt.\nRuft im März wieder an.")
    looked_at(anna, "contact-note-new")
    page.locator("#timeline form button").click()
    page.locator(".feed-note", has_text="Ruft im März").first.wait_for()
    page.locator(".chips a[href*='kind=notes']").click()
    page.wait_for_url("**kind=notes**")
    looked_at(anna, "contact-notes")
    page.locator(".feed-item a[href*='/notes/']").first.click()
    page.wait_for_url(re.compile(r"/notes/\d+/"))
    looked_at(anna, "contact-note")
    page.locator("details.pop:has([data-opens=delete-note]) > summary").click()
    page.locator("[data-opens=delete-note]").click()
    looked_at(anna, "contact-note-delete")
    page.locator("dialog[open] button.btn-danger-solid").click()
    page.wait_for_url(f"**{path}**")
    assert page.locator(".feed-note", has_text="Ruft im März").count() == 0
    anna.go(f"{path}?kind=changes")
    assert f"Sommer {anna.look.language}" in page.inner_text("#timeline")
    assert "Anna Lindner" in page.inner_text("#timeline")
    page.locator("details.pop:has([data-opens=unsubscribe-all]) > summary").click()
    looked_at(anna, "contact-menu")
    for name in ("edit", "fields/last_name"):
        anna.go(f"{path}{name}/")
        looked_at(anna, f"contact-{name.partition('/')[0]}")


def test_a_form_draws_and_checks_typed_fields(anna: Any) -> None:
    page, label = anna.page, f"Pflanzen {anna.look.language}"
    anna.go("/studio/fields/new/")
    page.fill("[name=label]", label)
    page.select_option("[name=type]", "choices")
    page.fill("[name=choices]", "Tulpen\nRosen")
    page.fill("[name=purpose]", "Auswahl der Themen")
    page.locator("form:has([name=purpose]) button[type=submit]").last.click()
    page.wait_for_url("**/studio/fields/")
    anna.go("/studio/forms/new/")
    page.fill("[name=name]", label)
    page.locator("form:has([name=mailing_list]) button[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/studio/forms/\d+/edit/"))
    page.select_option("#fields select >> nth=-1", value=f"field:{label.lower().replace(' ', '_')}")
    page.locator("#fields [name=field0_key]").wait_for(state="attached")
    looked_at(anna, "form-fields")
    anna.go(f"{page.evaluate('location.pathname').replace('edit/', 'preview/')}")
    assert page.locator("fieldset input[type=checkbox]").count() >= 2
    looked_at(anna, "form-typed")
