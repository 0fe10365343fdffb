"""Stands: a form on a tablet, opened by its PIN. A session is a signed value in the browser, until the evening."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core import signing

from mailflatrate.apps.forms.models import Stand
from mailflatrate.apps.forms.queries import PublishedForm, published_form
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.limits import value
from mailflatrate.settings.secrets import load_secrets

PIN_DIGITS = 6
SESSION_SECONDS = 14 * 3600
MOST_CODE = 16
MAX_STAFF = 80
_SALT = "forms.stand"


@dataclass(frozen=True, slots=True)
class OpenStand:
    stand_id: int
    code: str
    place: str
    created_at: datetime
    form: PublishedForm


@dataclass(frozen=True, slots=True)
class StandSession:
    staff: str
    opened_at: datetime


def open_stand(code: str) -> OpenStand | None:
    """None unless open and its account may send. Works in any scope or none."""
    if not 0 < len(code) <= MOST_CODE:
        return None
    with tenancy.platform(PlatformReason.PUBLIC_PAGE):
        rows = Stand.objects.select_related("form", "account").filter(code=code, closed_at=None)
        row = rows.filter(ends_at__gt=clock.now()).first()
    if row is None or not row.account.may_send:
        return None
    form = published_form(row.form.code)
    return OpenStand(row.id, row.code, row.place, row.created_at, form) if form is not None and form.open else None


def stands_of(form_id: int) -> Sequence[Stand]:
    return list(Stand.objects.filter(form_id=form_id).select_related("created_by").order_by("-id")[:50])


def new_pin() -> str:
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def pin_hash(code: str, pin: str) -> bytes:
    """Keyed, 32 bytes: without our key, it can't be searched for."""
    return hmac.digest(load_secrets().secret_key.encode(), f"stand pin|{code}|{pin}".encode(), sha256)


def new_session(stand: OpenStand, staff: str) -> str:
    session = [stand.code, " ".join(staff.split())[:MAX_STAFF], clock.now().isoformat()]
    return signing.dumps(session, salt=_SALT)


def session_of(stand: OpenStand, session: str) -> StandSession | None:
    """None if it isn't this stand's, or too old."""
    try:
        code, staff, opened_at = signing.loads(session, salt=_SALT, max_age=SESSION_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return StandSession(staff, datetime.fromisoformat(opened_at)) if code == stand.code else None


def entry_time(posted: Mapping[str, Any], stand: OpenStand, now: datetime) -> datetime | None:
    """By its age on the tablet's clock, right or not; None if too old. No entry is older than its stand."""
    age = posted.get("age", 0)
    if not isinstance(age, int | float) or isinstance(age, bool) or not 0 <= age <= 3600 * value("asks_visit_hours"):
        return None
    return max(now - timedelta(seconds=float(age)), stand.created_at)
