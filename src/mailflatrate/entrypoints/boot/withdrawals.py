"""The thread that registers its host for withdrawals, and reads its journal after a promotion or restore (ADR 0095)."""

import threading
import time

import structlog
from django.db import InterfaceError, OperationalError, connections

from mailflatrate.apps.privacy.withdrawals.catch_up import JournalReader, readers_of
from mailflatrate.settings.schema import load_settings

CHECK_SECONDS = 2.0
AGAIN_SECONDS = 0.5
REGISTER_SECONDS = 10.0
TRIM_SECONDS = 3_600.0

log = structlog.get_logger(__name__)


def mind_withdrawals(*, minds_log: bool = False) -> None:
    """Start the thread. `minds_log`: this process also writes the log, and reads it for all hosts."""
    threading.Thread(target=_Minding(minds_log=minds_log).run, daemon=True, name="withdrawals").start()


class _Minding:
    def __init__(self, *, minds_log: bool) -> None:
        self._minds_log = minds_log
        self._readers: list[JournalReader] = []
        self._register_at = self._trim_at = 0.0

    def run(self) -> None:
        """Check until the process ends. Sending stays on hold for as long as this fails."""
        while True:
            pause = CHECK_SECONDS
            try:
                self._check()
            except (OperationalError, InterfaceError) as problem:  # a promoted replica may be there in a moment
                log.warning("withdrawals_not_read", problem=str(problem)[:200])
                connections.close_all()
                pause = AGAIN_SECONDS
            except Exception:
                log.exception("withdrawals_not_read")
                connections.close_all()
            time.sleep(pause)

    def _check(self) -> None:
        self._readers = self._readers or readers_of(load_settings(), minds_log=self._minds_log)
        now = time.monotonic()
        registers, trims = now >= self._register_at, now >= self._trim_at
        for reader in self._readers:
            if not reader.has_turn():
                continue
            if registers:
                reader.register()
            reader.read_if_unread()
            if trims:
                reader.trim()
        self._register_at = now + REGISTER_SECONDS if registers else self._register_at
        self._trim_at = now + TRIM_SECONDS if trims else self._trim_at
