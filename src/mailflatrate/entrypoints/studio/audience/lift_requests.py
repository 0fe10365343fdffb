"""Asking the operator to lift a suppression that no sign-up ends (R-75)."""

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.lists.queries import emails_of
from mailflatrate.apps.suppression import queries
from mailflatrate.apps.suppression.actions import LONGEST_REASON, SuppressionError, ask_to_lift
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.roles import Permission


class LiftForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("How and when the person told you that they want your emails again."),
    )


def _find(suppression_id: int) -> tuple[Suppression, str]:
    """Raises Http404 for one of the platform unless a contact of the account has its address."""
    row = queries.in_force(suppression_id)
    if row is None:
        raise Http404
    key = bytes(row.address_key)
    email = emails_of([key]).get(key, "")
    if row.account_id is None and not email:
        raise Http404
    return row, email


@studio(
    "GET|POST suppressions/<int:suppression_id>/lift/",
    "suppression-lift",
    Permission.CONTACTS,
    logs="suppression.lift_asked",
)
def ask(request: StudioRequest, suppression_id: int) -> HttpResponse:
    row, email = _find(suppression_id)
    form = LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_to_lift(row, reason=form.cleaned_data["reason"], by=request.user)
        except SuppressionError as problem:
            form.add_error("reason", str(problem))
        else:
            message = _("We've received your request. You'll find the answer here.")
            return succeed(request, message, f"{reverse('studio:suppressions')}#requests")
    context = {"row": row, "email": email, "form": form, "needs_operator": queries.needs_operator(row)}
    return page(request, "studio/audience/suppression_lift.html", context)
