"""Counts how far visitors come, by placement, text and day; nothing identifies anyone. A step is one more row, so that
visitors never wait for each other; an hourly job adds them up.
"""

from datetime import UTC, timedelta

from django.db import transaction

from mailflatrate.apps.forms.actions.visitor_counts import count
from mailflatrate.apps.forms.defence import counter_key, network_of, this_hour
from mailflatrate.apps.forms.models import ConfirmationRequestKind, FormCount, FormStep, SignupRequest
from mailflatrate.apps.forms.queries import PublishedForm
from mailflatrate.base import clock, tenancy
from mailflatrate.base.count_rows import CountTable
from mailflatrate.rules.forms.placement import ASKED

REPORTED = frozenset({FormStep.VIEW, FormStep.START})
REPORTS_PER_NETWORK_HOUR = 300
MANY_ROWS = 50
_COUNTS = CountTable("form_count", "form_id", ("day", "placement", "what", "compared_text"))


@tenancy.needs_account
def count_step(form_id: int, placement: str, step: FormStep, compared_text: str = "") -> None:
    today = clock.now().astimezone(UTC).date()
    FormCount.objects.create(
        form_id=form_id, day=today, placement=placement, what=step, compared_text=compared_text, count=1
    )


def placement_of(request: SignupRequest) -> str:
    return request.placement if request.kind == ConfirmationRequestKind.FORM else ASKED


def count_reported(
    form: PublishedForm, placement: str, step: FormStep, ip: str | None, compared_text: str = ""
) -> bool:
    """False if the network reported this too often within the hour. Opens the account's scope."""
    now, network = clock.now(), network_of(ip)
    with tenancy.account(form.account_id), transaction.atomic():
        if network:
            key = counter_key("form step", f"{form.code} {step.value} {network}", this_hour(now))
            if count([key], now + timedelta(hours=3))[key] > REPORTS_PER_NETWORK_HOUR:
                return False
        count_step(form.form_id, placement, step, compared_text)
    return True


def fold_counts(many_rows: int = MANY_ROWS) -> int:
    return _COUNTS.fold(many_rows)
