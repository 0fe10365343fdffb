"""The API as a whole: request parsing, OpenAPI 3.1 schema and URLs."""

import json
import math
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, re_path
from django.utils.datastructures import MultiValueDict
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.types import DictStrAny

from mailflatrate.entrypoints.api.v1 import abuse, account, events, webhooks
from mailflatrate.entrypoints.api.v1.audience import (
    bulk_actions,
    contact_batches,
    contact_events,
    contacts,
    exports,
    fields,
    forms,
    imports,
    lists,
    moves,
    origins,
    suppressions,
    tags,
)
from mailflatrate.entrypoints.api.v1.campaigns import (
    ab_test,
    automations,
    campaign_links,
    campaigns,
    digests,
    labels,
    material,
    messages,
    polls,
    release,
    report,
    senders,
    test_lists,
)
from mailflatrate.entrypoints.api.v1.docs import docs
from mailflatrate.entrypoints.api.v1.http import in_front
from mailflatrate.entrypoints.api.v1.openapi import complete
from mailflatrate.entrypoints.api.v1.preconditions import entity_tag
from mailflatrate.entrypoints.api.v1.problems import KINDS, Code, Problem, answer_of
from mailflatrate.settings import load_settings

DEEPEST = 40
ROOT = "/api/v1"
ABOUT = (
    "The API follows the same rules as the pages: people only get email they consented to, and nothing is sent "
    "until all checks have passed and someone has confirmed the anti-spam policy for exactly that content. Every GET "
    "takes If-None-Match (304), every change If-Match (412), each with an ETag."
)
TAGS = (
    ("Account", "The API key, its account and the account status."),
    ("Lists", "Lists: what people consent to."),
    ("Contacts", "Contacts: request confirmation, change, unsubscribe, erase, and export proof of consent."),
    (
        "Contact events",
        "What contacts did in your own systems: for segments and automations, never a reason to add someone.",
    ),
    ("Bulk actions", "One change to all contacts that match, carried out in the background."),
    ("Fields", "Custom fields of contacts: their types, and what they are for."),
    ("Tags", "Tags of contacts: names and colors. A tag gives no permission to send."),
    ("Imports", "Contact files with proof of each consent, for lists with a declared origin."),
    ("Exports", "Files of contacts, suppressions and portable proof of consent."),
    (
        "Suppression",
        "The suppression list: look up and add addresses that are never emailed. Suppressions can't be removed here.",
    ),
    ("Forms", "Sign-up forms: embed codes and sign-ups."),
    ("Campaigns", "Campaign drafts: write, preview, check and send tests."),
    ("Release and report", "Release, pause and cancel campaigns, and get their results."),
    (
        "Automations",
        "Automations, their figures, and who is in them. A person activates each version on its page; here it is "
        "paused, resumed and ended.",
    ),
    ("RSS campaigns", "Drafts prepared from a feed's new entries. A person releases each one."),
    ("Content", "Segments, templates and images."),
    ("Senders", "Sender domains with their checks, and From addresses."),
    (
        "Transactional messages",
        "Messages to one person about an order, account or ticket, from templates that our team reviewed.",
    ),
    ("Events", "What happened in the account, in order: by long poll, or as server-sent events."),
    ("Webhooks", "Addresses that get these events, signed as Standard Webhooks define it."),
    (
        "Abuse",
        "Actions taken on the account, complaints and questions about it, and a public endpoint to report abuse.",
    ),
)
_MODULES = (
    account, lists, origins, contact_batches, contact_events, contacts, bulk_actions, fields, tags, imports, moves,
    exports, suppressions, forms, campaigns, test_lists, labels, campaign_links, release, report, polls, ab_test,
    automations, digests, material, senders, messages, events, webhooks, abuse,
)  # fmt: skip


class CarefulParser(Parser):
    """Refuses values in JSON and queries that databases can't store: NUL, lone surrogates, non-finite numbers."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        body: DictStrAny = json.loads(request.body.decode(), parse_constant=_no_number)
        _keepable(body, 0)
        return body

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> DictStrAny:
        parameters = super().parse_querydict(data, list_fields, request)
        try:
            _keepable(parameters, 0)
        except ValueError as error:
            raise Problem(Code.MALFORMED) from error
        return parameters


def _no_number(text: str) -> float:
    raise ValueError(f"{text} isn't valid JSON")


def _keepable(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("NUL")
        value.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("not a finite number")
    elif isinstance(value, dict):
        for name, member in value.items():
            _keepable(name, depth + 1)
            _keepable(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _keepable(member, depth + 1)


class Service(NinjaAPI):
    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: DictStrAny | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix or f"{ROOT}/", path_params=path_params)
        complete(schema)
        schema["webhooks"] = webhooks.described_webhooks()
        return schema


def _service() -> Service:
    made = Service(
        title=f"{load_settings().service_name} API",
        version="1",
        description=ABOUT,
        urls_namespace="api-v1",
        docs_url=None,
        openapi_url=None,
        parser=CarefulParser(),
        servers=[{"url": load_settings().public_url}],
        openapi_extra={"tags": [{"name": name, "description": text} for name, text in TAGS]},
    )
    for kind in (Exception, Http404, HttpError, ValidationError):
        made.add_exception_handler(kind, answer_of)
    for module in _MODULES:
        made.add_router("", module.ROUTER)
    return made


SERVICE = _service()


@cache
def schema() -> DictStrAny:
    document: DictStrAny = json.loads(json.dumps(SERVICE.get_openapi_schema()))
    return document


@require_safe
@cache_control(public=True, max_age=300)
def openapi(_request: HttpRequest) -> HttpResponse:
    """Return the schema as JSON; public, like the documentation."""
    answer = JsonResponse(schema(), json_dumps_params={"ensure_ascii": False})
    answer.headers["ETag"] = entity_tag(answer.content)
    return answer


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    return docs(request, schema(), KINDS)


@in_front
def nothing(_request: HttpRequest, **_rest: str) -> HttpResponse:
    return Problem(Code.NOT_FOUND).answer()


def _operations() -> list[URLPattern]:
    patterns = [url for url in SERVICE.urls[0] if isinstance(url, URLPattern) and url.name != "api-root"]
    for pattern in patterns:
        pattern.callback = in_front(pattern.callback)
    return patterns


urlpatterns = [
    path("openapi.json", in_front(openapi), name="openapi"),
    path("docs", documentation, name="docs"),
    *_operations(),
    re_path(r"^(?P<rest>(?s:.*))$", nothing),
]
