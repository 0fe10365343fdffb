"""A form that leads to the customer's own pages, and what its builder takes."""

import json

import pytest
from django.test import Client

from mailflatrate.apps.domains.models import SenderDomain
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.forms.queries import forget_published
from mailflatrate.base import tenancy
from mailflatrate.rules.forms import FormRedirects, content_from_json
from support.forms import customer_with_form, fresh_address

pytestmark = pytest.mark.usefixtures("database")
SENT, WELCOME = "https://www.lindenhof.example/sent?form=1", "https://lindenhof.example/welcome"


def test_people_are_led_to_pages_on_proved_domains_only() -> None:
    form = customer_with_form(redirects=FormRedirects(SENT, WELCOME))
    email, browser = fresh_address(), Client(enforce_csrf_checks=True)
    page = browser.get(f"{form.url}?sent=1&next=https://evil.example/")
    assert "form-action 'self' https://www.lindenhof.example;" in page.headers["Content-Security-Policy"]
    assert form.post(email, version="1").headers["Location"] == SENT
    framed = browser.post(f"{form.url}?frame=1", {"email": email, "consent": "yes", "version": "1"})
    assert "sent=1" in framed.headers["Location"], "another site's frame stays with our page"
    said = form.post(fresh_address(), headers={"Accept": "application/json"})
    assert json.loads(said.content)["go"] == SENT
    other = fresh_address()
    form.post(other)
    mails = {mail.message["To"]: mail for mail in form.send()}
    asked = browser.get(mails[email].confirm_path)
    assert "form-action 'self' https://lindenhof.example;" in asked.headers["Content-Security-Policy"]
    done = browser.post(mails[email].confirm_path, {"answer": "yes"})
    assert done.headers["Location"] == WELCOME
    assert "You are signed up" in browser.get(mails[email].confirm_path).content.decode()
    with tenancy.account(form.account_id):
        SenderDomain.objects.update(state="failing")
    forget_published(form.code)
    assert "sent=1" in form.post(fresh_address()).headers["Location"], "the domain may be someone else's by now"
    lapsed = browser.post(mails[other].confirm_path, {"answer": "yes"})
    assert lapsed.headers["Location"] == mails[other].confirm_path


def test_the_builder_takes_own_pages_and_own_images() -> None:
    form = customer_with_form()
    anna = form.anna.signed_in()
    where = f"/studio/forms/{form.form_id}/edit/"
    posted = {"name": "Website", "mailing_list": anna.list_id, "languages": ["en"], "colour": "#00595a", "font": "sans"}
    for wrong in ({"sent_redirect": "https://evil.example/"}, {"logo_url": "https://evil.example/logo.png"}):
        assert anna.client.post(where, {**posted, **wrong}).status_code == 422
    assert anna.client.post(where, {**posted, "sent_redirect": SENT, "welcome_redirect": ""}).status_code == 303
    with tenancy.account(form.account_id):
        assert content_from_json(Form.objects.get(id=form.form_id).draft).redirects == FormRedirects(SENT)
