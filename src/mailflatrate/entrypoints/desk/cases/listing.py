"""The queue of cases, closed cases, search, and entering a case manually."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.abuse.actions import report_sources
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseKind, CaseState, Complaint
from mailflatrate.apps.abuse.queries import queue as queries
from mailflatrate.apps.abuse.queries.search import SearchResults
from mailflatrate.apps.abuse.queries.search import search as search_desk
from mailflatrate.apps.suppression.actions import SuppressionError, lift
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.cases.case_labels import URGENCY
from mailflatrate.entrypoints.desk.cases.person import LIFTED
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, REFUSED, page
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.ui.posts import see_other, succeed

HOW_READ = {
    "token": gettext_lazy("a signed token"),
    "mailing_id": gettext_lazy("a mailing ID"),
    "reference": gettext_lazy("a case reference"),
    "address": gettext_lazy("an email address"),
    "ip": gettext_lazy("an IP address"),
    "name": gettext_lazy("a name or words"),
}


class HandForm(forms.Form):
    """A report received by post or phone (R-43)."""

    about = forms.CharField(
        label=gettext_lazy("Mailing ID"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("As read out to you or copied. Leave it empty if you don't know it."),
    )
    complaint = forms.ChoiceField(label=gettext_lazy("What's wrong"), choices=Complaint.choices)
    text = forms.CharField(
        label=gettext_lazy("What they told you"), max_length=8000, widget=forms.Textarea({"rows": 5})
    )
    reporter_name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False)
    reporter = forms.EmailField(
        label=gettext_lazy("Email address"),
        required=False,
        help_text=gettext_lazy("So we can reply. The customer never sees it."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Reply language"), choices=settings.LANGUAGES)


@desk("GET cases/", "cases")
def cases(request: DeskRequest) -> HttpResponse:
    choice = request.GET.get("kind", "")
    kind = CaseKind(choice) if choice in CaseKind.values else None
    loops_only, mine = choice == "loops", choice == "mine"
    rows = queries.queue(kind=kind, loops_only=loops_only or None, mine=request.user.id if mine else None)
    numbers = queries.counts()
    context = {
        "rows": [_row(row) for row in rows],
        "wanted": choice,
        "loops_only_count": numbers.pop("loops_only"),
        "all_count": sum(numbers.values()),
        "chips": [
            (case_kind.value, case_kind.label, numbers[case_kind.value])
            for case_kind in CaseKind
            if numbers.get(case_kind.value)
        ],
    }
    return page(request, "cases/queue", context)


def _row(row: queries.CaseQueueRow) -> dict[str, Any]:
    word, tone = URGENCY[row.urgency]
    return {"case": row.case, "reports": row.reports, "due": row.due, "word": word, "tone": tone,
            "overdue": row.overdue}  # fmt: skip


@desk("GET cases/closed/", "cases-closed")
def closed(request: DeskRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    rows = queries.closed_page(before_id=int(before) if before.isdecimal() and len(before) < 18 else None)
    more = f"?before={rows[-1].id}" if len(rows) == PAGE_ROWS else ""
    return page(request, "cases/closed", {"rows": rows, "more": more, "first": not before})


@desk("GET cases/search/", "case-search")
def search(request: DeskRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:4000]
    results = search_desk(text)
    if results.how == "reference" and results.only_case is not None:
        return see_other(reverse("desk:case", args=[results.only_case.id]))
    return page(request, "cases/search", _found(text, results))


@desk("POST suppressions/<int:suppression_id>/lift/", "suppression-lift")
def lift_found(request: DeskRequest, suppression_id: int) -> HttpResponse:
    """Lift a suppression that a search found, even if no account has the address as a contact (R-75)."""
    text = request.POST.get("q", "").strip()[:4000]
    try:
        lift(suppression_id, reviewer=request.user, reason=request.POST.get("reason", ""))
    except SuppressionError as problem:
        context = {**_found(text, search_desk(text)), "problem": str(problem)}
        return page(request, "cases/search", context, status=REFUSED)
    return succeed(request, str(LIFTED), f"{reverse('desk:case-search')}?{urlencode({'q': text})}")


def _found(text: str, results: SearchResults) -> dict[str, Any]:
    return {
        "search": text,
        "found": results,
        "how": HOW_READ.get(results.how, ""),
        "any": _anything(results),
        "cases": [(case, CaseState(case.state).tone) for case in results.cases],
    }


def _anything(results: SearchResults) -> bool:
    return any(
        (
            results.cases,
            results.campaigns,
            results.people,
            results.accounts,
            results.mails,
            results.suppressions,
            results.versions,
            results.messages,
        )
    )


@desk("GET|POST cases/new/", "case-new")
def new(request: DeskRequest) -> HttpResponse:
    form = HandForm(request.POST or None, initial={"language": reading_language()})
    if request.method == "POST" and form.is_valid():
        try:
            case: Case = report_sources.open_by_hand(report_sources.ByHand(**form.cleaned_data), by=request.user)
        except AbuseError as problem:
            form.add_error("about" if form.cleaned_data["about"] else "text", str(problem))
        else:
            message = _("Case %(reference)s has been opened.") % {"reference": case.reference}
            return succeed(request, message, reverse("desk:case", args=[case.id]))
    return page(request, "cases/new", {"form": form}, status=REFUSED if request.method == "POST" else 200)
