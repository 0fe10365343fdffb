"""Who may send a large body: signed-in people and programs with a key. This is checked before the body is read."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import close_old_connections
from django.http import parse_cookie

from mailflatrate.apps.accounts.actions.keys import is_known_key


def is_member(cookies: str, authorization: str) -> bool:
    """Return whether these headers belong to a session or a key. The view decides what they may do."""
    close_old_connections()
    try:
        kind, _space, secret = authorization.partition(" ")
        if kind.lower() == "bearer" and is_known_key(secret.strip()):
            return True
        cookie = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
        if not cookie:
            return False
        store = import_module(settings.SESSION_ENGINE).SessionStore
        return SESSION_KEY in store(cookie)
    finally:
        close_old_connections()
