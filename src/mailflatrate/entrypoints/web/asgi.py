"""The pages as an ASGI application."""

import os
import sys
from typing import Final

from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application

from mailflatrate.base import child
from mailflatrate.base.metrics.sharing import share
from mailflatrate.base.tracing.exporting import begin_tracing
from mailflatrate.entrypoints.boot import boot
from mailflatrate.entrypoints.web.serving.application import Pages
from mailflatrate.entrypoints.web.serving.request_bodies import MB, DiskBudget
from mailflatrate.entrypoints.web.serving.thread_pools import make_pools
from mailflatrate.locale.build import build as build_catalogues
from mailflatrate.settings.links import ProcessPurpose

MOST_THREADS: Final = 8  # of a web process; they wait for the database most of the time
UPLOADS_OCTETS: Final = 2048 * MB
UPLOADS_OCTETS_PER_CLIENT: Final = 768 * MB
READERS_AT_HAND: Final = (
    "mail.file",
    "content.compile_sources",
    "content.judge_sample",
    "table.preview",
    "picture.set",
)
"""Their modules are loaded when the pages start, so that no upload or preview waits for Python."""
SWITCH_SECONDS: Final = 0.001
"""A thread that computes hands over this often: five times sooner than Python's own, for the health check's sake."""


def make_application() -> Pages:
    settings = boot(ProcessPurpose.PAGES)
    if settings.debug:
        build_catalogues(changed_only=True)
    folder = settings.data_dir / "incoming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    django_settings.FILE_UPLOAD_TEMP_DIR = str(folder)  # Django's copies too: /tmp may be small, or memory
    threads = min(MOST_THREADS, 2 * (os.cpu_count() or 1) + 1)
    budget = DiskBudget(UPLOADS_OCTETS, UPLOADS_OCTETS_PER_CLIENT)
    child.warm(*READERS_AT_HAND)
    sys.setswitchinterval(SWITCH_SECONDS)
    share(settings.data_dir, "web")
    begin_tracing(settings, "web")
    from mailflatrate.entrypoints.boot.withdrawals import mind_withdrawals  # models need Django

    mind_withdrawals()
    return Pages(get_wsgi_application(), make_pools(threads), budget, folder)
