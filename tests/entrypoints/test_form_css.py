"""A form's own style sheet, from the builder to the pages and the script."""

import json

import pytest
from django.test import Client

from mailflatrate.apps.forms.models import Form
from mailflatrate.base import tenancy
from mailflatrate.rules.forms import FormStyle, content_from_json
from support.forms import builder_post, customer_with_form

pytestmark = pytest.mark.usefixtures("database")
CSS = ".form { background: #fdf6ec }\r\n.input { background: url(//evil.example/?</style>) }\r\n.button { color: #fff }"


def test_what_is_left_of_it_reaches_page_preview_and_script_and_the_rest_is_named_by_line() -> None:
    garden = customer_with_form(style=FormStyle(css=CSS))
    page = Client().get(garden.url)
    html = page.content.decode()
    own = html.partition(".mf-form{background:#fdf6ec;color:#16181d;--mf-ink:#16181d;")[2].partition("</style>")[0]
    assert ".mf-button{color:#ffffff}" in own
    assert ":is(.mf-kept,.sender-name,.sender-text,.paper-foot)" in own, "ours come last"
    assert "evil.example" not in html
    assert (
        f"'nonce-{html.partition('<style nonce=')[2][1:].partition(chr(34))[0]}'"
        in page.headers["Content-Security-Policy"]
    )
    assert 'class="choice mf-kept"' in html and 'class="small-print mf-kept"' in html
    script = Client().get(f"{garden.url}form.js?language=en").content.decode()
    css = json.loads(script.partition("MAILFLATRATE_FORM=")[2].partition(";\n")[0])["css"]
    assert ".mf-form{background:#fdf6ec" in css and "evil" not in css
    anna = garden.anna.signed_in()
    assert ".mf-form{background:#fdf6ec" in anna.page(f"forms/{garden.form_id}/preview/")
    with tenancy.account(garden.account_id):
        form = Form.objects.get()
    posted = builder_post(form.mailing_list_id, css=f"\r\n{CSS}")
    where = f"/studio/forms/{garden.form_id}/edit/"
    saved = anna.client.post(where, posted, headers={"HX-Request": "true"}).content.decode()
    assert "Line 3:" in saved and "a form loads no files" in saved
    assert anna.client.post(where, {**posted, "css": "x" * 10_001}).status_code == 422
    assert anna.client.post(f"/studio/forms/{garden.form_id}/brand/").status_code == 303
    with tenancy.account(garden.account_id):
        draft = content_from_json(Form.objects.get().draft)
    assert draft.style.css.startswith("\n.form {"), "the brand changes colors, not the style sheet"
    assert not Client().get("/apply/").content.count(b"mf-ink"), "no other page has it"
