"""An id for each request: in the response, in the errors of the API, and in every log line written meanwhile.

The server generates it, because an id from the client could be chosen by an attacker and would end up in our logs.
"""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars, get_contextvars

HEADER = "X-Request-Id"
_OCTETS = 12


def new_request_id() -> str:
    """Return a new id for a request."""
    return secrets.token_hex(_OCTETS)


def current_request_id() -> str:
    """Return the id of the request in progress; empty outside of one."""
    return str(get_contextvars().get("request_id", ""))


class RequestIdMiddleware:
    """Middleware that gives each request its id. It is the outermost, so no response leaves without one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request under a new id."""
        request_id = new_request_id()
        with bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response
