"""Tags: by import, action, form and segment; deleted with the contact; one's own only."""

import psycopg
import pytest

from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.actions import tags as tags_actions
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import Contact, ContactTag, Tag
from mailflatrate.apps.lists.tags import ensure_tags, give_tags, tag_table, tags_of, take_tags
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.stored_data import stored_about
from mailflatrate.apps.segments.queries import contact_page, count_segment
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.tags import MAX_TAGS, TagColor
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import load_settings
from support.cast import per_test
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_list
from support.forms import customer_with_form, fresh_address
from support.people import person
from support.scope import rows

TAGGED = f"{HEADER};Tags"
anna = per_test(customer_with_list, "Lindenhof")


def people(one: Customer) -> dict[str, list[str]]:
    with tenancy.account(one.account_id):
        found = {contact.id: contact.email.partition("@")[0] for contact in Contact.objects.order_by("email")}
        tags = tags_of(list(found))
        return {name: [tag.name for tag in tags.get(contact_id, [])] for contact_id, name in found.items()}


def test_an_import_gives_tags_and_creates_them(anna: Customer) -> None:
    cells = {"a": "VIP, Garden", "b": "vip", "c": ""}
    first = (f"{line(f'{name}@dora.example.com')};{cell}" for name, cell in cells.items())
    job = anna.bring("\n".join((TAGGED, *first)), slice_rows=1)
    assert job.accepted == 3
    assert people(anna) == {"a": ["Garden", "VIP"], "b": ["VIP"], "c": []}
    with tenancy.account(anna.account_id):
        gone = Contact.objects.get(email="b@dora.example.com")
        consent.unsubscribe(gone.id, list_id=None, by="customer", source="test")
        known = Contact.objects.get(email="c@dora.example.com").attributes
    again = (line("b@dora.example.com") + ";Shop", line("c@dora.example.com") + ';"Shop;Diabetes"')
    anna.bring("\n".join((TAGGED, *again)))
    assert people(anna) == {"a": ["Garden", "VIP"], "b": ["VIP"], "c": ["Shop"]}, "a refused row changes nothing"
    assert "tags" not in known


def test_tags_are_given_and_taken_set_by_set(anna: Customer) -> None:
    anna.bring("\n".join((HEADER, *(line(f"p{n}@dora.example.com") for n in range(4)))))
    with tenancy.account(anna.account_id):
        ids = list(Contact.objects.order_by("email").values_list("id", flat=True))
        vip, shop = ensure_tags(["VIP", "Shop"])
        assert ensure_tags(["vip"]) == [vip]
        assert give_tags(ids[:2], [vip]) == ids[:2]
        assert give_tags(ids, [vip, shop]) == ids
        assert take_tags(ids[:1], [vip, 2**60]) == ids[:1]
        assert take_tags(ids[:1], [vip]) == []
        assert [(row.name, row.people) for row in tag_table()] == [("Shop", 4), ("VIP", 3)]
        assert [row.id for row in contact_page(tag_id=vip).rows] == ids[1:]

        def count(op: str, tag_id: int) -> int:
            return count_segment([anna.list_id], [{"field": "tag", "op": op, "value": tag_id}])

        assert [count("has", vip), count("has_not", vip), count("has", 2**60)] == [3, 1, 0]
        tags_actions.change_tag(vip, name="Best", color=TagColor.RED)
        with pytest.raises(ListError):
            tags_actions.change_tag(vip, name="SHOP", color=TagColor.RED)
        assert tags_actions.delete_tag(vip) == 3
        assert tags_actions.delete_tag(vip) == 0
        assert [count("has", vip), count("has_not", vip)] == [0, 4]
        assert ContactTag.objects.count() == 4


@pytest.mark.parametrize("name", ["", "a,b", "Religion", "x" * 61])
def test_what_can_not_be_a_tag_is_refused(anna: Customer, name: str) -> None:
    with tenancy.account(anna.account_id), pytest.raises(ListError):
        tags_actions.create_tag(name)


def test_an_account_has_a_limited_number_of_tags(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        Tag.objects.bulk_create(
            Tag(account_id=anna.account_id, name=f"t{n}", folded=f"t{n}", color="blue") for n in range(MAX_TAGS)
        )
        with pytest.raises(ListError):
            tags_actions.create_tag("one more")


def test_tags_are_in_the_data_and_go_with_the_person(anna: Customer) -> None:
    anna.bring("\n".join((TAGGED, line("a@dora.example.com") + ";VIP")))
    anna_herself = person(anna.account_id, "Anna")
    with tenancy.account(anna.account_id):
        contact = Contact.objects.get()
        stored = stored_about(contact.id, language="en")
        assert stored is not None
        assert stored["person"]["tags"] == ["VIP"]
        erase_for_customer(contact.id, by=anna_herself)
        assert ContactTag.objects.count() == 0
        assert [row.people for row in tag_table()] == [0]


def test_a_form_gives_its_tags_to_people_who_confirm() -> None:
    shop = customer_with_form()
    rows(shop, Form).filter(id=shop.form_id).update(tags=["Newsletter", "Website"])
    dora = fresh_address()
    shop.post(dora)
    (mail,) = shop.send()
    assert rows(shop, ContactTag).count() == 0, "asking gives nothing"
    shop.confirm(mail)
    with tenancy.account(shop.account_id):
        contact = Contact.objects.get(email=dora)
        assert [tag.name for tag in tags_of([contact.id])[contact.id]] == ["Newsletter", "Website"]


def test_another_account_finds_and_changes_nothing(anna: Customer) -> None:
    anna.bring("\n".join((TAGGED, line("a@dora.example.com") + ";VIP")))
    carla = Customer.registered("Möbelhaus Nordstern").account_id
    with tenancy.account(anna.account_id):
        contact, tag = Contact.objects.get(), Tag.objects.get()
    with tenancy.account(carla):
        assert give_tags([contact.id], [tag.id]) == []
        assert take_tags([contact.id], [tag.id]) == []
        assert tags_actions.delete_tag(tag.id) == 0
        with pytest.raises(ListError):
            tags_actions.change_tags(contact.id, add=["Mine"])
    with psycopg.connect(app_url(load_settings())) as raw:
        assert raw.execute("SELECT count(*) FROM contact_tag").fetchone() == (0,)
        assert raw.execute("SELECT count(*) FROM tag").fetchone() == (0,)
    assert people(anna) == {"a": ["VIP"]}
