"""One request, and its answer as lines: status, headers that mean something, messages, and what the page shows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from django.conf import settings
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client

from golden.fixed import CHANCE
from golden.neutral import neutral
from golden.page_lines import PageLines, page_lines

USUAL = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self';"
    " font-src 'self'; frame-src 'self' data:; frame-ancestors 'self'; form-action 'self'; base-uri 'none';"
    " object-src 'none'",
    "Content-Type": "text/html; charset=utf-8",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Vary": "Cookie",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""Headers of most answers: only what differs is recorded."""
CSRF_FLAGS = {"max-age": 31449600, "path": "/", "samesite": "Lax", "httponly": "", "secure": ""}
LEFT_OUT = {"X-Request-Id", "Content-Length", "Content-Language", "ETag", "Last-Modified", "Date", "Server-Timing"}
BODIES = ("text/", "application/json", "application/problem+json", "image/svg", "xml")


@dataclass(frozen=True)
class Question:
    """A request: by whom, in which language, with which form or JSON."""

    method: str
    path: str
    language: str = "en"
    data: Any = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Reply:
    """What an answer says."""

    lines: list[str]
    frames: list[str]
    page: str = ""


class Asker:
    """Asks in the name of each role."""

    def __init__(self, cookies: dict[str, dict[str, str]], owner_url: str) -> None:
        self._cookies = cookies
        self._owner = psycopg.connect(owner_url, autocommit=True)
        self._put_back = _sequences(self._owner)

    def ask(self, question: Question, role: str) -> Reply:
        """Ask, and forget what it changed."""
        CHANCE.sow(f"{question.method} {question.path}")
        client = Client(raise_request_exception=False)
        for name, value in self._cookies.get(role, {}).items():
            client.cookies[name] = value
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = question.language
        values: dict[str, Any] = {"headers": dict(question.headers)}
        if question.data is not None:
            values["data"] = question.data
        if isinstance(question.data, str):
            values["content_type"] = "application/json"
        with transaction.atomic():
            answer = getattr(client, question.method.lower())(question.path, **values)
            reply = _reply(answer, question)
            transaction.set_rollback(True)
        if question.method != "GET":
            self._owner.execute(self._put_back)
        return reply


def _sequences(owner: psycopg.Connection[Any]) -> str:
    rows = owner.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'S' ORDER BY 1").fetchall()
    parts = []
    for (name,) in rows:
        last, is_called = owner.execute(f"SELECT last_value, is_called FROM {name}").fetchall()[0]
        parts.append(f"setval('{name}', {last}, {str(is_called).lower()})")
    return f"DO $$ BEGIN {' '.join(f'PERFORM {part};' for part in parts)} END $$"


def _reply(answer: HttpResponseBase, question: Question) -> Reply:
    body = _body(answer)
    lines = [f"{answer.status_code}{_failure(answer)}", *_headers(answer, question), *_messages(answer)]
    kind = answer.get("Content-Type", "")
    if kind.startswith("text/html"):
        source = body.decode()
        page = _shown(neutral(source).replace(f'value="{question.path}"', 'value="<here>"'))
        return Reply(lines + page.lines, page.frames, source)
    return Reply(lines + [neutral(line) for line in _body_lines(body, kind)], [])


@lru_cache(maxsize=50)
def _shown(source: str) -> PageLines:
    return page_lines(source)


def _body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


def _failure(answer: Any) -> str:
    error = getattr(answer, "exc_info", None)
    return f" {error[0].__name__}: {error[1]}" if error and answer.status_code == 500 else ""


def _headers(answer: HttpResponseBase, question: Question) -> Iterator[str]:
    headers = dict(answer.headers)
    for name in sorted(USUAL | headers):
        value = neutral(str(headers.get(name, "")))
        if name not in LEFT_OUT and value != USUAL.get(name):
            yield f"{name}: {value}" if name in headers else f"no {name}"
    language = headers.get("Content-Language", "")
    if language != question.language:
        yield f"Content-Language: {language}"
    for name, morsel in sorted(answer.cookies.items()):
        if name == "csrftoken" and {key: morsel[key] for key in CSRF_FLAGS} == CSRF_FLAGS:
            yield "sets csrftoken"
            continue
        flags = [key if morsel[key] is True else f"{key}={morsel[key]}" for key in sorted(morsel) if morsel[key]]
        yield f"Set-Cookie: {name}; {'; '.join(flag for flag in flags if not flag.startswith('expires='))}"


def _messages(answer: Any) -> Iterator[str]:
    request = getattr(answer, "wsgi_request", None)
    for message in getattr(getattr(request, "_messages", None), "_queued_messages", []):
        yield f"message {message.level_tag}: {message.message}"


def _body_lines(body: bytes, kind: str) -> list[str]:
    if not body:
        return []
    if "javascript" in kind or not any(part in kind for part in BODIES):
        return ["a file"]
    text = body.decode()
    if "version=" in kind:  # metrics: their values are this process's
        return sorted({line if line.startswith("#") else line.rpartition(" ")[0] for line in text.splitlines()})
    if "json" in kind:
        text = json.dumps(_without_markup(json.loads(text)), ensure_ascii=False, indent=1, sort_keys=True)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def _without_markup(value: Any) -> Any:
    """Return a value of JSON with whole pages in it as their lines."""
    if isinstance(value, dict):
        return {name: _without_markup(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_markup(inner) for inner in value]
    is_page = isinstance(value, str) and value.lstrip()[:9].lower() == "<!doctype"
    return page_lines(value).lines if is_page else value
