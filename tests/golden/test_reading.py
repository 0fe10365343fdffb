"""What the golden crawl reads from a page, so that no change of these goes unseen."""

from golden.folding import Folder
from golden.forms import posting_forms
from golden.neutral import neutral
from golden.page_lines import page_lines

PAGE = """<html lang="en"><head><title>Tags</title></head><body>
<aside><a href="/studio/tags/" aria-current="page">Tags</a></aside>
<main class="wide"><h1>Tags</h1><p>Two <b>tags</b>.</p><a href="/studio/tags/1/">VIP</a>
<div hx-get="/studio/tags/count/" hx-trigger="load"></div>
<form method="post" action="/studio/tags/new/"><input type="hidden" name="csrfmiddlewaretoken" value="x">
<input name="name" value="New" required maxlength="60"><input type="checkbox" name="on" checked>
<input type="checkbox" name="off"><select name="color"><option value="a">A</option>
<option value="b" selected>B</option></select>
<button name="do" value="add">Add</button></form>
<table><tr><td>VIP</td><td data-tone="error">3</td></tr></table></main></body></html>"""


def test_page_is_read_as_texts_links_forms_and_htmx() -> None:
    page = page_lines(PAGE)
    assert page.lines == [
        "language: en",
        "title: Tags",
        "in the menu: Tags",
        "# Tags",
        "Two tags.",
        "[VIP](/studio/tags/1/)",
        "div hx-get=/studio/tags/count/ hx-trigger=load",
        "form post /studio/tags/new/",
        "<text name=New maxlength=60 required> <checkbox on= checked> <checkbox off=>",
        "<select color: a (A) | *b (B) selected>",
        "<submit do=add: Add>",
        "end of form",
        "| VIP",
        "| td data-tone=error",
        "  3",
    ]
    assert page.frames == ["[Tags](/studio/tags/)"]


def test_class_is_left_out() -> None:
    assert page_lines(PAGE.replace("wide", "narrow")).lines == page_lines(PAGE).lines


def test_form_is_submitted_as_a_browser_would() -> None:
    (form,) = posting_forms(PAGE, "/studio/tags/")
    assert form.action == "/studio/tags/new/"
    assert form.fields == {"name": ["New"], "on": ["on"], "color": ["b"], "do": ["add"]}


def test_what_differs_from_build_to_build_is_named() -> None:
    token = "4f" * 20
    assert neutral(f"/u/{token} 4K7Q-92XD-8 /static/dist/assets/app-CAarbHYP.js") == (
        "/u/‹token› ‹mailing ID› /static/dist/assets/app.js"
    )
    assert neutral("/studio/campaigns/12/edit/ 2026-11-26T10:00:00.123Z") == (
        "/studio/campaigns/12/edit/ 2026-11-26T10:00:00Z"
    )


def test_roles_with_the_same_answer_share_an_entry_and_others_show_what_differs() -> None:
    lines = ["200", *(f"line {number}" for number in range(12))]
    groups = [(["owner", "admin"], lines), (["viewer"], [*lines[:-1], "line for viewers"])]
    pages = {"/a/<>/": [{"path": "/a/1/", "method": "GET", "en": groups, "de": []}]}
    text = Folder(pages, {"people": [], "keys": []}).files()["pages/a/@.txt"]
    assert "--- owner, admin\n200\nline 0\n" in text
    assert text.endswith("--- viewer\nas owner (GET /a/1/), but\n@ after: line 10\n- line 11\n+ line for viewers\n")


def test_half_of_a_key_without_signs_is_still_a_key() -> None:
    assert neutral(f'"v=DKIM1; k=rsa; p={"aB3" * 40}" "{"Zz9" * 30}"') == '"v=DKIM1; k=rsa; p=‹base64›" "‹base64›"'
    assert neutral(f'p"v=DKIM1; k=rsa; p={"a+/" * 130}Q=="') == 'p"v=DKIM1; k=rsa; p=‹base64›"'
