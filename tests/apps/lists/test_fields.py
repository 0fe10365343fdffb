"""Custom fields: declared by import, form, API and page, checked on every path, and filled in by default."""

import json
from typing import Any

import pytest
from django.db import connection

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.actions.drafts import make_edition
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.content.samples import sample_values
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import attribute_names, newest_imprint
from mailflatrate.apps.campaigns.seals import is_genuine
from mailflatrate.apps.lists.actions import contacts, fields
from mailflatrate.apps.lists.actions import field_migration as migration
from mailflatrate.apps.lists.actions.fields import FieldDraft
from mailflatrate.apps.lists.errors import FieldProblem, ListError
from mailflatrate.apps.lists.fields import definitions, suited
from mailflatrate.apps.lists.jobs import resume_field_migrations
from mailflatrate.apps.lists.models import Contact, ContactField, FieldMigration, Subscription
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from support.cast import per_test
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_list, sending_customer
from support.scope import within

PEOPLE = f"{HEADER};Bestellungen;Kunde seit;PLZ;VIP"
OWN = ("Stadt", "Bestellungen", "Kunde seit", "PLZ", "VIP")
TARGETS = ("email", "first_name", "last_name", "signup_at", "signup_ip", "confirmed_at", "source")
MAPPING = dict(zip(TARGETS, HEADER.split(";"), strict=False)) | {f"attribute:{title}": title for title in OWN}
anna = per_test(customer_with_list, "Lindenhof")
sender = per_test(sending_customer, people=2)


def types(one: Customer) -> dict[str, str]:
    with tenancy.account(one.account_id):
        return dict(ContactField.objects.order_by("place").values_list("key", "type"))


def attributes(one: Customer, email: str) -> dict[str, Any]:
    with tenancy.account(one.account_id):
        found: dict[str, Any] = Contact.objects.get(email=email).attributes
        return found


def declare(one: Customer, label: str, kind: str, **more: Any) -> ContactField:
    return within(one, fields.create_field, FieldDraft(label, kind, **{"purpose": "to write to them", **more}))


def test_an_import_declares_new_columns_with_the_type_of_their_values(anna: Customer) -> None:
    rows = (
        line("a@dora.example.com") + ";12;31.03.2020;01067;ja",
        line("b@dora.example.com") + ";3,5;01.12.2021;24103;nein",
        line("c@dora.example.com") + ";;;;",
    )
    anna.bring("\n".join((PEOPLE, *rows)), MAPPING, no_status={"VIP": "our own club"})
    assert types(anna) == {
        "stadt": "text",
        "bestellungen": "number",
        "kunde_seit": "date",
        "plz": "text",
        "vip": "boolean",
    }
    assert attributes(anna, "a@dora.example.com") == {
        "stadt": "Kiel",
        "bestellungen": 12,
        "kunde_seit": "2020-03-31",
        "plz": "01067",
        "vip": True,
    }
    assert attributes(anna, "b@dora.example.com")["bestellungen"] == 3.5
    assert attributes(anna, "c@dora.example.com") == {"stadt": "Kiel"}
    with tenancy.account(anna.account_id):
        assert ContactField.objects.get(key="kunde_seit").label == "Kunde seit"


def test_values_that_do_not_suit_a_declared_field_are_left_out_and_counted(anna: Customer) -> None:
    declare(anna, "Bestellungen", "number")
    declare(anna, "VIP", "choice", choices=["Gold", "Silber"])
    rows = (
        line("a@dora.example.com") + ";viele;31.03.2020;1067;gold",
        line("b@dora.example.com") + ";4;x;1067;Platin",
    )
    job = anna.bring("\n".join((PEOPLE, *rows)), MAPPING, no_status={"VIP": "our own club"})
    assert attributes(anna, "a@dora.example.com") == {
        "stadt": "Kiel",
        "kunde_seit": "31.03.2020",
        "plz": "1067",
        "vip": "Gold",
    }
    assert attributes(anna, "b@dora.example.com")["bestellungen"] == 4
    assert job.terms["unread_values"] == {"bestellungen": {"not_a_number": 1}, "vip": {"not_a_choice": 1}}
    assert job.accepted == 2


def test_an_edit_is_checked_and_unchanged_values_are_not(anna: Customer) -> None:
    anna.bring("\n".join((HEADER, line("a@dora.example.com"))))
    declare(anna, "Orders", "number")
    with tenancy.account(anna.account_id):
        person = Contact.objects.get()
        Contact.objects.filter(id=person.id).update(attributes={"orders": "many", "stadt": "Kiel"})
        contacts.change_contact(person.id, first_name=None, last_name=None, attributes={"size": 4, "note": "x"})
        with pytest.raises(FieldProblem) as refused:
            contacts.change_contact(person.id, first_name=None, last_name=None, attributes={"orders": "lots"})
        assert list(refused.value.problems) == ["orders"]
        contacts.change_contact(person.id, first_name=None, last_name=None, attributes={"orders": " 1.234,5 "})
    assert attributes(anna, "a@dora.example.com") == {"orders": 1234.5, "stadt": "Kiel", "size": 4, "note": "x"}
    assert types(anna) == {"stadt": "text", "orders": "number", "size": "number", "note": "text"}


def test_a_confirmed_sign_up_is_never_refused_for_a_field(anna: Customer) -> None:
    declare(anna, "Orders", "number")
    with tenancy.account(anna.account_id):
        assert suited({"orders": "many", "city": "Kiel"}) == {"city": "Kiel"}
        assert definitions()["city"].type.name == "text"


@pytest.mark.parametrize(
    "draft",
    [
        FieldDraft("", "text", "p"),
        FieldDraft("Town", "text", " "),
        FieldDraft("Health", "text", "p"),
        FieldDraft("Town", "text", "p", key="email"),
        FieldDraft("Town", "text", "p", key="Town"),
        FieldDraft("Size", "choice", "p", choices=["M", "m "]),
        FieldDraft("Size", "choices", "p", choices=["M;L", "S"]),
        FieldDraft("Orders", "number", "p", default="many"),
        FieldDraft("Stadt", "text", "p"),
    ],
)
def test_a_field_needs_a_label_a_purpose_and_a_default_that_suits(anna: Customer, draft: FieldDraft) -> None:
    declare(anna, "Stadt", "text")
    with tenancy.account(anna.account_id), pytest.raises(ListError):
        fields.create_field(draft)
    assert types(anna) == {"stadt": "text"}


def test_fields_are_ordered_archived_and_come_back_with_an_import(anna: Customer) -> None:
    one, two = declare(anna, "Stadt", "text"), declare(anna, "Size", "text")
    with tenancy.account(anna.account_id):
        fields.move_field(two.id, up=True)
        fields.move_field(two.id, up=True)
        assert list(types(anna)) == ["size", "stadt"]
        fields.archive_field(one.id)
        fields.archive_field(two.id)
    anna.bring("\n".join((HEADER, line("a@dora.example.com"))))
    with tenancy.account(anna.account_id):
        assert list(ContactField.objects.filter(archived_at=None).values_list("key", flat=True)) == ["stadt"]


def before_fields(one: Customer, rows: list[dict[str, Any]]) -> None:
    """Contacts whose fields nobody declared, and the row that asks for going through them."""
    people = [line(f"p{number}@dora.example.com") for number in range(len(rows))]
    one.bring("\n".join((HEADER, *people)))
    with tenancy.platform(PlatformReason.HOUSEKEEPING):  # a field is archived, so only its index's owner may delete it
        ContactField.objects.filter(account_id=one.account_id).delete()
    with tenancy.account(one.account_id):
        for contact, found in zip(Contact.objects.order_by("id"), rows, strict=True):
            Contact.objects.filter(id=contact.id).update(attributes=found)
        FieldMigration.objects.create()


EARLIER = [
    {"orders": "12", "born": "03.02.1990", "plz": "01067", "land": "Deutschland", "vip": "ja"},
    {"orders": "3,50", "born": "1980-02-03", "plz": "24103", "land": "AT", "vip": "nein"},
    {"orders": -2, "born": "", "size": "M", "first_name": "odd", "Odd Key": "x"},
    {},
]


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_earlier_attributes_become_text_number_and_date_fields(
    anna: Customer, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(migration, "READ_AT_ONCE", at_once)
    monkeypatch.setattr(migration, "CONVERTED_AT_ONCE", at_once)
    before_fields(anna, EARLIER)
    migration.migrate_fields(anna.account_id)
    assert types(anna) == {
        "born": "date",
        "land": "text",
        "orders": "number",
        "plz": "text",
        "size": "text",
        "vip": "text",
    }
    assert attributes(anna, "p0@dora.example.com") == EARLIER[0] | {"orders": 12, "born": "1990-02-03"}
    assert attributes(anna, "p1@dora.example.com") == EARLIER[1] | {"orders": 3.5}
    assert attributes(anna, "p2@dora.example.com") == EARLIER[2]
    with tenancy.account(anna.account_id):
        row = FieldMigration.objects.get()
        assert (row.state, row.changed) == ("done", 2)
    migration.migrate_fields(anna.account_id)  # again: nothing to do


def test_a_migration_that_died_continues_where_it_stopped(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "READ_AT_ONCE", 1)
    before_fields(anna, EARLIER)
    assert migration._step(anna.account_id)
    with tenancy.account(anna.account_id):
        assert len(FieldMigration.objects.get().after_key) == 32
    resume_field_migrations(0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'lists.migrate_fields' AND status = 'todo'"
        )
        assert [json.loads(args) if isinstance(args, str) else args for (args,) in cursor.fetchall()].count(
            {"account_id": anna.account_id}
        ) == 1
    migration.migrate_fields(anna.account_id)
    assert types(anna)["orders"] == "number"


def test_a_change_of_type_rewrites_what_can_be_read(anna: Customer) -> None:
    before_fields(anna, EARLIER)
    migration.migrate_fields(anna.account_id)
    with tenancy.account(anna.account_id):
        field = ContactField.objects.get(key="vip")
        fields.change_field(field.id, FieldDraft("VIP", "boolean", "to greet them"))
        Contact.objects.filter(email="p3@dora.example.com").update(attributes={"vip": "perhaps"})
    migration.migrate_fields(anna.account_id)
    assert [attributes(anna, f"p{n}@dora.example.com").get("vip") for n in (0, 1, 3)] == [True, False, "perhaps"]


def test_a_default_is_printed_sealed_and_covered_by_the_tick(sender: Customer) -> None:
    with tenancy.account(sender.account_id):
        fields.create_field(FieldDraft("Shop", "text", "p", default="our shop in Kiel", key="shop"))
        other = fields.create_field(FieldDraft("Size", "text", "p", default="M"))
        campaign = Campaign.objects.get(id=sender.draft(content="Come to {{ contact.shop }}, {{ contact.city }}").id)
        account = Account.objects.get(id=sender.account_id)
        values: Any = sample_values(campaign, account, Contact.objects.first(), bare=False)
        assert [values["contact"][key] for key in ("shop", "size", "city")] == ["our shop in Kiel", "M", "Kiel"]
        before = content_hash(campaign, newest_imprint())
        fields.change_field(other.id, FieldDraft("Size", "text", "p", default="L"))
        assert content_hash(campaign, newest_imprint()) == before
        edition = make_edition(campaign)
        assert edition.facts["defaults"] == {"shop": "our shop in Kiel"}
        assert is_genuine(edition)
        edition.facts["defaults"] = {"shop": "https://other.example"}
        assert not is_genuine(edition)
        field = ContactField.objects.get(key="shop")
        fields.change_field(field.id, FieldDraft("Shop", "text", "p", default="the shop"))
        assert content_hash(campaign, newest_imprint()) != before
        assert {"shop", "size"} <= attribute_names()


def test_several_choices_are_compared_one_by_one(anna: Customer) -> None:
    from mailflatrate.apps.segments.queries import count_segment

    anna.bring("\n".join((HEADER, *(line(f"p{n}@dora.example.com") for n in range(3)))))
    with tenancy.account(anna.account_id):
        for contact, found in zip(Contact.objects.order_by("id"), (["Tea", "Cocoa"], ["Coffee"], None), strict=True):
            Contact.objects.filter(id=contact.id).update(attributes={"drinks": found} if found else {})
        assert Subscription.objects.filter(state="confirmed").count() == 3

        def count(op: str, value: Any = None) -> int:
            condition = {"field": "attribute", "key": "drinks", "op": op, "value": value}
            return count_segment([anna.list_id], [condition])

        assert [count("equals", "cocoa"), count("not_equals", "cocoa"), count("in", "tea, coffee")] == [1, 2, 2]
        assert [count("set"), count("empty")] == [2, 1]
