"""Hostile requests at the doors: what would keep a web process busy is refused, bounded, or read in a child."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.campaigns.content.campaign_content import compile_campaign
from mailflatrate.apps.campaigns.content.missing_values import missing_fields
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import attribute_names, newest_imprint
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.gate.campaigns import judge_whole, variants_facts
from mailflatrate.apps.intake.actions.imports import read_head
from mailflatrate.apps.intake.reading.file_preview import SHOWN_CHARACTERS
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import child, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.api.v1.request_checks import has_many_pieces
from mailflatrate.entrypoints.web.asgi import READERS_AT_HAND
from mailflatrate.entrypoints.web.serving.request_bodies import FIELDS_OCTETS, PUBLIC, limit_of
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.liquid import LiquidTemplate
from support.api import program_of
from support.cost import costs_at_most
from support.customers import CONTENT, Customer, sending_customer
from support.page_context import drawn_context
from support.waiting import Waited

pytestmark = pytest.mark.usefixtures("database")

FIELDS = "application/x-www-form-urlencoded"
JSON: dict[str, bytes] = {
    "names": b"{" + b",".join(b'"a%d":1' % number for number in range(200_000)) + b"}",
    "objects": b'{"a":[' + b"{}," * 1_000_000 + b"{}]}",
    "depth": b"[" * 4_000_000,
    "a name for each bracket": b'["",' * 1_000_000,
}


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("path", ["/campaigns", "/segments"])
def test_an_api_body_of_very_many_values_is_refused_before_it_is_read(name: str, path: str) -> None:
    machine = program_of(sending_customer(people=1))
    assert machine.call("GET", path).status_code == 200, "the API is loaded"
    bearer = {"Authorization": f"Bearer {machine.secret}"}
    with costs_at_most(10):
        answer = Client().post(f"/api/v1{path}", JSON[name], content_type="application/json", headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_only_what_stands_outside_of_texts_counts() -> None:
    """A draft is full of commas and braces, and its quotes are escaped; a quote that never ends is read once."""
    whole = {"name": "x", "content": 'a{color:red},"\\' * 10_000, "list_ids": list(range(200))}
    assert not has_many_pieces(json.dumps([whole] * 4).encode())
    for hostile, is_many in ((b'"' + rb"\"" * 2_500_000, False), (b'"' * 5_000_000, True), (b'"\\' * 2_500_000, False)):
        with costs_at_most(10):
            assert has_many_pieces(hostile) is is_many


def test_fields_without_files_are_smaller_than_files() -> None:
    """Five megabytes of `%41` became 390 MB; a file of the same size stays a file."""
    assert limit_of("/report/", FIELDS) == PUBLIC
    assert limit_of("/report/", "multipart/form-data; boundary=b").octets > 5_000_000
    for path in ("/studio/campaigns/1/edit/", "/desk/mail/", "/studio/imports/new/"):
        assert limit_of(path, f" {FIELDS.title()}; charset=utf-8").octets == FIELDS_OCTETS


TITLES = b"email;name\n"
TABLES: dict[str, Callable[[], bytes]] = {
    "blank lines": lambda: b"\n" * 20_000_000,
    "line ends": lambda: TITLES + b"\r" * 20_000_000,
    "broken UTF-8": lambda: TITLES + b"\xc3\x28\xff;\xe2\x82\n" * 3_000_000,
    "one cell": lambda: b"email\n" + b"a" * 40_000_000,
    "open quotes": lambda: TITLES + b'"a@b.de;x\n' * 1_000_000,
    "ambiguous dates": lambda: b"email;confirmed at\n" + b"dora@people.example;03/04/2026 10:00\n" * 1_000_000,
    "columns of dates": lambda: (
        b";".join(b"date %d" % at for at in range(500))
        + b"\n"
        + b"".join(
            b";".join(b"%02d/%02d/20%02d" % (1 + at % 12, 1 + row % 12, at % 25) for at in range(500)) + b"\n"
            for row in range(2_000)
        )
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_looked_at_in_a_child_and_not_for_long(name: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(TABLES[name]())
    with costs_at_most(20), child.budget() as spent:
        try:
            head = read_head(path)
        except ImportProblem as refused:
            assert str(refused)
        else:
            assert all(len(cell) <= SHOWN_CHARACTERS for row in head.rows for cell in row)
        assert spent.left > -0.2


def test_one_request_looks_at_a_table_once(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"email;name\ndora@people.example;Dora\n")
    with child.budget() as spent:
        first, left = read_head(path), spent.left
        assert (read_head(path), spent.left) == (first, left)
    path.write_bytes(b"email;town\ndora@people.example;Bonn\n")
    assert read_head(path).header == ["email", "town"], "without a request, each look is a new one"


def test_a_late_date_still_decides_the_order_of_a_column(tmp_path: Path) -> None:
    """Beyond the rows that are looked at first; where it comes too late, someone is asked."""
    path = tmp_path / "people.csv"
    rows = b"dora@people.example;03/04/2026 10:00\n" * 20_000
    path.write_bytes(b"email;confirmed at\n" + rows + b"emil@people.example;31/04/2026 10:00\n")
    assert "date_order" not in {question.about for question in read_head(path).questions}
    path.write_bytes(b"email;confirmed at\n" + rows)
    assert "date_order" in {question.about for question in read_head(path).questions}


def test_rare_letters_beyond_ascii_decide_the_encoding_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    rows = b"dora@people.example;Dora\n" * 100_000
    for letter in ("ü".encode(), "ü".encode("cp1252")):
        path.write_bytes(b"email;name\n" + rows + b"emil@people.example;M" + letter + b"ller\n")
        from mailflatrate.apps.intake.reading.csv_rows import CsvTable

        assert [cells for _line, cells, _fault in CsvTable(path).rows()][-1] == ["emil@people.example", "Müller"]


LIQUID = CONTENT + '{% if contact.city == "x" %}y{% endif %}{{ contact.city | default: "z" }}' * 20


@pytest.fixture
def anna() -> Customer:
    return sending_customer(people=3)


def test_no_page_parses_the_liquid_of_a_draft_itself(anna: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of 200 kB would hold all other threads of the process."""
    campaign = anna.sending_of(anna.draft(content=LIQUID))
    draft, machine = anna.draft(content=LIQUID), program_of(anna)
    with tenancy.account(anna.account_id):
        delivery = Delivery.objects.filter(campaign_id=campaign.id).first()
        assert delivery is not None

    def parsed_here(*_given: Any, **_named: Any) -> Any:
        raise AssertionError("parsed in the web process")

    monkeypatch.setattr(LiquidTemplate, "parse_checked", parsed_here)
    token = key_ring().seal(TokenPurpose.ARCHIVE, anna.account_id, delivery.id)
    assert Client().get(f"/w/{token}").status_code == 200
    for page in ("edit/", "edit/preview/", "edit/preview/?missing=1", "edit/preview/?bare=1"):
        assert anna.client.get(f"/studio/campaigns/{draft.id}/{page}").status_code == 200, page
    for page in ("preview", "checks"):
        assert machine.call("GET", f"/campaigns/{draft.id}/{page}").status_code == 200, page
    with tenancy.account(anna.account_id):
        assert judge_whole(variants_facts(Campaign.objects.get(id=draft.id)))[1][0].findings


def test_preview_and_mistakes_of_the_edit_page_come_from_one_compilation(
    anna: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checks compile once more: they look at links as the author wrote them."""
    asked: list[str] = []
    call = child.call
    monkeypatch.setattr(child, "call", lambda *given: [asked.append(given[0]), call(*given)][1])
    fine, wrong = anna.draft(content=LIQUID), anna.draft(content="Hello {{ contact.nothing_like_it }}")
    page = anna.client.get(f"/studio/campaigns/{fine.id}/edit/")
    assert page.status_code == 200
    assert (asked.count("content.compile_sources"), "content.merge_errors" in asked) == (2, False)
    asked.clear()
    shown = drawn_context(anna.client, f"/studio/campaigns/{wrong.id}/edit/")
    assert asked == ["content.compile_sources"] * 2
    assert [error["line"] for error in shown["merge_errors"]] == [1]


def test_missing_values_are_looked_for_in_bounded_work(anna: Customer) -> None:
    """The work of all readers together is bounded, and what was not looked at is said."""
    loop = "{% for i in (1..900) %}{{ i | plus: 1 | times: 2 | size }}{% endfor %}" * 3
    draft = anna.draft(content=CONTENT + "{{ contact.city }}" + loop)
    with tenancy.account(anna.account_id):
        Contact.objects.all().update(attributes={"city": ""})
        campaign, imprint = Campaign.objects.get(id=draft.id), newest_imprint()
        assert imprint is not None
        compiled = compile_campaign(campaign, imprint, edition_id=0, attributes=attribute_names() | {"city"})
        begin = time.process_time()
        found = missing_fields(campaign, campaign.account, compiled)
    assert time.process_time() - begin < 0.5
    assert (found.fields, len(found.ids)) == ((("contact.city", 3),), 3)


def test_children_at_hand_have_every_reader_that_pages_ask_for() -> None:
    """Those that take the place of a killed one, too."""
    pool = child.ChildPool(children=2, wait_seconds=1)
    try:
        pool.warm(READERS_AT_HAND)
        assert all(one.knows(name) for one in pool._free for name in READERS_AT_HAND)
        with pytest.raises(child.ChildTimeout):
            pool.call("probe.spin")
        assert len(pool._free) == 2
        assert all(one.knows(name) for one in pool._free for name in READERS_AT_HAND)
        assert pool.call("probe", "answer").pid
    finally:
        pool.close()


def test_one_request_waits_only_so_long_for_children_in_all_its_calls() -> None:
    pool = child.ChildPool(children=1, wait_seconds=5)
    try:
        with child.budget(2) as request:
            request.patience = 0.3
            with pool._turn(alone=False):
                waited = Waited()
                for _ in range(3):
                    with pytest.raises(child.ChildBusy):
                        pool.call("probe", "answer")
            assert waited.seconds < 1
            assert pool.call("probe", "answer").pid, "a free child is taken by whoever has no patience left"
    finally:
        pool.close()
