"""Actions on a case; each POST is one action and returns to the case."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.actions import case_handling, correspondence, measures, report_sources
from mailflatrate.apps.abuse.actions.measures import CaseAction, MeasureOrder
from mailflatrate.apps.abuse.errors import AbuseError
from mailflatrate.apps.abuse.models import Case, CaseAnswer, Cause, Report
from mailflatrate.apps.abuse.queries.case import case_view
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.cases.case import case_context
from mailflatrate.entrypoints.desk.common import REFUSED, page
from mailflatrate.entrypoints.ui.posts import see_other, succeed


def _do(request: DeskRequest, case_id: int, act: Callable[[], Any], done: str) -> HttpResponse:
    if not Case.objects.filter(id=case_id).exists():
        raise Http404
    try:
        act()
    except AbuseError as problem:
        view = case_view(case_id)
        assert view is not None
        return page(request, "cases/case", {**case_context(view), "problem": str(problem)}, status=REFUSED)
    return succeed(request, done, reverse("desk:case", args=[case_id]))


@desk("POST cases/<int:case_id>/measure/", "case-measure")
def measure(request: DeskRequest, case_id: int) -> HttpResponse:
    choice = request.POST.get("measure", "")
    if choice not in list(CaseAction):
        raise Http404
    chosen = request.POST.get("report", "")
    order = MeasureOrder(
        CaseAction(choice),
        request.POST.get("reason", ""),
        report_id=int(chosen) if chosen.isdecimal() else None,
        names_contact=request.POST.get("names_contact") == "on",
    )
    return _do(request, case_id, lambda: measures.take_measure(case_id, order, by=request.user), _("Done."))


@desk("POST cases/<int:case_id>/take/", "case-take")
def take(request: DeskRequest, case_id: int) -> HttpResponse:
    act = lambda: case_handling.take_over(case_id, by=request.user)  # noqa: E731
    return _do(request, case_id, act, _("The case is now assigned to you."))


@desk("POST cases/<int:case_id>/note/", "case-note")
def note(request: DeskRequest, case_id: int) -> HttpResponse:
    text = request.POST.get("text", "")
    return _do(request, case_id, lambda: case_handling.add_note(case_id, text, by=request.user), _("Note added."))


@desk("POST cases/<int:case_id>/campaign/", "case-attribute")
def attribute(request: DeskRequest, case_id: int) -> HttpResponse:
    """Record whose campaign it is; merge the case into an open one about that campaign."""
    chosen = request.POST.get("about", "")
    home: list[Case] = []

    def act() -> None:
        home.append(case_handling.attribute(case_id, chosen, by=request.user))

    answer = _do(request, case_id, act, _("We've found the campaign."))
    return see_other(reverse("desk:case", args=[home[0].id])) if home else answer


@desk("POST cases/<int:case_id>/close/", "case-close")
def close(request: DeskRequest, case_id: int) -> HttpResponse:
    cause = request.POST.get("cause", "")
    if cause not in Cause.values:
        raise Http404
    release = request.POST.get("release") == "on"
    text = request.POST.get("text", "")
    act = lambda: case_handling.close(case_id, Cause(cause), text, by=request.user, release=release)  # noqa: E731
    return _do(request, case_id, act, _("The case has been closed."))


@desk("POST cases/<int:case_id>/reopen/", "case-reopen")
def reopen(request: DeskRequest, case_id: int) -> HttpResponse:
    text = request.POST.get("text", "")
    return _do(
        request, case_id, lambda: case_handling.reopen(case_id, text, by=request.user), _("The case has been reopened.")
    )


@desk("POST cases/<int:case_id>/message/", "case-message")
def send_message(request: DeskRequest, case_id: int) -> HttpResponse:
    chosen = request.POST.get("report", "")
    report = get_object_or_404(Report.objects, id=int(chosen) if chosen.isdecimal() else 0, case_id=case_id)
    text, report_id = request.POST.get("text", ""), report.id
    act = lambda: correspondence.write_to_reporter(report_id, text, by=request.user)  # noqa: E731
    return _do(request, case_id, act, _("Your reply is on its way."))


@desk("POST cases/contest/<int:message_id>/", "case-contest")
def contest(request: DeskRequest, message_id: int) -> HttpResponse:
    try:
        case = report_sources.open_contest(message_id, by=request.user)
    except AbuseError as problem:
        raise Http404 from problem
    return see_other(reverse("desk:case", args=[case.id]))


@desk("GET cases/<int:case_id>/answers/<int:answer_id>", "case-answer-file")
def answer_file(request: DeskRequest, case_id: int, answer_id: int) -> HttpResponse:
    """Return the file a customer sent with their answer; always a download, never shown by the browser."""
    answer = get_object_or_404(CaseAnswer.objects, id=answer_id, question__case_id=case_id, file__isnull=False)
    headers = {"Content-Disposition": f'attachment; filename="answer-{answer.id}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(answer.file or b""), content_type=answer.file_type, headers=headers)
