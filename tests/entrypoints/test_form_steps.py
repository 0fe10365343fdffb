"""A form in steps: how its builder divides the fields, and what visitors get of it, with and without JavaScript."""

import json
import re
from dataclasses import replace

import pytest
from django.test import Client

from mailflatrate.apps.forms.models import Form, FormCount, SignupRequest
from mailflatrate.base import tenancy
from mailflatrate.rules.forms import FieldKind, FormField, content_from_json
from support.forms import builder_post, customer_with_form, fresh_address

pytestmark = pytest.mark.usefixtures("database")
FIRST = FormField("first_name", FieldKind.FIRST_NAME, {"en": "First name"})
LAST = FormField("last_name", FieldKind.LAST_NAME, {"en": "Last name"}, step=3)
CITY = FormField("city", FieldKind.TEXT, {"en": "City"}, required=True, step=1)
CAME_FROM = FormField("came_from", FieldKind.SOURCE, {"en": "Source"}, step=2)


def test_a_form_in_steps_is_one_form_and_stores_nothing_before_its_end() -> None:
    garden = customer_with_form(fields=(LAST, CITY, FIRST, CAME_FROM))
    page = Client().get(f"{garden.url}?language=en").content.decode()
    labels = re.findall(r'<div class="grid gap-4" data-step role="group" aria-label="([^"]+)"', page)
    assert labels == ["Step 1 of 3", "Step 2 of 3", "Step 3 of 3"], "a step without a visible field doesn't count"
    order = re.findall(r'name="(email|first_name|came_from|city|last_name|consent)"', page)
    assert order == ["email", "first_name", "came_from", "city", "last_name", "consent"]
    assert page.count("<form") == 1, "without JavaScript it is one long form"
    script = Client().get(f"{garden.url}form.js?language=en").content.decode()
    assert "export{" not in script and "import{" not in script, "it is loaded as a plain script"
    config = json.loads(script.partition("MAILFLATRATE_FORM=")[2].partition(";\n")[0])
    html = config["html"]
    assert config["action"].endswith(garden.url) and f'action="{config["action"]}"' in html
    assert html.count("data-step ") == 3
    assert html.index('name="city"') < html.index('name="last_name"') < html.index('id="mf-send"')
    email = fresh_address()
    refused = garden.post(email, language="en").content.decode()
    assert re.search(r'name="city"[^>]*aria-invalid="true"', refused), "the step of this field is the one shown"
    with tenancy.account(garden.account_id):
        assert not SignupRequest.objects.exists()
    Client().post(f"{garden.url}count", {"what": "start", "placement": "hosted"})
    garden.sign_up(email, city="Kiel")
    with tenancy.account(garden.account_id):
        assert SignupRequest.objects.get().ticked == ["consent"]
        assert set(FormCount.objects.values_list("what", flat=True)) == {"start", "signup"}


def test_the_builder_divides_fields_into_steps_and_keeps_the_hash_of_forms_without() -> None:
    garden = customer_with_form(fields=(FIRST, CITY))
    with tenancy.account(garden.account_id):
        form = Form.objects.select_related("current").get()
    assert form.current is not None
    first, city = content_from_json(form.current.content["content"]).as_json()["fields"]
    assert "step" not in first and city["step"] == 1
    client, where = garden.anna.signed_in().client, f"/studio/forms/{garden.form_id}/edit/"
    assert re.search(r'name="field1_step".*?<option value="2" selected>2', client.get(where).content.decode(), re.S)
    first_row = {"field0_kind": "first_name", "field0_en": "First name", "field0_step": "4"}
    city_row = {"field1_kind": "text", "field1_key": "city", "field1_en": "City", "field1_step": "99"}
    posted = builder_post(form.mailing_list_id, **first_row, **city_row)
    assert client.post(where, posted).status_code == 303
    with tenancy.account(garden.account_id):
        content = content_from_json(Form.objects.get().draft)
    assert [field.step for field in content.fields] == [3, 0], "what isn't a step is the first"
    assert [len(step) for step in content.steps()] == [1, 1]
    preview = client.get(f"/studio/forms/{garden.form_id}/preview/").content.decode()
    assert "Step 2 of 2" in preview and "data-task" not in preview
    assert len(replace(content, fields=()).steps()) == 1
