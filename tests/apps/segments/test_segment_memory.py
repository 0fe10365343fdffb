"""What a count of all contacts may use: one sum for all of its sets, however many conditions a segment has."""

import pytest
from django.db import connection

from mailflatrate.apps.segments.builders import (
    LEAST_SET_MEGABYTES,
    WHOLE_MEGABYTES,
    conditions_sql,
    set_megabytes,
    whole_account,
)
from mailflatrate.base import tenancy
from mailflatrate.rules.conditions import MAX_CONDITIONS
from support.cast import per_module
from support.customers import Customer, customer_with_list

anna = per_module(customer_with_list, "Anna", approved=False)


def work_mem() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('work_mem')")
        return str(cursor.fetchone()[0])


def tagged(*operators: str) -> dict[str, object]:
    return {"match": "any", "items": [{"field": "tag", "op": op} for op in operators]}


def test_all_sets_together_stay_in_one_sum() -> None:
    for sets in range(1, 200):
        each = set_megabytes(sets)
        assert each >= LEAST_SET_MEGABYTES
        assert each == LEAST_SET_MEGABYTES or each * sets <= WHOLE_MEGABYTES
    assert set_megabytes(MAX_CONDITIONS) * MAX_CONDITIONS <= 128, "the longest segment needs little more"


def test_one_set_has_it_all_and_none_asks_for_no_more() -> None:
    assert set_megabytes(0) == set_megabytes(1) == WHOLE_MEGABYTES
    assert set_megabytes(2) == WHOLE_MEGABYTES // 2
    assert set_megabytes(10**6) == LEAST_SET_MEGABYTES


@pytest.mark.parametrize("conditions", [0, 1, 2, 5, MAX_CONDITIONS])
def test_a_statement_gets_its_share_and_gives_it_back(anna: Customer, conditions: int) -> None:
    with tenancy.account(anna.account_id):
        before = work_mem()
        with whole_account():
            conditions_sql(tagged(*["set"] * conditions))
            assert work_mem() == f"{set_megabytes(conditions)}MB"
        assert work_mem() == before
        conditions_sql(tagged("set"))
        assert work_mem() == before, "a statement for a page of contacts changes nothing"


def test_a_condition_of_several_sets_counts_as_several(anna: Customer) -> None:
    with tenancy.account(anna.account_id), whole_account():
        conditions_sql({"match": "all", "items": [{"field": "tag", "op": "has_all", "value": [1, 2, 3, 4]}]})
        assert work_mem() == f"{set_megabytes(4)}MB"
