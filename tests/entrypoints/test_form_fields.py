"""A form's fields by their types: drawn, checked in the visitor's language, stored after confirmation, corrected."""

import json
import re
from dataclasses import replace

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import Notice
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.forms.actions.form_edits import create_form, save_draft
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.forms.queries import forget_published
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.models import Contact, ContactField, RecordedChange
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.forms import FieldKind, FormField, content_from_json, default_texts
from mailflatrate.rules.names.folded import folded
from support.contact_files import HEADER, line
from support.customers import customer_with_members
from support.forms import FormCustomer, add_form, customer_with_form, fresh_address
from support.origins import declare_origin

pytestmark = pytest.mark.usefixtures("database")
KINDS: dict[str, tuple[str, ...]] = {
    "number": (),
    "date": (),
    "boolean": (),
    "choice": ("Roses", "Tulips"),
    "choices": ("Red", "Blue & <white>"),
    "country": (),
    "language": (),
    "text": (),
}
ASKED = tuple(
    FormField(f"my_{kind}", FieldKind.TEXT, {"en": f"My {kind}", "de": f"Mein {kind}", "fr": f"Mon {kind}"})
    for kind in KINDS
)


@pytest.fixture(scope="module")
def garden(database: str) -> FormCustomer:
    """A form for people who are all different; no test changes the form, or leaves a message in its queue."""
    assert database
    return typed_form()


@pytest.fixture
def own_garden(database: str) -> FormCustomer:
    assert database
    return typed_form()


def typed_form() -> FormCustomer:
    first = customer_with_form()
    with tenancy.account(first.account_id):
        for kind, choices in KINDS.items():
            create_field(FieldDraft(f"My {kind}", kind, "p", choices=choices))
    name = FormField("first_name", FieldKind.FIRST_NAME, {"en": "First name", "de": "Vorname", "fr": "Prénom"})
    said = {"topics": "plants", "frequency": "twice a month"}
    texts = {code: replace(default_texts(code, "Newsletter"), **said) for code in WORDS}
    form_id, code = add_form(first.anna, fields=(name, *ASKED), languages=tuple(WORDS), texts=texts)
    with tenancy.account(first.account_id):
        row = Form.objects.get(id=form_id)
        save_draft(
            form_id,
            name="Typed",
            list_id=first.anna.list_id,
            sender_id=row.sender_id,
            content=content_from_json(row.draft),
            correctable=True,
        )
    forget_published(code)
    return FormCustomer(first.anna, form_id, code)


GOOD = {
    "my_number": "3,5",
    "my_date": "2001-02-03",
    "my_boolean": "true",
    "my_choice": "Tulips",
    "my_choices": ["Blue & <white>", "Red"],
    "my_country": "Allemagne",
    "my_language": "français",
    "my_text": "  Hi  ",
}
STORED = {
    "my_number": 3.5,
    "my_date": "2001-02-03",
    "my_boolean": True,
    "my_choice": "Tulips",
    "my_choices": ["Red", "Blue & <white>"],
    "my_country": "DE",
    "my_language": "fr",
    "my_text": "Hi",
}
WORDS = {
    "en": ("Enter a number", "Choose from the options"),
    "de": ("Geben Sie eine Zahl ein", "Wählen Sie aus den angezeigten"),
    "fr": ("Saisissez un nombre", "Choisissez parmi les options"),
}


def preferences(place: FormCustomer, email: str) -> str:
    with tenancy.account(place.account_id):
        delivery = Delivery.objects.get(contact__email=email, confirmation_id__isnull=False)
    return f"/p/{key_ring().seal(TokenPurpose.PREFERENCES, place.account_id, delivery.id)}"


def test_every_type_is_drawn_in_page_script_and_plain_html(garden: FormCustomer) -> None:
    page = Client().get(f"{garden.url}?language=en").content.decode()
    assert re.search(r'inputmode="decimal"[^>]*', page)
    assert re.search(r'type="date"\s+name="my_date"', page)
    assert page.count('name="my_choices"') == 2
    assert "Blue &amp; &lt;white&gt;" in page
    assert re.search(r'<select[^>]*name="my_boolean".*?Yes.*?No', page, re.S)
    script = Client().get(f"{garden.url}form.js?language=en").content.decode()
    config = json.loads(script.partition("MAILFLATRATE_FORM=")[2].partition(";\n")[0])
    assert re.search(r'<select[^>]* id="my_choice".*?<option value="Roses">Roses</option>', config["html"])
    assert config["html"].count('name="my_choices"') == 2
    plain = garden.anna.signed_in().page(f"forms/{garden.form_id}/")
    assert "&lt;select id=&quot;mf-my_choice&quot;" in plain


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_what_does_not_suit_is_refused_in_the_visitors_language(garden: FormCustomer, language: str) -> None:
    wrong = {**GOOD, "my_number": "many", "my_choice": "Oaks", "my_choices": ["Red", "Green"]}
    answer = garden.post(fresh_address(), language=language, version="1", **wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    number, choice = WORDS[language]
    assert number in page
    assert page.count(choice) == 2
    assert 'value="many"' in page
    assert 'value="2001-02-03"' in page, "what was right stays"
    said = garden.post(fresh_address(), headers={"Accept": "application/json"}, **wrong)
    assert set(json.loads(said.content)["errors"]) == {"my_number", "my_choice", "my_choices"}


def test_values_are_stored_after_confirmation_and_not_before(garden: FormCustomer) -> None:
    email = fresh_address()
    mail = garden.asked(email, language="en", **GOOD)
    with tenancy.account(garden.account_id):
        assert Contact.objects.get(email=email).attributes == {}
    garden.confirm(mail)
    with tenancy.account(garden.account_id):
        assert Contact.objects.get(email=email).attributes == STORED


def test_a_stranger_cannot_fill_a_known_persons_fields(own_garden: FormCustomer) -> None:
    email = fresh_address()
    own_garden.confirm(own_garden.asked(email, language="en", **GOOD))
    own_garden.post(email, language="en", **{**GOOD, "my_text": "Eve was here"})
    with tenancy.account(own_garden.account_id):
        assert Contact.objects.get(email=email).attributes == STORED


def test_sizes_are_bounded(own_garden: FormCustomer) -> None:
    email = fresh_address()
    huge = {"my_text": "x" * 100_000, "my_choices": ["Red"] * 500, "my_number": "9" * 4_000}
    assert own_garden.post(email, language="en", **{**GOOD, **huge}).status_code == 422
    own_garden.sign_up(email, language="en", **{**GOOD, "my_text": "y" * 5_000})
    (request,) = own_garden.requests(email)
    assert request.values["my_text"] == "y" * 254


def confirm_correction(garden: FormCustomer, email: str) -> tuple[str, str]:
    """Confirm behind the newest link sent to the address itself; the page before and after."""
    with tenancy.account(garden.account_id):
        link = f"/r/{Notice.objects.filter(recipient=email).latest('id').text.partition('/r/')[2].split()[0]}"
    browser = Client(enforce_csrf_checks=True)
    return browser.get(link).content.decode(), browser.post(link).content.decode()


def test_a_person_corrects_what_a_form_asked_by_email(garden: FormCustomer) -> None:
    email = fresh_address()
    garden.confirm(garden.asked(email, language="en", first_name="Dora", **GOOD))
    with tenancy.account(garden.account_id):
        contact = Contact.objects.get(email=email)
        Contact.objects.filter(id=contact.id).update(attributes={**contact.attributes, "secret": "ours"})
    url = preferences(garden, email)
    whole = {"act": "save", "keep": [garden.anna.list_id], "pause": "", "language": "en", "fields": "1"}
    browser = Client(enforce_csrf_checks=True)
    wrong = browser.post(url, {**whole, **GOOD, "first_name": "Doris", "my_number": "many"})
    assert wrong.status_code == 422
    assert "Enter a number" in wrong.content.decode()
    sent = browser.post(url, {**whole, "first_name": "Doris", "my_number": "7", "my_text": "", "secret": "mine"})
    assert sent.status_code == 200
    assert "Your details change once you confirm there" in sent.content.decode()
    with tenancy.account(garden.account_id):
        contact = Contact.objects.get(email=email)
        assert (contact.first_name, contact.attributes["my_number"]) == ("Dora", 3.5), "the mailbox hasn't confirmed"
    before, after = confirm_correction(garden, email)
    assert "Doris" in before
    assert "My number" in before
    assert "corrected" in after
    with tenancy.account(garden.account_id):
        contact = Contact.objects.get(email=email)
        assert contact.first_name == "Doris"
        assert contact.attributes == {**STORED, "my_number": 7, "secret": "ours", "language": "en"}
        last = RecordedChange.objects.filter(contact=contact, values__has_key="my_number").latest("id")
        assert last.source == "person"
        mails = Notice.objects.filter(recipient=email).count()
    browser.post(url, {key: value for key, value in whole.items() if key != "fields"})
    browser.post(url, whole)
    with tenancy.account(garden.account_id):
        assert Notice.objects.filter(recipient=email).count() == mails, "nothing filled in: nothing to confirm"


def test_what_the_customer_does_not_allow_is_neither_asked_nor_changed(own_garden: FormCustomer) -> None:
    email = fresh_address()
    own_garden.confirm(own_garden.asked(email, language="en", **GOOD))
    with tenancy.account(own_garden.account_id):
        Form.objects.filter(id=own_garden.form_id).update(correctable=False)
    url = preferences(own_garden, email)
    assert "my_number" not in Client().get(url).content.decode()
    whole = {"act": "save", "keep": [own_garden.anna.list_id], "pause": "", "language": "en", "fields": "1"}
    Client(enforce_csrf_checks=True).post(url, {**whole, "my_number": "9"})
    with tenancy.account(own_garden.account_id):
        assert Contact.objects.get(email=email).attributes["my_number"] == 3.5
        assert not Notice.objects.filter(recipient=email).exists()


def test_a_correction_is_asked_in_the_persons_language(garden: FormCustomer) -> None:
    email = fresh_address()
    garden.confirm(garden.asked(email, language="en", **GOOD))
    url = preferences(garden, email)
    for language, hint, sent, label in (
        ("de", "Zu Ihrem Schutz", "sobald Sie", "Mein text"),
        ("fr", "Pour protéger vos données", "dès que vous", "Mon text"),
    ):
        assert hint in Client().get(f"{url}?language={language}").content.decode()
        given = {"act": "save", "keep": [garden.anna.list_id], "pause": "", "language": language, "fields": "1"}
        page = Client().post(f"{url}?language={language}", {**given, "my_text": "Neu"}).content.decode()
        assert sent in page
        assert label in confirm_correction(garden, email)[0]


@pytest.mark.slow
def test_a_field_that_changed_meanwhile_is_no_server_error(own_garden: FormCustomer) -> None:
    """Between the request and its confirmation the customer made the text field a number."""
    email = fresh_address()
    own_garden.confirm(own_garden.asked(email, language="en", **GOOD))
    given = {"act": "save", "keep": [own_garden.anna.list_id], "pause": "", "language": "en", "fields": "1"}
    Client().post(preferences(own_garden, email), {**given, "my_text": "words"})
    with tenancy.account(own_garden.account_id):
        ContactField.objects.filter(key="my_text").update(type="number")
    assert "can no longer be changed" in confirm_correction(own_garden, email)[1]


def test_the_builder_offers_the_accounts_fields() -> None:
    anna = customer_with_members()
    with tenancy.account(anna.account_id):
        create_field(FieldDraft("Shoe size", "number", "p"))
        form = create_form("Website", anna.list_id, by=anna.owner)
        draft = content_from_json(form.draft)
    page = anna.page(f"forms/{form.id}/edit/")
    assert "Shoe size (Number)" in page
    language = draft.languages[0]
    posted = {
        "name": "Website",
        "mailing_list": anna.list_id,
        "languages": [language],
        "colour": "#00595a",
        "font": "sans",
        "field0_kind": "field:shoe_size",
        "field0_required": "1",
        "field1_kind": "field:unknown",
        "correctable": "on",
        f"field1_{language}": "Nothing",
    }
    assert anna.client.post(f"/studio/forms/{form.id}/edit/", posted).status_code == 303
    with tenancy.account(anna.account_id):
        row = Form.objects.get(id=form.id)
        (field,) = content_from_json(row.draft).fields
    assert (field.key, field.labels[language], field.required) == ("shoe_size", "Shoe size", True)
    assert row.correctable
    assert 'value="field:shoe_size" selected' in anna.page(f"forms/{form.id}/edit/")
    assert "inputmode" in anna.page(f"forms/{form.id}/preview/")


@pytest.mark.parametrize(
    ("language", "country", "spoken"),
    [("en", "Germany", "French"), ("de", "Deutschland", "Französisch"), ("fr", "Allemagne", "Français")],
)
def test_countries_and_languages_are_menus_in_the_visitors_language(
    garden: FormCustomer, language: str, country: str, spoken: str
) -> None:
    page = Client().get(f"{garden.url}?language={language}").content.decode()
    for key, code, name, complete in (
        ("my_country", "DE", country, "country"),
        ("my_language", "fr", spoken, "language"),
    ):
        menu = re.search(rf'<select[^>]*name="{key}"[^>]*>.*?</select>', page, re.DOTALL)
        assert menu is not None
        assert f'autocomplete="{complete}"' in menu[0]
        assert re.search(rf'<option value="{code}"\s*>{name}</option>', menu[0])
        names = re.findall(r'<option value="[A-Za-z]+"\s*>([^<]+)<', menu[0])
        assert len(names) > 170
        assert [folded(each) for each in names] == sorted(folded(each) for each in names)
    script = Client().get(f"{garden.url}form.js?language={language}").content.decode()
    config = json.loads(script.partition("MAILFLATRATE_FORM=")[2].partition(";\n")[0])
    assert f'<option value="DE">{country}</option>' in config["html"]


def test_a_contact_s_page_has_the_same_menus(own_garden: FormCustomer) -> None:
    declare_origin(own_garden.account_id, own_garden.anna.list_id)
    own_garden.anna.bring(f"{HEADER}\n{line('dora@dora.example.com')}")
    dora = own_garden.anna.contact("dora@dora.example.com")
    client, field = own_garden.anna.signed_in().client, f"/studio/contacts/{dora.id}/fields/my_country/"
    assert client.post(field, {"field_my_country": "AT"}).status_code == 303
    assert re.search(r'<option value="AT" selected>Austria</option>', client.get(field).content.decode())
    assert "Austria" in client.get(f"/studio/contacts/{dora.id}/").content.decode()
    with tenancy.account(own_garden.anna.account_id):
        Contact.objects.filter(id=dora.id).update(attributes={"my_country": "Atlantis"})
    assert 'value="Atlantis" selected' in client.get(field).content.decode(), "an old value isn't lost by saving"


def test_an_import_stores_codes_and_says_what_it_could_not_read(own_garden: FormCustomer) -> None:
    declare_origin(own_garden.account_id, own_garden.anna.list_id)
    rows = {"dora": ("Österreich", "Englisch"), "emil": ("austria", "de-AT"), "fritz": ("Atlantis", "Elbisch")}
    lines = (f"{line(f'{name}@dora.example.com')};{where};{speaks}" for name, (where, speaks) in rows.items())
    job = own_garden.anna.bring("\n".join((f"{HEADER};my_country;my_language", *lines)))
    kept = {name: own_garden.anna.contact(f"{name}@dora.example.com").attributes for name in rows}
    assert (kept["dora"]["my_country"], kept["dora"]["my_language"]) == ("AT", "en")
    assert (kept["emil"]["my_country"], kept["emil"]["my_language"]) == ("AT", "de")
    assert not {"my_country", "my_language"} & set(kept["fritz"])
    page = own_garden.anna.signed_in().client.get(f"/studio/imports/{job.id}/").content.decode()
    assert "must be a country" in page
    assert "must be a language" in page
