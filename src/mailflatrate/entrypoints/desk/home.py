"""The desk's home page: the work waiting for a person, oldest first."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from mailflatrate.apps.delivery.fence import current_hold
from mailflatrate.apps.delivery.queries import held_service_mail
from mailflatrate.apps.delivery.recovery.maybe_sent import awaiting_answer
from mailflatrate.apps.delivery.recovery.unknown import all_unknown
from mailflatrate.apps.delivery.recovery.withdrawal_logs import current_gap
from mailflatrate.apps.delivery.relays.overview import stays_on_this_host
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.queues import QUEUES
from mailflatrate.entrypoints.ui.activity_labels import newest

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
