"""The segment builder without JavaScript: every part of a tree is posted, changed, saved, and drawn again."""

import pytest
from django.http import QueryDict

from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.tags import ensure_tags
from mailflatrate.apps.segments.actions.segments import save_segment
from mailflatrate.apps.segments.models import Segment
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.studio.audience.segments.segment_builder import changed_tree, posted_tree
from support.customers import Customer, sending_customer

NEW = "/studio/segments/new/"


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    customer = sending_customer(people=3)
    with tenancy.account(customer.account_id):
        create_field(FieldDraft("Birthday", "date", "to congratulate"))
        create_field(FieldDraft("Plan", "choice", "to fit offers", choices=("Basic", "Plus, yearly")))
        ensure_tags(["VIP", "Wholesale"])
    return customer


def form(*nodes: str, **values: object) -> dict[str, object]:
    return {"node": list(nodes), **{name.replace("__", "."): value for name, value in values.items()}}


DORA = {"0-field": "first_name", "0-op": "equals", "0-value": "Dora"}
TREE = {
    "name": "A tree",
    "-match": "any",
    "node": ["c0", "g1", "c1.0", "g1.1", "c1.1.0", "g2", "c2.0"],
    **DORA,
    "1-match": "all",
    "1.0-field": "attribute:birthday", "1.0-op": "anniversary", "1.0-value": "7",
    "1.1-match": "any",
    "1.1.0-field": "attribute:plan", "1.1.0-op": "in", "1.1.0-values": ["Plus, yearly"],
    "2-match": "any", "2-exclude": "1",
    "2.0-field": "received", "2.0-op": "at_least", "2.0-times": "3", "2.0-days": "30",
}  # fmt: skip
SAVED = {
    "version": 2,
    "match": "any",
    "items": [
        {"field": "first_name", "op": "equals", "value": "Dora"},
        {
            "match": "all",
            "items": [
                {"field": "attribute", "key": "birthday", "op": "anniversary", "value": 7},
                {
                    "match": "any",
                    "items": [{"field": "attribute", "key": "plan", "op": "in", "value": ["Plus, yearly"]}],
                },
            ],
        },
        {"match": "any", "exclude": True, "items": [{"field": "received", "op": "at_least", "times": 3, "days": 30}]},
    ],
}


def test_a_tree_is_saved_drawn_again_and_said(anna: Customer) -> None:
    assert anna.client.post(NEW, TREE).status_code == 303
    with tenancy.account(anna.account_id):
        segment = Segment.objects.get(name="A tree")
    assert segment.conditions == SAVED
    page = anna.page(f"segments/{segment.id}/")
    for part in ('value="g1.1"', 'value="c1.1.0"', 'name="2-exclude"', 'name="1.0-value"', 'value="Plus, yearly"'):
        assert part in page
    sentence = (
        "Contacts whose First name is “Dora” or (whose “Birthday” has its anniversary in the next 7 days and whose "
        "“Plan” is “Plus, yearly”), but not those who received at least 3 campaigns in the last 30 days."
    )
    assert sentence in page
    german = anna.client.get("/studio/segments/", headers={"accept-language": "de"}).content.decode()
    assert "aber nicht die, die in den letzten 30 Tagen mindestens 3 Mailings erhalten haben" in german
    again = anna.client.post(f"/studio/segments/{segment.id}/", TREE | {"name": "The same tree"})
    assert again.status_code == 303
    with tenancy.account(anna.account_id):
        assert Segment.objects.get(id=segment.id).conditions == SAVED


@pytest.mark.parametrize(
    ("order", "kept"),
    [
        ("add:", ["c0", "g1", "c1.0", "c2"]),
        ("add:1", ["c0", "g1", "c1.0", "c1.1"]),
        ("group:1", ["c0", "g1", "c1.0", "g1.1", "c1.1.0"]),
        ("exclude:", ["c0", "g1", "c1.0", "g2", "c2.0"]),
        ("remove:0", ["g0", "c0.0"]),
        ("remove:1", ["c0"]),
        ("remove:1.0", ["c0", "g1"]),
        ("remove:7", ["c0", "g1", "c1.0"]),
        ("remove:1.x", ["c0", "g1", "c1.0"]),
        ("add:0", ["c0", "g1", "c1.0"]),
        ("delete:everything", ["c0", "g1", "c1.0"]),
    ],
)
def test_each_order_changes_one_part(anna: Customer, order: str, kept: list[str]) -> None:
    start = form("c0", "g1", "c1.0", **DORA) | {"1.0-field": "last_name", "1.0-op": "set"}
    rows = anna.client.post("/studio/segments/rows/", start | {"row": order}).content.decode()
    assert [part.split('"')[0] for part in rows.split('name="node" value="')[1:]] == kept


def test_a_changed_field_gets_a_comparison_and_inputs_of_its_type(anna: Customer) -> None:
    start = form("c0") | {"0-field": "attribute:plan", "0-op": "starts", "0-value": "Dora"}
    rows = anna.client.post("/studio/segments/rows/", start).content.decode()
    assert rows.count('name="0-values"') == 2
    assert "starts with" not in rows
    clicks = form("c0") | {"0-field": "clicked", "0-op": "did"}
    rows = anna.client.post("/studio/segments/rows/", clicks).content.decode()
    for part in ("campaign", "times", "days"):
        assert f'name="0-{part}"' in rows
    assert "We record clicks only for people who agreed to it. 3 contacts didn" in rows


def test_foreign_and_broken_forms_are_bounded(anna: Customer) -> None:
    odd = (
        "node=",
        "node=g",
        "node=c0.0.0.0",
        "node=c1.0",
        "node=x0",
        "node=g0&node=g0.0&node=g0.0.0&node=c0.0.0.0",
    )
    with tenancy.account(anna.account_id):
        many = posted_tree(QueryDict("&".join([f"node=c{n % 90}" for n in range(900)])))
        assert len(many["items"]) < 60
        for each in odd:
            posted_tree(QueryDict(each))
    deep = {"match": "all", "items": [{"match": "any", "items": [{"match": "any", "items": []}]}]}
    assert changed_tree(deep, "add:0.0.0.0.0") == deep
    posted = form("c0") | {"0-field": "attribute:" + "x" * 5_000, "0-op": "equals", "0-value": "y"}
    refused = anna.client.post(NEW, posted | {"name": "Long"})
    assert refused.status_code == 422
    assert "Condition 1: choose a field." in refused.content.decode()


def test_ready_made_segments_are_a_start(anna: Customer) -> None:
    page = anna.page("segments/new/")
    for name in ("Confirmed in the last 30 days", "Nothing clicked in 90 days", "Birthday in the next 7 days"):
        assert name in page
    started = anna.page("segments/new/?from=new")
    assert 'value="Confirmed in the last 30 days"' in started
    assert "Contacts who confirmed a list in the last 30 days." in started
    assert anna.client.get(NEW + "?from=nothing-like-it").status_code == 200


def test_one_in_use_says_where(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        used = save_segment("Staff", [{"field": "first_name", "op": "equals", "value": "Emil"}])
    anna.draft("To all", excluded_segments=[{"id": used.id, "name": used.name, "conditions": used.conditions}])
    answer = anna.client.post(f"/studio/segments/{used.id}/delete/")
    assert answer.headers["Location"] == f"/studio/segments/{used.id}/"
    assert "This segment is in use: the campaign “To all”." in anna.page(f"segments/{used.id}/")
    with tenancy.account(anna.account_id):
        assert Segment.objects.filter(id=used.id).exists()
