"""A campaign built in the visual editor: by mouse, by keyboard, and back to its source without loss."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from support.browsers import PAGE_PAUSE_SECONDS, canvas, chosen, drag, new_draft, source, wait_in_page
from support.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def anna(visitor: Any) -> Iterator[Any]:
    with visitor("en", "letter", False) as found:
        found.sign_in("anna@lindenhof.example")
        yield found


@pytest.mark.parametrize(("language", "theme", "phone"), chosen(("de", "ink", False), ("de", "letter", True)))
def test_in_german_in_the_dark_and_on_a_phone(visitor: Any, language: str, theme: str, phone: bool) -> None:
    """It fits, it is translated, axe has nothing to say, with a block chosen."""
    with visitor(language, theme, phone) as somebody:
        somebody.sign_in("anna@lindenhof.example")
        page = begin(somebody, f"Deutsch {theme}", "gallery:event")
        page.locator(".blocks-node", has_text=re.compile("^Schaltfläche|^Knopf")).first.click()
        page.locator("[data-blocks-act=delete]:not(:disabled)").wait_for()
        somebody.shoot("blocks")
        assert somebody.sideways() <= 0
        assert somebody.violations() == []
        assert somebody.problems == []


def begin(anna: Any, name: str, what: str) -> Any:
    new_draft(anna, name, what)
    anna.page.wait_for_selector(".blocks[data-ready]")
    return anna.page


def wait_for_source(page: Any, pattern: str) -> None:
    """Wait until the form will save a source that matches."""
    wait_until(
        lambda: re.search(pattern, source(page)), lambda: f"{pattern} in {source(page)}", pause=PAGE_PAUSE_SECONDS
    )


def test_by_drag_and_drop_and_undone_again(anna: Any) -> None:
    """A button between two texts, a row of columns below; each step back and forth."""
    anna.page.set_viewport_size({"width": 1360, "height": 2400})  # the palette and the canvas are visible at once
    page = begin(anna, "Dragged", "blocks")
    before = source(page)
    text = canvas(page).locator("[data-gjs-type=mj-text]").nth(1)
    drag(page, "divider", text, share=0.9)
    with_line = source(page)
    assert with_line != before
    assert before.count("<mj-divider") + 1 == with_line.count("<mj-divider")
    drag(page, "two_columns", canvas(page).locator("[data-gjs-type=mj-section]").last, share=0.995)
    with_row = source(page)
    assert with_row.count("<mj-column") == before.count("<mj-column") + 2
    undo, redo = page.locator("[data-blocks-undo]"), page.locator("[data-blocks-redo]")
    undo.click()
    assert source(page) == with_line
    undo.click()
    assert source(page) == before
    expect(undo).to_be_disabled()
    redo.click()
    assert source(page) == with_line
    page.locator("#preview iframe").wait_for(state="attached")
    wait_in_page(page, "document.getElementById('saved').textContent.length > 5")
    anna.shoot("blocks")
    assert anna.violations() == []
    assert anna.problems == []


def test_by_keyboard_alone(anna: Any) -> None:
    """Add, choose from the list, change, move, copy, delete: no pointer."""
    page = begin(anna, "Typed", "blocks")
    for block in ("button", "product"):
        page.locator(f"[data-blocks-add={block}]").focus()
        page.keyboard.press("Enter")
    assert source(page).count('<mj-image padding="0 12px 12px"') == 2
    page.locator(".blocks-node", has_text=re.compile("^Button")).first.focus()
    page.keyboard.press("Enter")
    page.locator("[data-blocks-inspector] input").first.focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("Read on")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # over the choice between a page and a calendar file
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("https://lindenhof.example/read")
    wait_for_source(page, r'<mj-button href="https://lindenhof.example/read"[^>]*>Read on</mj-button>')
    length = len(source(page))
    for act in ("duplicate", "up", "down", "delete"):
        page.locator(f"[data-blocks-act={act}]").focus()
        page.keyboard.press("Enter")
        written = source(page)
    assert len(written) == length
    page.locator(".blocks-node").nth(1).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    assert len(source(page)) < length
    page.keyboard.press("Control+z")
    assert len(source(page)) == length
    expect(page.locator("[data-blocks-say]")).not_to_be_empty()
    assert anna.problems == []


PASTE = """(place, html) => {
    const { ClipboardEvent, DataTransfer } = place.ownerDocument.defaultView, clipboardData = new DataTransfer();
    clipboardData.setData("text/html", html);
    place.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def test_written_in_place_like_in_a_letter(anna: Any) -> None:
    """Bold words, a personal field with its fallback, a link set with Enter, and cleaned words from Word."""
    page = begin(anna, "Written", "blocks")
    text = canvas(page).locator("[data-gjs-type=mj-text]").nth(2)
    text.click()
    text.click()
    place = canvas(page).locator("[contenteditable=true]")
    place.wait_for()
    top = page.locator("[data-blocks-canvas]").bounding_box()["y"]
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("Good news for ")
    page.locator("[data-blocks-personalize]").click()
    page.fill("#blocks_field_fallback", "all")
    page.locator("[data-blocks-field-set]").click()
    expect(place.locator("[data-field]")).to_have_text("First name, or: all")
    page.keyboard.press("Control+A")
    page.locator("[data-blocks-format=bold]").click()
    page.keyboard.press("Control+k")
    page.locator("[data-blocks-link]").fill("lindenhof.example/news")
    page.locator("[data-blocks-link]").press("Enter")
    assert page.url.endswith("/edit/"), "Enter sets the link and sends no form"
    expect(place.locator("a[href='https://lindenhof.example/news']").first).to_contain_text("Good news for")
    page.keyboard.press("ArrowRight")
    at_end = "() => document.querySelector('.blocks').blocks.writing.text.view.state.selection.empty"
    wait_until(lambda: page.evaluate(at_end), "the cursor after the link")
    page.keyboard.press("Enter")
    place.evaluate(
        PASTE, "<p class=MsoNormal style='color:red'>From <b style='mso-x:1'>Word</b><script>alert(1)</script></p>"
    )
    assert page.locator("[data-blocks-canvas]").bounding_box()["y"] == top, "the toolbar moves nothing"
    page.keyboard.press("Escape")
    wait_for_source(page, r"<strong>Good news for \{\{ contact\.first_name \| default: \"all\" \}\}</strong>")
    wait_for_source(page, r"<p>From <strong>Word</strong></p>")
    assert "{{" not in canvas(page).locator("body").inner_text()
    page.locator("[data-composer-preview]").click()
    wait_in_page(page, "document.querySelector('#preview iframe').srcdoc.includes('Good news for ')")
    assert anna.violations() == []
    anna.shoot("blocks-preview")
    page.keyboard.press("Escape")
    expect(page.locator("[data-blocks-canvas]")).to_be_visible()
    assert anna.problems == []


def test_the_canvas_has_room_and_the_inspector_covers_nothing(anna: Any) -> None:
    """At least 600 px for the campaign on a laptop and a small window; palette, inspector and checks lie beside it."""
    page = begin(anna, "Room", "gallery:event")
    canvas(page).locator("[data-gjs-type=mj-text]").nth(2).click()
    parts = ("[data-blocks-canvas]", ".blocks-palette", "[data-blocks-tools]", "#checks", ".mail-head")
    for width, least in ((1280, 600), (1024, 600), (768, 440)):
        page.set_viewport_size({"width": width, "height": 800})
        boxes = [page.locator(part).bounding_box() for part in parts]
        assert boxes[0]["width"] >= least, (width, boxes[0])
        for at, one in enumerate(boxes):
            for other in boxes[at + 1 :]:
                beside = one["x"] + one["width"] <= other["x"] + 1 or other["x"] + other["width"] <= one["x"] + 1
                below = one["y"] + one["height"] <= other["y"] + 1 or other["y"] + other["height"] <= one["y"] + 1
                assert beside or below, (width, parts[at], one, other)
    page.set_viewport_size(anna.look.window)


def test_the_imprint_is_always_there(anna: Any) -> None:
    """It is drawn, can be looked at, and neither key nor button takes it out; it is no part of the source."""
    page = begin(anna, "Imprint", "gallery:letter")
    imprint = canvas(page).locator("[data-gjs-type=mf-imprint]")
    imprint.scroll_into_view_if_needed()
    assert "Lindenhof" in imprint.inner_text()
    imprint.click(position={"x": 5, "y": 5})
    canvas(page).locator("[data-gjs-type=mf-imprint].gjs-selected").wait_for()
    expect(page.locator("[data-blocks-act=delete]")).to_be_disabled()
    before = source(page)
    page.keyboard.press("Delete")
    assert source(page) == before
    assert imprint.count() == 1
    assert "HRB" not in before


def test_source_and_blocks_are_one_text(anna: Any) -> None:
    """To MJML and back: not an octet differs; what the blocks do not know is kept."""
    page = begin(anna, "Lossless", "gallery:event")
    first = source(page)
    page.get_by_role("button", name="MJML", exact=True).click()
    page.wait_for_selector("[data-editor-host]", state="attached")
    assert source(page) == first
    strange = "\n    <!-- kept -->\n    <mj-hero><mj-text>Hero</mj-text></mj-hero>"
    page.evaluate(
        """(text) => {
            const area = document.getElementById('id_content');
            area.value = area.value.replace(/\\s*<\\/mj-body>/, (end) => text + end);
            area.dispatchEvent(new Event('change'));
        }""",
        strange,
    )
    written = source(page)
    page.get_by_role("button", name="Blocks", exact=True).click()
    page.wait_for_selector(".blocks[data-ready]")
    assert source(page) == written
    page.locator("[data-blocks-add=spacer]").click()
    wait_for_source(page, "<mj-spacer")
    assert strange in source(page)


def test_who_sees_a_row_and_how_it_looks_on_a_phone(anna: Any) -> None:
    """A condition around a row; the canvas as narrow as a phone."""
    page = begin(anna, "Condition", "gallery:announcement")
    page.locator(".blocks-node", has_text=re.compile("^Section")).nth(2).click()
    page.locator("[data-blocks-inspector] select").first.select_option("contact.first_name")
    assert "{% if contact.first_name %}" in source(page)
    expect(canvas(page).locator("[data-condition]")).to_have_count(1)
    page.locator("[data-blocks-device=phone]").click()
    frame = page.locator("[data-blocks-canvas] iframe.gjs-frame")
    wait_until(lambda: frame.bounding_box()["width"] <= 400, "a canvas as narrow as a phone")
    assert anna.problems == []


def test_a_picture_from_the_library(anna: Any) -> None:
    """The picker puts address and description into the chosen block."""
    page = begin(anna, "Picture", "gallery:welcome")
    page.locator(".blocks-node", has_text=re.compile("^Image")).first.click()
    page.locator("[data-blocks-inspector] [data-opens=picker]").click()
    page.locator("#picker-grid [data-picture]").first.wait_for()
    assert anna.violations() == []
    page.locator("#picker-grid [data-picture]").first.click()
    page.locator("#picker:not([open])").wait_for(state="attached")
    wait_for_source(page, r'<mj-image src="https://[^"]+/m/[a-z0-9]{32,}/[^"]+" alt="[^"]{5,}"')


def test_new_kinds_and_a_shared_row_that_is_changed_for_all_drafts(anna: Any) -> None:
    """Icons and a quote from the palette; the row becomes a shared one, is changed, and the preview shows it."""
    page = begin(anna, "Kinds", "blocks")
    page.locator("[data-blocks-add=social]").click()
    wait_for_source(page, r'<img src="[^"]+/m/shipped/social-instagram\.png" alt="Instagram"')
    page.locator(".blocks-node", has_text=re.compile("Text.*Instagram|^Text$")).last.click()
    page.locator("[data-blocks-inspector] select[aria-label=Network]").first.select_option("bluesky")
    wait_for_source(page, r'social-bluesky\.png" alt="Bluesky"')
    page.locator("[data-blocks-add=quote]").click()
    wait_for_source(page, "<blockquote")
    page.locator(".blocks-node", has_text=re.compile("^Section")).last.click()
    page.fill("[data-saved-name]", "Our quote")
    page.get_by_text("Shared: a change to this row").click()
    page.locator("[data-save-row]").click()
    wait_for_source(page, r'<mj-include path="block:\d+" />')
    assert "<blockquote" not in source(page)
    expect(canvas(page).locator("[data-shared] blockquote")).to_have_count(1)
    page.locator("[data-change-shared]").click()
    wait_for_source(page, "<blockquote")
    page.locator("[data-blocks-inspector] select").nth(1).select_option("phone")
    page.locator("[data-save-shared]").click()
    wait_for_source(page, r'<mj-include path="block:\d+" />')
    wait_in_page(page, "document.querySelector('#preview iframe').srcdoc.includes('mf-hide-phone')")
    page.locator("[data-blocks-add^='saved:']").click()
    wait_until(lambda: source(page).count("<mj-include") == 2, "the row a second time")
    page.locator("[data-saved-more]").click()
    assert anna.violations() == []
    page.get_by_role("button", name="Delete …").click()
    page.locator("[data-saved-delete]").click()
    page.locator("[data-blocks-add^='saved:']").wait_for(state="detached")
    wait_until(lambda: source(page).count("<blockquote") == 2, "a copy in the place of each name")
    assert "<mj-include" not in source(page)
    assert anna.problems == []


def test_fix_selects_the_block_with_the_sample_text(anna: Any) -> None:
    page = begin(anna, "Sample text", "blocks")
    page.locator("[data-blocks-find]").first.click()
    page.locator("[data-blocks-act=delete]:not(:disabled)").wait_for()
    expect(canvas(page).locator(".gjs-selected")).to_contain_text("here is what is new.")
