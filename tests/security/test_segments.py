"""Hostile segments: deep, wide and odd JSON ends in a sentence, in no time, and never in another account's rows."""

import json
import time
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.lists.errors import SegmentError
from mailflatrate.apps.lists.tags import ensure_tags, give_tags
from mailflatrate.apps.segments.actions.segments import save_segment
from mailflatrate.apps.segments.builders import conditions_sql
from mailflatrate.apps.segments.conditions.parsing import parse_segment
from mailflatrate.apps.segments.conditions.tree import versioned_form
from mailflatrate.apps.segments.counts import count_people, sample_people
from mailflatrate.apps.segments.models import Segment
from mailflatrate.base import tenancy
from mailflatrate.rules.conditions import MAX_CONDITIONS, MAX_GROUPS, OPS, Field, Op
from support.customers import Customer, sending_customer

LEAF = {"field": "first_name", "op": "set"}


@pytest.fixture(scope="module")
def carla(database: str) -> Customer:
    assert database
    return sending_customer(people=2)


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"match": "all", "items": [LEAF]}
    for _ in range(depth):
        found = {"match": "any", "items": [found]}
    return found


@pytest.mark.parametrize(
    "hostile",
    [
        nested(3),
        nested(900),
        {"items": [LEAF] * 1_000_000},
        {"items": [{"items": [LEAF]}] * (MAX_GROUPS + 1)},
        {"items": [{"items": [LEAF] * 5}] * (MAX_CONDITIONS // 5 + 1)},
        [LEAF] * 1_000_000,
        {"items": [{"field": "attribute", "key": "k", "op": "in", "value": ["x"] * 1_000_000}]},
        {"items": [{"field": "list", "op": "on", "value": list(range(1, 100_000))}]},
        {"items": [{"field": "first_name", "op": "equals", "value": "x" * 10_000_000}]},
        {"items": [{"field": "first_name", "op": "equals", "value": {"$ne": 1}}]},
        {"items": [{"field": "first_name", "op": "equals", "value": "\ud800"}]},
        {"items": [{"field": "clicked", "op": "did", "link": "https://x.example"}]},
        {"items": [{"field": "received", "op": "at_least", "times": 10**9}]},
        {"items": [{"field": "provider", "op": "in", "value": ["') OR TRUE --"]}]},
        {"items": [{"items": []}]},
        {"items": LEAF},
        {"match": "some", "items": [LEAF]},
        {"exclude": True, "items": [LEAF]},
        {"version": 3, "items": [LEAF]},
        "all",
        7,
        None,
    ],
    ids=lambda hostile: json.dumps(hostile)[:40] if not isinstance(hostile, dict | list) else None,
)
def test_hostile_json_is_refused_at_once(hostile: Any) -> None:
    began = time.process_time()
    with pytest.raises(SegmentError) as refused:
        parse_segment(hostile)
    assert time.process_time() - began < 1
    assert len(str(refused.value)) < 600


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
CLOSE = st.fixed_dictionaries(
    {"field": st.sampled_from([field.value for field in Field]), "op": st.sampled_from([op.value for op in Op])},
    optional=dict.fromkeys(("value", "key", "days", "times", "campaign", "link", "items", "match"), JSON),
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=st.one_of(JSON, CLOSE, st.lists(CLOSE, max_size=3), st.fixed_dictionaries({"items": st.lists(CLOSE)})))
def test_odd_json_is_refused_or_runs(anna: Customer, raw: Any) -> None:
    """What is taken compiles, runs, and reads back as itself; everything else is a SegmentError."""
    try:
        tree = parse_segment(raw)
    except SegmentError:
        return
    assert parse_segment(versioned_form(tree)) == tree
    with tenancy.account(anna.account_id), connection.cursor() as cursor:
        where, values = conditions_sql(tree)
        cursor.execute(f"SELECT count(*) FROM contact c WHERE ({where}) OR NOT ({where})", [*values, *values])
        assert cursor.fetchone() == (3,)


def test_every_field_has_operators() -> None:
    assert set(OPS) == set(Field)
    assert {op for ops in OPS.values() for op in ops} == set(Op)


def test_another_accounts_rows_are_neither_named_nor_counted(anna: Customer, carla: Customer) -> None:
    campaign = carla.sending("Carla's own")
    with tenancy.account(carla.account_id):
        (tag,) = ensure_tags(["Secret"])
        person = carla.contact(f"reader0@people{carla.account_id}.example")
        give_tags([person.id], [tag])
        theirs = save_segment("Theirs", [{"field": "tag", "op": "has", "value": tag}])
        assert count_people(theirs.conditions).people == 1
    foreign = [
        {"field": "tag", "op": "has", "value": tag},
        {"field": "list", "op": "on", "value": carla.list_id},
        {"field": "mailing", "op": "got", "value": campaign.id},
        {"field": "clicked", "op": "did", "campaign": campaign.id},
        {"field": "form", "op": "in", "value": 1},
    ]
    with tenancy.account(anna.account_id):
        for condition in foreign:
            with pytest.raises(SegmentError) as refused:
                save_segment("Mine", [condition])
            assert "Secret" not in str(refused.value)
            assert "Carla" not in str(refused.value)
            # Stored earlier, or written by raw SQL: nobody is found by it.
            stored = Segment.objects.create(name=f"Raw {condition['field']}", conditions=[condition])
            assert count_people(stored.conditions).people == 0
            assert sample_people(stored.conditions) == []
