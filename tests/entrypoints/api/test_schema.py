"""The description of the API: whole, public, true; and nothing of what it describes answers without a key."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.entrypoints.api.v1.problems import KINDS, Code
from mailflatrate.entrypoints.api.v1.service import SERVICE, TAGS, schema
from support.api import ROOT, Program

PUBLIC = frozenset({"report_abuse"})
"""What answers without a key: declared here, and in the schema by having no `security`."""


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema()["paths"].items():
        for method, found in methods.items():
            yield method.upper(), path.removeprefix(ROOT), found


OPERATIONS = list(operations())
NAMES = [found["operationId"] for _method, _path, found in OPERATIONS]


def filled(path: str) -> str:
    return re.sub(r"{\w+}", "1", path)


def test_the_schema_is_public_and_openapi_3_1(database: str) -> None:
    assert database
    answer = Client().get(f"{ROOT}/openapi.json")
    found = json.loads(answer.content)
    assert found["openapi"].startswith("3.1")
    assert found == schema()
    assert {tag for _method, _path, each in OPERATIONS for tag in each["tags"]} == {name for name, _text in TAGS}


def test_every_operation_and_shape_has_a_name_of_its_own_and_says_what_it_does() -> None:
    assert len(NAMES) == len(set(NAMES))
    for _method, _path, found in OPERATIONS:
        assert found["summary"] and len(found["summary"]) < 70, found["operationId"]
    models: dict[str, type] = {}
    for router in SERVICE._get_bound_routers():
        for view in router.path_operations.values():
            for operation in view.operations:
                for model in operation.response_models.values():
                    for shape in shapes_in(model):
                        assert models.setdefault(shape.__name__, shape) is shape, f"two shapes called {shape.__name__}"


def shapes_in(model: Any) -> Iterator[type]:
    """Every shape inside a response model, however deep."""
    for field in getattr(model, "model_fields", {}).values():
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if hasattr(inner, "model_fields"):
                yield inner
                yield from shapes_in(inner)


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(schema())
    for reference in re.findall(r'"\$ref": "#/components/(\w+)/(\w+)"', text):
        assert reference[1] in schema()["components"][reference[0]], reference


@pytest.mark.parametrize(("method", "path", "found"), OPERATIONS, ids=NAMES)
def test_nothing_answers_without_a_key(database: str, method: str, path: str, found: dict[str, Any]) -> None:
    assert database
    if found["operationId"] in PUBLIC:
        assert "security" not in found
        return
    assert found["security"] == [{"BearerKey": []}]
    assert Program("").refused(method, filled(path)) == (401, "key-missing")
    assert Program("mfk_00000000_0000").refused(method, filled(path)) == (401, "key-refused")


CHANGE_NOTHING = {"certify_consent", "look_up_contact", "look_up_suppression", "search_transactional_messages"}
"""Operations that only read, by POST because what they look for is personal or long."""


@pytest.mark.parametrize(("method", "path", "found"), OPERATIONS, ids=NAMES)
def test_every_operation_names_its_scope(method: str, path: str, found: dict[str, Any]) -> None:
    """Reading is for `read`, writing for none of the keys that only read; a few of them change nothing.

    That it asks for it is tested in `security/test_key_scopes.py`.
    """
    if found["operationId"] in PUBLIC:
        return
    needed = found["x-scope"]
    assert needed is None or needed in KeyScope.values
    assert (needed is None) == (found["x-scopes"] == [])
    if method != "GET" and found["operationId"] not in CHANGE_NOTHING:
        assert needed not in (None, KeyScope.READ.value)


def test_every_problem_is_explained() -> None:
    assert set(KINDS) == set(Code)
    assert all(400 <= kind.status <= 503 for kind in KINDS.values())


def test_the_page_is_readable_without_anybody_elses_script(database: str) -> None:
    """The policy of the pages holds, nothing comes from elsewhere, and every operation, shape and code is there."""
    assert database
    answer = Client().get(f"{ROOT}/docs", headers={"Accept-Language": "de"})
    page = answer.content.decode()
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", page)
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    assert answer.headers["Content-Language"] == "en"
    ids = set(re.findall(r'id="([^"]+)"', page))
    assert set(NAMES) | {code.value for code in Code} <= ids
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in ids, target
