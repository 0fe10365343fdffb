"""Django as the crawl runs it: settings of nobody's environment, fixed time and chance, pages as in production."""

import logging
import os
from pathlib import Path
from typing import Any

from golden import fixed


def set_up(folder: Path) -> Any:
    """Set Django up with a data folder; return the settings. Call it before any of our modules is imported."""
    for name in [name for name in os.environ if name.startswith("MAILFLATRATE_") or name == "DATABASE_URL"]:
        del os.environ[name]
    (folder / "static").mkdir(parents=True, exist_ok=True)
    os.environ |= {"MAILFLATRATE_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "mailflatrate.settings.django"}
    fixed.install()

    import django
    import structlog
    from django.contrib.auth.hashers import PBKDF2PasswordHasher
    from django.test.utils import setup_test_environment

    from mailflatrate.settings.schema import load_settings

    django.setup()
    setup_test_environment()

    from support import page_context, static_files

    page_context.note_no_contexts()
    static_files.install()
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    PBKDF2PasswordHasher.iterations = 1000
    return load_settings()
