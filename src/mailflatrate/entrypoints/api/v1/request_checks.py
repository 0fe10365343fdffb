"""Checks of a request before it is parsed: the names in its query, and the cost of its JSON."""

import re
from collections.abc import Callable
from itertools import islice
from typing import Any, get_args, get_type_hints

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.params.models import Query as QueryParam
from pydantic import BaseModel

from mailflatrate.entrypoints.api.v1.problems import Code, Problem


def query_fields(function: Callable[..., Any]) -> frozenset[str]:
    hints = get_type_hints(function, include_extras=True)
    queries = (
        hint for hint in hints.values() if any(isinstance(argument, QueryParam) for argument in get_args(hint)[1:])
    )
    shapes = [get_args(hint)[0] for hint in queries]
    if not all(isinstance(shape, type) and issubclass(shape, BaseModel) for shape in shapes):
        raise TypeError(f"{function.__name__}: query parameters come in one shape")
    return frozenset(name for shape in shapes for name in shape.model_fields)


def refuse_unknown_query(request: HttpRequest, parameters: frozenset[str]) -> None:
    """Raise Problem for an unknown query parameter, because a typo must not return more than intended."""
    unknown = sorted(set(request.GET) - parameters)
    if unknown:
        names = ", ".join(sorted(parameters)) or _("none")
        message = _("This parameter doesn't exist. Available: %(names)s.") % {"names": names}
        errors = [{"pointer": f"query.{name[:60]}", "message": message} for name in unknown[:20]]
        raise Problem(Code.INVALID, more={"errors": errors})


MOST_PIECES = 10_000
"""More strings, commas, colons and brackets than any legitimate request has, unless it is a batch."""
MOST_BATCH_PIECES = 100_000
_PIECE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[,:\[{]', re.DOTALL)


def has_many_pieces(body: bytes, most: int = MOST_PIECES) -> bool:
    """Whether parsing, and reporting each error, would take long. One scan up to the limit; strings don't count."""
    return next(islice(_PIECE.finditer(body), most, None), None) is not None


def refuse_expensive_json(request: HttpRequest, most: int = MOST_PIECES) -> None:
    """Raise Problem: rejecting a million tiny values one by one would take a gigabyte and many seconds."""
    if request.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return
    try:
        is_expensive = has_many_pieces(request.body, most)
    except RequestDataTooBig as large:
        raise Problem(Code.TOO_LARGE) from large
    if is_expensive:
        raise Problem(Code.TOO_LARGE)
