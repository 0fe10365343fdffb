"""Responses to a POST: a redirect, with a message about what was done or why it was refused."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

T = TypeVar("T")


def see_other(url: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": url})


def succeed(request: HttpRequest, message: str, to: str) -> HttpResponse:
    messages.success(request, message)
    return see_other(to)


def refuse(request: HttpRequest, message: str, to: str) -> HttpResponse:
    messages.error(request, message)
    return see_other(to)


def perform(
    request: HttpRequest,
    action: Callable[[], T],
    done: str | Callable[[T], str],
    to: str,
    *,
    refused: type[Exception] | tuple[type[Exception], ...],
    because: str = "",
    back: str = "",
) -> HttpResponse:
    """Redirect to `to` with the message `done`. If the action raises `refused`, the message is `because` or the
    error's own text, and the redirect goes to `back` or also to `to`.
    """
    try:
        result = action()
    except refused as error:
        return refuse(request, because or str(error), back or to)
    return succeed(request, done if isinstance(done, str) else done(result), to)
