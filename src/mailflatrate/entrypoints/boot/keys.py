"""The check that lets a service start only with the keys of the installation."""

import os
import signal
import threading
import time

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict

from mailflatrate.settings import fingerprints
from mailflatrate.settings.roles import app_url
from mailflatrate.settings.schema import Settings, SettingsError
from mailflatrate.settings.secrets import load_secrets

AGAIN_SECONDS = 5.0
SAY_SECONDS = 2.0

_REFUSED = (
    "the database refuses the application role's password. It is the one in MAILFLATRATE_APP_DATABASE_URL, or made from"
    " MAILFLATRATE_SECRET_KEY, which must be the installation's; `mailflatrate migrate` gives the role a new one"
)

log = structlog.get_logger(__name__)


def demand_keys(settings: Settings) -> None:
    """Raises KeysDiffer. Without a database, the process starts, and ends as soon as they turn out to differ."""
    try:
        _compare(settings)
    except psycopg.OperationalError as problem:
        if "password authentication failed" in str(problem):
            raise SettingsError(_REFUSED) from problem
        threading.Thread(target=_compare_later, args=[settings], daemon=True, name="keys").start()


def _compare(settings: Settings) -> None:
    with psycopg.connect(app_url(settings), autocommit=True) as link:
        fingerprints.compare(fingerprints.read(link), fingerprints.fingerprints(load_secrets()))


def _place(settings: Settings) -> str:
    given = conninfo_to_dict(app_url(settings))
    hosts, ports = (str(given.get(key) or other).split(",") for key, other in (("host", "localhost"), ("port", "5432")))
    return ", ".join(f"{host}:{port}" for host, port in zip(hosts, ports * len(hosts), strict=False))


def _compare_later(settings: Settings) -> None:
    time.sleep(SAY_SECONDS)
    log.warning(f"waiting for the database at {_place(settings)}")
    while True:
        time.sleep(AGAIN_SECONDS)
        try:
            return _compare(settings)
        except psycopg.OperationalError:
            continue
        except SettingsError as problem:
            log.critical("keys_differ", problem=str(problem))
            return os.kill(os.getpid(), signal.SIGTERM)
