"""A consent receipt: for the person alone, whole, verified by the documentation's script, and gone with the person."""

import html
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.consent.signing_keys import ensure_signing_key, key_history
from mailflatrate.apps.forms.actions.sign_up import request_confirmation
from mailflatrate.apps.forms.actions.stands import create_stand
from mailflatrate.apps.forms.models import ConfirmationRequestKind
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import ConsentKind, Contact
from mailflatrate.apps.privacy.actions.erasure import erase_person
from mailflatrate.apps.privacy.receipt import receipt_path
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from support.forms import FormCustomer, customer_with_form, fresh_address
from support.scope import within

DOCUMENT = Path(__file__).parents[3] / "docs" / "consent-receipt.md"
IP = "198.51.100.23"
LINK = re.compile(r'href="(/receipt/[0-9a-f]{40})"')
BY = audit.machine("test")


def confirmed(place: FormCustomer) -> tuple[str, str, str]:
    """Sign someone up; their address, the page after the confirmation, and the path of their receipt."""
    ensure_signing_key()
    email = fresh_address()
    place.post(email, client=Client(REMOTE_ADDR=IP))
    (mail,) = place.send()
    page = place.confirm(mail)
    found = LINK.search(page)
    assert found is not None
    return email, page, found[1]


def holds(receipt: bytes, folder: Path) -> bool:
    """Whether the script in the documentation accepts it."""
    script = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.S)
    assert script is not None
    names = [folder / "receipt.json", folder / "keys.json"]
    for name, octets in zip(names, (receipt, json.dumps(key_history()).encode()), strict=True):
        name.write_bytes(octets)
    command = [sys.executable, "-c", script[1], *map(str, names)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_it_says_what_was_agreed_to_and_anyone_can_verify_it(tmp_path: Path) -> None:
    place = customer_with_form()
    email, _welcome, path = confirmed(place)
    page = Client().get(f"{path}?language=en")
    text = page.content.decode()
    (asked,) = place.requests(email)
    wording = asked.version.content["frozen"]["en"]["wording"]  # type: ignore[union-attr]
    for said in (email, IP, "Browser of Dora", "https://lindenhof.example/news", asked.message_id):
        assert said.replace("<", "&lt;").replace(">", "&gt;") in text, said
    assert page.headers["Cache-Control"] == "no-store"
    assert "noindex" in text
    answer = Client().get(f"{path}/receipt.json")
    receipt = json.loads(answer.content)
    assert receipt["piiPrincipalId"] == email
    assert [each["purposes"][0]["purpose"] for each in receipt["services"]] == [wording]
    proof = {f"{each['step']}/{each['key']}": each["value"] for each in receipt["services"][0]["proof"]}
    assert None not in proof.values()
    assert (proof["sign_up/sign_up_ip"], proof["confirmation/confirmation_agent"]) == (IP, "Browser of Dora")
    assert str(proof["sign_up/form"]).endswith(place.url)
    assert holds(answer.content, tmp_path)
    assert not holds(answer.content.replace(email.encode(), b"eve@example.net"), tmp_path)


def receipt_after(place: FormCustomer) -> tuple[dict[str, Any], str]:
    """Confirm the one request that waits; the receipt, and its page as text."""
    ensure_signing_key()
    (mail,) = place.send()
    found = LINK.search(place.confirm(mail))
    assert found is not None
    page = Client().get(f"{found[1]}?language=en").content.decode()
    return json.loads(Client().get(f"{found[1]}/receipt.json").content), html.unescape(page)


@pytest.mark.parametrize(
    ("kind", "through", "said"),
    [
        (ConfirmationRequestKind.PERSON, "person", "Someone at {} entered the address"),
        (ConfirmationRequestKind.API, "program", "A program of {} submitted the address"),
    ],
)
def test_it_claims_no_form_that_nobody_filled_in(kind: ConfirmationRequestKind, through: str, said: str) -> None:
    place = customer_with_form()
    with tenancy.account(place.account_id):
        request_confirmation(place.form_id, fresh_address(), kind=kind, note="asked by phone", by=place.anna.owner)
    receipt, page = receipt_after(place)
    company = receipt["piiControllers"][0]["piiController"]
    assert (receipt["requested_through"], "double opt-in: form" in receipt["collectionMethod"]) == (through, False)
    assert f"request by a {through} of {company}" in receipt["collectionMethod"]
    assert said.format(company) in page


def test_it_names_the_tablet_and_shows_words_for_what_was_ticked() -> None:
    place, tablet = customer_with_form(), Client(REMOTE_ADDR=IP)
    with tenancy.account(place.account_id):
        stand, pin = create_stand(place.form_id, "Garden fair Kiel", clock.now() + timedelta(days=1), by=None)
    url = f"/stand/{stand.code}/"
    tablet.post(url, {"pin": pin, "staff": "Ben"})
    fields = {"email": fresh_address(), "consent": "yes", "version": "1", "language": "de"}
    assert tablet.post(url, fields).status_code == 303
    receipt, page = receipt_after(place)
    company = receipt["piiControllers"][0]["piiController"]
    assert (receipt["requested_through"], receipt["services"][0]["page"]) == ("stand", "Garden fair Kiel")
    assert f"form on a tablet of {company}" in receipt["collectionMethod"]
    assert f"filled in on a tablet of {company}" in page
    assert "Where you signed up" in page and "Page with the form" not in page
    shown = re.findall(r"<dd[^>]*>([^<]*)</dd>", page)
    assert {"Consent", "English"} <= set(shown), shown
    assert not {"consent", "en"} & set(shown)


def test_only_the_person_gets_it_and_an_erasure_takes_it() -> None:
    place, other = customer_with_form(), customer_with_form()
    email, _welcome, path = confirmed(place)
    with tenancy.account(place.account_id):
        contact = Contact.objects.get(email=email)
        event = ConsentEvent.objects.get(contact_id=contact.id, kind=ConsentKind.CONFIRMED)
        earlier = ConsentEvent.objects.filter(contact_id=contact.id).exclude(id=event.id).first()
        to_mailbox = stored_about(contact.id, language="en", to_mailbox=True) or {}
        exported = stored_about(contact.id, language="en") or {}
    assert [each["path"] for each in to_mailbox["receipts"]] == [path]
    assert exported["receipts"] == [], "the customer's copy doesn't open the person's page"
    assert earlier is not None
    strangers = [
        receipt_path(other.account_id, event.id),
        receipt_path(place.account_id, earlier.id),
        receipt_path(place.account_id, event.id + 10**6),
        f"/receipt/{key_ring().seal(TokenPurpose.PREFERENCES, place.account_id, event.id)}",
    ]
    for stranger in strangers:
        assert Client().get(stranger).status_code == 404, stranger
        assert Client().get(f"{stranger}/receipt.json").status_code == 404
    assert Client().post(path).status_code == 405
    within(place, consent.unsubscribe, contact.id, list_id=place.anna.list_id, by="link", source="t")
    assert "Withdrawn on" in Client().get(f"{path}?language=en").content.decode()
    within(place, erase_person, contact.id, by=BY, source="test")
    assert Client().get(path).status_code == 404
    assert Client().get(f"{path}/receipt.json").status_code == 404
