"""Readers who said “this wasn't me” to a transactional message, and the way to take that back (R-112)."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.transactional.actions.misdirected import lift_misdirected
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.queries import misdirected_reports
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, REFUSED, find_account, page
from mailflatrate.entrypoints.ui.posts import succeed


@desk("GET transactional/misdirected/", "transactional-misdirected")
def reports(request: DeskRequest) -> HttpResponse:
    return page(request, "transactional/misdirected", _context(request))


def _context(request: DeskRequest) -> dict[str, Any]:
    search, account_id = request.GET.get("q", "").strip(), _number(request.GET.get("account", ""))
    before_id = _number(request.GET.get("before", ""))
    rows = misdirected_reports(search, account_id=account_id, before_id=before_id, size=PAGE_ROWS + 1)
    visible = rows[:PAGE_ROWS]
    return {
        "rows": visible,
        "search": search,
        "customer": find_account(account_id) if account_id is not None else None,
        "next": visible[-1][0].id if len(rows) > PAGE_ROWS else 0,
        "later": before_id is not None,
    }


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


@desk("POST transactional/misdirected/<int:misdirected_id>/lift/", "transactional-misdirected-lift")
def lift(request: DeskRequest, misdirected_id: int) -> HttpResponse:
    try:
        lift_misdirected(misdirected_id, by=request.user, reason=request.POST.get("reason", ""))
    except TransactionalError as problem:
        context = {**_context(request), "problem": str(problem)}
        return page(request, "transactional/misdirected", context, status=REFUSED)
    return succeed(request, _("The account can send to this address again."), reverse("desk:transactional-misdirected"))
