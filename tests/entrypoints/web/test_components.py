"""The component library: each sketch renders, icons are real, fields are tied for screen readers."""

import json
import re
from pathlib import Path

import pytest
from django import forms
from django.http import HttpRequest
from django.template import Context, RequestContext, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler

import mailflatrate
from mailflatrate.entrypoints.ui.allauth_texts import RETRANSLATED
from mailflatrate.entrypoints.ui.templatetags import controls, icons

PACKAGE = Path(mailflatrate.__file__).parent
TEMPLATES = PACKAGE / "entrypoints" / "ui" / "templates"
SKETCHES = Path(__file__).parent / "sketches"
FRONTEND = PACKAGE.parents[1] / "frontend"


def frame() -> dict[str, object]:
    item = {"label": "Lists", "url": "/lists", "icon": "list", "active": True, "count": 3}
    return {
        "nav": [{"label": "", "items": [item]}],
        "switcher": {"name": "Gärtnerei Lindenhof", "word": "Active", "tone": "success", "choices": []},
        "person": {"name": "Anna Lindner", "role": "Owner"},
        "chart": {"times": [1, 2], "series": [{"label": "Contacts", "values": [3, 4]}], "unit": ""},
        "chart_rows": [("1 Nov", 3)],
        "people": [("dora@example.org", "Confirmed", "success")],
        "senders": [("a", "news@lindenhof.example")],
        "audiences": [("a", "Newsletter")],
        "errors_json": json.dumps([{"line": 1, "message": 'a "quoted" <name>'}]),
        "source": "<mjml></mjml>",
        "customer": {"name": "Gärtnerei Lindenhof", "text": "Newsletter", "colour": "#045f47"},
        "imprint_url": "/imprint",
        "privacy_url": "/privacy",
    }


def page(**cookies: str) -> HttpRequest:
    request = RequestFactory().get("/")
    request.COOKIES.update(cookies)
    return request


def sketch(name: str, context: dict[str, object], request: HttpRequest) -> str:
    """Render a page made of the components, which no view of the service shows."""
    source = CottonCompiler().process((SKETCHES / name).read_text(encoding="utf-8"))
    return Template(source).render(RequestContext(request, context))


@pytest.mark.parametrize("name", sorted(path.name for path in SKETCHES.glob("*.html")))
def test_every_sketch_renders_whole(name: str) -> None:
    html = sketch(name, frame(), page())
    assert html.lstrip().lower().startswith("<!doctype html>")
    assert not re.search(r"<c-|</c-|{%|{#", html)
    assert "style=" not in html
    assert not re.search(r"\son\w+=", html), "an inline handler would need an exception in the policy"
    labelled = set(re.findall(r'<label[^>]*for="([^"]+)"', html))
    fields = re.findall(r"<(?:input|select|textarea)\b[^>]*>", html)
    for field in fields:
        if 'type="hidden"' in field or "aria-label=" in field or 'type="search"' in field:
            continue
        assert re.search(r'id="([^"]+)"', field)[1] in labelled, field  # type: ignore[index]


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_refusals_need_no_context(name: str) -> None:
    assert "<h1>" in render_to_string(f"{name}.html")


def test_the_chosen_theme_is_in_the_first_byte_of_the_page_and_a_forged_one_is_not() -> None:
    assert 'data-theme="ink"' in sketch("home.html", frame(), page(theme="ink"))
    assert "data-theme=" not in render_to_string("404.html", {}, page(theme='x" onload="'))


def test_a_public_page_weighs_little_and_has_no_script() -> None:
    html = sketch("confirm.html", frame(), page())
    manifest = json.loads((PACKAGE / "static" / "dist" / "manifest.json").read_text(encoding="utf-8"))
    sheet = PACKAGE / "static" / "dist" / manifest["src/public.css"]["file"]
    assert len(html.encode()) + sheet.stat().st_size < 30_000
    assert "<script" not in html
    assert sheet.name in html


def test_nothing_of_ours_is_fetched_from_elsewhere() -> None:
    for path in (PACKAGE / "static" / "dist").rglob("*.css"):
        assert not re.search(r"url\(\s*[\"']?(?:https?:)?//", path.read_text(encoding="utf-8")), path.name
    assert "resolved" not in (FRONTEND / "package-lock.json").read_text(encoding="utf-8")


def test_every_icon_that_a_template_names_is_in_the_build() -> None:
    known = set(icons.drawings())
    assert known == set(json.loads((FRONTEND / "icons.json").read_text(encoding="utf-8")))
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        named = re.findall(r'{% icon "([^"]+)"', text) + re.findall(r'(?<!:)\bicon(?:_end)?="([a-z0-9-]+)"', text)
        assert set(named) <= known, path.name
    assert set(controls.STATE_ICONS.values()) <= known


def test_an_unknown_icon_says_how_to_mend_it() -> None:
    with pytest.raises(TemplateSyntaxError, match=r"frontend/icons\.json"):
        icons.icon("no-such-drawing")


def test_an_icon_is_silent_unless_it_has_a_meaning() -> None:
    assert 'aria-hidden="true"' in icons.icon("send")
    assert 'aria-label="a &quot;b&quot;"' in icons.icon("send", label='a "b"')


class Reply(forms.Form):
    address = forms.EmailField(label="Reply address", help_text="Readers answer to it.")
    note = forms.CharField(required=False, widget=forms.Textarea)
    policy = forms.BooleanField(label="I have read the policy")


def draw(form: forms.Form, name: str) -> str:
    template = Template('<c-form-field :field="field" />'.replace("<c-", "{% cotton ").replace(" />", " / %}"))
    return template.render(Context({"field": form[name]}))


def test_a_field_is_tied_to_its_hint_and_its_error() -> None:
    html = draw(Reply({"address": "post@lindenhof"}), "address")
    described = re.search(r'aria-describedby="([^"]+)"', html)
    assert described
    for identifier in described[1].split():
        assert f'id="{identifier}"' in html
    assert 'aria-invalid="true"' in html
    assert "optional" in draw(Reply({}), "note")


def test_a_checkbox_is_never_ticked_by_itself() -> None:
    assert "checked" not in draw(Reply(), "policy")
    html = sketch("index.html", frame(), page())
    assert not re.search(r'<input[^>]*type="(?:checkbox|radio)"[^>]*\bchecked\b', html)


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Anna Lindner", "AL"), ("Anna", "A"), ("anna@example.org", "A"), ("Anna Maria Lindner", "AL"), ("", "")],
)
def test_initials(name: str, letters: str) -> None:
    assert controls.initials(name) == letters


@pytest.mark.parametrize(
    ("name", "sign"),
    [("Lindenhof GmbH", "L"), ("Nordlicht Versand GmbH", "N"), ("„Ökohof“ eG", "Ö"), ("1a Garten AG", "1"), ("", "")],
)
def test_a_company_is_marked_by_the_start_of_its_name_not_by_its_legal_form(name: str, sign: str) -> None:
    assert controls.mark(name) == sign


@pytest.mark.parametrize(
    ("colour", "text"), [("#045f47", "#ffffff"), ("#ffe08a", "#16181d"), ("#ffffff", "#16181d"), ("#000000", "#ffffff")]
)
def test_text_on_the_customers_colour_can_be_read(colour: str, text: str) -> None:
    assert controls.readable_on(colour) == text


@pytest.mark.parametrize("colour", ["#12345", "#12345g", "red", "#123456;}body{", None, "#1234567"])
def test_only_a_plain_colour_reaches_the_style_block(colour: str | None) -> None:
    html = sketch("confirm.html", frame() | {"customer": {"name": "Eve", "colour": colour}}, page())
    assert "<style" not in html


def test_german_says_sie() -> None:
    with translation.override("de"):
        for sentence in RETRANSLATED:
            assert not re.search(r"\b(du|dein\w*|dich|dir)\b", translation.gettext(sentence), re.IGNORECASE)
            assert translation.gettext(sentence) != sentence


def test_a_group_gives_each_box_its_words_and_its_look() -> None:
    """Django's frame around the boxes would carry the class of one box, and hide the words behind it."""

    class Choose(forms.Form):
        to = forms.MultipleChoiceField(choices=[("a", "Anna <b>"), ("b", "Ben")], widget=forms.CheckboxSelectMultiple)

    drawn = str(controls.control(Choose(initial={"to": ["b"]})["to"]))
    assert drawn.count('class="checkbox checkbox-sm checkbox-primary"') == 2
    assert '<div id="id_to" class="grid gap-2">' in drawn
    assert "Anna &lt;b&gt;" in drawn and drawn.count(" checked") == 1


def test_a_field_that_has_no_empty_choice_is_not_called_optional() -> None:
    class Choose(forms.Form):
        share = forms.ChoiceField(choices=[("10", "10 %")], required=False)
        segment = forms.ChoiceField(choices=[("", "Choose"), ("1", "Kiel")], required=False)
        hours = forms.IntegerField(required=False, widget=forms.NumberInput({"aria-required": "true"}))
        note = forms.CharField(required=False)
        name = forms.CharField()

    form = Choose(initial={"share": "10"})
    assert {name for name in form.fields if controls.is_optional(form[name])} == {"segment", "note"}
    field = Template('{% load cotton %}<c-form-field :field="form.share" /><c-form-field :field="form.hours" />')
    assert "optional" not in field.render(Context({"form": form}))


@pytest.mark.parametrize(("language", "shown"), [("en", "1.50%"), ("de", "1,50 %")])
def test_a_percentage_is_written_as_its_language_does(language: str, shown: str) -> None:
    with translation.override(language):
        assert controls.percent(1.5, 2) == shown
        assert controls.percent(None) == "–"


def test_bars_of_one_chart_share_their_columns() -> None:
    """Alone, a bar's track is as long as its own label and number leave it."""
    alone = []
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        for bar in re.finditer(r"<c-bar\b", text):
            open_ones: list[str] = []
            for tag in re.finditer(r"<div\b([^>]*)>|</div>", text[: bar.start()]):
                open_ones = [*open_ones, tag[1]] if tag[1] is not None else open_ones[:-1]
            if path.name != "answer_row.html" and not (open_ones and re.search(r"\bbars\b", open_ones[-1])):
                alone.append(path.name)
    assert alone == []
