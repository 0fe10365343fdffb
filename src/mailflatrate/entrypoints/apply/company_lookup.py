"""Filling in the company from its VAT ID (VIES). It only suggests: every field can be typed and changed."""

from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from mailflatrate.apps.accounts.automatic_checks import vetting_resolver
from mailflatrate.apps.forms.actions.visitor_counts import count
from mailflatrate.apps.forms.defence import counter_key, network_of
from mailflatrate.base import clock
from mailflatrate.entrypoints.apply import session
from mailflatrate.entrypoints.apply.forms import CompanyForm, marked_as_due
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.settings import load_settings
from mailflatrate.wire.registers import VatRecord, VatStatus, find_vat

WINDOW: Final = timedelta(hours=1)
MOST_LOOKUPS: Final = 10
"""Lookups within an hour from one network: nobody may use us to comb the register."""


@require_POST
def look_up(request: HttpRequest) -> HttpResponse:
    """Return the fields a lookup fills in, with what the register says. Only applicants can ask; nothing is saved."""
    known = session.here(request) is not None or session.open_link(request.POST.get("token", "")) is not None
    if not known:
        return HttpResponse(status=404)
    found = _find(request)
    form = marked_as_due(CompanyForm(initial=_filled(request, found)))
    return render(request, "apply/company_name.html", {"form": form, "found": found, "looked_up": True})


def _find(request: HttpRequest) -> VatRecord:
    now = clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    key = counter_key("company lookup", network_of(client_ip(request)) or "this host", hour)
    if count([key], now + 2 * WINDOW)[key] > MOST_LOOKUPS:
        return VatRecord(VatStatus.NOT_CHECKED, problem="too many")
    return find_vat(request.POST.get("vat_id", ""), load_settings().vies_server, vetting_resolver())


def _filled(request: HttpRequest, found: VatRecord) -> dict[str, Any]:
    written = {name: request.POST.get(name, "")[:160] for name in CompanyForm.LOOKED_UP}
    said = {"legal_name": found.name, "street": found.street, "postcode": found.postcode, "city": found.city}
    return {name: said[name] or written[name] for name in written}
