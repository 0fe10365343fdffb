"""Tells a promoted or restored database what this host's journal and log know of withdrawals (ADRs 0028, 0095);
sending is on hold until all hosts have. Only what the tables lack takes effect: a person who signed up again stays
subscribed.
"""

import fcntl
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from mailflatrate.apps.delivery import fence
from mailflatrate.apps.delivery.recovery import withdrawal_logs
from mailflatrate.apps.inbound import arrival_journal
from mailflatrate.apps.inbound.arrival_replay import restore_arrivals
from mailflatrate.apps.privacy.withdrawals.journal import open_journal
from mailflatrate.apps.privacy.withdrawals.log import AREA, open_log, read_everywhere, rescued_place
from mailflatrate.apps.privacy.withdrawals.log_writer import withdrawals_since
from mailflatrate.apps.privacy.withdrawals.replay import OVERLAP, mark, replay
from mailflatrate.base import clock
from mailflatrate.settings.schema import Settings

log = structlog.get_logger(__name__)


def readers_of(settings: Settings, *, minds_log: bool) -> list["JournalReader"]:
    """Return the readers of a process. `minds_log`: it serves the queue that writes the log of all hosts."""
    journal = open_journal(settings)
    readers = [JournalReader(settings, journal.place(), journal.read)]
    if minds_log and (place := open_log(settings).place()) != readers[0].place:
        readers.append(JournalReader(settings, place, lambda since: read_everywhere(settings, since)))
    return readers


def note_read_here(settings: Settings, paths: Sequence[Path]) -> None:
    """Record on a held database that a person replayed these folders, or, without any, all that this host reaches."""
    own = [open_journal(settings).place(), open_log(settings).place()]
    for place in [name for path in paths for name in rescued_place(path)] if paths else own:
        withdrawal_logs.note_rescued(place, host_name())


def host_name() -> str:
    return socket.gethostname()[:80]


class JournalReader:
    """Reads one place of withdrawals; of all processes of a host, the first one does."""

    def __init__(self, settings: Settings, place: str, lines: Callable[[datetime], Iterable[str]]) -> None:
        self.place, self._settings, self._lines = place, settings, lines
        self._host = host_name()
        path = settings.data_dir / AREA / f"{place}.lock"
        self._lock = os.open(path, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o600)

    def has_turn(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def register(self) -> None:
        """Record that this host takes withdrawals. The fence comes first: it notes the database's last sign of life."""
        fence.check()
        withdrawal_logs.note_place(self.place, self._host)

    def read_if_unread(self) -> bool:
        """Unless read since the latest hold began. A host that comes back later is read after the hold, too."""
        hold = fence.check()
        if withdrawal_logs.is_read(self.place):
            return False
        since = withdrawal_logs.known_until() or clock.now() - OVERLAP
        marks = frozenset(mark(line) for line in withdrawals_since(since - OVERLAP))
        done = replay(self._lines(since - OVERLAP), since, marks)
        log.warning("withdrawals_replayed", since=since.isoformat(), **done, **restore_arrivals())
        withdrawal_logs.note_read(self.place, self._host, held_at=hold.since if hold else None)
        return True

    def trim(self) -> None:
        """Remove what is older than any backup, and accepted mail that was read long ago."""
        open_journal(self._settings).drop_before(clock.now() - timedelta(days=self._settings.withdrawals_keep_days))
        arrival_journal.drop_old()
