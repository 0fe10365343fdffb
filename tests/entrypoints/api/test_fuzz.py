"""No input gives a 500: every operation of the schema with values that fit it, nearly fit it, or don't at all."""

import json
import secrets
from collections.abc import Iterator
from datetime import time
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailflatrate.apps.accounts.models import ApiKey
from mailflatrate.apps.campaigns.models import FeedDigest
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.api.v1.service import schema
from support.api import ROOT, Program, problem, program_of
from support.customers import CONTENT
from support.forms import FormCustomer

Shape = dict[str, Any]
SLOW = frozenset({"check_domain"})
"""Asks the DNS, which is not there in tests: called once below."""
NASTY = st.sampled_from(
    ["", " ", "\0", "\ud800", "ä" * 300, "'; DROP TABLE contact; --", "{{ x }}", "{% raw %}", "<script>", "-1", "0",
     "9" * 30, "NaN", "null", "\u202e", "\r\nBcc: x@y.de", "a@b.de", "..", "%00", "\x7f", "1e400", "True"]
)  # fmt: skip
SAMPLES = [
    "2027-01-01T09:00:00+01:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0" * 64,
    "dora@briefkasten-lindenhof.de",
    "Europe/Berlin",
    "email",
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | NASTY | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY | st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def operations() -> Iterator[tuple[str, str, Shape]]:
    for path, methods in schema()["paths"].items():
        for method, found in methods.items():
            yield method.upper(), path.removeprefix(ROOT), found


OPERATIONS = [each for each in operations() if each[2]["operationId"] not in SLOW]


def fitting(shape: Shape) -> st.SearchStrategy[Any]:
    """Values of a shape, and now and then something else."""
    if "$ref" in shape:
        return named(shape["$ref"].rpartition("/")[2])
    if "enum" in shape:
        return st.sampled_from(shape["enum"])
    if "anyOf" in shape:
        return st.one_of(*(fitting(each) for each in shape["anyOf"]))
    kind = shape.get("type")
    if kind == "object":
        return objects(shape)
    if kind == "array":
        return st.lists(fitting(shape.get("items", {})), max_size=3)
    return simple(shape, str(kind))


def simple(shape: Shape, kind: str) -> st.SearchStrategy[Any]:
    if kind == "integer":
        ends = st.sampled_from([shape.get("minimum", 0), shape.get("maximum", 2**63 - 1), 1, 2, 3])
        return ends | st.integers(shape.get("minimum", -(2**70)), shape.get("maximum", 2**70))
    if kind == "string":
        samples = st.sampled_from(SAMPLES)
        return (
            samples | st.text(min_size=shape.get("minLength", 0), max_size=min(shape.get("maxLength", 40), 60)) | NASTY
        )
    known = {"boolean": st.booleans(), "number": st.floats(), "null": st.none()}
    return known.get(kind, ANYTHING)


@cache
def named(name: str) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: fitting(schema()["components"]["schemas"][name]))


def objects(shape: Shape) -> st.SearchStrategy[Any]:
    properties, needed = shape.get("properties", {}), set(shape.get("required", ()))
    if not properties:
        return st.dictionaries(
            st.text(max_size=8) | st.sampled_from(["field", "op", "value", "key"]), ANYTHING, max_size=3
        )
    fixed = {name: fitting(each) for name, each in properties.items() if name in needed}
    optional = {name: fitting(each) | ANYTHING for name, each in properties.items() if name not in needed}
    return st.fixed_dictionaries(fixed, optional=optional)


@pytest.fixture(scope="module")
def key(home: FormCustomer) -> Program:
    return program_of(home.anna)


@pytest.fixture
def shop(home: FormCustomer, key: Program) -> Program:
    """The key at the beginning of a minute, so that no operation runs into its rate."""
    with tenancy.account(home.account_id):
        ApiKey.objects.filter(id=key.key_id).update(window_count=0)
    return key


@pytest.fixture(scope="module")
def under_way(home: FormCustomer) -> int:
    """A campaign with an A/B test that is being sent."""
    variant = {"subject": "B", "preheader": "", "content": CONTENT, "text_override": ""}
    return home.anna.sending_of(home.anna.draft("On its way", variants=[variant], test_share=50)).id


@pytest.fixture
def ids(home: FormCustomer, under_way: int, path: str) -> dict[str, list[int]]:
    """Some ids lead somewhere, so that more than "not found" is tried; what an operation deletes is there again."""
    found = {"list_id": [home.anna.list_id], "form_id": [home.form_id]}
    if "{campaign_id}" in path:
        found["campaign_id"] = [under_way, home.anna.draft().id]
    if "{digest_id}" in path:
        with tenancy.account(home.account_id):
            digest = FeedDigest.objects.create(
                name=secrets.token_hex(4),
                url="https://shop.example/feed",
                mailing_list_id=home.anna.list_id,
                weekday=0,
                at=time(9),
                time_zone="UTC",
                next_at=clock.now(),
            )
        found["digest_id"] = [digest.id]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path", "found"), OPERATIONS, ids=[each[2]["operationId"] for each in OPERATIONS])
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_input_gives_a_500(
    ids: dict[str, list[int]], shop: Program, method: str, path: str, found: Shape, data: st.DataObject
) -> None:
    query, headers = {}, {"Authorization": f"Bearer {shop.secret}"}
    for parameter in found["parameters"]:
        name, values = parameter["name"], fitting(parameter["schema"])
        if parameter["in"] == "path":
            drawn = data.draw(st.sampled_from([*ids.get(name, []), 1, 2, 2**63 - 1]) | NASTY)
            path = path.replace(f"{{{name}}}", quote(str(drawn).encode("utf-8", "surrogatepass"), safe=""))
        elif parameter["in"] == "query":
            drawn = data.draw(st.none() | values | NASTY)
            if drawn is not None:
                query[name] = str(drawn).encode("utf-8", "surrogatepass")
    answer = _send(data, method, f"{ROOT}{path}?{urlencode(query)}", found, headers)
    assert answer.status_code < 500, answer.content
    assert answer.status_code != 429
    if answer.status_code >= 400:
        problem(answer)


def _send(data: st.DataObject, method: str, address: str, found: Shape, headers: dict[str, str]) -> Any:
    contents = found.get("requestBody", {}).get("content", {})
    client = Client(raise_request_exception=True)
    if "multipart/form-data" in contents:
        return _send_form(data, client, address, contents["multipart/form-data"]["schema"], headers)
    if not contents:
        return client.generic(method, address, headers=headers)
    body = data.draw(fitting(contents["application/json"]["schema"]) | ANYTHING | st.binary(max_size=30))
    octets = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
    return client.generic(method, address, octets, "application/json", headers=headers)


def _send_form(data: st.DataObject, client: Client, address: str, shape: Shape, headers: dict[str, str]) -> Any:
    fields: dict[str, Any] = {}
    for name, each in shape["properties"].items():
        if each.get("format") == "binary":
            fields[name] = SimpleUploadedFile(
                data.draw(st.sampled_from(["a.csv", "a.xlsx", "a.png"])),
                data.draw(
                    st.binary(max_size=60)
                    | st.sampled_from([b"email;name\na@b.de;x", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n"])
                ),
            )
        else:
            fields[name] = str(data.draw(fitting(each) | NASTY)).encode("utf-8", "replace").decode()
    return client.post(address, fields, headers=headers)


def test_looking_at_a_domain_without_a_dns_is_an_answer_too(shop: Program) -> None:
    (domain,) = shop.get("/sender-domains")["items"]
    assert shop.call("POST", f"/sender-domains/{domain['id']}/check", {}).status_code == 200


@pytest.mark.parametrize(
    "kind", ["application/xml", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"]
)
def test_another_kind_of_body_is_no_500(shop: Program, kind: str) -> None:
    for path in ("/lists", "/imports", "/media"):
        headers = {"Authorization": f"Bearer {shop.secret}"}
        answer = Client().generic("POST", f"{ROOT}{path}", b"--x\r\n\x00broken", kind, headers=headers)
        assert answer.status_code in (400, 422), (path, answer.content)
        problem(answer)
