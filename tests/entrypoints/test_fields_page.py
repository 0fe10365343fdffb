"""The page of custom fields, and the inputs for their values on a contact's page."""

from typing import Any

import pytest

from mailflatrate.apps.lists.actions import fields
from mailflatrate.apps.lists.actions.fields import FieldDraft
from mailflatrate.apps.lists.models import ContactField
from mailflatrate.base import tenancy
from support.contact_files import HEADER, file_of, line
from support.customers import Customer, customer_with_members
from support.moves import drop

NEW = {"label": "Favorite color", "type": "choices", "choices": "Red\nDark blue", "purpose": "to show fitting plants"}


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    return customer_with_members()


def keys(anna: Customer, **which: Any) -> list[str]:
    with tenancy.account(anna.account_id):
        return list(ContactField.objects.filter(**which).order_by("place").values_list("key", flat=True))


def one(anna: Customer, key: str) -> ContactField:
    with tenancy.account(anna.account_id):
        return ContactField.objects.get(key=key)


def test_a_field_is_added_changed_moved_archived_and_restored(anna: Customer) -> None:
    assert "No fields yet" in anna.page("fields/")
    refused = anna.client.post("/studio/fields/new/", NEW | {"purpose": "", "choices": ""})
    assert refused.status_code == 422
    assert anna.client.post("/studio/fields/new/", NEW | {"choices": "Red"}).status_code == 422
    assert anna.client.post("/studio/fields/new/", NEW).status_code == 303
    assert anna.client.post("/studio/fields/new/", NEW | {"label": "Town", "type": "text"}).status_code == 303
    field = one(anna, "favorite_color")
    assert (field.choices, one(anna, "town").choices) == (["Red", "Dark blue"], [])
    shown = anna.page("fields/")
    assert "contact.favorite_color" in shown
    assert "to show fitting plants" in shown
    assert "contact.favorite_color" in anna.page(f"fields/{field.id}/")
    anna.client.post(f"/studio/fields/{field.id}/move/", {"to": "down"})
    assert keys(anna) == ["town", "favorite_color"]
    changed = NEW | {"label": "Color", "default": "Green"}
    assert anna.client.post(f"/studio/fields/{field.id}/", changed).status_code == 422
    assert anna.client.post(f"/studio/fields/{field.id}/", changed | {"default": "red"}).status_code == 303
    assert (one(anna, "favorite_color").label, one(anna, "favorite_color").default) == ("Color", ["Red"])
    anna.client.post(f"/studio/fields/{field.id}/archive/")
    assert keys(anna, archived_at=None) == ["town"]
    assert "Restore" in anna.page("fields/")
    anna.client.post(f"/studio/fields/{field.id}/restore/")
    assert keys(anna, archived_at=None) == ["town", "favorite_color"]


def test_colleagues_who_only_look_change_nothing(anna: Customer) -> None:
    anna.client.post("/studio/fields/new/", NEW)
    field = one(anna, "favorite_color")
    for path in ("new/", f"{field.id}/", f"{field.id}/move/", f"{field.id}/archive/", f"{field.id}/restore/"):
        assert anna.ben.post(f"/studio/fields/{path}", NEW | {"to": "up"}).status_code == 403
    assert anna.ben.get("/studio/fields/").status_code == 200
    assert one(anna, "favorite_color").archived_at is None


def test_a_contact_page_checks_and_keeps_values_by_their_field(anna: Customer) -> None:
    anna.bring("\n".join((HEADER, line("dora@dora.example.com"))))
    with tenancy.account(anna.account_id):
        for label, kind, choices in (
            ("Orders", "number", ()),
            ("Since", "date", ()),
            ("VIP", "boolean", ()),
            ("Colors", "choices", ("Red", "Blue")),
            ("Gone", "text", ()),
        ):
            fields.create_field(FieldDraft(label, kind, "p", choices=choices))
        fields.archive_field(ContactField.objects.get(key="gone").id)
    person = anna.contact("dora@dora.example.com")
    with tenancy.account(anna.account_id):
        type(person).objects.filter(id=person.id).update(attributes={"gone": "kept", "stadt": "Kiel", "since": "odd"})
    address = f"/studio/contacts/{person.id}/edit/"
    values = {
        "first_name": "Dora",
        "last_name": "",
        "field_orders": "3,5",
        "field_vip": "true",
        "field_colors": ["Blue", "Red"],
        "field_since": "odd",
        "field_stadt": "Kiel",
    }
    assert anna.client.post(address, values).status_code == 303
    kept = {"gone": "kept", "stadt": "Kiel", "since": "odd", "orders": 3.5, "vip": True, "colors": ["Red", "Blue"]}
    assert anna.contact("dora@dora.example.com").attributes == kept
    page = anna.page(f"contacts/{person.id}/edit/")
    assert 'value="3.5"' in page
    assert page.count("checked") >= 2
    refused = anna.client.post(address, values | {"field_orders": "many", "field_since": "31.02.2026"})
    assert refused.status_code == 422
    assert "must be a number" in refused.content.decode()
    assert "must be a date" in refused.content.decode()
    assert anna.contact("dora@dora.example.com").attributes == kept
    anna.client.post(address, {"first_name": "", "last_name": ""})
    assert anna.contact("dora@dora.example.com").attributes == {"gone": "kept"}


def test_the_columns_of_a_file_say_which_field_they_fill(anna: Customer) -> None:
    file = file_of(line("dora@dora.example.com") + ";12", header=f"{HEADER};Bestellungen")
    page = drop(anna, {"contacts.csv": file.read()}).check().page()
    assert "New field · Number" in page
    assert "New field · Text" in page
