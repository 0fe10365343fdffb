"""The account's suppressions: by reason, a lookup by address, adding an address (R-75, R-96)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.lists.queries import emails_of
from mailflatrate.apps.suppression import queries
from mailflatrate.apps.suppression.actions import SuppressionError, address_keys, suppress_by_hand
from mailflatrate.apps.suppression.models import REASON_LABELS, LiftRequest, LiftState
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.entrypoints.ui.pages import NOTHING
from mailflatrate.entrypoints.ui.posts import see_other
from mailflatrate.rules.contacts.suppression import RETURNS_LATER, STATED, SuppressionReason, ends_by_sign_up
from mailflatrate.rules.roles import Permission

PAGE_ROWS = 50
MAX_ADDRESS_CHARACTERS = 320
MAX_NOTE_CHARACTERS = 200
STATED_REASONS = [(reason.value, REASON_LABELS[reason]) for reason in STATED]


class AddressForm(forms.Form):
    """One email address. `key` is its keyed hash once the form is valid."""

    email = forms.CharField(
        label=gettext_lazy("Email address"),
        max_length=MAX_ADDRESS_CHARACTERS,
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    key: bytes = b""
    mailbox_key: bytes = b""

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        try:
            self.key, _, self.mailbox_key = address_keys(email)
        except SuppressionError as problem:
            raise forms.ValidationError(str(problem)) from problem
        return email


class SuppressForm(AddressForm):
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=STATED_REASONS,
        initial=SuppressionReason.MANUAL.value,
        required=False,
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=MAX_NOTE_CHARACTERS, required=False)


def ending_word(reason: str, *, whole_platform: bool) -> str:
    if not ends_by_sign_up(reason, everywhere=whole_platform):
        return _("Only our team can lift it, if the person asks for your emails")
    if reason in RETURNS_LATER:
        return _("When they sign up again and confirm, 60 days after the bounce at the earliest")
    return _("When they sign up again and confirm")


def scope_word(*, whole_platform: bool) -> str:
    return _("All senders on our platform") if whole_platform else _("Your account")


def _show(
    request: StudioRequest, *, look_up: AddressForm | None = None, add: SuppressForm | None = None, **result: Any
) -> HttpResponse:
    before_id = whole_number(request.GET.get("before"))
    asked = request.GET.get("reason", "")
    reason = SuppressionReason(asked) if asked in set(SuppressionReason) else None
    rows = queries.page(reason=reason, before_id=before_id or None, size=PAGE_ROWS + 1)
    visible = rows[:PAGE_ROWS]
    emails = emails_of([row.address_key for row in visible])
    address = f"{reverse('studio:suppressions')}?{f'reason={reason.value}&' if reason else ''}"
    context = {
        "rows": [_row(row, emails.get(row.address_key, "")) for row in visible],
        "reasons": _reason_chips(reason),
        "requests": _requests(),
        "reason": reason,
        "first": address.rstrip("?&") if before_id else "",
        "next": f"{address}before={visible[-1].id}" if len(rows) > PAGE_ROWS else "",
        "look_up": look_up or AddressForm(prefix="look"),
        "add": add or SuppressForm(prefix="add"),
        **result,
    }
    wrong = any(form is not None and form.errors for form in (look_up, add))
    return page(request, "studio/audience/suppressions.html", context, status=422 if wrong else 200)


def _row(row: queries.SuppressionRow, email: str) -> dict[str, Any]:
    return {
        "email": email,
        "reason": REASON_LABELS[row.reason],
        "source": row.source,
        "scope": scope_word(whole_platform=row.whole_platform),
        "since": row.created_at,
        "ends": ending_word(row.reason, whole_platform=row.whole_platform),
        "lift_url": _lift_url(row.id, row.reason, whole_platform=row.whole_platform),
    }


def _lift_url(suppression_id: int, reason: str, *, whole_platform: bool) -> str:
    """Empty if the person's sign-up ends it, and for members limited to some lists: it holds for the whole account."""
    if ends_by_sign_up(reason, everywhere=whole_platform) or tenancy.limited_member() is not None:
        return ""
    return reverse("studio:suppression-lift", args=[suppression_id])


def _requests() -> list[tuple[LiftRequest, str, str]]:
    rows = queries.lift_requests() if tenancy.limited_member() is None else []
    emails = emails_of([bytes(row.suppression.address_key) for row in rows])
    return [(row, emails.get(bytes(row.suppression.address_key), ""), LiftState(row.state).tone) for row in rows]


def _reason_chips(chosen: SuppressionReason | None) -> list[tuple[str, str | Promise, bool]]:
    everything: list[tuple[str, str | Promise, bool]] = [("", _("Any reason"), chosen is None)]
    return everything + [(reason.value, word, reason == chosen) for reason, word in REASON_LABELS.items()]


@studio(
    "GET suppressions/",
    "suppressions",
    Permission.CONTACTS,
    limited=True,
    tab=Tab(
        CONTACTS,
        gettext_lazy("Suppressions"),
        gettext_lazy("blocklist, blocked, bounced, unsubscribed, opt-out"),
        place=90,
    ),
)
def suppressions(request: StudioRequest) -> HttpResponse:
    return _show(request)


@studio("POST suppressions/look-up/", "suppression-look-up", Permission.VIEW, logs=NOTHING, has_tabs=True)
def look_up(request: StudioRequest) -> HttpResponse:
    """Show whether an address is suppressed, and why. A POST that changes nothing, to keep addresses out of logs."""
    form = AddressForm(request.POST, prefix="look")
    if not form.is_valid():
        return _show(request, look_up=form)
    row = queries.strongest(form.key)
    suppression = (
        None
        if row is None
        else {
            "reason": row.get_reason_display(),
            "since": row.created_at,
            "scope": scope_word(whole_platform=row.account_id is None),
            "whole_platform": row.account_id is None,
            "ends": ending_word(row.reason, whole_platform=row.account_id is None),
            "note": row.evidence.get("note", "") if row.account_id is not None else "",
            "lift_url": _lift_url(row.id, row.reason, whole_platform=row.account_id is None)
            if row.account_id is not None or emails_of([form.key])
            else "",
        }
    )
    return _show(request, look_up=form, lookup=form.cleaned_data["email"], found=suppression)


@studio(
    "POST suppressions/add/",
    "suppression-add",
    Permission.CONTACTS,
    limited=True,
    logs="suppression.added",
    has_tabs=True,
)
def add(request: StudioRequest) -> HttpResponse:
    """Suppress an address in this account. Customers can't undo it."""
    form = SuppressForm(request.POST, prefix="add")
    if not form.is_valid():
        return _show(request, add=form)
    email, note = form.cleaned_data["email"], form.cleaned_data["note"]
    reason = SuppressionReason(form.cleaned_data["reason"] or SuppressionReason.MANUAL)
    source = f"studio: {request.user.email}"
    is_new = suppress_by_hand(
        form.key, source=source, by=request.user, reason=reason, note=note, mailbox_key=form.mailbox_key
    )
    if is_new or tenancy.limited_member() is not None:  # whether it was suppressed already is not theirs to know
        text = _("%(email)s is suppressed and will no longer get email from you.")
        messages.success(request, text % {"email": email})
    else:
        messages.info(request, _("%(email)s was already suppressed.") % {"email": email})
    return see_other(reverse("studio:suppressions"))
