"""Transactional email from the first draft to the message in the log: studio, desk, and who may do what."""

import json

import pytest

from mailflatrate.apps.accounts.models import Membership, Notice, Role
from mailflatrate.apps.transactional.actions.misdirected import report_misdirected
from mailflatrate.apps.transactional.actions.templates import submit_version
from mailflatrate.apps.transactional.models import (
    MisdirectedAddress,
    TemplateVersion,
    TransactionalMessage,
    TransactionalSwitch,
)
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.customers import Customer
from support.desk import Desk
from support.desk import desk as otto_at_the_desk
from support.people import browser, person
from support.transactional import (
    CONTENT,
    DATA,
    FIELDS,
    TransactionalCustomer,
    sent,
    service_sender,
    submit,
    transactional_customer,
    with_template,
)

LIST = "/studio/transactional/templates/"


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return Customer.vetted().with_imprint().signed_in()


@pytest.fixture
def otto(database: str) -> Desk:
    return otto_at_the_desk()


def newest(anna: Customer) -> TemplateVersion:
    with tenancy.account(anna.account_id):
        return TemplateVersion.objects.latest("id")


def values(sender: int, /, **changes: str) -> dict[str, str]:
    return {
        "subject": "Order {{ reference.number }} was shipped",
        "sender_id": str(sender),
        "language": "en",
        "format": "markdown",
        "content": CONTENT,
        "purpose": "Sent when a parcel leaves our warehouse.",
        "fields_json": json.dumps(FIELDS),
        "sample": json.dumps(DATA),
        **changes,
    }


def test_a_template_from_its_name_to_the_approved_version(anna: Customer, otto: Desk) -> None:
    assert "switched on for your account" in anna.page("transactional/")
    assert "No templates yet" in anna.page("transactional/templates/")
    made = anna.client.post(LIST, {"name": "Order shipped", "key": ""})
    template_id = newest(anna).template_id
    assert made.headers["Location"] == f"{LIST}{template_id}/"
    assert "You need a subdomain of its own" in anna.page(f"transactional/templates/{template_id}/")
    with tenancy.account(anna.account_id):
        sender_id = service_sender()
    here = f"{LIST}{template_id}/"
    assert anna.client.post(here, values(sender_id)).status_code == 303
    page = anna.page(f"transactional/templates/{template_id}/")
    assert "20 × Snowdrops" in page and "Lindenweg 4" in page
    assert page.count("<textarea") == 4, "texts keep their lines"
    assert anna.client.post(f"{here}submit/").status_code == 303
    assert "Our team is reviewing this version" in anna.page(f"transactional/templates/{template_id}/")
    assert anna.client.post(here, values(sender_id, content="Buy now")).status_code == 422
    assert anna.client.post(f"{here}take-back/").status_code == 303
    assert newest(anna).state == "draft"
    anna.client.post(f"{here}submit/")
    version = newest(anna)
    assert "Order shipped" in otto.page("transactional/")
    assert "20 × Snowdrops" in otto.page(f"transactional/versions/{version.id}/")
    decide = f"/desk/transactional/versions/{version.id}/decide/"
    assert otto.client.post(decide, {"outcome": "approve", "reason": " "}).status_code == 422
    assert otto.client.post(decide, {"outcome": "nonsense", "reason": "x"}).status_code == 422
    assert otto.client.post(decide, {"outcome": "approve", "reason": "Free of advertising."}).status_code == 303
    assert "Free of advertising." in anna.page(f"transactional/templates/{template_id}/")
    anna.client.post(f"{here}version/")
    assert (newest(anna).number, newest(anna).state) == (2, "draft")
    anna.client.post(f"{here}delete/")
    assert newest(anna).number == 2, "a template that was submitted stays"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fields_json": "{"}, "valid JSON"),
        ({"fields_json": '[{"name": "a", "type": "html"}]'}, "no type that we know"),
        ({"sender_id": "999999"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_a_draft_is_said_at_once(anna: Customer, changes: dict[str, str], words: str) -> None:
    with tenancy.account(anna.account_id):
        sender_id = service_sender()
    version_id = with_template(anna, sender_id)
    with tenancy.account(anna.account_id):
        template_id = TemplateVersion.objects.get(id=version_id).template_id
    answer = anna.client.post(f"{LIST}{template_id}/", values(sender_id, **changes))
    assert answer.status_code == 422 and words in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"content": "{{ data.nothing }}"}, "data.nothing"),
        ({"sample": {}}, "missing"),
        ({"purpose": ""}, "triggers"),
        ({"sender_id": None}, "subdomain"),
    ],
)
def test_what_is_missing_for_a_review_is_said(anna: Customer, changes: dict[str, object], words: str) -> None:
    with tenancy.account(anna.account_id):
        sender_id = service_sender()
    version_id = with_template(anna, sender_id, **changes)
    with tenancy.account(anna.account_id):
        template_id = TemplateVersion.objects.get(id=version_id).template_id
    answer = anna.client.post(f"{LIST}{template_id}/submit/")
    assert answer.status_code == 422 and words in answer.content.decode()
    assert newest(anna).state == "draft"


def test_advertising_is_shown_to_the_reviewer_and_returned(anna: Customer, otto: Desk) -> None:
    with tenancy.account(anna.account_id):
        sender_id = service_sender()
    advert = f"{CONTENT}\n\n20 % off on bulbs: [to the shop](https://lindenhof.example/shop/?utm_source=mail)\n"
    version_id = with_template(anna, sender_id, content=advert)
    submit(anna, version_id)
    page = otto.page(f"transactional/versions/{version_id}/")
    assert "Offer or discount" in page and "Link with campaign parameters" in page
    decide = f"/desk/transactional/versions/{version_id}/decide/"
    otto.client.post(decide, {"outcome": "return", "reason": "Leave out the offer."})
    assert newest(anna).state == "returned"
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        told = Notice.objects.filter(recipient=anna.owner.email, subject__contains="returned")
        assert "Leave out the offer." in told.get().text


def test_the_operator_switches_it_on_and_off_with_a_reason(anna: Customer, otto: Desk) -> None:
    url = f"/desk/transactional/accounts/{anna.account_id}/switch/"
    assert otto.client.post(url, {"on": "yes", "reason": ""}).status_code == 422
    for is_on, event in ((True, "transactional.switched_on"), (False, "transactional.switched_off")):
        answer = otto.client.post(url, {"on": "yes" if is_on else "", "reason": "A shop that ships parcels."})
        assert answer.status_code == 303
        with tenancy.account(anna.account_id):
            assert TransactionalSwitch.objects.get().is_on is is_on
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            line = AuditEntry.objects.filter(account_id=anna.account_id, action=event).get()
        assert line.reason == "A shop that ships parcels."
    assert "A shop that ships parcels." in anna.page("transactional/")
    assert otto.client.post(url, {"on": "", "reason": "again"}).status_code == 422
    assert str(anna.account_id) in otto.page("transactional/")


def test_the_log_is_searched_and_a_message_is_sent_again(otto: Desk) -> None:
    made = transactional_customer()
    anna = made.customer.signed_in()
    first, other = made.send(reference="A-1"), made.send(reference="B-2")
    sent(made.account_id, made.delivery(first).chunk_id)
    assert "A-1" in anna.page("transactional/") and "B-2" in anna.page("transactional/")
    found = anna.page(f"transactional/?q={first.recipient}")
    assert "A-1" in found and "B-2" not in found
    assert "B-2" in anna.page("transactional/?q=B-2") and "No message found" in anna.page("transactional/?q=C-3")
    shown = anna.page(f"transactional/{first.id}/")
    assert "250" in shown and made.version().mailing_id in shown
    assert anna.client.post(f"/studio/transactional/{other.id}/resend/").status_code == 303
    with tenancy.account(made.account_id):
        assert TransactionalMessage.objects.filter(resent_from=other.id).exists()


def test_strangers_and_lesser_roles(otto: Desk) -> None:
    made: TransactionalCustomer = transactional_customer()
    message, version = made.send(), made.version()
    carla = Customer.vetted().with_imprint().signed_in()
    for url in (f"transactional/{message.id}/", f"transactional/templates/{version.template_id}/"):
        carla.page(url, 404)
    for url in ("submit", "take-back", "version", "delete"):
        assert carla.client.post(f"{LIST}{version.template_id}/{url}/").status_code == 404
    assert carla.client.post(f"/studio/transactional/{message.id}/resend/").status_code == 404
    for path in (
        "transactional/",
        f"transactional/versions/{version.id}/",
        f"transactional/accounts/{made.account_id}/",
    ):
        assert carla.client.get(f"/desk/{path}").status_code in (302, 403, 404)
    viewer = browser(person(made.account_id, "Vera", Role.VIEWER))
    assert viewer.post(f"/studio/transactional/{message.id}/resend/").status_code == 403
    assert viewer.post(LIST, {"name": "x", "key": "x"}).status_code == 403
    author = browser(person(made.account_id, "Arthur", Role.AUTHOR))
    assert author.post(f"/studio/transactional/{message.id}/resend/").status_code == 403


def test_a_misdirected_address_is_found_and_lifted_with_a_reason(otto: Desk) -> None:
    made = transactional_customer()
    message, other = made.send(), made.send()
    for one in (message, other):
        report_misdirected(made.account_id, one.id)
    with tenancy.account(made.account_id):
        row = MisdirectedAddress.objects.get(message_id=message.id)
    here = f"transactional/misdirected/?account={made.account_id}"
    assert message.recipient in otto.page(here) and other.recipient in otto.page(here)
    found = otto.page(f"transactional/misdirected/?q={message.recipient}")
    assert message.recipient in found and other.recipient not in found and "Order A-4711" in found
    assert "No reports found" in otto.page("transactional/misdirected/?q=dora")
    lift = f"/desk/transactional/misdirected/{row.id}/lift/"
    carla = made.customer.signed_in()
    assert carla.client.get("/desk/transactional/misdirected/").status_code in (302, 403, 404)
    assert carla.client.post(lift, {"reason": "Mine."}).status_code in (302, 403, 404)
    assert otto.client.post(lift, {"reason": " "}).status_code == 422
    assert made.send(message.recipient).refused_by == "contract-misdirected"
    assert otto.client.post(lift, {"reason": "The reader asked for it by phone."}).status_code == 303
    assert otto.client.post(lift, {"reason": "again"}).status_code == 422
    assert made.send(message.recipient).refused_by == ""
    assert made.send(other.recipient).refused_by == "contract-misdirected"
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        line = AuditEntry.objects.get(account_id=made.account_id, action="transactional.misdirected_lifted")
    assert line.reason == "The reader asked for it by phone." and message.recipient not in str(line.details)


def test_no_one_reviews_what_they_submitted(anna: Customer) -> None:
    """An operator who also works for the customer doesn't approve their own version."""
    with tenancy.account(anna.account_id):
        sender_id = service_sender()
    version_id = with_template(anna, sender_id)
    desk = otto_at_the_desk()
    with tenancy.access(), tenancy.account(anna.account_id):
        Membership.objects.create(user=desk.user, role=Role.OWNER)
    with tenancy.account(anna.account_id):
        submit_version(version_id, account_name="x", by=desk.user)
    decide = f"/desk/transactional/versions/{version_id}/decide/"
    answer = desk.client.post(decide, {"outcome": "approve", "reason": "Mine."})
    assert answer.status_code == 422 and "a colleague has to" in answer.content.decode()
    switch = f"/desk/transactional/accounts/{anna.account_id}/switch/"
    assert desk.client.post(switch, {"on": "yes", "reason": "Mine."}).status_code == 422
