"""A form's own box for click tracking, its phone and hidden fields, and what its URL fills in."""

import json
import re

import pytest
from django.test import Client

from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.studio.signup.poster import paper_url, qr_svg
from mailflatrate.rules.forms import FieldKind, FormField, frozen_from_json
from support.customers import customer_with_members
from support.forms import FormCustomer, customer_with_form, fresh_address

pytestmark = pytest.mark.usefixtures("database")
FIELDS = (
    FormField("first_name", FieldKind.FIRST_NAME, {"de": "Vorname", "en": "First name"}),
    FormField("mobile", FieldKind.PHONE, {"de": "Handy", "en": "Mobile"}),
    FormField("came_from", FieldKind.SOURCE, {"de": "Herkunft", "en": "Source"}, required=True),
)


@pytest.fixture
def garden() -> FormCustomer:
    return customer_with_form(fields=FIELDS, asks_tracking=True)


def box(page: str, name: str) -> str:
    """Return the checkbox with this name, as HTML."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found is not None
    return found[0]


def person(garden: FormCustomer, email: str) -> Contact:
    with tenancy.account(garden.account_id):
        return Contact.objects.get(email=email)


def test_the_url_fills_in_fields_and_never_a_consent(garden: FormCustomer) -> None:
    asked = "language=en&email=dora@x.example&first_name=Dora&mobile=words&came_from=fair&consent=yes&tracking=yes"
    page = Client().get(f"{garden.url}?{asked}").content.decode()
    assert 'value="dora@x.example"' in page
    assert 'value="Dora"' in page
    assert "words" not in page.partition("<form")[2], "what doesn't suit its field isn't filled in"
    assert '<input type="hidden" name="came_from" value="fair">' in page
    for name in ("consent", "tracking"):
        assert "checked" not in box(page, name)
    script = Client().get(f"{garden.url}form.js?language=en").content.decode()
    config = json.loads(script.partition("MAILFLATRATE_FORM=")[2].partition(";\n")[0])
    assert config["fields"] == ["email", "first_name", "mobile", "came_from"]
    assert re.search('type="tel"[^>]*name="mobile"', config["html"])
    assert '<input type="hidden" name="came_from">' in config["html"]
    own, tracking = (config["html"].partition(f'<label for="{box}">')[2] for box in ("consent", "tracking"))
    assert "which links in its emails" not in own.partition("</label>")[0]
    assert "which links in its emails" in tracking.partition("</label>")[0]
    plain = garden.anna.signed_in().page(f"forms/{garden.form_id}/")
    assert "mf-tracking" in plain


def test_tracking_needs_its_own_tick_in_the_form_and_again_in_the_mailbox(garden: FormCustomer) -> None:
    both, at_the_form, in_the_mailbox = (fresh_address() for _each in range(3))
    wrong = garden.post(both, mobile="words")
    assert wrong.status_code == 422
    garden.sign_up(both, tracking="yes", mobile="+49 (0)30 123456", came_from="fair")
    garden.sign_up(at_the_form, tracking="yes")
    garden.sign_up(in_the_mailbox)
    mails = {mail.message["To"]: mail for mail in garden.send()}
    assert "which links in its emails" in mails[both].part("plain")
    assert "which links" not in mails[in_the_mailbox].part("plain")
    browser = Client(enforce_csrf_checks=True)
    assert "checked" not in box(browser.get(mails[both].confirm_path).content.decode(), "tracking")
    assert 'name="tracking"' not in browser.get(mails[in_the_mailbox].confirm_path).content.decode()
    browser.post(mails[both].confirm_path, {"answer": "yes", "tracking": "yes"})
    browser.post(mails[at_the_form].confirm_path, {"answer": "yes"})
    browser.post(mails[in_the_mailbox].confirm_path, {"answer": "yes", "tracking": "yes"})
    tracked = person(garden, both)
    assert tracked.tracking
    assert tracked.attributes == {"mobile": "+4930123456", "came_from": "fair"}
    assert not person(garden, at_the_form).tracking
    assert not person(garden, in_the_mailbox).tracking
    granted = garden.events(both)[-1]
    assert granted.kind == "tracking_granted"
    assert granted.evidence.details["ticked"] == ["consent", "tracking"]
    assert granted.evidence.signup_at is not None
    assert "which links in its emails" in granted.evidence.details["wording"]
    assert garden.state(at_the_form) == "confirmed"


@pytest.mark.slow
def test_a_poster_and_its_code_lead_to_the_form_and_say_so(garden: FormCustomer) -> None:
    anna = garden.anna.signed_in()
    where = f"/studio/forms/{garden.form_id}"
    code = anna.client.get(f"{where}/qr.svg?language=en")
    assert code.headers["Content-Type"] == "image/svg+xml"
    with tenancy.account(garden.account_id):
        form = Form.objects.select_related("current").get(id=garden.form_id)
    assert form.current is not None
    url = paper_url(form, frozen_from_json(form.current.content), "en")
    assert url.endswith(f"{garden.url}?language=en&came_from=poster")
    assert code.content.decode() == qr_svg(url)
    paper = anna.client.get(f"{where}/poster.pdf")
    assert paper.content.startswith(b"%PDF-")
    carla = customer_with_members("Carla")
    for name in ("qr.svg", "poster.pdf"):
        assert carla.client.get(f"{where}/{name}").status_code == 404
    with pytest.raises(ValueError, match="too long"):
        qr_svg(f"https://lindenhof.example/{'a' * 500}")
