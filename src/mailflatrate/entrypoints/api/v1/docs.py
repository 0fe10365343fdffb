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


def _rest(operation: Schema) -> str:
    text = str(operation.get("description", ""))
    return "" if text.rstrip(".") == operation["summary"] else text


class _Reader:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.server = schema["servers"][0]["url"]

    def operations(self, tag: str) -> list[Operation]:
        return [
            self._operation(path, method, operation)
            for path, methods in self.schema["paths"].items()
            for method, operation in methods.items()
            if tag in operation.get("tags", ())
        ]

    def shapes(self) -> list[tuple[str, str, list[SchemaFieldRow], list[str]]]:
        """Return the name, text, fields and values of each named schema."""
        return [
            (name, shape.get("description", ""), self._fields(shape), [str(choice) for choice in shape.get("enum", [])])
            for name, shape in sorted(self.schema["components"]["schemas"].items())
            if not name.startswith(PAGE)
        ]

    def _operation(self, path: str, method: str, operation: Schema) -> Operation:
        contents = operation.get("requestBody", {}).get("content", {})
        media_type = next(iter(contents), "")
        body: Schema = contents[media_type]["schema"] if media_type else {}
        status = next(code for code in operation["responses"] if code.startswith("2"))
        answer = operation["responses"][status]
        schema: Schema = next((content["schema"] for content in answer.get("content", {}).values()), {})
        kind, shape = self._kind(schema)
        inline = self._fields(body) if "properties" in body else []
        return Operation(
            id=operation["operationId"], method=method.upper(), tone=METHODS.get(method, ""), path=path,
            summary=operation["summary"], text=_rest(operation), scope="” or “".join(operation.get("x-scopes", ())),
            public="security" not in operation,
            fields=[self._parameter(parameter) for parameter in operation["parameters"]],
            media_type=media_type, body=self._kind(body)[1] if body else "", body_fields=inline, status=status,
            answer=shape, answer_kind=kind, curl=self._curl(path, method, media_type, body, "security" in operation),
        )  # fmt: skip

    def _parameter(self, parameter: Schema) -> SchemaFieldRow:
        kind, shape = self._kind(parameter["schema"])
        text = parameter.get("description", "")
        return SchemaFieldRow(parameter["name"], kind, shape, bool(parameter.get("required")), text, parameter["in"])

    def _fields(self, schema: Schema) -> list[SchemaFieldRow]:
        required = set(schema.get("required", ()))
        rows = []
        for name, field in schema.get("properties", {}).items():
            kind, shape = self._kind(field)
            rows.append(SchemaFieldRow(name, kind, shape, name in required, field.get("description", "")))
        return rows

    def _kind(self, schema: Schema) -> tuple[str, str]:
        """Return the type of a value in words and the name of its schema, if it has one."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name.startswith(PAGE):
                inner = name.removeprefix(PAGE).removesuffix("_")
                return f"page of {inner}", inner
            return name, name
        if "anyOf" in schema:
            kinds = [self._kind(branch) for branch in schema["anyOf"]]
            return " or ".join(kind for kind, _shape in kinds), next((shape for _kind, shape in kinds if shape), "")
        if schema.get("type") == "array":
            kind, shape = self._kind(schema.get("items", {}))
            return f"list of {kind}", shape
        if "enum" in schema:
            return " or ".join(map(str, schema["enum"])), ""
        return str(schema.get("format") or schema.get("type") or "anything"), ""

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
        for name, field in body.get("properties", {}).items():
            yield name, f"@{name}" if field.get("format") == "binary" else str(self._sample(field, 0))

    def _sample(self, schema: Schema, depth: int) -> Any:
        if "$ref" in schema:
            return self._sample(self.schema["components"]["schemas"][schema["$ref"].rpartition("/")[2]], depth)
        if "enum" in schema:
            return schema["enum"][0]
        if "examples" in schema:
            return schema["examples"][0]
        if schema.get("default") not in (None, "", [], {}):
            return schema["default"]
        if "anyOf" in schema:
            return self._sample(schema["anyOf"][0], depth)
        kind = schema.get("type")
        if kind == "object" and depth < 3:
            needed = set(schema.get("required", ())) | MEANT
            properties = schema.get("properties", {})
            picked = {name: field for name, field in properties.items() if name in needed} or dict(
                list(properties.items())[:2]
            )
            return {name: name in MEANT or self._sample(field, depth + 1) for name, field in picked.items()}
        samples: dict[str, Any] = {"integer": 1, "number": 1.0, "boolean": True, "array": [], "string": "text"}
        return samples.get(str(kind), {})
