"""Django's session storage (`SESSION_ENGINE`): sealed rows that only the cookie opens."""

import hashlib
import hmac
import json
import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction

from mailflatrate.apps.accounts.models import BrowserSession, User
from mailflatrate.base import clock
from mailflatrate.base.ids import vault
from mailflatrate.mail.signing.vault import VaultError

_LABEL = b"mailflatrate session "
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Browser:
    ip: str | None
    user_agent: str


def row_key(cookie: str) -> str:
    """Return the row key for a cookie; without the secret key, neither can be computed from the other."""
    return hmac.new(settings.SECRET_KEY.encode(), _LABEL + cookie.encode(), hashlib.sha256).hexdigest()


def _place(key: str) -> str:
    return f"session {key}"


class SessionStore(SessionBase):
    """`session_key` is the cookie's value and never reaches the database. The middleware sets `browser`."""

    browser = Browser(None, "")

    def exists(self, session_key: str) -> bool:
        return BrowserSession.objects.filter(key=row_key(session_key)).exists()

    def load(self) -> dict[str, Any]:
        """Return the data of the cookie's row; an empty session if no row opens."""
        key = row_key(str(self.session_key))
        row = BrowserSession.objects.filter(key=key, expires_at__gt=clock.now()).first()
        opened = _opened(row) if row else None
        if opened is None:
            self._session_key = None
            return {}
        return opened

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Write the row. Raises CreateError if the cookie is taken, UpdateError if the row is gone."""
        if self.session_key is None:
            self.create()
            return
        values = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        key = row_key(self.session_key)
        row = {
            "data": vault().seal(json.dumps(values, separators=(",", ":")).encode(), _place(key)),
            "expires_at": self.get_expiry_date(),
            "user_id": values.get(SESSION_KEY),
        }
        if not must_create:
            if not BrowserSession.objects.filter(key=key).update(**row):
                raise UpdateError
            return
        browser = self.browser
        try:
            with transaction.atomic():
                BrowserSession.objects.create(
                    key=key, ip=browser.ip, user_agent=browser.user_agent[:200], opened_at=clock.now(), **row
                )
        except IntegrityError:
            raise CreateError from None

    def delete(self, session_key: str | None = None) -> None:
        cookie = session_key or self.session_key
        if cookie is not None:
            BrowserSession.objects.filter(key=row_key(cookie)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        BrowserSession.objects.filter(expires_at__lt=clock.now()).delete()


def _opened(row: BrowserSession) -> dict[str, Any] | None:
    try:
        values = json.loads(vault().open(row.data, _place(row.key)))
    except (VaultError, ValueError):
        _LOG.warning("a session does not open: it was changed, moved, or sealed under a key that is gone")
        return None
    return values if isinstance(values, dict) else None


def sessions_of(user: User) -> list[BrowserSession]:
    """Return the sessions in which a user is signed in, oldest first; rows of an earlier password are deleted."""
    sessions = []
    for row in BrowserSession.objects.filter(user=user, expires_at__gt=clock.now()).order_by("opened_at"):
        values = _opened(row) or {}
        signed_in = hmac.compare_digest(str(values.get(HASH_SESSION_KEY, "")), user.get_session_auth_hash())
        if signed_in and str(values.get(SESSION_KEY)) == str(user.id):
            sessions.append(row)
        else:
            row.delete()
    return sessions


def end_other_sessions(user: User, cookie: str) -> int:
    gone, _by_table = BrowserSession.objects.filter(user=user).exclude(key=row_key(cookie)).delete()
    return gone
