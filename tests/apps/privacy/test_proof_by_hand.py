"""People entered by a person or a program: the proof that can be had, and the certificate that names the rest."""

import copy
import json
from typing import Any

from django.test import Client

from mailflatrate.apps.accounts.actions.keys import AskingBounds, make_api_key
from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.signing_keys import key_in_use, private_key
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.privacy.certificate.build import build_certificate
from mailflatrate.apps.privacy.certificate.pdf import certificate_html, certificate_json
from mailflatrate.apps.privacy.receipt import consent_receipt
from mailflatrate.apps.segments.bulk.runner import run_bulk
from mailflatrate.base import tenancy
from mailflatrate.rules.proof.certificate import check_certificate, read_certificate
from mailflatrate.rules.proof.signature import sign_certificate
from mailflatrate.rules.proof.verdict import CertificateVerdict
from support.api import Program, good, visitor
from support.cast import per_test
from support.forms import FormCustomer, customer_with_form, fresh_address

NEVER = {"sign_up/ticked", "sign_up/sign_up_ip", "sign_up/sign_up_agent"}
"""What nobody can record about a person who didn't use the form."""
NEW = {"entered_by", "entered_with", "entered_how", "confirmation_page"}
shop = per_test(customer_with_form)


def confirmed(shop: FormCustomer, email: str) -> dict[str, Any]:
    """The certificate, in English, after the person pressed the button of the mail."""
    (mail,) = shop.send()
    shop.confirm(mail, client=Client(enforce_csrf_checks=True, REMOTE_ADDR="203.0.113.77"))
    ledger_seals.seal_ledger()
    with tenancy.account(shop.account_id):
        contact = Contact.objects.get(email=email)
        made = build_certificate(contact.id, shop.anna.list_id, language="en")
    return read_certificate(certificate_json(made))


def shown(certificate: dict[str, Any]) -> dict[str, str]:
    return {f"{each['step']}/{each['key']}": each["value"] for each in certificate["elements"]}


def missing(certificate: dict[str, Any]) -> set[str]:
    return {name for name, value in shown(certificate).items() if value is None}


def enter(shop: FormCustomer, email: str) -> None:
    posted = {"form": shop.form_id, "email": email, "note": "signed the list at our stall on 3 May"}
    assert shop.anna.client.post("/studio/contacts/new/?form=1", posted).status_code == 303


def test_a_person_entered_on_a_page_has_who_where_and_how_and_their_own_confirmation(shop: FormCustomer) -> None:
    email = fresh_address()
    enter(shop, email)
    certificate = confirmed(shop, email)
    found = shown(certificate)
    assert found["sign_up/entered_by"] == shop.anna.owner.email
    assert found["sign_up/entered_how"] == "signed the list at our stall on 3 May"
    assert found["sign_up/form"].endswith("/studio/contacts/new/")
    assert found["confirmation/confirmation_ip"] == "203.0.113.77"
    assert found["confirmation/confirmation_page"].endswith("/confirm/"), "without the token"
    assert missing(certificate) == NEVER
    report = check_certificate(certificate)
    assert report.verdict is CertificateVerdict.CONSISTENT
    assert any(f"not on record: {', '.join(sorted(NEVER))}" in _sorted(each.sentence) for each in report.findings)
    printed = certificate_html(certificate)
    assert "Entered by" in printed
    assert "someone else entered this person" in " ".join(printed.split())
    timeline = shop.anna.page(f"contacts/{certificate['person']['contact']}/")
    assert f"added by {shop.anna.owner.email}: “signed the list at our stall on 3 May”" in timeline
    assert "/studio/contacts/new/" in timeline
    assert "confirmed on the page" in timeline


def _sorted(sentence: str) -> str:
    start, _colon, names = sentence.partition(": ")
    return f"{start}: {', '.join(sorted(names.split(', ')))}"


def test_a_person_entered_by_a_program_has_its_key_and_what_it_told(shop: FormCustomer) -> None:
    bounds = AskingBounds(frozenset({shop.form_id}), daily=10)
    made = make_api_key(shop.account_id, "Till", {KeyScope.ASK}, expires_at=None, by=shop.anna.owner, asking=bounds)
    email = fresh_address()
    told = visitor() | {"page": "https://shop.example/checkout"}
    asked = {"form_id": shop.form_id, "email": email, "note": "at checkout", "visitor": told}
    good(Program(made.secret, made.key.id).call("POST", "/confirmation-requests", asked), 202)
    found = shown(certificate := confirmed(shop, email))
    assert found["sign_up/entered_with"].startswith("API key Till (")
    assert found["sign_up/form"] == "https://shop.example/checkout"
    assert found["sign_up/sign_up_ip"] == told["ip"]
    assert found["sign_up/entered_how"].startswith("at checkout (API key Till")
    assert missing(certificate) == {"sign_up/ticked"}
    assert "at checkout (API key Till" in shop.anna.page(f"contacts/{certificate['person']['contact']}/")


def test_people_of_a_bulk_action_have_the_action_and_its_author(shop: FormCustomer) -> None:
    shop.anna.with_people(1, "briefkasten-lindenhof.de")
    with tenancy.account(shop.account_id):
        contact = Contact.objects.filter(email__endswith="briefkasten-lindenhof.de").latest("id")
        Subscription.objects.filter(contact=contact).update(state="quarantined", confirmed_at=None)
    posted = {"action": "ask_again", "form": shop.form_id, "note": "moved from the old list", "contact": [contact.id]}
    answer = shop.anna.client.post("/studio/bulk/start/", posted)
    assert answer.status_code == 303, answer.content.decode()[-800:]
    action_id = int(answer.headers["Location"].rstrip("/").rpartition("/")[2])
    run_bulk(shop.account_id, action_id)
    found = shown(certificate := confirmed(shop, contact.email))
    assert found["sign_up/entered_by"] == shop.anna.owner.email
    assert found["sign_up/form"] == f"bulk action {action_id}"
    assert missing(certificate) == NEVER


def test_a_sign_up_by_form_names_nobody_who_entered_it(shop: FormCustomer) -> None:
    email = fresh_address()
    shop.sign_up(email)
    certificate = confirmed(shop, email)
    assert not missing(certificate)
    assert {each["key"] for each in certificate["elements"]} & NEW == {"confirmation_page"}
    assert "someone else entered this person" not in " ".join(certificate_html(certificate).split())


def test_certificates_of_the_forms_before_still_hold(shop: FormCustomer) -> None:
    """They showed fewer elements of the same events."""
    email = fresh_address()
    enter(shop, email)
    certificate = confirmed(shop, email)
    for form in (1, 2):
        older = copy.deepcopy(certificate)
        older["format"] = f"mailflatrate consent certificate {form}"
        older["elements"] = [each for each in older["elements"] if each["key"] not in NEW]
        del older["signature"]
        if form == 2:
            key = key_in_use()
            assert key is not None
            older["signature"] = sign_certificate(private_key(key), older)
        assert check_certificate(older).verdict is CertificateVerdict.CONSISTENT
        older["elements"] = certificate["elements"]
        assert check_certificate(older).verdict is CertificateVerdict.REFUSED, "it shows what that form didn't have"
    certificate["elements"] = [each for each in certificate["elements"] if each["key"] != "entered_by"]
    assert check_certificate(certificate).verdict is CertificateVerdict.REFUSED


def test_the_persons_own_receipt_names_no_member_of_the_team(shop: FormCustomer) -> None:
    email = fresh_address()
    enter(shop, email)
    event = shop.events(email)[-1] if confirmed(shop, email) else None
    assert event is not None
    with tenancy.account(shop.account_id):
        receipt = json.dumps(consent_receipt(event.id))
    assert "/studio/contacts/new/" in receipt
    assert shop.anna.owner.email not in receipt
    assert "our stall" not in receipt
