"""A consent receipt: for the person alone, whole, verified by the documentation's script, and gone with the person."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import ConsentEvent, ConsentKind, Contact
from mailflatrate.apps.lists.signing_keys import ensure_signing_key, key_history
from mailflatrate.apps.privacy.actions.erasure import erase_person
from mailflatrate.apps.privacy.receipt import receipt_path
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.base import audit, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.tokens import TokenPurpose
from support.forms import FormCustomer, customer_with_form, fresh_address

pytestmark = pytest.mark.usefixtures("database")

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
    with tenancy.account(place.account_id):
        consent.unsubscribe(contact.id, list_id=place.anna.list_id, by="link", source="t")
    assert "Withdrawn on" in Client().get(f"{path}?language=en").content.decode()
    with tenancy.account(place.account_id):
        erase_person(contact.id, by=BY, source="test")
    assert Client().get(path).status_code == 404
    assert Client().get(f"{path}/receipt.json").status_code == 404
