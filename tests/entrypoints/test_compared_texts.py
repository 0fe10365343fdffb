"""Texts of a pop-up that are compared: who writes and keeps them, what is counted, and what the proof says."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.forms.actions.form_counts import fold_counts
from mailflatrate.apps.forms.models import Form, FormCount
from mailflatrate.apps.forms.queries import forget_published
from mailflatrate.base import tenancy
from mailflatrate.rules.forms import content_from_json
from mailflatrate.rules.forms.compared import ComparedText
from support.forms import FormCustomer, builder_post, customer_with_form, fresh_address

pytestmark = pytest.mark.usefixtures("database")
OTHER = ComparedText({"en": "Plants by <post>"}, {"en": "Twice a month"}, {"en": "Yes, please"})
POPUP = {"kind": "popup", "trigger": "delay", "seconds": "0", "percent": "50", "devices": "all", "pages": ""}


def config(garden: FormCustomer) -> dict[str, Any]:
    forget_published(garden.code)
    script = Client().get(f"{garden.url}form.js?language=en").content.decode()
    return dict(json.loads(script.partition("MAILFLATRATE_FORM=")[2].partition(";\n")[0]))


def here(garden: FormCustomer, page: str) -> str:
    return f"/studio/forms/{garden.form_id}/{page}/"


@pytest.mark.slow
def test_each_view_start_and_sign_up_counts_for_its_text_and_the_proof_has_it() -> None:
    garden = customer_with_form(others=(OTHER,))
    assert "compared" not in config(garden), "a form in the page has only its own text"
    client = garden.anna.signed_in().client
    assert client.post(here(garden, "placement"), POPUP).status_code == 303
    (own, *_texts), (key, *texts) = config(garden)["compared"]
    assert (key, texts) == (OTHER.key, ["Plants by <post>", "Twice a month", "Yes, please"])
    email, dora = fresh_address(), Client(enforce_csrf_checks=True)
    for what, text in (("view", key), ("view", own), ("start", key), ("view", "'; DROP"), ("view", "0" * 400)):
        dora.post(f"{garden.url}count", {"what": what, "placement": "popup", "compared_text": text})
    dora.post(f"{garden.url}count", {"what": "view", "placement": "hosted", "compared_text": key})
    mail = garden.asked(email, language="en", placement="popup", compared_text=key)
    garden.confirm(mail)
    for event in garden.events(email):
        if event.kind in ("requested", "confirmed"):
            assert event.evidence.details["shown"] == OTHER.said("en")
    fold_counts(many_rows=0)
    with tenancy.account(garden.account_id):
        rows = set(FormCount.objects.filter(compared_text=key).values_list("what", "placement", "count"))
    assert rows == {(step, "popup", 1) for step in ("view", "start", "signup", "confirmed")}
    page = client.get(here(garden, "placement")).content.decode()
    assert "B: Plants by &lt;post&gt;" in page and "may still be chance" in page
    assert client.post(here(garden, "text"), {"text": key}).status_code == 303
    assert [each[0] for each in config(garden)["compared"]] == [key]
    assert client.post(here(garden, "placement"), {**POPUP, "seconds": "3"}).status_code == 303
    assert [each[0] for each in config(garden)["compared"]] == [key], "the placement changes, the kept text stays"
    assert client.post(here(garden, "text"), {"text": "made up"}).status_code != 500
    assert client.post(here(garden, "text"), {"text": ""}).status_code == 303
    assert len(config(garden)["compared"]) == 2


def test_the_builder_writes_them_and_only_members_who_may_write_keep_one() -> None:
    garden, other = customer_with_form(others=(OTHER,)), customer_with_form()
    with tenancy.account(garden.account_id):
        form = Form.objects.get()
    draft = content_from_json(form.draft)
    anna = garden.anna.signed_in()
    own = {f"en_{name}": getattr(draft.texts["en"], name) for name in ("title", "intro", "button", "wording")}
    others = {"compared_count": "3", "compared1_en_title": "New", "compared1_en_button": ""}
    posted = builder_post(form.mailing_list_id, **own, **others)
    assert anna.client.post(here(garden, "edit"), posted).status_code == 303
    with tenancy.account(garden.account_id):
        content = content_from_json(Form.objects.get().draft)
    texts = draft.texts["en"]
    assert [each.said("en")["title"] for each in content.others] == ["New", texts.title], "a new one begins as a copy"
    assert "A title, button, label" in anna.page(f"forms/{garden.form_id}/edit/"), "the empty button"
    assert len({each.key for each in replace(content, others=content.others[:1]).compared()}) == 2
    stranger = other.anna.signed_in().client
    assert stranger.post(here(garden, "text"), {"text": OTHER.key}).status_code == 404
    with tenancy.account(garden.account_id):
        assert "text" not in Form.objects.get().placement
