"""How and why this host's senders tell the database which messages they start (ADR 0034)."""

from collections.abc import Iterator

from django.db import connection

from mailflatrate.apps.delivery import sender_processes
from mailflatrate.apps.delivery.send.journal import known_host
from mailflatrate.entrypoints.boot.doctor_report import Line, ok
from mailflatrate.settings import same_machine
from mailflatrate.settings.schema import MarkMode, Settings


def mark_lines(settings: Settings) -> Iterator[Line]:
    """Yield the mode and the reason for it. Reads only."""
    yield ok("marks", _found(settings))


def _found(settings: Settings) -> str:
    each = "what is sent is marked message by message"
    if settings.sender_marks is MarkMode.EACH:
        return f"{each}: MAILFLATRATE_SENDER_MARKS=each"
    if sender_processes.other_host_sends(known_host(settings.data_dir / "journal")):
        return f"{each}: another host sends, too"
    with connection.cursor() as cursor:
        cursor.execute(same_machine.SESSION)
        session = cursor.fetchone()
    if not same_machine.is_served_here(connection.connection.fileno(), session):
        return f"{each}: the database isn't known to run on this machine"
    return "what is sent is marked once a chunk: the database is on this machine and no other host sends"
