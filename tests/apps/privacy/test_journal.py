"""A withdrawal is on the disk of the host that took it before it is answered, whichever way it came (ADR 0095)."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.withdrawals import journal
from mailflatrate.apps.privacy.withdrawals.log import FolderLog
from mailflatrate.apps.privacy.withdrawals.log_lines import WithdrawalLine, read_line
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.metrics.names import WITHDRAWALS_UNJOURNALED
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.people import operator
from support.scope import rows

BEFORE = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    mine = load_settings().model_copy(update={"data_dir": tmp_path})
    monkeypatch.setattr(journal, "load_settings", lambda: mine)
    return tmp_path


@pytest.fixture
def anna(disk: Path) -> Customer:
    return sending_customer(people=2)


def lines(disk: Path) -> list[WithdrawalLine]:
    return [read_line(text) for text in FolderLog(disk / "withdrawals").read(BEFORE)]


def kinds(disk: Path) -> list[str]:
    return [line.kind.value for line in lines(disk)]


def withdraw(anna: Customer, contact: Contact) -> None:
    consent.unsubscribe(contact.id, list_id=anna.list_id, by="link", source="test")


def object_to_all(_anna: Customer, contact: Contact) -> None:
    consent.object_to_mail(contact.id, source="test")


def complain(_anna: Customer, contact: Contact) -> None:
    suppression.suppress(bytes(contact.address_key), reason=SuppressionReason.COMPLAINT, source="test", evidence={})


def erase(_anna: Customer, contact: Contact) -> None:
    erase_for_customer(contact.id, by=operator())


@pytest.mark.parametrize(
    ("say_no", "kind"),
    [(withdraw, "withdrawn"), (object_to_all, "objection"), (complain, "suppressed"), (erase, "erased")],
)
def test_each_no_is_on_the_disk_when_its_transaction_returns(
    anna: Customer, disk: Path, say_no: Callable[[Customer, Contact], None], kind: str
) -> None:
    with tenancy.account(anna.account_id):
        dora = Contact.objects.order_by("id")[0]
        say_no(anna, dora)
        assert not kinds(disk), "not before it is committed"
    assert kind in kinds(disk)
    assert {line.account_id for line in lines(disk)} == {anna.account_id}
    assert b"@" not in b"".join(path.read_bytes() for path in disk.rglob("*.jsonl"))


def test_an_unsubscribe_by_http_is_on_the_disk_when_it_is_answered(anna: Customer, disk: Path) -> None:
    campaign = anna.sending()
    delivery = rows(anna, Delivery).filter(campaign=campaign).order_by("id")[0]
    address = f"/u/{key_ring().seal(TokenPurpose.UNSUBSCRIBE, anna.account_id, delivery.id)}"
    assert Client().post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert ("withdrawn", delivery.contact_id) in [(line.kind.value, line.contact_id) for line in lines(disk)]


def test_what_is_rolled_back_is_no_withdrawal(anna: Customer, disk: Path) -> None:
    dora, emil = contacts_of(anna)
    with pytest.raises(ZeroDivisionError), tenancy.account(anna.account_id):
        withdraw(anna, dora)
        raise ZeroDivisionError
    with tenancy.account(anna.account_id):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            withdraw(anna, dora)
            raise ZeroDivisionError
        withdraw(anna, emil)
    assert {line.contact_id for line in lines(disk)} == {emil.id}


def contacts_of(anna: Customer) -> list[Contact]:
    return list(rows(anna, Contact).order_by("id"))


def test_a_transaction_is_flushed_once_however_much_it_withdraws(
    anna: Customer, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr("os.fsync", flushed.append)
    with tenancy.account(anna.account_id):
        for contact in Contact.objects.order_by("id"):
            withdraw(anna, contact)
    assert len(kinds(disk)) >= 2
    assert len(flushed) <= 2, "the file, and the folder that it is new in"


def test_a_full_disk_refuses_no_withdrawal_and_is_counted(
    anna: Customer, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    before = WITHDRAWALS_UNJOURNALED._value.get()
    with monkeypatch.context() as patch:
        patch.setattr("mailflatrate.base.storage.directory.os.write", full)
        with tenancy.account(anna.account_id):
            withdraw(anna, Contact.objects.order_by("id")[0])
    with tenancy.account(anna.account_id):
        assert Subscription.objects.filter(state="unsubscribed").count() == 1
        assert ConsentEvent.objects.filter(kind="withdrawn").exists()
    assert WITHDRAWALS_UNJOURNALED._value.get() > before
    assert not kinds(disk)
