"""The page that says where and when a form appears, and the script that follows it."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.forms.models import Form
from mailflatrate.base import tenancy
from support.forms import FormCustomer, customer_with_form
from support.people import browser, followed, person

pytestmark = pytest.mark.usefixtures("database")
POPUP = {"kind": "popup", "trigger": "scroll", "seconds": "5", "percent": "40", "devices": "wide", "pages": "/shop/*\n"}


@pytest.fixture
def lindenhof() -> FormCustomer:
    return customer_with_form()


def config(lindenhof: FormCustomer) -> dict[str, Any]:
    script = Client().get(f"{lindenhof.url}form.js").content.decode()
    found = re.search(r"const MAILFLATRATE_FORM=(.*);\n", script)
    assert found is not None
    return dict(json.loads(found[1]))


def here(lindenhof: FormCustomer) -> str:
    return f"/studio/forms/{lindenhof.form_id}/placement/"


def test_what_is_saved_reaches_websites_without_publishing_again(lindenhof: FormCustomer) -> None:
    assert config(lindenhof)["placement"]["kind"] == "inline"
    assert "with one script" in lindenhof.anna.client.get(here(lindenhof)).content.decode()
    page = followed(lindenhof.anna.client, here(lindenhof), POPUP)
    assert "follow within five minutes" in page and "form.js" in page and "data-mailflatrate" not in page
    given = config(lindenhof)["placement"]
    assert (given["kind"], given["trigger"], given["seconds"], given["percent"]) == ("popup", "scroll", 5, 40)
    assert (given["devices"], given["pages"]) == ("wide", ["/shop/*"])
    assert "Now: Pop-up." in lindenhof.anna.client.get(f"/studio/forms/{lindenhof.form_id}/").content.decode()
    with tenancy.account(lindenhof.account_id):
        form = Form.objects.select_related("current").get()
    assert form.current is not None and form.current.number == 1, "the wording is the same, so no version is needed"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pages": "shop"}, "“shop” isn&#x27;t a path"),
        ({"pages": "\n".join(f"/{number}" for number in range(21))}, "Enter up to 20 paths."),
        ({"seconds": "601"}, "600"),
        ({"percent": "0"}, "1"),
        ({"kind": "flash"}, "flash"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    lindenhof: FormCustomer, changes: dict[str, str], said: str
) -> None:
    answer = lindenhof.anna.client.post(here(lindenhof), {**POPUP, **changes})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert config(lindenhof)["placement"]["kind"] == "inline"


def test_a_reader_looks_and_changes_nothing(lindenhof: FormCustomer) -> None:
    ben = browser(person(lindenhof.account_id, "Ben", Role.VIEWER))
    assert "disabled" in ben.get(here(lindenhof)).content.decode()
    assert ben.post(here(lindenhof), POPUP).status_code == 403
    assert config(lindenhof)["placement"]["kind"] == "inline"
