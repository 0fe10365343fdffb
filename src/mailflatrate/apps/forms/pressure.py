"""Detection of flooded forms: compares the last hour with the two weeks before it (R-35)."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from mailflatrate.apps.forms.defence import counter_key, this_hour
from mailflatrate.apps.forms.models import Form, FormState, SignupCounter
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.limits import value

_HOUR = timedelta(hours=1)
_HOURS_BEFORE = 14 * 24 - 1

_LAST_HOUR = """
SELECT form_id, count(*), count(*) FILTER (WHERE state = 'withheld' AND reason IN ('form-flooded', 'sign-up-bombing')),
    count(*) FILTER (WHERE state = 'denied')
FROM signup_request WHERE account_id = %s AND form_id IS NOT NULL AND requested_at > %s GROUP BY form_id
"""
_BEFORE = """
SELECT count(*), min(requested_at) FROM signup_request WHERE account_id = %s AND form_id = %s AND requested_at <= %s
"""


@dataclass(frozen=True, slots=True)
class Pressure:
    """`usual`: the hourly average before this hour."""

    form: Form
    last_hour: int
    usual: int
    stopped: int
    denied: int
    unproven: bool
    """So many posted without proof that the form now asks every visitor for it."""


def forms_under_pressure() -> list[Pressure]:
    account_id, now = tenancy.current_account_id(), clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_LAST_HOUR, [account_id, now - _HOUR])
        counts = {form_id: numbers for form_id, *numbers in cursor.fetchall()}
    pressures = []
    for form in Form.objects.filter(state=FormState.PUBLISHED).order_by("name", "id"):
        last_hour, stopped, denied = counts.get(form.id, (0, 0, 0))
        usual = _usual(account_id, form.id) if last_hour >= value("sign_up_spike_least") else 0
        spike = last_hour >= max(value("sign_up_spike_least"), value("sign_up_spike_factor") * usual)
        unproven = _unproven(form.code)
        if spike or unproven or stopped or denied >= value("sign_up_spike_denied"):
            pressures.append(Pressure(form, last_hour, round(usual), stopped, denied, unproven))
    return sorted(pressures, key=lambda pressure: -pressure.last_hour)


def pressure_on(form_id: int) -> Pressure | None:
    return next((pressure for pressure in forms_under_pressure() if pressure.form.id == form_id), None)


def _usual(account_id: int, form_id: int) -> float:
    before = clock.now() - _HOUR
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, [account_id, form_id, before])
        number, first = cursor.fetchone()
    if not number:
        return 0.0
    hours: float = min(max((before - first) / _HOUR, 1.0), _HOURS_BEFORE)
    return int(number) / hours


def _unproven(code: str) -> bool:
    key = counter_key("unproven", code, this_hour(clock.now()))
    most = int(value("sign_ups_unproven_per_form_hour"))
    return SignupCounter.objects.filter(key=key, count__gt=most).exists()
