"""The page of tags, and the tags on a contact's page and in the list of contacts."""

import pytest

from mailflatrate.apps.lists.models import Tag
from mailflatrate.apps.lists.tags import tag_table
from mailflatrate.base import tenancy
from support.contact_files import HEADER, line
from support.customers import Customer, customer_with_members


@pytest.fixture
def anna(database: str) -> Customer:
    assert database
    one = customer_with_members()
    one.bring("\n".join((HEADER, line("dora@dora.example.com"), line("erik@dora.example.com"))))
    return one


def rows(anna: Customer) -> list[tuple[str, str, int]]:
    with tenancy.account(anna.account_id):
        return [(row.name, row.color, row.people) for row in tag_table()]


def test_tags_are_made_renamed_filtered_by_and_deleted(anna: Customer) -> None:
    assert "No tags yet" in anna.page("tags/")
    assert anna.client.post("/studio/tags/new/", {"name": "VIP", "color": "red"}).status_code == 303
    assert anna.client.post("/studio/tags/new/", {"name": "vip", "color": "red"}).status_code == 422
    assert anna.client.post("/studio/tags/new/", {"name": "a,b", "color": "red"}).status_code == 422
    dora = anna.contact("dora@dora.example.com")
    assert anna.client.post(f"/studio/contacts/{dora.id}/tags/", {"add": "vip, Shop"}).status_code == 303
    assert rows(anna) == [("Shop", "blue", 1), ("VIP", "red", 1)] or rows(anna)[1] == ("VIP", "red", 1)
    with tenancy.account(anna.account_id):
        vip = Tag.objects.get(folded="vip")
    shown = anna.page(f"contacts/?tag={vip.id}")
    assert "dora@dora.example.com" in shown
    assert "erik@dora.example.com" not in shown
    assert anna.client.post(f"/studio/tags/{vip.id}/", {"name": "Best", "color": "teal"}).status_code == 303
    assert ("Best", "teal", 1) in rows(anna)
    page = anna.page(f"contacts/{dora.id}/")
    assert "Best" in page
    anna.client.post(f"/studio/contacts/{dora.id}/tags/", {"remove": "Best"})
    assert ("Best", "teal", 0) in rows(anna)
    assert anna.client.post(f"/studio/tags/{vip.id}/delete/").status_code == 303
    assert [name for name, _color, _people in rows(anna)] == ["Shop"]


def test_colleagues_who_only_look_change_nothing(anna: Customer) -> None:
    anna.client.post("/studio/tags/new/", {"name": "VIP", "color": "red"})
    dora = anna.contact("dora@dora.example.com")
    with tenancy.account(anna.account_id):
        tag = Tag.objects.get()
    for path in ("tags/new/", f"tags/{tag.id}/", f"tags/{tag.id}/delete/", f"contacts/{dora.id}/tags/"):
        assert anna.ben.post(f"/studio/{path}", {"name": "X", "color": "red", "add": "X"}).status_code == 403
    assert anna.ben.get("/studio/tags/").status_code == 200
    assert rows(anna) == [("VIP", "red", 0)]
