"""What mailbox providers and the CSA require, and whether this account meets it: a page, and a PDF to share."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from mailflatrate.apps.stats.compliance import account_facts
from mailflatrate.base import clock
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.papers import pdf_answer
from mailflatrate.entrypoints.ui.compliance import parts
from mailflatrate.entrypoints.ui.menu import SETTINGS, Tab
from mailflatrate.rules.compliance.judge import judge_all
from mailflatrate.rules.roles import Permission


def _context(request: StudioRequest) -> dict[str, Any]:
    judgements = judge_all(account_facts(), of_account=True)
    return {"account": request.account, "parts": parts(judgements), "now": clock.now()}


@studio(
    "GET settings/compliance/",
    "compliance",
    Permission.VIEW,
    tab=Tab(SETTINGS, gettext_lazy("Compliance"), gettext_lazy("Gmail, Yahoo, Microsoft, requirements, CSA"), place=80),
)
def compliance(request: StudioRequest) -> HttpResponse:
    return page(request, "studio/trust/compliance.html", _context(request))


@studio("GET settings/compliance.pdf", "compliance-pdf", Permission.VIEW, nav="compliance")
def on_paper(request: StudioRequest) -> HttpResponse:
    context = {**_context(request), "service": settings.SETTINGS.service_name}
    name = f"compliance-{context['now']:%Y-%m-%d}.pdf"
    template, back = "studio/trust/compliance_paper.html", reverse("studio:compliance")
    return pdf_answer(request, template, context, file_name=name, back=back)
