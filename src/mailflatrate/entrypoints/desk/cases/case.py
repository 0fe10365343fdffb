"""One case on a single page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from mailflatrate.apps.abuse.actions.measures import CaseAction
from mailflatrate.apps.abuse.models import CaseEvent, CaseState, Cause, EventKind, Report, ReportChannel
from mailflatrate.apps.abuse.queries.case import CaseView, ReportedPerson, case_view, cases_of_account
from mailflatrate.apps.abuse.queries.queue import neighbours, urgency_of
from mailflatrate.apps.accounts.models import AccountStatus
from mailflatrate.apps.stats import queries as stats
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.cases import templates
from mailflatrate.entrypoints.desk.cases.case_labels import (
    PROOF,
    URGENCY,
    effect_word,
    how_word,
    measure_word,
    span_word,
)
from mailflatrate.entrypoints.desk.common import page, tone_of, who
from mailflatrate.entrypoints.presenters.rates import Rate, bounce_rate, complaint_rate
from mailflatrate.entrypoints.studio.audience.proof import happenings
from mailflatrate.rules.campaigns.campaign_states import UNFINISHED
from mailflatrate.rules.limits import value as limit

# Causes that a person chooses; the last one is set automatically.
CAUSES = [cause for cause in Cause if cause is not Cause.LOOP]


@dataclass(frozen=True, slots=True)
class CaseReportRow:
    report: Report
    who: str
    how: str
    proof: str
    proof_tone: str
    effect: str

    @property
    def answerable(self) -> bool:
        return bool(self.report.reporter)


@desk("GET cases/<int:case_id>/", "case")
def case(request: DeskRequest, case_id: int) -> HttpResponse:
    view = case_view(case_id)
    if view is None:
        raise Http404
    return page(request, "cases/case", case_context(view))


def case_context(view: CaseView) -> dict[str, Any]:
    abuse_case = view.case
    word, tone = URGENCY[urgency_of(abuse_case)]
    before, after = neighbours(abuse_case)
    rows = [_report(row) for row in view.reports]
    due = min([moment for moment in (abuse_case.answer_due_at, abuse_case.proof_due_at) if moment], default=None)
    return {
        "view": view, "case": abuse_case, "state_tone": CaseState(abuse_case.state).tone, "urgency": word,
        "urgency_tone": tone, "before": before, "after": after, "reports": rows, "due": due,
        "due_word": _due_word(due), "best": _best(rows), "people": [_person(row) for row in view.people],
        "events": [_event(row) for row in view.events], "causes": [(cause.value, cause.label) for cause in CAUSES],
        "measures": _measures(view), "rates": _rates(view),
        "campaign_rates": _campaign_rates(view), "status_tone": _status_tone(view),
        "most_strikes": int(limit("strikes_to_suspend")), "is_closed": abuse_case.state == CaseState.CLOSED,
        "others": [row for row in cases_of_account(abuse_case.account_id) if row.id != abuse_case.id][:6]
        if abuse_case.account_id else [],
        "independent": len({row.delivery_id for row in view.reports if row.delivery_id and row.via in _PEOPLE}),
        "conversation": [row for row in view.events if row.kind in (EventKind.MESSAGE_OUT, EventKind.MESSAGE_IN)][::-1],
        "message_templates": templates.message_templates(view), "question_templates": templates.questions(view),
        "answerable": [row for row in rows if row.answerable],
        "suppressible": [row for row in rows if not row.report.platform
                         and (row.report.address_key or row.report.reporter_key)],
    }  # fmt: skip


_PEOPLE = (ReportChannel.MAIL, ReportChannel.PAGE)


def _report(report: Report) -> CaseReportRow:
    proof, tone = PROOF.get(report.proof, ("", ""))
    who = report.reporter_name or report.reporter or str(ReportChannel(report.via).label)
    return CaseReportRow(
        report, who, how_word(report.how), str(proof), tone, effect_word(report.effect, report.platform)
    )


def _best(rows: list[CaseReportRow]) -> CaseReportRow | None:
    proved = [row for row in rows if row.report.delivery_id is not None]
    return next(iter(proved or [row for row in rows if row.report.how]), None)


def _due_word(due: datetime | None) -> str:
    if due is None:
        return ""
    left: timedelta = due - clock.now()
    words = _("in %(span)s") if left.total_seconds() > 0 else _("%(span)s late")
    return words % {"span": span_word(left)}


def _person(person: ReportedPerson) -> dict[str, Any]:
    in_force = [row for row in person.suppressions if row.lifted_at is None]
    return {
        "person": person,
        "line": happenings(person.events),
        "suppressed_everywhere": any(row.account_id is None for row in in_force),
    }


def _event(event: CaseEvent) -> dict[str, Any]:
    details: dict[str, Any] = event.details
    title = str(EventKind(event.kind).label)
    proof = who(event.actor, event.actor_name)
    if event.kind == EventKind.MEASURE:
        title = measure_word(str(details.get("measure", "")))
    elif event.kind == EventKind.EFFECT:
        title = effect_word(str(details.get("effect", "")), bool(details.get("platform")))
    elif event.kind == EventKind.ATTRIBUTED:
        proof = f"{details.get('mailing', '')} · {proof}"
    elif event.kind == EventKind.MERGED:
        proof = f"{details.get('from', '')} · {proof}"
    elif event.kind == EventKind.CLOSED:
        title = f"{title}: {Cause(str(details.get('cause'))).label}"
    elif event.kind in (EventKind.OPENED, EventKind.JOINED) and details.get("via") in ReportChannel.values:
        proof = str(ReportChannel(details["via"]).label)
    return {"event": event, "title": title, "proof": proof}


def _rates(view: CaseView) -> tuple[Rate, Rate] | None:
    if view.sender is None:
        return None
    with tenancy.account(view.sender.account.id):
        counts = stats.window_counts(stats.WEEK_DAYS)
    return complaint_rate(counts.complaints, counts.reporting), bounce_rate(counts.hard, counts.settled)


def _campaign_rates(view: CaseView) -> tuple[Rate, Rate] | None:
    if view.about is None or view.sender is None:
        return None
    with tenancy.account(view.sender.account.id):
        counts = stats.campaign_counts(view.about.campaign.id)
    return complaint_rate(counts.complaints, counts.reporting), bounce_rate(counts.hard, counts.settled)


def _status_tone(view: CaseView) -> str:
    return tone_of(view.sender.account) if view.sender else ""


def _measures(view: CaseView) -> list[dict[str, str]]:
    if view.case.state == CaseState.CLOSED or view.sender is None:
        return []
    status = view.sender.account.status
    measures = []
    if view.case.campaign_id is not None:
        if view.case.frozen:
            measures.append(_measure(CaseAction.RELEASE, "play", "F", "", _("Unfreeze campaign")))
        elif view.about and view.about.campaign.state in UNFINISHED:
            measures.append(_measure(CaseAction.FREEZE, "octagon-pause", "F", "", _("Freeze campaign")))
    if status in (AccountStatus.ACTIVE, AccountStatus.THROTTLED, AccountStatus.PAUSED, AccountStatus.SUSPENDED):
        measures.append(_measure(CaseAction.STRIKE, "flag", "K", "", _("Issue a strike")))
    if status == AccountStatus.ACTIVE:
        measures.append(_measure(CaseAction.THROTTLE, "gauge", "T", "", _("Throttle account")))
    if status in (AccountStatus.ACTIVE, AccountStatus.THROTTLED):
        measures.append(_measure(CaseAction.PAUSE, "circle-pause", "P", "", _("Pause account")))
    if status in (AccountStatus.ACTIVE, AccountStatus.THROTTLED, AccountStatus.PAUSED):
        measures.append(_measure(CaseAction.SUSPEND, "ban", "S", "error", _("Suspend account")))
    return measures


def _measure(measure: CaseAction, icon: str, key: str, tone: str, label: str) -> dict[str, str]:
    return {"measure": measure.value, "icon": icon, "key": key, "tone": tone, "label": label}
