"""Brings a promoted replica up to date from the log, automatically and by the workers themselves (ADR 0028).

Only withdrawals that are not in its tables take effect: a person who unsubscribed and signed up again an hour ago, both
known to the replica, stays subscribed.
"""

import socket
from datetime import timedelta

import structlog

from mailflatrate.apps.delivery import fence, withdrawal_logs
from mailflatrate.apps.privacy.withdrawals.log import open_log, read_everywhere
from mailflatrate.apps.privacy.withdrawals.log_writer import withdrawals_since
from mailflatrate.apps.privacy.withdrawals.replay import OVERLAP, mark, replay
from mailflatrate.settings.schema import Settings

REACH = timedelta(hours=1)
"""A replica that is further behind counts as a restored backup: a person says since when."""

log = structlog.get_logger(__name__)


def note_place(settings: Settings) -> None:
    """Record where the workers of this host log withdrawals."""
    withdrawal_logs.note_place(open_log(settings).place(), _host())


def replay_if_promoted(settings: Settings) -> bool:
    """Replay this host's log if the database was promoted and has not been updated yet; return whether it was done."""
    hold = fence.current_hold()
    if hold is None or hold.cause is not fence.HoldCause.PROMOTED:
        return False
    place = open_log(settings).place()
    if withdrawal_logs.is_replayed(place, hold.since):
        return False
    since = hold.since - REACH
    known = frozenset(mark(line) for line in withdrawals_since(since - OVERLAP))
    done = replay(read_everywhere(settings, since - OVERLAP), since, known)
    log.warning("withdrawals_replayed", **done)
    withdrawal_logs.note_replayed(place, _host(), since=hold.since)
    return True


def _host() -> str:
    return socket.gethostname()[:80]
