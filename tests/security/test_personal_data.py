"""Special data (R-97) and minors (R-39): refused at every door that writes attributes of a person."""

from typing import Any

import pytest

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.forms.actions import sign_up
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.models import ConfirmationRequestKind
from mailflatrate.apps.lists.actions import contacts
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.contacts.personal_data import is_age, is_birth, is_special
from support.api import Program, problem, program_of
from support.customers import Customer
from support.forms import FormCustomer, fresh_address
from support.people import browser, person

YOUNG = str(clock.now().year - 10)
REFUSED: list[dict[str, Any]] = [
    {"religion": "x"},
    {"health_insurance": "x"},
    {"my_belief": "x"},
    {"customer_race": "x"},
    {"trade_union": "x"},
    {"krankheiten": "x"},
    {"political_party": "x"},
    {"birthday": f"01.05.{YOUNG}"},
    {"year_of_birth": YOUNG},
    {"geburtsdatum": f"{YOUNG}-05-01"},
    {"age": "9"},
    {"alter": 15},
    {"kind_alter": "7 Jahre"},
    {"g": f"{YOUNG}-01-01"},
    {"date_de_naissance": f"{YOUNG}-01-01"},
    {"religi0n": "x"},
    {"blutgruppe_kunde": "A"},
    {"istVorbestraft": "no"},
    {"party": "x"},
    {"dna": "x"},
]
KEPT: list[dict[str, Any]] = [
    {"city": "Kiel"},
    {"birthday": "01.05.1970"},
    {"age": "44"},
    {"trace": "x"},
    {"page": "2"},
    {"embraced": "yes"},
    {"party_size": "4"},
    {"vote_count": "3"},
    {"last_order": f"{YOUNG}-01-01"},
    {"g": "1970-01-01"},
    {"x1": "red"},
]


@pytest.fixture(scope="module")
def shop(home: FormCustomer) -> Program:
    return program_of(home.anna)


@pytest.fixture
def contact(home: FormCustomer) -> Contact:
    with tenancy.account(home.account_id):
        found = Contact.objects.order_by("id").first()
        assert found is not None
        Contact.objects.filter(id=found.id).update(attributes={})
        return found


def attributes(home: FormCustomer, contact: Contact) -> dict[str, Any]:
    with tenancy.account(home.account_id):
        found: dict[str, Any] = Contact.objects.get(id=contact.id).attributes
    return found


@pytest.mark.parametrize("given", REFUSED, ids=lambda given: next(iter(given)))
def test_refused_by_api_page_and_action(
    home: FormCustomer, shop: Program, contact: Contact, given: dict[str, Any]
) -> None:
    answer = shop.call("PATCH", f"/contacts/{contact.id}", {"attributes": given})
    assert problem(answer) == (422, "refused")
    (name, value), *_rest = given.items()
    assert name in answer.json()["detail"]  # type: ignore[attr-defined]  # the test client's
    posted = {"first_name": "", "last_name": "", "attribute_name": [name], "attribute_value": [str(value)]}
    page = home.anna.client.post(f"/studio/contacts/{contact.id}/edit/", posted)
    assert page.status_code == 422
    with tenancy.account(home.account_id), pytest.raises(ListError):
        contacts.edit_contact(contact.id, first_name="", last_name="", attributes=given)
    assert attributes(home, contact) == {}


@pytest.mark.parametrize("given", KEPT, ids=lambda given: next(iter(given)))
def test_what_is_nobodys_business_but_harmless_is_kept(
    home: FormCustomer, shop: Program, contact: Contact, given: dict[str, Any]
) -> None:
    assert shop.call("PATCH", f"/contacts/{contact.id}", {"attributes": given}).status_code == 200
    assert attributes(home, contact) == given


def test_what_was_there_before_can_be_taken_away_and_does_not_block(
    home: FormCustomer, shop: Program, contact: Contact
) -> None:
    with tenancy.account(home.account_id):
        Contact.objects.filter(id=contact.id).update(attributes={"religion": "x", "city": "Kiel"})
    path = f"/contacts/{contact.id}"
    assert shop.call("PATCH", path, {"attributes": {"city": "Bonn"}}).status_code == 200
    assert problem(shop.call("PATCH", path, {"attributes": {"religion": "y"}})) == (422, "refused")
    assert shop.call("PATCH", path, {"attributes": {"religion": None}}).status_code == 200
    assert attributes(home, contact) == {"city": "Bonn"}


def test_a_request_on_somebodys_behalf_keeps_nothing_of_it(home: FormCustomer) -> None:
    def ask(email: str, values: dict[str, str]) -> None:
        with tenancy.account(home.account_id):
            sign_up.request_confirmation(
                home.form_id,
                email,
                kind=ConfirmationRequestKind.PERSON,
                note="at our stall",
                by=home.anna.owner,
                values=values,
            )

    dora = fresh_address()
    ask(dora, {"first_name": "Dora", "religion": "x"})
    (request,) = home.requests(dora)
    assert request.values == {"first_name": "Dora"}
    with pytest.raises(FormError, match="16"):
        ask(fresh_address(), {"birthday": f"01.05.{YOUNG}"})


@pytest.mark.parametrize(
    "name", ["religiousBelief", "Trade_Union", "my-faith", "RACE", "Geburts-Datum", "dateOfBirth", "customer_age"]
)
def test_names_are_read_however_they_are_written(name: str) -> None:
    assert is_special(name) or is_birth(name) or is_age(name)


def test_archiving_says_what_happens_and_can_be_undone(home: FormCustomer, shop: Program) -> None:
    number = home.anna.list_id
    answer = shop.call("POST", f"/lists/{number}/archive", {})
    assert problem(answer) == (422, "invalid")
    said = answer.json()["errors"][0]  # type: ignore[attr-defined]  # the test client's
    assert said["pointer"] == "body.sure"
    assert "through this list: 3" in said["message"]
    assert "would stop: 1" in said["message"]
    stranger = program_of(Customer.vetted("Möbelhaus Nordstern", "Carla Clausen"))
    for deed in ("archive", "unarchive"):
        assert stranger.refused("POST", f"/lists/{number}/{deed}", {"sure": True}) == (404, "not-found")
    viewer = browser(person(home.account_id, "Ben Becker", Role.VIEWER))
    assert viewer.post(f"/studio/lists/{number}/unarchive/").status_code == 403
    assert shop.post(f"/lists/{number}/archive", {"sure": True})["archived_at"]
    page = home.anna.client.get(f"/studio/lists/{number}/").content.decode()
    assert "Restore list" in page
    assert home.anna.client.post(f"/studio/lists/{number}/unarchive/").status_code == 303
    back = shop.post(f"/lists/{number}/unarchive", {})
    assert (back["archived_at"], back["people"]["confirmed"]) == (None, 3)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        lines = AuditEntry.objects.filter(account_id=home.account_id, subject=f"list:{number}").order_by("id")
        noted = lines.exclude(details__confirmed=None).values_list("action", "details__confirmed")
        assert list(noted) == [("list.archived", 3), ("list.unarchived", 3)]
