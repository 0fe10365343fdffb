"""The API documentation page, rendered on the server from the schema without third-party scripts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override

from mailflatrate.entrypoints.api.v1.problems import Code, ProblemKind

Schema = Mapping[str, Any]
METHODS = {"get": "", "post": "success", "patch": "warning", "put": "warning", "delete": "error"}


MEANT = frozenset({"policy_confirmed", "sure"})
"""Confirmation fields, which examples set to true."""
PAGE = "Page_"
"""Prefix of the names that the schema gives to pages of results."""


@dataclass(frozen=True, slots=True)
class SchemaFieldRow:
    name: str
    kind: str
    shape: str
    required: bool
    text: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    tone: str
    path: str
    summary: str
    text: str
    scope: str
    public: bool
    fields: list[SchemaFieldRow]
    media_type: str
    body: str
    body_fields: list[SchemaFieldRow]
    status: str
    answer: str
    answer_kind: str
    curl: str


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    text: str
    operations: list[Operation]


def docs(request: HttpRequest, schema: Schema, kinds: Mapping[Code, ProblemKind]) -> HttpResponse:
    reader = _Reader(schema)
    groups = [Group(tag["name"], tag["description"], reader.operations(tag["name"])) for tag in schema["tags"]]
    with override("en"):
        context = {
            "title": schema["info"]["title"],
            "about": schema["info"]["description"],
            "server": schema["servers"][0]["url"],
            "groups": [group for group in groups if group.operations],
            "shapes": reader.shapes(),
            "problems": [(code.value, kind.status, str(kind.title), str(kind.remedy)) for code, kind in kinds.items()],
        }
        answer = render(request, "api/docs.html", context)
    answer.headers["Content-Language"] = "en"
    return answer


def _rest(found: Schema) -> str:
    text = str(found.get("description", ""))
    return "" if text.rstrip(".") == found["summary"] else text


class _Reader:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.server = schema["servers"][0]["url"]

    def operations(self, tag: str) -> list[Operation]:
        return [
            self._operation(path, method, found)
            for path, methods in self.schema["paths"].items()
            for method, found in methods.items()
            if tag in found.get("tags", ())
        ]

    def shapes(self) -> list[tuple[str, str, list[SchemaFieldRow], list[str]]]:
        """Return the name, text, fields and values of each named schema."""
        return [
            (name, found.get("description", ""), self._fields(found), [str(each) for each in found.get("enum", [])])
            for name, found in sorted(self.schema["components"]["schemas"].items())
            if not name.startswith(PAGE)
        ]

    def _operation(self, path: str, method: str, found: Schema) -> Operation:
        contents = found.get("requestBody", {}).get("content", {})
        media_type = next(iter(contents), "")
        body: Schema = contents[media_type]["schema"] if media_type else {}
        status = next(each for each in found["responses"] if each.startswith("2"))
        answer = found["responses"][status]
        shown: Schema = next((each["schema"] for each in answer.get("content", {}).values()), {})
        kind, shape = self._kind(shown)
        inline = self._fields(body) if "properties" in body else []
        return Operation(
            id=found["operationId"], method=method.upper(), tone=METHODS.get(method, ""), path=path,
            summary=found["summary"], text=_rest(found), scope="” or “".join(found.get("x-scopes", ())),
            public="security" not in found, fields=[self._parameter(each) for each in found["parameters"]],
            media_type=media_type, body=self._kind(body)[1] if body else "", body_fields=inline, status=status,
            answer=shape, answer_kind=kind, curl=self._curl(path, method, media_type, body, "security" in found),
        )  # fmt: skip

    def _parameter(self, found: Schema) -> SchemaFieldRow:
        kind, shape = self._kind(found["schema"])
        text = found.get("description", "")
        return SchemaFieldRow(found["name"], kind, shape, bool(found.get("required")), text, found["in"])

    def _fields(self, found: Schema) -> list[SchemaFieldRow]:
        required = set(found.get("required", ()))
        rows = []
        for name, each in found.get("properties", {}).items():
            kind, shape = self._kind(each)
            rows.append(SchemaFieldRow(name, kind, shape, name in required, each.get("description", "")))
        return rows

    def _kind(self, found: Schema) -> tuple[str, str]:
        """Return the type of a value in words and the name of its schema, if it has one."""
        if "$ref" in found:
            name = found["$ref"].rpartition("/")[2]
            if name.startswith(PAGE):
                inner = name.removeprefix(PAGE).removesuffix("_")
                return f"page of {inner}", inner
            return name, name
        if "anyOf" in found:
            kinds = [self._kind(each) for each in found["anyOf"]]
            return " or ".join(kind for kind, _shape in kinds), next((shape for _kind, shape in kinds if shape), "")
        if found.get("type") == "array":
            kind, shape = self._kind(found.get("items", {}))
            return f"list of {kind}", shape
        if "enum" in found:
            return " or ".join(map(str, found["enum"])), ""
        return str(found.get("format") or found.get("type") or "anything"), ""

    def _curl(self, path: str, method: str, media_type: str, body: Schema, secured: bool) -> str:
        lines = [f"curl {self.server}{path}"] if method == "get" else [f"curl -X {method.upper()} {self.server}{path}"]
        if secured:
            lines.append('-H "Authorization: Bearer $KEY"')
        if media_type == "multipart/form-data":
            lines += [f"-F {name}={text}" for name, text in self._form(body)]
        elif body:
            lines += [
                '-H "Content-Type: application/json"',
                f"-d '{json.dumps(self._sample(body, 0), ensure_ascii=False)}'",
            ]
        return " \\\n  ".join(lines)

    def _form(self, body: Schema) -> Iterator[tuple[str, str]]:
        for name, each in body.get("properties", {}).items():
            yield name, f"@{name}" if each.get("format") == "binary" else str(self._sample(each, 0))

    def _sample(self, found: Schema, depth: int) -> Any:
        if "$ref" in found:
            return self._sample(self.schema["components"]["schemas"][found["$ref"].rpartition("/")[2]], depth)
        if "enum" in found:
            return found["enum"][0]
        if "examples" in found:
            return found["examples"][0]
        if found.get("default") not in (None, "", [], {}):
            return found["default"]
        if "anyOf" in found:
            return self._sample(found["anyOf"][0], depth)
        kind = found.get("type")
        if kind == "object" and depth < 3:
            needed = set(found.get("required", ())) | MEANT
            properties = found.get("properties", {})
            picked = {name: each for name, each in properties.items() if name in needed} or dict(
                list(properties.items())[:2]
            )
            return {name: name in MEANT or self._sample(each, depth + 1) for name, each in picked.items()}
        samples: dict[str, Any] = {"integer": 1, "number": 1.0, "boolean": True, "array": [], "string": "text"}
        return samples.get(str(kind), {})
