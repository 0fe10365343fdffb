"""What applies to each response of the API, whatever the operation: HEAD, 304, compression and a log line."""

import gzip
import re
from collections.abc import Callable
from functools import wraps
from time import monotonic
from typing import Any

import structlog
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from mailflatrate.entrypoints.api.v1.preconditions import COMPRESSED, is_named
from mailflatrate.entrypoints.api.v1.problems import Code, Problem

View = Callable[..., HttpResponseBase]
SHORTEST_COMPRESSED = 1024
_LEVEL = 5
_GZIP = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?P<weight>[0-9.]+)\s*)?(?:,|$)", re.IGNORECASE)
_KEPT_IN_304 = ("ETag", "Vary", "Cache-Control", "RateLimit", "RateLimit-Policy", "Content-Language")

log = structlog.get_logger("api")


def in_front(view: View) -> View:
    @wraps(view)
    def served(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        began = monotonic()
        asked = request.method
        if asked == "HEAD":
            request.method = "GET"  # the response is that of GET, without its content
        answer = view(request, *args, **values)
        if answer.status_code == 405:
            answer = Problem(Code.METHOD, headers={"Allow": _allowed(answer)}).answer()
        answer = _compressed(request, _unless_known(request, answer))
        if asked == "HEAD":
            answer = _without_content(answer)
        _log(request, str(asked), answer, began)
        return answer

    return csrf_exempt(served)


def _allowed(answer: HttpResponseBase) -> str:
    methods = [method.strip() for method in answer.headers.get("Allow", "").split(",") if method.strip()]
    return ", ".join([*methods, *(["HEAD"] if "GET" in methods else [])])


def _unless_known(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Return 304 if the client has this representation, and 412 if it reads on the condition that it has."""
    tag = answer.headers.get("ETag")
    if request.method != "GET" or answer.status_code != 200 or not tag:
        return answer
    if_match, had = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if if_match and not is_named(if_match, tag):
        return _replaced(answer, Problem(Code.PRECONDITION).answer())
    if had and is_named(had, tag):
        return _replaced(answer, HttpResponse(status=304))
    return answer


def _replaced(answer: HttpResponseBase, by: HttpResponse) -> HttpResponse:
    if by.status_code == 304:
        del by.headers["Content-Type"]
    for name in _KEPT_IN_304:
        if name in answer.headers:
            by.headers[name] = answer.headers[name]
    _release(answer)
    return by


def _release(answer: HttpResponseBase) -> None:
    """Close the file of a response that isn't sent."""
    if isinstance(answer, FileResponse) and answer.file_to_stream is not None:
        answer.file_to_stream.close()


def accepts_gzip(header: str) -> bool:
    match = _GZIP.search(header)
    if match is None:
        return False
    try:
        return float(match["weight"] or 1) > 0
    except ValueError:
        return False


def _compressed(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Unlike Django's GZipMiddleware, respect `q=0`, stream files as they are stored, and keep the tag that `If-Match`
    compares. Its padding against BREACH isn't needed: no foreign page can send our key in a header.
    """
    if not isinstance(answer, HttpResponse) or answer.headers.get("Content-Encoding"):
        return answer
    if len(answer.content) < SHORTEST_COMPRESSED:
        return answer
    patch_vary_headers(answer, ["Accept-Encoding"])
    if not accepts_gzip(request.headers.get("Accept-Encoding", "")):
        return answer
    answer.content = gzip.compress(answer.content, _LEVEL, mtime=0)
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Content-Length"] = str(len(answer.content))
    if "ETag" in answer.headers:
        answer.headers["ETag"] = f'{answer.headers["ETag"][:-1]}{COMPRESSED}"'
    return answer


def _without_content(answer: HttpResponseBase) -> HttpResponse:
    empty = HttpResponse(status=answer.status_code)
    if isinstance(answer, HttpResponse) and answer.status_code != 304:
        answer.headers.setdefault("Content-Length", str(len(answer.content)))
    del empty.headers["Content-Type"]
    for name, text in answer.headers.items():
        empty.headers[name] = text
    _release(answer)
    return empty


def _log(request: HttpRequest, method: str, answer: HttpResponseBase, began: float) -> None:
    """Write who called what, and how it ended. The path template, because a path may hold what a query must not."""
    match = request.resolver_match
    caller = getattr(request, "caller", None)
    log.info(
        "api request",
        method=method,
        route=match.route if match else "unknown",
        status=answer.status_code,
        key=caller.use.key.id if caller is not None else None,
        account_id=caller.account.id if caller is not None else None,
        milliseconds=round((monotonic() - began) * 1000),
    )
