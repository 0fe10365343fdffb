"""Customers' landing pages: what visitors see, the newest first, and taking one down."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.forms.actions.landing_pages import restore_landing_page, take_down_landing_page
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.landing_pages import landing_pages_of_all, takedown_of
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import REFUSED, page
from mailflatrate.entrypoints.presenters.signup.landing_pages import service_landing_url
from mailflatrate.entrypoints.ui.menu import MONITORING, Tab
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.forms.landing import landing_from_json


@desk(
    "GET landing-pages/",
    "landing-pages",
    tab=Tab(MONITORING, gettext_lazy("Landing pages"), icon="layout-template", place=40),
)
def landing_pages(request: DeskRequest) -> HttpResponse:
    return page(request, "landing_pages", _context())


def _context(problem: str = "") -> dict[str, Any]:
    rows = []
    for row in landing_pages_of_all():
        assert row.current is not None
        content, takedown = landing_from_json(row.current.content), takedown_of(row)
        is_seen = row.is_published and takedown is None and row.account.may_send
        rows.append((row, content, takedown, service_landing_url(row.code) if is_seen else ""))
    return {"rows": rows, "problem": problem}


def _decide(request: DeskRequest, page_id: int, act: Callable[..., None], done: str) -> HttpResponse:
    try:
        act(page_id, by=request.user, reason=request.POST.get("reason", ""))
    except FormError as error:
        return page(request, "landing_pages", _context(f"{capfirst(str(error))}."), status=REFUSED)
    return succeed(request, done, reverse("desk:landing-pages"))


@desk("POST landing-pages/<int:page_id>/take-down/", "landing-page-take-down")
def take_down(request: DeskRequest, page_id: int) -> HttpResponse:
    return _decide(request, page_id, take_down_landing_page, _("Taken down. No one sees this page any longer."))


@desk("POST landing-pages/<int:page_id>/restore/", "landing-page-restore")
def restore(request: DeskRequest, page_id: int) -> HttpResponse:
    return _decide(request, page_id, restore_landing_page, _("The page can be seen again."))
