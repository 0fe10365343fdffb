"""A "no" that never ends isn't replaced by one that does, whoever says it: page, API, file, or a bounce."""

import itertools

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from mailflatrate.apps.intake.models import SuppressionFile
from mailflatrate.apps.intake.suppression_files.runner import run_suppression_file
from mailflatrate.apps.suppression import actions
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import ids, tenancy
from mailflatrate.rules.contacts.suppression import STATED, STRENGTH, SuppressionReason, ends_by_sign_up
from support.customers import Customer, customer_with_members

ENDING = [reason for reason in SuppressionReason if ends_by_sign_up(reason, everywhere=False)]
LASTING = [reason for reason in SuppressionReason if reason not in ENDING]
PAIRS = list(itertools.product(LASTING, ENDING))


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return customer_with_members()


def key(email: str) -> bytes:
    found = ids.address_key(email)
    assert found is not None
    return found


def read_file(anna: Customer, lines: list[str]) -> None:
    file = SimpleUploadedFile("stop.csv", "\n".join(lines).encode())
    assert anna.client.post("/studio/suppressions/import/", {"file": file, "reason": "unsubscribe"}).status_code == 303
    with tenancy.account(anna.account_id):
        job = SuppressionFile.objects.latest("id")
    run_suppression_file(anna.account_id, job.id)


def reason_of(anna: Customer, email: str) -> str:
    with tenancy.account(anna.account_id):
        return Suppression.objects.get(address_key=key(email)).reason


def test_lasting_reasons_come_before_those_that_end() -> None:
    assert max(map(STRENGTH.index, LASTING)) < min(map(STRENGTH.index, ENDING))


def test_no_path_replaces_a_lasting_reason_by_one_that_ends(anna: Customer) -> None:
    emails = {pair: f"{pair[0]}-{pair[1]}@x.example" for pair in PAIRS}
    with tenancy.account(anna.account_id):
        for (lasting, _ending), email in emails.items():
            actions.suppress(key(email), reason=lasting, source="test", evidence={})
    read_file(anna, ["email,reason", *(f"{email},{ending}" for (_lasting, ending), email in emails.items())])
    for (_lasting, ending), email in emails.items():
        given = {"add-email": email, "add-reason": ending.value}
        assert anna.client.post("/studio/suppressions/add/", given).status_code == 303
    assert {pair: reason_of(anna, email) for pair, email in emails.items()} == {pair: pair[0] for pair in PAIRS}


def test_a_hand_makes_a_bounce_last(anna: Customer) -> None:
    """The customer's own lasting "no" counts although the mailbox was dead before."""
    with tenancy.account(anna.account_id):
        for email in ("page@x.example", "api@x.example", "file@x.example"):
            actions.suppress(key(email), reason=SuppressionReason.HARD_BOUNCE, source="test", evidence={})
        actions.suppress_all_by_hand([ids.mailbox_keys("api@x.example")], source="api", by=anna.owner)
    anna.client.post("/studio/suppressions/add/", {"add-email": "page@x.example", "add-reason": "manual"})
    read_file(anna, ["email,reason", "file@x.example,manual"])
    assert {reason_of(anna, f"{path}@x.example") for path in ("page", "api", "file")} == {"manual"}


def test_no_file_and_no_form_says_erased(anna: Customer) -> None:
    """The address stays suppressed for good, but nobody was erased."""
    read_file(anna, ["email,reason", "gone@x.example,erased", "caps@x.example, ERASED "])
    assert {reason_of(anna, "gone@x.example"), reason_of(anna, "caps@x.example")} == {"manual"}
    given = {"add-email": "form@x.example", "add-reason": "erased"}
    assert anna.client.post("/studio/suppressions/add/", given).status_code == 422
    assert SuppressionReason.ERASED not in STATED
