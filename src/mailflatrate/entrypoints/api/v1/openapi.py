"""Parts of the schema that the framework can't derive: errors, headers, and properties that are always sent."""

import json
from collections.abc import Iterator
from typing import Any

from mailflatrate.entrypoints.api.v1.problems import Code
from mailflatrate.entrypoints.request_ids import HEADER

Shape = dict[str, Any]
_TEXT = {"type": "string"}
_SCHEMAS = "#/components/schemas/"
_PROBLEM = {"$ref": "#/components/responses/Problem"}
_NO_NUL = "^[^\\u0000]*$"
_ALWAYS = (400, 408, 412, 413, 422, 429, 500, 503)
_HEADERS = {
    HEADER: "The id of this request. Quote it when you ask us about it.",
    "RateLimit": "`r`: requests left in this window, `t`: seconds until it ends.",
    "RateLimit-Policy": "`q`: requests allowed in a window, `w`: its length in seconds.",
    "ETag": "The version of what is returned; send it as If-None-Match or If-Match.",
    "Location": "Where to find what was created, or the progress of what was started.",
    "Retry-After": "Seconds to wait.",
}
_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "pattern": "^[ -~]*$", "maxLength": 255},
    "description": "A value of your choice. The same request with the same key is carried out only once within 24 "
    "hours.",
}


def complete(schema: Shape) -> None:
    components = schema["components"]
    _settle_members(schema)
    components["schemas"]["Problem"] = _problem_shape()
    components["headers"] = {
        name: {"description": text, "required": name == HEADER, "schema": _TEXT} for name, text in _HEADERS.items()
    }
    components["responses"] = {"Problem": _problem_answer()}
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            _describe(operation, method.upper())


def _problem_shape() -> Shape:
    errors = {"type": "object", "properties": {"pointer": _TEXT, "message": _TEXT}, "required": ["pointer", "message"]}
    return {
        "title": "Problem",
        "type": "object",
        "description": "RFC 9457: what went wrong and how to fix it.",
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "code": {"type": "string", "enum": [code.value for code in Code]},
            "remedy": _TEXT,
            "request_id": {**_TEXT, "description": f"the same as in {HEADER}"},
            "errors": {"type": "array", "items": errors},
            "checks": {"type": "array", "items": {"type": "object"}, "description": "with checks-open: what is open"},
            "questions": {
                "type": "array",
                "items": {"type": "object"},
                "description": "of an import: what to answer before it starts",
            },
            "scope": {**_TEXT, "description": "with scope-missing: the scope the key needs"},
            "scopes": {"type": "array", "items": _TEXT, "description": "with scope-missing: scopes that are accepted"},
            "account_status": {**_TEXT, "description": "with account-status: the account status"},
            "limit": {"type": "integer", "description": "with asking-limited: requests a day (UTC)"},
            "asked_today": {"type": "integer", "description": "with asking-limited: requests made today"},
            "level": {**_TEXT, "description": "with asking-limited: open, held, few or stopped"},
        },
        "required": ["type", "title", "status", "detail", "code", "remedy", "request_id"],
    }


def _problem_answer() -> Shape:
    return {
        "description": "What went wrong and how to fix it.",
        "headers": _headers(HEADER),
        "content": {"application/problem+json": {"schema": {"$ref": f"{_SCHEMAS}Problem"}}},
    }


def _headers(*names: str) -> Shape:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _describe(operation: Shape, method: str) -> None:
    """Add an operation's errors and headers. Conditions such as If-Match hold everywhere, so they aren't listed."""
    keyed = "security" in operation
    statuses = set(_ALWAYS) | ({401, 403, 404} if keyed else set()) | ({409} if method != "GET" else set())
    parameters = operation["parameters"]
    statuses |= set(operation.pop("x-also", ()))
    for status in sorted(statuses):
        operation["responses"].setdefault(status, _PROBLEM)
    if operation.get("x-scopes"):
        named = " or ".join(f"`{scope}`" for scope in operation["x-scopes"])
        text = f"Returned, among other reasons, if the key lacks the scope {named}."
        operation["responses"][403] = {**_problem_answer(), "description": text}
    _add_headers(operation, method, keyed=keyed)
    if operation.pop("x-repeatable", False):
        parameters.append(_IDEMPOTENCY_KEY)


def _add_headers(operation: Shape, method: str, *, keyed: bool) -> None:
    limits = ("RateLimit", "RateLimit-Policy") if keyed else ()
    tag = ("ETag",) if method == "GET" else ()
    place = ("Location",) if operation.pop("x-location", "") else ()
    files = operation.pop("x-files", ())
    for status, answer in operation["responses"].items():
        if int(status) < 300:
            if files:
                answer["content"] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in files}
            answer["headers"] = _headers(HEADER, *limits, *tag, *place)
    if method == "GET":
        operation["responses"][304] = {
            "description": "You have this version.",
            "headers": _headers(HEADER, *limits, *tag),
        }
    operation["responses"][429] = {**_problem_answer(), "headers": _headers(HEADER, *limits, "Retry-After")}


def _settle_members(schema: Shape) -> None:
    """In responses all members are always there, in requests only those without a default. Generators for TypeScript
    would require them all, so the default of a request's member is named in its description.
    """
    named = schema["components"]["schemas"]
    operations = [operation for methods in schema["paths"].values() for operation in methods.values()]
    requested = _reached(named, [operation.get("requestBody", {}) for operation in operations])
    for name in requested:
        _without_nul(named[name])
        for member in named[name].get("properties", {}).values():
            _default_in_words(member)
    for operation in operations:
        _without_nul(operation.get("requestBody", {}))
        _without_nul(operation["parameters"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for member in content["schema"].get("properties", {}).values():
                _default_in_words(member)
    for name in _reached(named, [operation["responses"] for operation in operations]) - requested:
        if named[name].get("properties"):
            named[name]["required"] = list(named[name]["properties"])


def _without_nul(part: Any) -> None:
    """Say that no text of a request may contain NUL, which the database can't store."""
    if isinstance(part, list):
        for member in part:
            _without_nul(member)
    if not isinstance(part, dict):
        return
    if part.get("type") == "string" and not part.keys() & {"enum", "const", "format", "pattern"}:
        part["pattern"] = _NO_NUL
    if part.get("type") == "object" and part.get("additionalProperties"):
        part.setdefault("propertyNames", {"pattern": _NO_NUL})
    for member in part.values():
        _without_nul(member)


def _default_in_words(member: Shape) -> None:
    if "default" not in member:
        return
    default = json.dumps(member.pop("default"), ensure_ascii=False)
    text = member.get("description", "")
    member["description"] = f"{text}; default: `{default}`" if text else f"default: `{default}`"


def _reached(named: Shape, roots: list[Any]) -> set[str]:
    names: set[str] = set()
    waiting = [name for root in roots for name in _references(root)]
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting += _references(named[name])
    return names


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].removeprefix(_SCHEMAS)
        for member in part.values():
            yield from _references(member)
    elif isinstance(part, list):
        for member in part:
            yield from _references(member)
