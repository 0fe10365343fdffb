"""The link that opens the first setup in a browser. Its token can only be computed with the installation's secret key,
is the same on every host and after every restart, and is useless once an operator exists.
"""

import base64
import hashlib
import hmac

import click
from django.db import DatabaseError, connection

from mailflatrate.settings.schema import Settings
from mailflatrate.settings.secrets import load_secrets

_PURPOSE = b"mailflatrate first set-up"
_OCTETS = 20


def setup_token() -> str:
    """Return the token of this installation: 32 lowercase letters and digits."""
    digest = hmac.digest(load_secrets().secret_key.encode(), _PURPOSE, hashlib.sha256)
    return base64.b32encode(digest[:_OCTETS]).decode().lower()


def is_setup_token(token: str) -> bool:
    """Return whether a token opens the setup; compared in constant time."""
    return hmac.compare_digest(token.encode(), setup_token().encode())


def setup_url(settings: Settings) -> str:
    """Return the link. Behind a proxy it begins with the public URL, otherwise with the pages' listening address."""
    host = "127.0.0.1" if settings.web_host == "0.0.0.0" else settings.web_host  # noqa: S104
    base = f"http://{host}:{settings.web_port}" if settings.public_port else settings.public_url.rstrip("/")
    return f"{base}/setup/{setup_token()}/"


def announce(settings: Settings) -> None:
    """Print the link while there is no operator; print nothing if the database isn't reachable yet."""
    from mailflatrate.apps.accounts.queries import has_operator

    try:
        if has_operator():
            return
    except DatabaseError:
        return
    finally:
        connection.close()  # the process that starts the pages serves none, so it never needs it again
    click.echo(f"This installation has no operator yet. Create the first one at {setup_url(settings)}", err=True)
