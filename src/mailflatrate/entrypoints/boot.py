"""Start Django with logging, for commands that need the database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from mailflatrate.settings.logs import configure_logging
from mailflatrate.settings.postgres import EmbeddedPostgres
from mailflatrate.settings.schema import Settings, load_settings


def boot() -> Settings:
    """Configure logging and Django once; returns the settings. Raises SettingsError."""
    settings = load_settings()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailflatrate.settings.django")
    configure_logging(settings)
    import django

    django.setup()
    return settings


@contextmanager
def database() -> Iterator[Settings]:
    """Boot with a database that answers: the embedded one is started for the block when nobody runs it."""
    settings = load_settings()
    if settings.database_url:
        yield boot()
        return
    with EmbeddedPostgres(settings.data_dir).available():
        yield boot()
