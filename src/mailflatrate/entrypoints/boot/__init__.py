"""Starts Django with logging, for commands that need the database; `lifecycle` ends a process in time."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

from mailflatrate.settings import links
from mailflatrate.settings.links import ProcessPurpose
from mailflatrate.settings.logs import configure_logging
from mailflatrate.settings.postgres import EmbeddedPostgres
from mailflatrate.settings.roles import app_login
from mailflatrate.settings.schema import Settings, load_settings


def boot(purpose: ProcessPurpose = ProcessPurpose.ADMINISTRATION) -> Settings:
    """Configure logging and Django once; only ADMINISTRATION ever signs in as the owner. Raises SettingsError."""
    settings = load_settings()
    links.serve_as(purpose)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailflatrate.settings.django")
    configure_logging(settings)
    if settings.app_database_url or settings.database_url:
        links.prefer_newest(app_login(settings), settings)
    _set_up_django()
    return settings


def _set_up_django() -> None:
    """Load all apps without searching for garbage, which takes a sixth of the time and finds none, now or later."""
    gc.disable()
    try:
        import django

        django.setup()
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def database() -> Iterator[Settings]:
    """Boot with a reachable database: start the embedded one for the block unless it is already running."""
    settings = load_settings()
    if not settings.is_embedded:
        yield boot()
        return
    with EmbeddedPostgres(settings.data_dir).available():
        yield boot()
