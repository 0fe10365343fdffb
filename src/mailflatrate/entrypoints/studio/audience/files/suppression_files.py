"""Files of addresses to suppress: upload one, watch it, cancel it, download the rows that a person should check."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.intake.actions.suppression_files import cancel_suppression_file, reported_rows_csv, suppress_file
from mailflatrate.apps.intake.models import SuppressionFile
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.lookups import find_suppression_file
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience.suppressions import STATED_REASONS
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.ui.csv_lines import csv_response
from mailflatrate.entrypoints.ui.posts import perform, see_other
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.roles import Permission

MOST_SHOWN = 20
LINES_SHOWN = 50
REPORT_WORDS: dict[str, str | Promise] = {
    "unreadable": gettext_lazy("The line can't be read"),
    "no_address": gettext_lazy("The address is missing"),
    "not_an_address": gettext_lazy("Not an email address"),
    "subscribed": gettext_lazy("The row says that the person is subscribed"),
    "role": gettext_lazy("A role address: suppressed, although it can't be a contact anyway"),
}


class SuppressionFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or Excel with a column of email addresses. A column with a status or reason is recognized: "
            "unsubscribed, bounced, complained, blocked."
        ),
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods"}),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("This file is empty. Export it again and check that it contains rows."),
        },
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason for rows without one"),
        choices=STATED_REASONS,
        initial=SuppressionReason.MANUAL.value,
        help_text=gettext_lazy(
            "Unsubscribes and bounces end when the person signs up again and confirms. The other reasons don't."
        ),
    )


def report_word(reason: str) -> str:
    return str(REPORT_WORDS.get(reason, reason))


@studio("GET|POST suppressions/import/", "suppression-import", Permission.CONTACTS, logs="suppression.added")
def new(request: StudioRequest) -> HttpResponse:
    form = SuppressionFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, reason = form.cleaned_data["file"], SuppressionReason(form.cleaned_data["reason"])
        try:
            job = suppress_file(file, file.name or "", reason=reason, by=request.user)
        except ImportProblem as problem:
            form.add_error("file", error_sentence(problem))
        else:
            return see_other(reverse("studio:suppression-file", args=[job.id]))
    earlier = SuppressionFile.objects.select_related("created_by").order_by("-id")[:MOST_SHOWN]
    context = {"form": form, "rows": earlier}
    return page(request, "studio/audience/suppression_file_new.html", context)


def _context(job: SuppressionFile) -> dict[str, Any]:
    lines = job.reported_rows.order_by("line_number", "id")[:LINES_SHOWN]
    return {
        "job": job,
        "problem": error_sentence(job.problem),
        "rejected": [(report_word(reason), number) for reason, number in job.rejected.items()],
        "lines": [(line.line_number, report_word(line.reason), ", ".join(map(str, line.row))) for line in lines],
    }


@studio("GET suppressions/import/<int:file_id>/", "suppression-file", Permission.CONTACTS)
def one(request: StudioRequest, file_id: int) -> HttpResponse:
    return page(request, "studio/audience/suppression_file.html", _context(find_suppression_file(file_id)))


@studio("GET suppressions/import/<int:file_id>/progress/", "suppression-file-progress", Permission.CONTACTS)
def progress(request: StudioRequest, file_id: int) -> HttpResponse:
    return page(request, "studio/audience/suppression_file_body.html", _context(find_suppression_file(file_id)))


@studio(
    "POST suppressions/import/<int:file_id>/cancel/",
    "suppression-file-cancel",
    Permission.CONTACTS,
    logs="suppression.file_canceled",
)
def cancel(request: StudioRequest, file_id: int) -> HttpResponse:
    """Stop before the next rows; addresses already suppressed stay so."""
    find_suppression_file(file_id)
    return perform(
        request,
        lambda: cancel_suppression_file(file_id, by=request.user),
        _("It's stopping. Addresses suppressed so far stay suppressed."),
        reverse("studio:suppression-file", args=[file_id]),
        refused=ImportProblem,
    )


@studio(
    "GET suppressions/import/<int:file_id>/rows.csv", "suppression-file-rows", Permission.CONTACTS, Permission.CONTACTS
)
def reported(request: StudioRequest, file_id: int) -> HttpResponseBase:
    job = find_suppression_file(file_id)
    account_id, language = request.account.id, translation.get_language() or "en"

    def lines() -> Iterator[str]:
        yield "\ufeff"  # so that Excel reads UTF-8
        with tenancy.account(account_id), translation.override(language):
            yield from reported_rows_csv(job.id, wording=report_word)

    return csv_response(f"suppressions-{job.id}-to-check.csv", lines())
