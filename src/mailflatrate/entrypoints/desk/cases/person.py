"""A recipient as the desk sees them: proof, campaigns, feedback with its raw evidence, and reasons not to mail them."""

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from mailflatrate.apps.abuse.models import Case
from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.delivery.queries import deliveries_of_contact
from mailflatrate.apps.inbound.queries import feedback_of_contact
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.lists.queries import contact_detail
from mailflatrate.apps.suppression.actions import SuppressionError, lift
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import REFUSED, find_account, page
from mailflatrate.entrypoints.studio.audience.proof import happenings
from mailflatrate.entrypoints.ui.posts import succeed

SHOWN = 50
LIFTED = gettext_lazy("The suppression has been lifted. Your name and reason are on record.")


@desk("GET accounts/<int:account_id>/people/<int:contact_id>/", "person")
def person(request: DeskRequest, account_id: int, contact_id: int) -> HttpResponse:
    return page(request, "cases/person", _context(find_account(account_id), contact_id))


def _context(account: Account, contact_id: int) -> dict[str, Any]:
    with tenancy.account(account.id):
        detail = contact_detail(contact_id)
        if detail is None:
            raise Http404
        sent = list(deliveries_of_contact(contact_id))
        feedback = list(feedback_of_contact(contact_id)[:SHOWN])
    key = bytes(detail.contact.address_key)
    rows = Suppression.objects.filter(Q(account_id=account.id) | Q(account_id__isnull=True), address_key=key)
    elsewhere = Contact.objects.filter(address_key=key).exclude(account_id=account.id).select_related("account")
    cases = Case.objects.filter(Q(reports__address_key=key) | Q(reports__reporter_key=key), merged_into__isnull=True)
    return {
        "customer": account,
        "contact": detail.contact,
        "subscriptions": detail.subscriptions,
        "line": happenings(detail.events),
        "sent": sent,
        "feedback": feedback,
        "suppressions": list(rows.order_by("-id")),
        "elsewhere": list(elsewhere[:SHOWN]),
        "cases": list(cases.distinct().order_by("-id")[:SHOWN]),
    }


@desk("POST accounts/<int:account_id>/people/<int:contact_id>/suppressions/<int:suppression_id>/lift/", "person-lift")
def lift_suppression(request: DeskRequest, account_id: int, contact_id: int, suppression_id: int) -> HttpResponse:
    context = _context(find_account(account_id), contact_id)
    if suppression_id not in {row.id for row in context["suppressions"]}:
        raise Http404
    try:
        lift(suppression_id, reviewer=request.user, reason=request.POST.get("reason", ""))
    except SuppressionError as problem:
        return page(request, "cases/person", {**context, "problem": str(problem)}, status=REFUSED)
    return succeed(request, str(LIFTED), reverse("desk:person", args=[account_id, contact_id]))
