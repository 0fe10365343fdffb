"""Forms in the studio: building, publishing under the rules, codes, and asking a person by hand."""

import pytest
from django.test import Client

from mailflatrate.apps.forms.models import Form, FormVersion, SignupRequest
from mailflatrate.apps.lists.models import Subscription
from mailflatrate.base import tenancy
from support.customers import Customer, sending_customer
from support.forms import FormCustomer, customer_with_form, fresh_address, send_queued
from support.page_context import drawn_context
from support.people import followed

pytestmark = pytest.mark.usefixtures("database")


def draft(anna: Customer) -> Form:
    answer = anna.client.post("/studio/forms/new/", {"name": "Website", "mailing_list": anna.list_id})
    assert answer.status_code == 303
    with tenancy.account(anna.account_id):
        return Form.objects.get()


def posted(client: Client, form_id: int) -> dict[str, object]:
    """What the builder's page would post as it stands."""
    form = drawn_context(client, f"/studio/forms/{form_id}/edit/")["form"]
    data: dict[str, object] = {}
    for bound in form:
        given = bound.value()
        if given is not None:
            data[bound.html_name] = given
    return data


def texts(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_form_is_built_checked_and_published() -> None:
    anna = sending_customer()
    form = draft(anna)
    here = f"/studio/forms/{form.id}/"
    page = texts(anna.client, f"{here}edit/")
    assert "doesn&#x27;t say what you send" in page
    assert "disabled" in page.partition('action="' + f"{here}publish/")[2].partition("</form>")[0]
    refused = followed(anna.client, f"{here}publish/", {})
    assert "The panel lists what needs fixing" in refused
    changes = {
        "en_topics": "news and offers about plants",
        "en_frequency": "about twice a month",
        "field0_kind": "text",
        "field0_en": "Your city",
        "colour": "#00614A",
    }
    assert "Saved." in followed(anna.client, f"{here}edit/", posted(anna.client, form.id) | changes)
    published = followed(anna.client, f"{here}publish/", {})
    assert "The form now accepts sign-ups" in published
    with tenancy.account(anna.account_id):
        version = FormVersion.objects.get()
    assert version.content["content"]["fields"][0]["key"] == "your_city"
    assert version.content["content"]["look"]["colour"] == "#00614a"
    for code in ("data-mailflatrate=", "&lt;iframe", "&lt;form method=", f"/f/{form.code}/"):
        assert code in published
    assert "your_city" in Client().get(f"/f/{form.code}/").content.decode()


def test_a_published_version_is_frozen_and_the_same_words_make_no_new_one() -> None:
    lindenhof = customer_with_form()
    anna = lindenhof.anna
    here = f"/studio/forms/{lindenhof.form_id}/"
    followed(anna.client, f"{here}publish/", {})
    with tenancy.account(lindenhof.account_id):
        assert FormVersion.objects.count() == 1
    changed = posted(anna.client, lindenhof.form_id) | {"en_button": "Subscribe"}
    followed(anna.client, f"{here}edit/", changed)
    assert "The draft differs from the published version, which is what" in texts(anna.client, here)
    assert "Sign up</button>" in Client().get(lindenhof.url).content.decode()
    followed(anna.client, f"{here}publish/", {})
    with tenancy.account(lindenhof.account_id):
        assert FormVersion.objects.count() == 2


def test_another_language_begins_with_our_texts() -> None:
    lindenhof = customer_with_form()
    data = posted(lindenhof.anna.client, lindenhof.form_id) | {"languages": ["en", "de"]}
    page = followed(lindenhof.anna.client, f"/studio/forms/{lindenhof.form_id}/edit/", data)
    assert "Ja, {company} darf mir {frequency} {topics}" in page
    assert "t say what you send: German" in page


def test_a_save_by_script_answers_with_what_changed() -> None:
    lindenhof = customer_with_form()
    path = f"/studio/forms/{lindenhof.form_id}/edit/"
    data = posted(lindenhof.anna.client, lindenhof.form_id) | {"en_wording": "Yes, send me things."}
    answer = lindenhof.anna.client.post(path, data, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "doesn&#x27;t name your company" in text
    assert 'id="preview"' in text


def test_the_preview_can_send_nothing() -> None:
    lindenhof = customer_with_form()
    page = texts(lindenhof.anna.client, f"/studio/forms/{lindenhof.form_id}/preview/")
    assert "method=" not in page.partition("<form")[2].partition(">")[0]
    assert "data-task" not in page, "the script that shows steps gets no address to send anything to"


def test_a_person_added_by_hand_is_asked_and_not_subscribed() -> None:
    """R-25: there is no way around the confirmation."""
    lindenhof = customer_with_form()
    dora = fresh_address()
    data = {"form": lindenhof.form_id, "email": dora, "note": "wrote it on the list at our stall", "first_name": "Dora"}
    page = followed(lindenhof.anna.client, "/studio/contacts/new/", data)
    assert "The contact is added once they confirm" in page
    assert lindenhof.state(dora) == ""
    (mail,) = send_queued(lindenhof.account_id)
    assert "told us that" in mail.part("plain")
    assert "our stall" not in mail.part("plain"), "no word of the customer's own (R-31)"
    assert lindenhof.state(dora) == "pending"
    lindenhof.confirm(mail)
    assert lindenhof.state(dora) == "confirmed"
    (requested, _sent, _confirmed) = lindenhof.events(dora)
    assert requested.evidence.details["note"] == "wrote it on the list at our stall"
    assert requested.evidence.details["by"] == lindenhof.anna.owner.email


@pytest.mark.parametrize(
    ("email", "note"), [("info@briefkasten-lindenhof.de", "at our stall"), ("dora@briefkasten-lindenhof.de", "")]
)
def test_by_hand_the_same_rules_hold(email: str, note: str) -> None:
    lindenhof = customer_with_form()
    answer = lindenhof.anna.client.post(
        "/studio/contacts/new/", {"form": lindenhof.form_id, "email": email, "note": note}
    )
    assert answer.status_code == 422
    with tenancy.account(lindenhof.account_id):
        assert not SignupRequest.objects.exists()


def test_closing_and_opening_again() -> None:
    lindenhof = customer_with_form()
    here = f"/studio/forms/{lindenhof.form_id}/"
    assert "Visitors will see that" in followed(lindenhof.anna.client, f"{here}close/", {})
    assert "accepts sign-ups again" in followed(lindenhof.anna.client, f"{here}reopen/", {})


def test_what_was_withheld_says_why(place_with_complaint: FormCustomer) -> None:
    page = texts(place_with_complaint.anna.client, f"/studio/forms/{place_with_complaint.form_id}/")
    assert "No email sent" in page
    assert "After a complaint, we send no further email, not even a confirmation." in page


@pytest.fixture
def place_with_complaint() -> FormCustomer:
    from mailflatrate.apps.suppression import actions as suppression
    from mailflatrate.base.ids import key_ring
    from mailflatrate.rules.contacts.suppression import SuppressionReason

    lindenhof, dora = customer_with_form(), fresh_address()
    with tenancy.account(lindenhof.account_id):
        suppression.suppress(
            key_ring().suppression_key(dora), reason=SuppressionReason.COMPLAINT, source="test", evidence={}
        )
    lindenhof.sign_up(dora)
    assert lindenhof.send() == []
    with tenancy.account(lindenhof.account_id):
        assert not Subscription.objects.filter(contact__email=dora).exists()
    return lindenhof
