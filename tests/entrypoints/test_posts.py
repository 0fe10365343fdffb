"""A page that carries out what a form asks for says what was done, or why it was refused, and redirects."""

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from mailflatrate.entrypoints.ui.posts import perform


def _request() -> HttpRequest:
    request = RequestFactory().post("/")
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]  # what the middleware adds
    return request


def _seen(request: HttpRequest, response: HttpResponse) -> tuple[int, str, list[tuple[str, str]]]:
    shown = [(one.level_tag, str(one.message)) for one in get_messages(request)]
    return response.status_code, response.headers["Location"], shown


def _refused() -> int:
    raise LookupError("not there")


def test_what_was_done_may_name_the_result() -> None:
    request = _request()
    response = perform(request, lambda: 7, lambda result: f"{result} sent", "/on", refused=LookupError, back="/back")
    assert _seen(request, response) == (303, "/on", [("success", "7 sent")])


@pytest.mark.parametrize(
    ("because", "back", "message", "to"),
    [("", "", "not there", "/on"), ("gone by now", "/back", "gone by now", "/back")],
)
def test_a_refusal_gives_its_reason_and_the_way_back(because: str, back: str, message: str, to: str) -> None:
    request = _request()
    response = perform(request, _refused, "sent", "/on", refused=LookupError, because=because, back=back)
    assert _seen(request, response) == (303, to, [("error", message)])


def test_no_other_error_is_swallowed() -> None:
    with pytest.raises(LookupError):
        perform(_request(), _refused, "sent", "/on", refused=KeyError)
