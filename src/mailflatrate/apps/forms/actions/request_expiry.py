"""Expiry of requests (R-34): nothing personal is left after two weeks; the ledger keeps anonymous events."""

from datetime import timedelta

from mailflatrate.apps.forms.actions.request_limits import forget_tallies
from mailflatrate.apps.forms.actions.request_progress import events_by_list
from mailflatrate.apps.forms.models import (
    ConfirmationMark,
    ConfirmationRequestState,
    SignupCounter,
    SignupDenial,
    SignupRequest,
)
from mailflatrate.apps.lists.actions import optin
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.limits import value

DENIALS_KEPT = timedelta(days=90)
BATCH = 500


def forget_old() -> int:
    """Of all accounts, with marks, counters and old denials; return how many requests."""
    before = clock.now() - timedelta(days=value("confirmation_erase_days"))
    erased = 0
    while rows := _old(before):
        for account_id, request_id in rows:
            with tenancy.account(account_id):
                _forget(request_id)
        erased += len(rows)
    _clear_counters()
    return erased


def _old(before: object) -> list[tuple[int, int]]:
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        rows = SignupRequest.objects.filter(requested_at__lte=before).order_by("requested_at")
        return list(rows.values_list("account_id", "id")[:BATCH])


def _forget(request_id: int) -> None:
    request = SignupRequest.objects.select_for_update().filter(id=request_id).first()
    if request is None:
        return
    contact_id, state = request.contact_id, request.state
    events = events_by_list(request)
    request.delete()
    if contact_id is not None and state != ConfirmationRequestState.CONFIRMED:
        for list_id, event_ids in events.items():
            optin.forget_opt_in(contact_id, list_id, event_ids)


def _clear_counters() -> None:
    now = clock.now()
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        SignupCounter.objects.filter(expires_at__lt=now).delete()
        ConfirmationMark.objects.filter(at__lt=now - timedelta(hours=24)).delete()
        forget_tallies()
        SignupDenial.objects.filter(denied_at__lt=now - DENIALS_KEPT).delete()
