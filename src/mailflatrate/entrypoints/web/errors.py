"""Not-found pages: recipients of email get a page of their own, everyone else Django's with our text."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.defaults import page_not_found

from mailflatrate.entrypoints.public.reader import page_language
from mailflatrate.entrypoints.ui.language import is_for_recipients


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say how to fix a broken link in a message and how to stop the messages; never mention accounts."""
    match = request.resolver_match
    if match is None or not is_for_recipients(match.func.__module__):
        return page_not_found(request, exception)
    with translation.override(page_language(request, translation.get_language() or "en")):
        return render(request, "public/not_found.html", status=404)
