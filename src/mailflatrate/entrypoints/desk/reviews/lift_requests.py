"""Customers' requests to lift a suppression: decided here, with an answer that the customer reads (R-75)."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression.actions import SuppressionError, decide_lift
from mailflatrate.apps.suppression.models import LiftRequest, LiftState
from mailflatrate.apps.suppression.queries import waiting_lift_requests
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, REFUSED, page
from mailflatrate.entrypoints.ui.posts import succeed

DECIDED_SHOWN = 20


@desk("GET lift-requests/", "lift-requests")
def waiting_requests(request: DeskRequest) -> HttpResponse:
    return page(request, "lift_requests", _context())


def _context() -> dict[str, Any]:
    waiting = list(
        waiting_lift_requests().select_related("account", "suppression", "asked_by").order_by("id")[:PAGE_ROWS]
    )
    decided = LiftRequest.objects.exclude(state=LiftState.ASKED).select_related("account", "suppression", "decided_by")
    return {
        "rows": [(row, _contact(row)) for row in waiting],
        "decided": list(decided.order_by("-decided_at")[:DECIDED_SHOWN]),
    }


def _contact(asked: LiftRequest) -> Contact | None:
    return Contact.objects.filter(account_id=asked.account_id, address_key=asked.suppression.address_key).first()


@desk("POST lift-requests/<int:request_id>/decide/", "lift-request-decide")
def decide(request: DeskRequest, request_id: int) -> HttpResponse:
    is_granted = request.POST.get("verdict") == "grant"
    try:
        decide_lift(request_id, reviewer=request.user, is_granted=is_granted, answer=request.POST.get("answer", ""))
    except SuppressionError as problem:
        return page(request, "lift_requests", {**_context(), "problem": str(problem)}, status=REFUSED)
    message = _("The suppression has been lifted.") if is_granted else _("The suppression stays.")
    return succeed(request, message, reverse("desk:lift-requests"))
