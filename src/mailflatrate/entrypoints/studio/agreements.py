"""New versions of agreements: every person is asked at their next sign-in, before anything else (R-04)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.actions import agreements as agreements_actions
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.entrypoints.client import circumstances
from mailflatrate.entrypoints.studio.access import ASK_AGREEMENTS, StudioRequest, studio
from mailflatrate.entrypoints.ui.documents import document_html
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.entrypoints.ui.sessions import READING
from mailflatrate.rules.roles import Permission, may


def ask_at_sign_in(request: HttpRequest, **_signal: Any) -> None:
    """Remember to check for new versions on the first page of the studio. Called by allauth after a sign-in."""
    request.session[ASK_AGREEMENTS] = True


@studio("GET|POST agreements/", "agreements", Permission.VIEW, limited=True, logs=NOTHING)
def agreements(request: StudioRequest) -> HttpResponse:
    owner = may(request.membership.role, Permission.BIND)
    due = queries.documents_to_read(request.user)
    problem = ""
    if request.method not in READING:
        if request.POST.get("later") != "yes":
            problem = _agree(request, [row.id for row in due], owner=owner)
        if not problem:
            request.session.pop(ASK_AGREEMENTS, None)
            return see_other(reverse("studio:home"))
    if not due:
        request.session.pop(ASK_AGREEMENTS, None)
        return see_other(reverse("studio:home"))
    texts = [(row, document_html(row)) for row in due]
    context = {"documents": texts, "is_owner": owner, "problem": problem}
    return render(request, "studio/agreements.html", context, status=422 if problem else 200)


def _agree(request: StudioRequest, due: list[int], *, owner: bool) -> str:
    ticked = [int(text) for text in request.POST.getlist("accept") if text.isascii() and text.isdecimal()]
    if not set(due) <= set(ticked):
        return _("Select the box next to each document you agree to.")
    try:
        agreements_actions.read_documents(request.user, ticked, circumstances(request), owner=owner)
    except AccountError as error:
        return str(error)
    messages.success(request, _("Thanks. You've accepted the agreements."))
    return ""
