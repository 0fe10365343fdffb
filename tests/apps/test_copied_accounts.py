"""A copied account, with which most tests begin, is what the product made under other numbers."""

import json
from datetime import timedelta

from mailflatrate.apps.accounts.models import User
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.copied_accounts import AccountCopies, Numbers
from support.customers import Customer
from support.people import fresh_mailbox


def test_a_copy_has_the_rows_of_the_first_under_its_own_numbers_and_an_intact_log() -> None:
    made = Customer.vetted().with_imprint().with_sender().with_list(known=True)
    new = fresh_mailbox("Anna")
    with clock.frozen_at(clock.now()):
        first = AccountCopies(made.account_id)
        names = {made.owner.email: new, first.value("mailing_list", "code"): "abcdef012345"}
        numbers = first.copy(names)
        second = AccountCopies(numbers["account"][made.account_id])
        back: Numbers = {table: {new: old for old, new in found.items()} for table, found in numbers.items()}
        before = {table.name: table.renamed({}, {}, timedelta()) for table in first.tables}
        found = {
            table.name: table.renamed(back, {new: old for old, new in names.items()}, timedelta())
            for table in second.tables
        }
    assert found == before
    assert {"account", "user_account", "standing_change", "audit_entry", "outbox_event", "list_origin"} <= set(before)
    for table in second.tables:
        assert not [name for name in names if name in json.dumps(table.rows)], table.name
        for column, leads_to in table.references.items():
            assert not {row.get(column) for row in table.rows} & set(numbers.get(leads_to, ())), (table.name, column)
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        assert audit.verify().whole
        assert User.objects.get(email=new).id == numbers["user_account"][made.owner.id]
