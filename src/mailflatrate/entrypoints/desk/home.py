"""The desk's home page: the work waiting for a person, oldest first."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from mailflatrate.apps.abuse.queries.queue import cases_of_messages
from mailflatrate.apps.accounts.models import DeskMessage, Side
from mailflatrate.apps.delivery.fence import current_hold
from mailflatrate.apps.delivery.queries import held_service_mail
from mailflatrate.apps.delivery.recovery.maybe_sent import awaiting_answer
from mailflatrate.apps.delivery.recovery.unknown import all_unknown
from mailflatrate.apps.delivery.recovery.withdrawal_logs import current_gap
from mailflatrate.apps.delivery.relays.overview import stays_on_this_host
from mailflatrate.apps.stats.compliance import service_facts
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import PAGE_ROWS, page
from mailflatrate.entrypoints.desk.queues import QUEUES
from mailflatrate.entrypoints.ui.activity_labels import newest
from mailflatrate.entrypoints.ui.compliance import parts
from mailflatrate.entrypoints.ui.menu import MONITORING, Tab
from mailflatrate.rules.compliance.judge import judge_all

RECENT_LINES = 8


@desk("GET", "home")
def home(request: DeskRequest) -> HttpResponse:
    rows = [(queue.backlog(), queue, reverse(f"desk:{queue.page}")) for queue in QUEUES]
    rows.sort(key=lambda row: (row[0].since is None, row[0].since))
    return render(
        request,
        "desk/home.html",
        {
            "rows": [{"waiting": waiting, "queue": queue, "url": url} for waiting, queue, url in rows],
            "recent": newest(RECENT_LINES),
            "held": held_service_mail(),
            "hold": current_hold(),
            "gap": current_gap(),
            "set_aside": list(awaiting_answer()),
            "unknown": all_unknown(),
            "stays": stays_on_this_host(settings.SETTINGS),
        },
    )


@desk(
    "GET compliance/",
    "compliance",
    tab=Tab(MONITORING, gettext_lazy("Provider requirements"), icon="badge-check", place=70),
)
def compliance(request: DeskRequest) -> HttpResponse:
    return page(request, "compliance", {"parts": parts(judge_all(service_facts()))})


@desk("GET messages/", "messages")
def unanswered_messages(request: DeskRequest) -> HttpResponse:
    waiting = DeskMessage.objects.filter(side=Side.CUSTOMER, handled_at=None)
    rows = list(waiting.select_related("account", "author", "about").order_by("id")[:PAGE_ROWS])
    cases = cases_of_messages([row.id for row in rows])
    return page(request, "messages", {"rows": [(row, cases.get(row.id)) for row in rows]})
