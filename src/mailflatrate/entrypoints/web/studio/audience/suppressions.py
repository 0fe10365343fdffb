"""The account's suppressions: the newest ones, a lookup by address, and adding an address (R-75, R-96)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from mailflatrate.apps.lists.queries import emails_of
from mailflatrate.apps.suppression import queries
from mailflatrate.apps.suppression.actions import SuppressionError, address_key, suppress_by_hand
from mailflatrate.entrypoints.web.posts import see_other
from mailflatrate.entrypoints.web.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.web.studio.common import page, whole_number

PAGE_ROWS = 50
MAX_ADDRESS_CHARACTERS = 320


class AddressForm(forms.Form):
    """One email address. `key` is its keyed hash once the form is valid."""

    email = forms.CharField(
        label=gettext_lazy("Email address"),
        max_length=MAX_ADDRESS_CHARACTERS,
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    key: bytes = b""

    def clean_email(self) -> str:
        """Return the address as typed. Raises ValidationError if it isn't one."""
        email = str(self.cleaned_data["email"])
        try:
            self.key = address_key(email)
        except SuppressionError as problem:
            raise forms.ValidationError(str(problem)) from problem
        return email


def _show(
    request: StudioRequest, *, look_up: AddressForm | None = None, add: AddressForm | None = None, **result: Any
) -> HttpResponse:
    before_id = whole_number(request.GET.get("before"))
    rows = queries.page(before_id=before_id or None, size=PAGE_ROWS + 1)
    shown = rows[:PAGE_ROWS]
    emails = emails_of([row.address_key for row in shown])
    address = reverse("studio:suppressions")
    context = {
        "rows": [(row, emails.get(row.address_key, "")) for row in shown],
        "first": address if before_id else "",
        "next": f"{address}?before={shown[-1].id}" if len(rows) > PAGE_ROWS else "",
        "look_up": look_up or AddressForm(prefix="look"),
        "add": add or AddressForm(prefix="add"),
        **result,
    }
    wrong = any(form is not None and form.errors for form in (look_up, add))
    return page(request, "studio/audience/suppressions.html", context, status=422 if wrong else 200)


@require_safe
@studio
def suppressions(request: StudioRequest) -> HttpResponse:
    """List the account's active suppressions, newest first."""
    return _show(request)


@require_POST
@studio(viewers_may_post=True)
def look_up(request: StudioRequest) -> HttpResponse:
    """Show whether an address is suppressed, and why. A POST that changes nothing, to keep addresses out of logs."""
    form = AddressForm(request.POST, prefix="look")
    if not form.is_valid():
        return _show(request, look_up=form)
    row = queries.strongest(form.key)
    found = (
        None
        if row is None
        else {"reason": row.get_reason_display(), "since": row.created_at, "whole_platform": row.account_id is None}
    )
    return _show(request, look_up=form, lookup=form.cleaned_data["email"], found=found)


@require_POST
@studio
def add(request: StudioRequest) -> HttpResponse:
    """Suppress an address in this account. Customers can't undo it."""
    form = AddressForm(request.POST, prefix="add")
    if not form.is_valid():
        return _show(request, add=form)
    email = form.cleaned_data["email"]
    if suppress_by_hand(form.key, source=f"studio: {request.user.email}", by=request.user):
        text = _("%(email)s is suppressed and will no longer get email from you.")
        messages.success(request, text % {"email": email})
    else:
        messages.info(request, _("%(email)s was already suppressed.") % {"email": email})
    return see_other(reverse("studio:suppressions"))
