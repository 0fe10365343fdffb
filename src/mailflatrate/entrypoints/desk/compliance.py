"""What mailbox providers and the CSA require, and whether this service meets it (R-54 to R-106)."""

from django.http import HttpResponse

from mailflatrate.apps.stats.compliance import service_facts
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import page
from mailflatrate.entrypoints.ui.compliance import parts
from mailflatrate.rules.compliance.judge import judge_all


@desk("GET compliance/", "compliance")
def compliance(request: DeskRequest) -> HttpResponse:
    return page(request, "compliance", {"parts": parts(judge_all(service_facts()))})
