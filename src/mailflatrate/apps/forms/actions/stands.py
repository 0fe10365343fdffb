"""Actions on stands: set one up, try its PIN, and close it."""

import hmac
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.forms.actions import visitor_counts
from mailflatrate.apps.forms.actions.form_edits import new_code
from mailflatrate.apps.forms.defence import counter_key, network_of, this_hour
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.models import Form, FormState, Stand
from mailflatrate.apps.forms.stands import OpenStand, new_pin, pin_hash
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.names.domains import mentions

MAX_DAYS = 14
MAX_PLACE_CHARACTERS = 80
MOST_OPEN = 20
PINS_AN_HOUR = 10
"""Of one stand, and of one network. Then no PIN is right until the next hour."""


@tenancy.needs_account
@transaction.atomic
def create_stand(form_id: int, place: str, ends_at: datetime, *, by: User | None) -> tuple[Stand, str]:
    """The PIN is stored nowhere. Raises FormError."""
    form = Form.objects.filter(id=form_id, state=FormState.PUBLISHED).first()
    now, place = clock.now(), " ".join(place.split())
    if form is None:
        raise FormError(_("publish the form first"))
    if not place:
        raise FormError(_("say where the stand is; the proof of each sign-up names it"))
    if len(place) > MAX_PLACE_CHARACTERS:
        raise FormError(_("a place can have up to %(limit)d characters") % {"limit": MAX_PLACE_CHARACTERS})
    if "@" in place or "://" in place or mentions(place):  # people who never saw the stand read it in their email
        raise FormError(_("a place can't contain web or email addresses"))
    if not now < ends_at <= now + timedelta(days=MAX_DAYS):
        raise FormError(_("choose a day within the next 14 days"))
    if Stand.objects.filter(form=form, closed_at=None, ends_at__gt=now).count() >= MOST_OPEN:
        raise FormError(_("close a stand first; 20 are open"))
    code, pin = new_code(), new_pin()
    made = Stand.objects.create(
        form=form, code=code, place=place, pin_hash=pin_hash(code, pin), ends_at=ends_at, created_by=by
    )
    return made, pin


@tenancy.needs_account
def close_stand(form_id: int, stand_id: int) -> None:
    """What its tablet hasn't sent by then isn't taken. Raises FormError."""
    if not Stand.objects.filter(id=stand_id, form_id=form_id, closed_at=None).update(closed_at=clock.now()):
        raise FormError(_("this stand is closed already"))


def try_pin(stand: OpenStand, pin: str, ip: str | None) -> bool | None:
    """None if too many were wrong within the hour, whatever it is."""
    now = clock.now()
    keys = [counter_key("stand pin", stand.code, this_hour(now))]
    if network := network_of(ip):
        keys.append(counter_key("stand pin network", network, this_hour(now)))
    if any(seen >= PINS_AN_HOUR for seen in visitor_counts.counted(keys).values()):
        return None
    with tenancy.account(stand.form.account_id):
        stored = Stand.objects.filter(id=stand.stand_id).values_list("pin_hash", flat=True).first()
    if stored is not None and hmac.compare_digest(bytes(stored), pin_hash(stand.code, pin)):
        return True
    visitor_counts.count(keys, now + timedelta(hours=3))
    return False
