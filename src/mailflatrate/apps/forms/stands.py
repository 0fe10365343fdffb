"""Stands: a form on a tablet. Its PIN opens a session there; entries made without a connection come later.

A session is a signed value that names the stand and who is on duty; the browser keeps it until the evening. Nothing is
stored about it here.
"""

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
    """A stand that takes entries, with its form."""

    stand_id: int
    code: str
    place: str
    created_at: datetime
    form: PublishedForm


@dataclass(frozen=True, slots=True)
class StandSession:
    """Who is on duty at a stand, and since when the tablet is open for them."""

    staff: str
    opened_at: datetime


def open_stand(code: str) -> OpenStand | None:
    """Return the stand with this code while it is open and its account may send. Works in any scope or none."""
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
    """Return a form's stands, the newest first."""
    return list(Stand.objects.filter(form_id=form_id).select_related("created_by").order_by("-id")[:50])


def new_pin() -> str:
    """Return a random PIN."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def pin_hash(code: str, pin: str) -> bytes:
    """Return the keyed hash of a stand's PIN, 32 octets: without our key, it can't be searched for."""
    return hmac.digest(load_secrets().secret_key.encode(), f"stand pin|{code}|{pin}".encode(), sha256)


def new_session(stand: OpenStand, staff: str) -> str:
    """Return the signed value that opens the form at this stand."""
    said = [stand.code, " ".join(staff.split())[:MAX_STAFF], clock.now().isoformat()]
    return signing.dumps(said, salt=_SALT)


def session_of(stand: OpenStand, session: str) -> StandSession | None:
    """Return a session by its signed value; None if it isn't one of this stand, or too old."""
    try:
        code, staff, opened_at = signing.loads(session, salt=_SALT, max_age=SESSION_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return StandSession(staff, datetime.fromisoformat(opened_at)) if code == stand.code else None


def entry_time(posted: Mapping[str, Any], stand: OpenStand, now: datetime) -> datetime | None:
    """Return when an entry was made, from its age in seconds by the tablet's own clock; None if it is too old.

    The age doesn't depend on whether that clock is right. No entry is older than its stand.
    """
    age = posted.get("age", 0)
    if not isinstance(age, int | float) or isinstance(age, bool) or not 0 <= age <= 3600 * value("asks_visit_hours"):
        return None
    return max(now - timedelta(seconds=float(age)), stand.created_at)
