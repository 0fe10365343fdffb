"""Every way of changing a contact is written down with who did it; nobody can write, change or forge the list."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from mailflatrate.apps.lists.actions import contacts, fields, notes, tags
from mailflatrate.apps.lists.actions.field_migration import migrate_fields
from mailflatrate.apps.lists.actions.fields import FieldDraft
from mailflatrate.apps.lists.changes import CHANGES_KEPT_DAYS, sweep_changes
from mailflatrate.apps.lists.models import Contact, ContactField, ContactNote, RecordedChange, Tag
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.apps.segments.actions import bulk
from mailflatrate.apps.segments.bulk.runner import run_bulk
from mailflatrate.apps.segments.bulk.selection import BulkSelection
from mailflatrate.apps.segments.models import BulkKind
from mailflatrate.apps.segments.queries import ContactFilter
from mailflatrate.base import clock, tenancy
from mailflatrate.settings.roles import app_url, owner_url
from mailflatrate.settings.schema import load_settings
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_members
from support.scope import within

EMAIL = "dora@dora.example.com"


@pytest.fixture
def anna() -> Customer:
    one = customer_with_members()
    one.bring("\n".join((HEADER, line(EMAIL, "Dora"))))
    return one


def told(one: Customer, email: str = EMAIL) -> list[tuple[str, str, Any]]:
    with tenancy.account(one.account_id):
        rows = RecordedChange.objects.filter(contact__email=email).order_by("id")
        return [(row.source, row.kind, row.values) for row in rows]


def test_new_contacts_have_no_changes_and_later_imports_have(anna: Customer) -> None:
    assert told(anna) == []
    job = anna.bring("\n".join((HEADER, line(EMAIL, "Doris"))))
    assert told(anna) == [("import", "fields", {"first_name": ["Dora", "Doris"]})]
    with tenancy.account(anna.account_id):
        assert RecordedChange.objects.get().reference == f"import:{job.id}"
    anna.bring("\n".join((HEADER, line(EMAIL, "Doris"))))
    assert len(told(anna)) == 1, "nothing changed"


def test_bulk_actions_and_their_undo_are_written_down(anna: Customer) -> None:
    everybody = BulkSelection(wanted=ContactFilter())
    with tenancy.account(anna.account_id):
        fields.create_field(FieldDraft("Orders", "number", "p"))
        made = bulk.start_bulk(
            BulkKind.SET_FIELD, everybody, {"key": "orders", "value": 3}, by=anna.owner, enqueue=False
        )
        tagged = bulk.start_bulk(BulkKind.ADD_TAG, everybody, {"tag": "VIP"}, by=anna.owner, enqueue=False)
    run_bulk(anna.account_id, made.id)
    run_bulk(anna.account_id, tagged.id)
    undo = within(anna, bulk.undo_bulk, made.id, by=anna.owner, enqueue=False)
    run_bulk(anna.account_id, undo.id)
    assert told(anna) == [
        ("bulk", "fields", {"orders": [None, 3]}),
        ("bulk", "tags", {"VIP": True}),
        ("bulk", "fields", {"orders": [3, None]}),
    ]
    with tenancy.account(anna.account_id):
        assert set(RecordedChange.objects.values_list("user_id", flat=True)) == {anna.owner.id}


def test_a_value_that_gets_another_type_is_no_change(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        field = fields.create_field(FieldDraft("Orders", "text", "p"))
        Contact.objects.update(attributes={"orders": "12"})
        fields.change_field(field.id, FieldDraft("Orders", "number", "p"))
    migrate_fields(anna.account_id)
    with tenancy.account(anna.account_id):
        assert Contact.objects.get().attributes == {"orders": 12}
    assert [values for _source, _kind, values in told(anna)] == [{"orders": [None, "12"], "stadt": ["Kiel", None]}]


def test_a_deleted_tag_is_taken_from_everyone_with_a_note_of_it(anna: Customer) -> None:
    dora = anna.contact(EMAIL)
    with tenancy.account(anna.account_id):
        tags.change_tags(dora.id, add=["VIP"])
        tags.delete_tag(Tag.objects.get().id)
    assert [values for _source, _kind, values in told(anna)] == [{"VIP": True}, {"VIP": False}]


def test_erasing_deletes_changes_and_notes_and_other_notes_forget_the_address(anna: Customer) -> None:
    anna.bring("\n".join((HEADER, line("erik@dora.example.com"))))
    dora, erik = anna.contact(EMAIL), anna.contact("erik@dora.example.com")
    with tenancy.account(anna.account_id):
        contacts.change_contact(dora.id, first_name="Doris", last_name=None, attributes={})
        tags.change_tags(dora.id, add=["VIP"])
        notes.write_note(dora.id, "Wants fewer emails.", by=anna.owner)
        notes.write_note(erik.id, f"Brother of {EMAIL.upper()}.", by=anna.owner)
        notes.write_note(erik.id, EMAIL, by=anna.owner)
        stored = stored_about(dora.id, language="en")
        assert stored is not None
        assert [one["text"] for one in stored["notes"]] == ["Wants fewer emails."]
        assert [one["values"] for one in stored["changes"]] == [{"first_name": ["Dora", "Doris"]}, {"VIP": True}]
        assert "author" not in stored["notes"][0]
        erase_for_customer(dora.id, by=anna.owner)
        assert not RecordedChange.objects.filter(contact_id=dora.id).exists()
        assert not ContactNote.objects.filter(contact_id=dora.id).exists()
        assert not ContactNote.objects.filter(text__icontains=EMAIL).exists()
        assert ContactNote.objects.filter(contact_id=erik.id).count() == 2


def test_old_changes_are_deleted(anna: Customer) -> None:
    dora = anna.contact(EMAIL)
    with tenancy.account(anna.account_id):
        for name in ("One", "Two"):
            contacts.change_contact(dora.id, first_name=name, last_name=None, attributes={})
        first = RecordedChange.objects.order_by("id")[0]
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        past = clock.now() - timedelta(days=CHANGES_KEPT_DAYS + 1)
        owner.execute("UPDATE contact_change SET at = %s WHERE id = %s", [past, first.id])
    assert sweep_changes() == 1
    assert [values["first_name"][1] for _source, _kind, values in told(anna)] == ["Two"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO contact_change (account_id, contact_id, kind, values, source)"
        " VALUES (%(a)s, %(c)s, 'fields', '{}', 'team')",
        "UPDATE contact_change SET source = 'api' WHERE account_id = %(a)s",
        "DELETE FROM contact_change WHERE account_id = %(a)s",
    ],
)
def test_the_application_can_neither_forge_nor_remove_changes(anna: Customer, statement: str) -> None:
    dora = anna.contact(EMAIL)
    within(anna, contacts.change_contact, dora.id, first_name="Doris", last_name=None, attributes={})
    with psycopg.connect(app_url(load_settings())) as raw, pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute(statement, {"a": anna.account_id, "c": dora.id})
    assert len(told(anna)) == 1


def test_archived_fields_are_written_down_too(anna: Customer) -> None:
    dora = anna.contact(EMAIL)
    with tenancy.account(anna.account_id):
        ContactField.objects.filter(key="stadt").update(archived_at=clock.now())
        contacts.change_contact(dora.id, first_name=None, last_name=None, attributes={"stadt": None})
    assert told(anna) == [("system", "fields", {"stadt": ["Kiel", None]})]
