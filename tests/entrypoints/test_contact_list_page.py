"""The page of contacts: chips that combine and go one by one, orders, columns, and an address that holds it all."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.forms.actions.form_edits import create_form
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.actions.tags import change_tags
from mailflatrate.apps.lists.models import Contact, ContactColumns, Tag
from mailflatrate.apps.segments.models import BulkAction, Segment
from mailflatrate.base import tenancy
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_members
from support.people import browser, person


@pytest.fixture
def anna(database: str) -> Customer:
    """Four contacts with orders 0 to 3; two have a tag."""
    assert database
    one = customer_with_members()
    one.bring("\n".join((HEADER, *(line(f"p{n}@dora.example.com", first="Pia") for n in range(4)))))
    with tenancy.account(one.account_id):
        create_field(FieldDraft("Orders", "number", "to thank them"))
        create_field(FieldDraft("Size", "choice", "to send gifts", choices=("S", "M")))
        for number, each in enumerate(Contact.objects.order_by("email")):
            Contact.objects.filter(id=each.id).update(attributes={"orders": number, "size": "SM"[number % 2]})
            if number > 1:
                change_tags(each.id, add=["VIP"])
    return one


def shown(page: str) -> list[str]:
    """Return the contacts of the table in their order, such as p0."""
    return re.findall(r'class="cell-title[^>]*>(p\d)@', page)


def addresses(page: str) -> list[str]:
    return [unescape(url) for url in re.findall(r'href="(\?[^"]*)"', page)]


def add(anna: Customer, at: str, **given: str) -> str:
    """Use the form of the filter dialog from an address; return the address that it leads to."""
    answer = anna.client.get(f"/studio/contacts/?{'&'.join(part for part in (at, urlencode(given)) if part)}")
    assert answer.status_code == 303
    return urlsplit(answer.headers["Location"]).query


@pytest.mark.slow
def test_filters_are_combined_and_removed_one_by_one(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        tag, job = Tag.objects.get(), Import.objects.get()
        segment = Segment.objects.create(
            name="Pia", conditions=[{"field": "first_name", "op": "equals", "value": "Pia"}]
        )
    at = add(anna, "", by="attribute.orders", op="at_least", value="1")
    at = add(anna, at, by="tag", op="has", value=str(tag.id))
    at = add(anna, at, by="segment", value=str(segment.id))
    at = add(anna, at, by="import", value=str(job.id))
    at = add(anna, at, by="list", op="any", value=str(anna.list_id))
    page = anna.page(f"contacts/?{at}&state=confirmed")
    assert shown(page) == ["p2", "p3"]
    for words in ("Orders is at least 1", "Tag: VIP", "Segment: Pia", f"Import: {job.file_name}", "List: "):
        assert words in page
    assert anna.page(f"contacts/count/?{at}").strip() == "2"
    without = [url for url in addresses(page) if "has" not in url and "attribute.orders" in url and "state=" in url]
    assert shown(anna.page(f"contacts/{without[0]}")) == ["p1", "p2", "p3"]
    assert "Remove all filters" in page
    nobody = anna.page(f"contacts/?{add(anna, at, by='attribute.size', op='empty')}")
    assert "No matches" in nobody
    assert "Size is empty" in nobody


def test_the_order_by_address_ignores_capitals() -> None:
    anna = customer_with_members()
    anna.bring("\n".join((HEADER, *(line(f"{name}@dora.example.com") for name in ("Carla", "berta", "ANTON", "dora")))))
    for at, names in (("", "ANTON berta Carla dora"), ("sort=-email", "dora Carla berta ANTON")):
        found = re.findall(r'class="cell-title[^>]*>(\w+)@dora', anna.page(f"contacts/?{at}"))
        assert found == names.split()


def test_a_faulty_filter_is_refused_with_the_reason(anna: Customer) -> None:
    for given, words in (
        ({"by": "attribute.orders", "op": "at_least", "value": "three"}, "Condition 1: enter a number"),
        ({"by": "attribute.nope", "op": "equals", "value": "1"}, "Choose what to filter by"),
        ({"by": "list", "op": "any", "value": "99999"}, "Choose one"),
        ({"by": "activity", "op": "within_days", "value": "0"}, "enter a number of days"),
    ):
        at = add(anna, "", **given)
        assert at == ""
        assert words in anna.page("contacts/")
    for odd in ("where=x", "where=:::", "where=attribute.:equals:1", "where=tag:has:x", "where=campaign:got:1"):
        assert shown(anna.page(f"contacts/?{odd}")) == ["p0", "p1", "p2", "p3"]


def test_inputs_follow_the_kind_of_the_field(anna: Customer) -> None:
    assert 'type="number"' in anna.page("contacts/filter/?by=attribute.orders&op=more")
    assert 'type="date"' not in anna.page("contacts/filter/?by=attribute.orders&op=more")
    sizes = anna.page("contacts/filter/?by=attribute.size&op=equals")
    assert '<option value="M">M</option>' in sizes
    assert 'name="value"' not in anna.page("contacts/filter/?by=attribute.size&op=empty")
    assert "VIP" in anna.page("contacts/filter/?by=tag")
    for odd in ("", "?by=attribute.nope", "?by=x&op=y", "?by=list&op=more"):
        assert 'id="filter-value"' in anna.page(f"contacts/filter/{odd}")


def test_the_list_is_sorted_by_a_field_and_the_address_holds_everything(anna: Customer) -> None:
    page = anna.page("contacts/?sort=-field_orders&columns=confirmed")
    assert shown(page) == ["p3", "p2", "p1", "p0"]
    assert 'aria-sort="descending"' in page
    assert "Last confirmation" in page
    assert re.search(r"<th[^>]*>\s*<a[^>]*>\s*Orders", page), "the column that sorts is shown"
    narrowed = add(anna, "sort=-field_orders&columns=confirmed", by="attribute.orders", op="less", value="3")
    assert dict(parse_qsl(narrowed))["sort"] == "-field_orders"
    assert dict(parse_qsl(narrowed))["columns"] == "confirmed"
    assert shown(anna.page(f"contacts/?{narrowed}")) == ["p2", "p1", "p0"]


def test_columns_are_chosen_and_kept_for_the_member_alone(anna: Customer) -> None:
    chosen = {"column": ["field_size", "added"], "q": "p1", "columns": "name"}
    answer = anna.client.post("/studio/contacts/columns/", chosen)
    assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query)) == {"q": "p1", "columns": "field_size,added"}
    assert re.search(r'data-label="Size"[^>]*>\s*<span[^>]*>M<', anna.page("contacts/?q=p1"))
    assert 'data-label="Size"' not in anna.ben.get("/studio/contacts/").content.decode()
    # A viewer chooses their own.
    assert anna.ben.post("/studio/contacts/columns/", {"column": ["name"]}).status_code == 303
    with tenancy.account(anna.account_id):
        assert ContactColumns.objects.count() == 2


def test_a_bulk_action_covers_exactly_what_the_chips_say(anna: Customer) -> None:
    where = ["attribute.orders:at_least:1", "attribute.size:equals:M"]
    posted = {"action": "add_tag", "all": "1", "where": where}
    question = anna.client.post("/studio/bulk/new/", posted).content.decode()
    assert "2 contacts are selected." in question
    carried = re.findall(r'name="where" value="([^"]*)"', question)
    assert [unescape(each) for each in carried] == where
    started = anna.client.post("/studio/bulk/start/", {**posted, "where": carried, "tag_name": "M"})
    assert started.status_code == 303
    with tenancy.account(anna.account_id):
        conditions = BulkAction.objects.get().selection["conditions"]
        assert [each["key"] for each in conditions] == ["orders", "size"]
    for widened in (
        {"where": ["attribute.orders:more:many"]},
        {"where": ["x"]},
        {"where": ["attribute.orders:at_least:1"] * 11},
        {"where": [], "tag": "99999"},
        {"where": [], "segment": "99999"},
        {"where": [], "state": "gone"},
    ):
        for step in ("new", "start"):
            answer = anna.client.post(f"/studio/bulk/{step}/", {**posted, "tag_name": "M", **widened})
            assert answer.status_code == 303, "what can't be read never widens the selection"
    with tenancy.account(anna.account_id):
        assert BulkAction.objects.count() == 1


def test_the_list_is_filtered_by_form_and_source(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        form = create_form("Website", anna.list_id, by=None)
    at = add(anna, "", by="form", op="in", value=str(form.id))
    page = anna.page(f"contacts/?{at}")
    assert "Form: Website" in page
    assert shown(page) == []
    at = add(anna, "", by="form", op="not_equals", value=str(form.id))
    assert len(shown(anna.page(f"contacts/?{at}"))) == 4
    at = add(anna, "", by="source", op="contains", value="anna.example")
    assert (
        len(shown(anna.page(f"contacts/?{at}"))) + len(shown(anna.page("contacts/?where=source:contains:nowhere"))) == 4
    )


def test_strangers_see_and_filter_by_nothing_of_another_account(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        tag, job = Tag.objects.get(), Import.objects.get()
    carla = customer_with_members("Carla")
    stranger = carla.client
    for part in (f"tag={tag.id}", f"import={job.id}", f"list={anna.list_id}", f"where=tag:has:{tag.id}", ""):
        page = stranger.get(f"/studio/contacts/?{part}").content.decode()
        assert shown(page) == []
        assert "VIP" not in page
        assert job.file_name not in page
    assert "VIP" not in stranger.get("/studio/contacts/filter/?by=tag").content.decode()
    stranger.post("/studio/contacts/columns/", {"column": ["field_orders"]})
    with tenancy.account(carla.account_id):
        assert ContactColumns.objects.get().columns == []
    editor = browser(person(anna.account_id, "Eda", Role.EDITOR))
    assert shown(editor.get("/studio/contacts/?sort=-field_orders").content.decode())[0] == "p3"
