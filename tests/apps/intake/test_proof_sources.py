"""Whose consent a signed line proves: companies are compared by the name they were vetted with."""

import json

import pytest

from mailflatrate.apps.intake.proof_sources import ProofSources, ended_lines
from mailflatrate.apps.intake.reading.portable_rows import LineSource
from support.customers import Customer, vetted_as


def foreign(**account: object) -> str:
    return json.dumps({"account": account, "signature": {"key": "of another service"}, "events": []})


@pytest.mark.parametrize(
    ("account", "other"),
    [
        ({"company": "LINDENHOF Gmbh", "name": "Garden"}, ""),
        ({"name": "Lindenhof  GmbH."}, ""),
        ({"company": "Nordstern AG", "name": "Lindenhof GmbH"}, "Nordstern AG"),
        ({"company": "", "name": "Nordstern"}, "Nordstern"),
        ({}, "?"),
    ],
)
def test_line_of_another_installation_counts_for_the_company_it_names(
    anna: Customer, account: dict[str, object], other: str
) -> None:
    assert ProofSources(vetted_as(anna, "Lindenhof GmbH").account_id)(foreign(**account)) == LineSource(other, None)


def test_account_that_was_never_vetted_is_no_company(anna: Customer) -> None:
    assert ProofSources(anna.account_id)(foreign(company="", name="")).other_company == "?"


def test_no_lines_ask_for_nothing() -> None:
    assert ended_lines({}) == []
