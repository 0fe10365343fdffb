"""The checklist of an installation: what this host still needs for real sending."""

from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.base import clock
from mailflatrate.entrypoints.boot.doctor_report import Level
from mailflatrate.entrypoints.desk import doctor_run
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import page
from mailflatrate.entrypoints.ui.menu import MONITORING, Tab
from mailflatrate.entrypoints.ui.posts import see_other

SESSION_KEY = "examination"


@desk("GET setup/", "setup", tab=Tab(MONITORING, gettext_lazy("Setup"), icon="list-checks", place=60))
def setup(request: DeskRequest) -> HttpResponse:
    kept = request.session.get(SESSION_KEY) or {}
    reports = doctor_run.by_step(doctor_run.read_findings(kept.get("lines", ()))) if kept else []
    open_steps = sum(report.level is Level.MISSING for report in reports)
    context = {
        "reports": reports,
        "checked_at": datetime.fromisoformat(kept["at"]) if kept else None,
        "open_steps": open_steps,
        "is_ready": bool(reports) and not open_steps,
        "problem": request.session.pop(f"{SESSION_KEY}_problem", ""),
        "most_seconds": int(doctor_run.MOST_SECONDS),
    }
    return page(request, "setup", context)


@desk("POST setup/check/", "setup-check")
def check(request: DeskRequest) -> HttpResponse:
    try:
        findings = doctor_run.examine()
    except doctor_run.ExaminationFailed as problem:
        request.session[f"{SESSION_KEY}_problem"] = _("The check couldn't finish: %(problem)s") % {"problem": problem}
        request.audit("setup.checked", reason="failed")
        return see_other(reverse("desk:setup"))
    lines = [finding.as_json() for finding in findings]
    request.session[SESSION_KEY] = {"at": clock.now().isoformat(), "lines": lines}
    missing = sum(finding.level is Level.MISSING for finding in findings)
    request.audit("setup.checked", details={"missing": missing})
    return see_other(reverse("desk:setup"))
