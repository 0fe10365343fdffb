"""Saving segments: what suits the account, what the version before reads, and what is in use."""

from typing import Any

import pytest
from django.db import connection

from mailflatrate.apps.lists.actions.fields import FieldDraft, create_field
from mailflatrate.apps.lists.errors import SegmentError, SegmentInUse
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.segments import counts as segment_counts
from mailflatrate.apps.segments.actions.segments import delete_segment, save_segment
from mailflatrate.apps.segments.conditions.parsing import parse_segment
from mailflatrate.apps.segments.counts import count_people
from mailflatrate.apps.segments.models import Segment
from mailflatrate.base import tenancy
from support.customers import Customer, sending_customer
from support.scope import within

DORA = {"field": "first_name", "op": "equals", "value": "Dora"}
EMIL = {"field": "first_name", "op": "equals", "value": "Emil"}


@pytest.fixture(scope="module")
def anna() -> Customer:
    customer = sending_customer(people=3)
    with tenancy.account(customer.account_id):
        create_field(FieldDraft("Points", "number", "to thank them"))
        create_field(FieldDraft("Born", "date", "to congratulate"))
        create_field(FieldDraft("Plan", "choice", "to fit offers", choices=("Basic", "Plus, yearly")))
        create_field(FieldDraft("Land", "country", "to ship"))
        create_field(FieldDraft("Member", "boolean", "to fit offers"))
    return customer


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"key": "points", "op": "equals", "value": "12,5"}, {"op": "equals", "value": 12.5}),
        ({"key": "born", "op": "equals", "value": "2000-01-02"}, {"op": "equals", "value": "2000-01-02"}),
        ({"key": "plan", "op": "equals", "value": "plus, YEARLY"}, {"op": "in", "value": ["Plus, yearly"]}),
        ({"key": "plan", "op": "in", "value": ["basic"]}, {"op": "in", "value": ["Basic"]}),
        ({"key": "land", "op": "in", "value": "Germany, at"}, {"op": "in", "value": ["DE", "AT"]}),
        ({"key": "member", "op": "equals", "value": "ja"}, {"op": "yes"}),
        ({"key": "member", "op": "not_equals", "value": "yes"}, {"op": "no"}),
        ({"key": "undeclared", "op": "contains", "value": "x"}, {"op": "contains", "value": "x"}),
    ],
)
def test_a_value_becomes_what_its_field_stores(anna: Customer, asked: dict[str, Any], kept: dict[str, Any]) -> None:
    if asked["key"] == "born":
        kept = {"op": "on_day", "value": "2000-01-02"}
    with tenancy.account(anna.account_id):
        saved = save_segment(f"{asked['key']} {asked['op']} {asked['value']}", [{"field": "attribute", **asked}])
        assert saved.conditions == [{"field": "attribute", "key": asked["key"], **kept}]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"key": "points", "op": "contains", "value": "1"}, "choose one of: equals, not_equals, less"),
        ({"key": "points", "op": "equals", "value": "many"}, "must be a number"),
        ({"key": "born", "op": "less", "value": 3}, "before, after, on_day, last_days, anniversary"),
        ({"key": "plan", "op": "in", "value": ["Gold"]}, "must be one of: Basic, Plus, yearly"),
        ({"key": "land", "op": "in", "value": ["Atlantis"]}, "must be a country"),
    ],
)
def test_an_error_lists_the_choices(anna: Customer, asked: dict[str, Any], said: str) -> None:
    with tenancy.account(anna.account_id), pytest.raises(SegmentError) as refused:
        save_segment("Faulty", {"items": [DORA, {"items": [{"field": "attribute", **asked}]}]})
    assert said in str(refused.value)
    assert "condition 2" in str(refused.value)


def test_an_unknown_list_is_answered_with_the_lists(anna: Customer) -> None:
    with tenancy.account(anna.account_id), pytest.raises(SegmentError, match=r"choose a list: Newsletter \(\d+\)"):
        save_segment("Lists", [{"field": "list", "op": "on", "value": 10**9}])
    with pytest.raises(SegmentError, match="choose what to compare: attribute, first_name"):
        parse_segment([{"field": "sql", "op": "equals"}])
    with pytest.raises(SegmentError, match="choose one of: on, not_on, on_within_days"):
        parse_segment([{"field": "list", "op": "equals", "value": 1}])


def test_conditions_are_stored_as_a_list_where_that_says_everything(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        assert save_segment("Flat", {"match": "all", "items": [DORA]}).conditions == [DORA]
        tree = save_segment("Tree", {"match": "any", "items": [DORA, EMIL]})
        assert tree.conditions == {"version": 2, "match": "any", "items": [DORA, EMIL]}


def test_a_segment_in_use_is_not_deleted(anna: Customer) -> None:
    doras = within(anna, save_segment, "In use", [DORA])
    kept = {"id": doras.id, "name": doras.name, "conditions": doras.conditions}
    draft = anna.draft("Without Doras", excluded_segments=[kept])
    with tenancy.account(anna.account_id):
        with pytest.raises(SegmentInUse) as refused:
            delete_segment(doras.id)
        assert refused.value.places == ("the campaign “Without Doras”",)
    released = anna.sending_of(draft)
    assert released.left_out == {"excluded_segment": 1}
    with tenancy.account(anna.account_id):
        delete_segment(doras.id)
        delete_segment(doras.id)
        assert not Segment.objects.filter(id=doras.id).exists()


def test_a_campaign_goes_to_a_tree(anna: Customer) -> None:
    tree = {"version": 2, "match": "any", "items": [DORA, {"match": "all", "exclude": True, "items": [EMIL]}]}
    planned = anna.sending_of(anna.draft("To a tree", conditions=tree))
    assert planned.planned_count == 1
    assert planned.left_out == {"segment": 2}


def test_a_count_that_takes_too_long_says_so(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "(SELECT pg_sleep(0.2)) IS NOT NULL"
    monkeypatch.setattr(segment_counts, "COUNT_MILLISECONDS", 50)
    monkeypatch.setattr(segment_counts, "LEAST_MILLISECONDS", 50)
    with tenancy.account(anna.account_id):
        exact = count_people([])
        assert (exact.people, exact.is_least, exact.untracked) == (3, False, None)
        monkeypatch.setattr(segment_counts, "conditions_sql", lambda _tree: (slow, []))
        assert count_people([]).people is None
        monkeypatch.setattr(segment_counts, "LEAST_MILLISECONDS", 5_000)
        monkeypatch.setattr(segment_counts, "LEAST_PEOPLE", 2)
        some = count_people([])
        assert (some.people, some.is_least) == (2, True)
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() != ("50ms",), "only the count is bounded"


def test_people_who_never_agreed_are_counted_beside_clicks(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        agreed = Contact.objects.order_by("id")[0]
        event = agreed.subscriptions.get().consent_event_id
        Contact.objects.filter(id=agreed.id).update(tracking_event_id=event)
        silent = count_people([{"field": "clicked", "op": "did_not", "days": 90}])
        assert (silent.people, silent.untracked) == (1, 2)
        everyone = count_people(
            {"items": [{"match": "any", "exclude": True, "items": [{"field": "clicked", "op": "did"}]}]}
        )
        assert (everyone.people, everyone.untracked) == (3, 2)
