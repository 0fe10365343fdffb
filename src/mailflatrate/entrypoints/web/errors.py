"""What is not there: readers of mails get a page of their own, everybody else Django's with our words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.defaults import page_not_found

from mailflatrate.entrypoints.web.language import is_for_recipients
from mailflatrate.entrypoints.web.public.reader import page_language


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A broken link in a mail says how to mend it and how to stop the mails; it never speaks of accounts."""
    match = request.resolver_match
    if match is None or not is_for_recipients(match.func.__module__):
        return page_not_found(request, exception)
    with translation.override(page_language(request, translation.get_language() or "en")):
        return render(request, "public/not_found.html", status=404)
