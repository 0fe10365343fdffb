"""What holds for every operation of the API, also for one that is added later: each is called and held to each law."""

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from architecture.test_strangers import Neighbours
from mailflatrate.apps.accounts.models import ApiKey
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.api.v1.http import accepts_gzip
from mailflatrate.entrypoints.api.v1.preconditions import READERS, is_named, reader_path
from mailflatrate.entrypoints.api.v1.service import schema
from mailflatrate.entrypoints.request_ids import HEADER
from support.api import ROOT, Program, problem, program_of
from support.customers import sending_customer

Shape = dict[str, Any]
PUBLIC = frozenset({"report_abuse"})
NEEDS_MORE = {"download_export": "its file is written by a job"}
"""Reading operations that don't return 200 here, and why."""
NEVER_THE_SAME = {"preview_campaign": "its links get new tokens each time"}
"""Reading operations whose content differs each time, and why."""
RATE = re.compile(r'"key";r=\d+;t=\d+')
POLICY = re.compile(r'"key";q=\d+;w=60')
NEVER = '"0123456789abcdef"'


def operations() -> Iterator[tuple[str, str, Shape]]:
    for path, methods in schema()["paths"].items():
        for method, found in methods.items():
            yield method.upper(), path.removeprefix(ROOT), found


OPERATIONS = list(operations())
NAMES = [found["operationId"] for _method, _path, found in OPERATIONS]
READING = [each for each in OPERATIONS if each[0] == "GET"]
WRITING = [each for each in OPERATIONS if each[0] != "GET" and each[2]["operationId"] not in PUBLIC]
every = pytest.mark.parametrize(("method", "path", "found"), OPERATIONS, ids=NAMES)
reading = pytest.mark.parametrize(
    ("path", "found"), [each[1:] for each in READING], ids=[each[2]["operationId"] for each in READING]
)
writing = pytest.mark.parametrize(
    ("method", "path", "found"), WRITING, ids=[each[2]["operationId"] for each in WRITING]
)


@pytest.fixture(scope="module")
def neighbours(database: str) -> Neighbours:
    assert database
    made = Neighbours()
    with tenancy.account(made.anna.account_id):
        made.ids["suppression_id"] = Suppression.objects.order_by("id").values_list("id", flat=True)[0]
    made.ids["contact"] = made.ids["contact_id"]
    return made


@pytest.fixture(scope="module")
def key(neighbours: Neighbours) -> Program:
    return program_of(neighbours.anna)


@pytest.fixture
def shop(key: Program, neighbours: Neighbours) -> Program:
    """Anna's key at the beginning of a minute."""
    return _rested(key, neighbours.anna.account_id)


def _rested(key: Program, account_id: int) -> Program:
    with tenancy.account(account_id):
        ApiKey.objects.filter(id=key.key_id).update(window_count=0)
    return key


def filled(path: str, neighbours: Neighbours) -> str:
    address = re.sub(r"{(\w+)}", lambda named: str(neighbours.ids[named[1]]), path)
    assert "{" not in address
    return address


def documented(found: Shape, answer: HttpResponse) -> None:
    assert str(answer.status_code) in found["responses"], (found["operationId"], answer.status_code, answer.content)


@every
def test_every_response_has_an_id_and_its_limits(
    neighbours: Neighbours, shop: Program, method: str, path: str, found: Shape
) -> None:
    """Also a refusal: an unknown parameter of the query is one, whatever the operation."""
    answer = shop.call(method, f"{filled(path, neighbours)}?nonsense=1")
    assert problem(answer) == (422, "invalid")
    shape = json.loads(answer.content)
    assert [each["pointer"] for each in shape["errors"]] == ["query.nonsense"]
    assert answer.headers[HEADER] == shape["request_id"] != ""
    documented(found, answer)
    if found["operationId"] not in PUBLIC:
        assert RATE.fullmatch(answer.headers["RateLimit"])
        assert POLICY.fullmatch(answer.headers["RateLimit-Policy"])
        assert {"Authorization", "Accept-Language"} <= set(answer.headers["Vary"].split(", "))


@pytest.mark.slow
@reading
def test_what_is_read_has_a_tag_a_head_and_is_not_sent_twice(
    neighbours: Neighbours, shop: Program, path: str, found: Shape
) -> None:
    address = filled(path, neighbours)
    whole = shop.call("GET", address)
    documented(found, whole)
    if found["operationId"] in NEEDS_MORE:
        assert whole.status_code in (404, 409, 422)
        return
    assert whole.status_code == 200, whole.content
    head = shop.call("HEAD", address)
    assert (head.status_code, head.content) == (200, b"")
    if found["operationId"] in NEVER_THE_SAME:
        return
    assert head.headers["ETag"] == whole.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(whole.content))
    again = shop.call("GET", address, If_None_Match=f'"other", W/{whole.headers["ETag"]}')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == whole.headers["ETag"]
    assert HEADER in again.headers
    documented(found, again)
    assert problem(shop.call("GET", address, If_Match=NEVER)) == (412, "precondition-failed")
    small = shop.call("GET", address, Accept_Encoding="gzip")
    if small.headers.get("Content-Encoding") == "gzip":
        assert gzip.decompress(small.content) == whole.content
        assert small.headers["ETag"] != whole.headers["ETag"]
        kept = shop.call("GET", address, If_None_Match=small.headers["ETag"])
        assert kept.status_code == 304
    else:
        assert len(whole.content) < 1024


@pytest.mark.slow
@writing
def test_a_failed_condition_stops_every_change(
    neighbours: Neighbours, shop: Program, method: str, path: str, found: Shape
) -> None:
    """Nothing is done on the condition of a version that never was."""
    answer = shop.call(method, filled(path, neighbours), {}, If_Match=NEVER)
    reader = reader_path(path)
    if reader is not None and shop.call("GET", filled(reader, neighbours)).status_code != 200:
        assert answer.status_code in (404, 409)
    else:
        assert problem(answer) == (412, "precondition-failed")
    documented(found, answer)


@writing
def test_what_is_created_or_started_is_found_at_its_location(method: str, path: str, found: Shape) -> None:
    for status in ("201", "202"):
        if status in found["responses"]:
            assert "Location" in found["responses"][status]["headers"]


@every
def test_an_unknown_method_is_a_problem_with_the_known_ones(
    neighbours: Neighbours, method: str, path: str, found: Shape
) -> None:
    answer = Program("").call("TRACE", filled(path, neighbours))
    assert problem(answer) == (405, "method-not-allowed")
    known = set(answer.headers["Allow"].split(", "))
    assert method in known
    assert ("HEAD" in known) is ("GET" in known)
    assert answer.headers[HEADER]


@pytest.fixture(scope="module")
def carla(neighbours: Neighbours) -> Program:
    """Another account's key, with every scope. The account was activated, so nothing but the account keeps her out."""
    return program_of(sending_customer(people=0))


@every
def test_every_id_of_anna_is_unknown_to_another_account(
    neighbours: Neighbours, carla: Program, method: str, path: str, found: Shape
) -> None:
    if "{" not in path or found["operationId"] in PUBLIC:
        return
    answer = carla.call(method, filled(path, neighbours), None if method == "GET" else {})
    assert answer.status_code in (404, 422), answer.content
    if answer.status_code == 422:
        assert problem(answer) == (422, "invalid"), "what it lacks was said before anything was looked for"


def test_a_change_on_the_right_condition_is_made_and_says_the_new_tag(neighbours: Neighbours, shop: Program) -> None:
    """The second of two changes from one version is refused; a program that reads again is not."""
    address = f"/contacts/{neighbours.ids['contact_id']}"
    first = shop.call("GET", address).headers["ETag"]
    changed = shop.call("PATCH", address, {"first_name": "Theodora"}, If_Match=first)
    assert changed.status_code == 200, changed.content
    assert shop.refused("PATCH", address, {"first_name": "Dorothea"}, If_Match=first) == (412, "precondition-failed")
    now = shop.call("GET", address)
    assert changed.headers["ETag"] == now.headers["ETag"] != first
    assert json.loads(now.content)["first_name"] == "Theodora"
    assert shop.call("PATCH", address, {"first_name": "Dora"}, If_Match="*").status_code == 200
    assert shop.refused("PATCH", address, {"first_name": "No"}, If_None_Match="*") == (412, "precondition-failed")


def test_an_action_takes_the_tag_of_what_it_is_about(neighbours: Neighbours, shop: Program) -> None:
    draft = neighbours.anna.draft("Seen").id
    seen = shop.call("GET", f"/campaigns/{draft}").headers["ETag"]
    assert shop.call("PATCH", f"/campaigns/{draft}", {"name": "Edited"}).status_code == 200
    assert shop.refused("POST", f"/campaigns/{draft}/copy", If_Match=seen) == (412, "precondition-failed")
    now = shop.call("GET", f"/campaigns/{draft}").headers["ETag"]
    assert shop.call("POST", f"/campaigns/{draft}/copy", If_Match=now).status_code == 201


def test_a_created_one_is_at_its_location_also_when_repeated(shop: Program) -> None:
    new = {"name": "Located", "policy_confirmed": True}
    for _repeat in range(2):
        made = shop.call("POST", "/lists", new, Idempotency_Key="located-1")
        address = made.headers["Location"]
        assert address.endswith(f"{ROOT}/lists/{json.loads(made.content)['id']}")
        assert shop.call("GET", address.partition(ROOT)[2]).status_code == 200
    field = {"label": "Twice", "type": "text", "purpose": "to test"}
    assert shop.call("POST", "/fields", field).status_code == 201
    assert shop.refused("POST", "/fields", field) == (409, "already-exists")


def test_every_place_outside_of_the_operations_is_a_problem_too(database: str) -> None:
    assert database
    for address in ("/api", "/api/", "/api/v2/contacts", f"{ROOT}/nothing"):
        answer = Client().get(address)
        assert isinstance(answer, HttpResponse)
        assert problem(answer) == (404, "not-found")
        assert answer.headers[HEADER] == json.loads(answer.content)["request_id"]


def test_pages_have_an_id_too_and_no_one_else_chooses_it(database: str) -> None:
    assert database
    ids = {Client().get("/login/", headers={HEADER: "chosen"}).headers[HEADER] for _request in range(2)}
    assert len(ids) == 2
    assert "chosen" not in ids


def test_the_description_is_compressed_and_not_sent_twice(database: str) -> None:
    assert database
    answer = Client().get(f"{ROOT}/openapi.json", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert json.loads(gzip.decompress(answer.content)) == schema()
    again = Client().get(f"{ROOT}/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("gzip", True),
        ("br, gzip", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("*", True),
        ("", False),
        ("identity", False),
        ("xgzip", False),
        ("gzip;q=nonsense", False),
        ("GZIP", True),
    ],
)
def test_only_who_wants_gzip_gets_it(header: str, wanted: bool) -> None:
    assert accepts_gzip(header) is wanted


def test_tags_are_compared_without_what_a_proxy_adds() -> None:
    assert is_named('W/"a", "b-gzip"', '"b"')
    assert is_named("*", '"b"')
    assert not is_named('"a", "c"', '"b"')
    assert not is_named("b", '"b"')


def test_every_reading_operation_can_be_compared_with() -> None:
    assert {path for _method, path, _found in READING} == set(READERS)
