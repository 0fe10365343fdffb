"""A call that has nothing to do writes no line: the log would claim a change that no one made."""

from collections.abc import Callable

import pytest

from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.segments.actions.exports import start_export
from mailflatrate.apps.segments.models import ExportContent, ExportFormat
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from support.api import Program, program_of
from support.customers import Customer, sending_customer


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=1)


@pytest.fixture(scope="module")
def shop(anna: Customer) -> Program:
    return program_of(anna)


def lines(anna: Customer, action: str) -> int:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return AuditEntry.objects.filter(account_id=anna.account_id, action=action).count()


def test_restoring_an_active_list_by_api_or_page(anna: Customer, shop: Program) -> None:
    path = f"/lists/{anna.list_id}"
    shop.post(f"{path}/unarchive", None)
    assert anna.client.post(f"/studio/lists/{anna.list_id}/unarchive/").status_code == 303
    assert lines(anna, "list.unarchived") == 0
    for _turn in range(2):
        shop.post(f"{path}/archive", {"sure": True})
    assert lines(anna, "list.archived") == 1
    for _turn in range(2):
        shop.post(f"{path}/unarchive", None)
    assert lines(anna, "list.unarchived") == 1


def test_a_field_and_an_export(anna: Customer, shop: Program) -> None:
    with tenancy.account(anna.account_id):
        field = create_field(FieldDraft("Shelf", "text", "to pick the order"))
        export = start_export(ExportContent.CONTACTS, ExportFormat.CSV, by=None, enqueue=False)
    calls: list[tuple[str, Callable[[], object], int]] = [
        ("field.restored", lambda: shop.post(f"/fields/{field.id}/restore", {}), 0),
        ("field.archived", lambda: shop.post(f"/fields/{field.id}/archive", {}), 1),
        ("export.canceled", lambda: shop.post(f"/exports/{export.id}/cancel", None), 1),
    ]
    for action, call, expected in calls:
        call()
        call()
        assert lines(anna, action) == expected, action
