"""A message's link in the wrong hands: it reads no personal data, changes none, and never delays an unsubscribe."""

import re

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.forms.actions.form_edits import save_draft
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.forms.queries import forget_published
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.forms import FieldKind, FormField, content_from_json
from support.forms import FormCustomer, add_form, customer_with_form, fresh_address

NAME = FormField("first_name", FieldKind.FIRST_NAME, {"en": "First name"})
BORN = FormField("birthday", FieldKind.TEXT, {"en": "Birthday"})
SPORTS = FormField("sports", FieldKind.TEXT, {"en": "Sports"})
STORED = {"first_name": "Theodora", "birthday": "1979-04-05", "sports": ["Rowing"]}


@pytest.fixture
def place(database: str) -> tuple[FormCustomer, str, str]:
    assert database
    first = customer_with_form()
    with tenancy.account(first.account_id):
        create_field(FieldDraft("Birthday", "date", "p"))
        create_field(FieldDraft("Sports", "choices", "p", choices=("Rowing", "Judo")))
    form_id, code = add_form(first.anna, fields=(NAME, BORN, SPORTS))
    with tenancy.account(first.account_id):
        row = Form.objects.get(id=form_id)
        content = content_from_json(row.draft)
        save_draft(
            form_id, name="F", list_id=first.anna.list_id, sender_id=row.sender_id, content=content, correctable=True
        )
    forget_published(code)
    here, dora = FormCustomer(first.anna, form_id, code), fresh_address()
    here.confirm(here.asked(dora, **STORED))
    with tenancy.account(here.account_id):
        delivery = Delivery.objects.get(contact__email=dora, confirmation_id__isnull=False)
    return here, dora, f"/p/{key_ring().seal(TokenPurpose.PREFERENCES, here.account_id, delivery.id)}"


def save(place: tuple[FormCustomer, str, str], **data: object) -> tuple[int, str]:
    here, _dora, url = place
    whole = {"act": "save", "keep": [here.anna.list_id], "pause": "", "language": "en", "fields": "1"} | data
    answer = Client(enforce_csrf_checks=True).post(url, whole)
    return answer.status_code, re.sub(r'nonce="[^"]*"', "", answer.content.decode())


def stored(place: tuple[FormCustomer, str, str]) -> tuple[str, object, object]:
    here, dora, _url = place
    with tenancy.account(here.account_id):
        contact = Contact.objects.get(email=dora)
    return contact.first_name, contact.attributes["birthday"], contact.attributes["sports"]


def is_shown(page: str) -> bool:
    choices = page.partition('id="id_sports"')[2].partition("</fieldset>")[0]
    return "Theodora" in page or "1979" in page or "checked" in choices


def test_a_forwarded_link_shows_no_stored_value(place: tuple[FormCustomer, str, str]) -> None:
    page = Client().get(place[2]).content.decode()
    assert 'id="id_birthday"' in page
    assert not is_shown(page)
    for given in ({}, {"first_name": "Eve"}, {"birthday": "never"}):
        assert not is_shown(save(place, **given)[1])


def test_a_forwarded_link_changes_no_stored_value(place: tuple[FormCustomer, str, str]) -> None:
    """Eve fills in everything; the mailbox is asked at most three times a day, and only it can agree."""
    here, dora, _url = place
    before = stored(place)
    pages = {save(place, first_name="Eve", birthday="1990-01-01", sports=["Judo"])[1] for _ in range(5)}
    assert len(pages) == 1, "the page says the same, however often"
    assert stored(place) == before
    with tenancy.account(here.account_id):
        assert Notice.objects.filter(recipient=dora).count() == 3


def test_the_answer_does_not_depend_on_what_is_stored(place: tuple[FormCustomer, str, str]) -> None:
    """Guessing a birthday must not be confirmed by a missing or different answer."""
    assert save(place, birthday="1979-04-05") == save(place, birthday="1979-04-06")


@pytest.mark.parametrize("born", ["never", "2020-01-01"])
def test_an_invalid_field_delays_neither_an_unsubscribe_nor_a_pause(
    place: tuple[FormCustomer, str, str], born: str
) -> None:
    here, dora, _url = place
    status, page = save(place, birthday=born, pause="month")
    assert status == 422
    assert "Your other choices are saved" in page
    assert "id_birthday_error" in page
    with tenancy.account(here.account_id):
        assert Contact.objects.get(email=dora).pause_days == 27
    save(place, birthday=born, keep=[])
    assert here.state(dora) == "unsubscribed"
