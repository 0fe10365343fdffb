"""A condition tells a key nothing about what it may not read: its scope is checked before the tag is computed."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.entrypoints.api.v1.preconditions import READERS, entity_tag, reader_path
from mailflatrate.entrypoints.api.v1.service import schema
from support.api import ROOT, Program, problem, program_of
from support.customers import Customer, sending_customer

CONDITIONS = ({"If_Match": '"0123456789abcdef"'}, {"If_Match": "*"}, {"If_None_Match": "*"})
PUBLIC = frozenset({"report_abuse"})


def writing() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return each writing operation that is about something a key may be too narrow to read."""
    for path, methods in schema()["paths"].items():
        for method, found in methods.items():
            if method != "get" and found["operationId"] not in PUBLIC and reader_path(path.removeprefix(ROOT)):
                yield method.upper(), path.removeprefix(ROOT), found


WRITING = list(writing())
every = pytest.mark.parametrize(("method", "path", "found"), WRITING, ids=[each[2]["operationId"] for each in WRITING])


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    assert database
    return sending_customer(people=2)


@pytest.fixture(scope="module")
def narrow(anna: Customer) -> dict[KeyScope, Program]:
    return {scope: program_of(anna, [scope]) for scope in KeyScope}


@pytest.fixture(scope="module")
def contact(anna: Customer) -> dict[str, Any]:
    found: dict[str, Any] = program_of(anna).get("/contacts?limit=1")["items"][0]
    return found


def test_the_scopes_of_every_reader_are_those_of_its_operation() -> None:
    for path, methods in schema()["paths"].items():
        if "get" in methods:
            reader = READERS[path.removeprefix(ROOT)]
            assert [scope.value for scope in reader.scopes] == methods["get"]["x-scopes"], path


@every
def test_a_condition_needs_the_scope_that_reads(
    narrow: dict[KeyScope, Program], method: str, path: str, found: dict[str, Any]
) -> None:
    reader = reader_path(path)
    assert reader is not None
    reads = set(schema()["paths"][ROOT + reader]["get"]["x-scopes"])
    address = re.sub(r"{\w+}", "999999", path)
    for scope in map(KeyScope, found["x-scopes"]):
        if not reads or scope.value in reads:
            continue
        for condition in CONDITIONS:
            answer = narrow[scope].call(method, address, {}, **condition)
            assert problem(answer) == (403, "scope-missing"), (scope, condition)
            assert json.loads(answer.content)["scope"] in reads
            assert "ETag" not in answer.headers
        assert narrow[scope].call(method, address, {}).status_code != 403, "without a condition nothing more is needed"


def test_the_walk_covers_most_of_the_writing_operations() -> None:
    assert len(WRITING) > 40


def test_a_guess_about_a_contact_is_not_tested(
    anna: Customer, narrow: dict[KeyScope, Program], contact: dict[str, Any]
) -> None:
    """The tag is a hash without a key, so a right guess of the whole contact would be confirmed by it."""
    address, key = f"/contacts/{contact['id']}", narrow[KeyScope.CONTACTS_WRITE]
    right = program_of(anna).call("GET", address)
    assert entity_tag(right.content) == right.headers["ETag"]
    for tag in (right.headers["ETag"], '"wrong"'):
        answer = key.call("PATCH", address, {}, If_Match=tag)
        assert problem(answer) == (403, "scope-missing")
        assert "ETag" not in answer.headers
    both = program_of(anna, [KeyScope.CONTACTS_WRITE, KeyScope.READ])
    assert both.refused("PATCH", address, {}, If_Match='"wrong"') == (412, "precondition-failed")
    assert both.call("PATCH", address, {}, If_Match=right.headers["ETag"]).status_code == 200
