"""Data requests across all customers, and the state of the consent ledger."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from mailflatrate.apps.consent.models import ConsentEvent, ConsentSeal, ConsentStamp
from mailflatrate.apps.consent.verification import OVERDUE_MINUTES
from mailflatrate.apps.privacy.models import DataRequestState, PrivacyRequest
from mailflatrate.apps.privacy.queries import PAGE_ROWS, requests
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.ui.menu import MONITORING, Tab
from mailflatrate.settings.schema import load_settings

LATE = timedelta(hours=1)
"""Carrying a request out takes seconds; whatever takes this long is stuck."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """How many events of the ledger are sealed. `late`: an event has waited too long for its seal."""

    seals: int
    sealed_at: datetime | None
    head: str
    waiting: int
    late: bool
    stamped_at: datetime | None
    authority: str


@tenancy.needs_platform
def ledger_state() -> Ledger:
    newest = ConsentSeal.objects.order_by("-number").defer("ids", "leaves").first()
    waiting = ConsentEvent.objects.filter(id__gt=newest.up_to_id if newest else 0)
    limit = clock.now() - timedelta(minutes=OVERDUE_MINUTES)
    stamp = ConsentStamp.objects.order_by("-seal_id").first()
    return Ledger(
        seals=newest.number if newest else 0,
        sealed_at=newest.sealed_at if newest else None,
        head=bytes(newest.seal_hash).hex() if newest else "",
        waiting=waiting.count(),
        late=waiting.filter(recorded_at__lt=limit).exists(),
        stamped_at=stamp.stamped_at if stamp else None,
        authority=stamp.authority if stamp else "",
    )


@desk("GET privacy/", "privacy", tab=Tab(MONITORING, gettext_lazy("Privacy and proof"), icon="scale", place=80))
def privacy(request: DeskRequest) -> HttpResponse:
    choice = request.GET.get("state", "")
    rows = requests()
    if choice in DataRequestState.values:
        rows = rows.filter(state=choice)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(id__lt=int(before))
    visible = list(rows[: PAGE_ROWS + 1])
    stuck = PrivacyRequest.objects.filter(state=DataRequestState.CONFIRMED, confirmed_at__lt=clock.now() - LATE).count()
    counts = [
        (value, label, PrivacyRequest.objects.filter(state=value).count()) for value, label in DataRequestState.choices
    ]
    context = {
        "requests": visible[:PAGE_ROWS],
        "next": f"?state={choice}&before={visible[PAGE_ROWS - 1].id}" if len(visible) > PAGE_ROWS else "",
        "first": not before,
        "state": choice,
        "counts": counts,
        "stuck": stuck,
        "ledger": ledger_state(),
        "tsa": load_settings().tsa_url,
    }
    return render(request, "desk/privacy.html", context)
