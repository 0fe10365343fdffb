"""Time limits of every connection to PostgreSQL, and when a silent server counts as gone (ADR 0021); a limit in the URL
takes precedence. A host without power sends no reset: without `tcp_user_timeout` and keepalives a client waits 16
minutes or two hours, and the server keeps a dead client's locks, so it watches, too.
"""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mailflatrate.settings.schema import Settings

PROBES: Final = 3
CHECK_SECONDS: Final = 10
LONGEST_PAUSE_SECONDS: Final = 1.0
"""The longest pause between two attempts to reach a database that is away: a promoted replica is found that soon."""


class ProcessPurpose(StrEnum):
    PAGES = "pages"
    SENDING = "sending"
    LISTENING = "listening"
    JOBS = "jobs"
    ADMINISTRATION = "administration"


_BRIEF: Final = frozenset({ProcessPurpose.PAGES, ProcessPurpose.SENDING, ProcessPurpose.LISTENING})
_purpose = ProcessPurpose.ADMINISTRATION
_reached: tuple[str, str] | None = None
_lost: tuple[str, str] | None = None

AnyConnection = psycopg.AsyncConnection[Any] | psycopg.Connection[Any]


def serve_as(purpose: ProcessPurpose) -> None:
    """Set the purpose of this process, before its first connection."""
    global _purpose  # noqa: PLW0603  one a process, by nature
    _purpose = purpose


def purpose() -> ProcessPurpose:
    return _purpose


def completed(conninfo: str, settings: Settings, *, is_owner: bool = False, is_pooled: bool = False) -> str:
    """Raises ValueError. A pooler in transaction mode accepts no session settings; each transaction sets its own."""
    try:
        given = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError as problem:
        raise ValueError(f"not a PostgreSQL connection string: {str(problem).strip()}") from problem
    limits: dict[str, Any] = {
        "connect_timeout": settings.database_connect_seconds,
        "tcp_user_timeout": settings.database_silence_seconds * 1000,
        **_keepalives(settings, prefix=""),
        "target_session_attrs": "read-write",
        "application_name": f"mailflatrate {_purpose.value}",
    }
    own = {} if is_pooled else _session(settings, is_owner=is_owner)
    session = " ".join(f"-c {name}={value}" for name, value in own.items())
    limits |= {name: value for name, value in given.items() if name != "options"}
    limits |= in_order(given)
    return make_conninfo("", **limits, options=f"{session} {given.get('options') or ''}".strip() or None)


def note_reached(connection: AnyConnection) -> None:
    """The next connection tries it first: after a failover it would otherwise wait for the dead host."""
    global _reached, _lost  # noqa: PLW0603  one a process: the primary is the same for all its connections
    _reached = _host_of(connection)
    if _lost == _reached:
        _lost = None


def note_lost(connection: AnyConnection) -> None:
    """The other hosts are tried before its host: one may be the primary by now, and a crashed one says nothing, so each
    attempt takes as long as a connection may take.
    """
    global _reached, _lost  # noqa: PLW0603  one a process
    _lost = _host_of(connection) or _lost
    if _reached == _lost:
        _reached = None


def is_elsewhere(connection: AnyConnection) -> bool:
    """Return True if a connection leads to a different host than the one that accepted the latest connection."""
    host = _host_of(connection)
    return _reached is not None and host is not None and host != _reached


def _host_of(connection: AnyConnection) -> tuple[str, str] | None:
    try:
        return connection.info.host, str(connection.info.port)
    except psycopg.OperationalError:  # closed already
        return None


def prefer_newest(conninfo: str, settings: Settings) -> None:
    """Remember the newest timeline of hosts that take writes: an old primary that was started again takes them, too."""
    global _reached  # noqa: PLW0603  one a process: the primary is the same for all its connections
    pairs = _pairs(conninfo_to_dict(conninfo))
    if len(pairs) < 2:
        return
    with ThreadPoolExecutor(len(pairs)) as pool:
        timelines = list(pool.map(lambda pair: _timeline(conninfo, pair, settings.database_connect_seconds), pairs))
    best = max(timelines)
    if best:
        host, port = pairs[timelines.index(best)]
        _reached = host, port or "5432"


def _timeline(conninfo: str, pair: tuple[str, str], seconds: int) -> str:
    only = {"host": pair[0], "port": pair[1] or None, "connect_timeout": seconds, "target_session_attrs": "read-write"}
    try:
        with psycopg.connect(make_conninfo(conninfo, **only)) as link:
            row = link.execute("SELECT left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)").fetchone()
    except psycopg.Error:
        return ""
    return str(row[0]) if row else ""


def in_order(given: dict[str, Any]) -> dict[str, Any]:
    """The last one reached first, the lost one last; nothing for a single host."""
    pairs = sorted(_pairs(given), key=_preference)
    if len(pairs) < 2:
        return {}
    return {"host": ",".join(host for host, _port in pairs), "port": ",".join(port for _host, port in pairs)}


def _pairs(given: dict[str, Any]) -> list[tuple[str, str]]:
    hosts = str(given.get("host") or "").split(",")
    ports = str(given.get("port") or "").split(",")
    if given.get("hostaddr") or len(ports) not in (1, len(hosts)):
        return []
    return list(zip(hosts, ports if len(ports) > 1 else ports * len(hosts), strict=True))


def _preference(pair: tuple[str, str]) -> tuple[bool, bool]:
    host = pair[0], pair[1] or "5432"
    return host == _lost, host != _reached


def with_options(conninfo: str, options: str) -> str:
    before = conninfo_to_dict(conninfo).get("options") or ""
    return make_conninfo(conninfo, options=f"{before} {options}".strip())


def _keepalives(settings: Settings, *, prefix: str) -> dict[str, int]:
    silence = settings.database_silence_seconds
    idle = max(1, silence // 2)
    return {
        f"{prefix}keepalives_idle": idle,
        f"{prefix}keepalives_interval": max(1, (silence - idle) // PROBES),
        f"{prefix}keepalives_count": PROBES,
    }


def _session(settings: Settings, *, is_owner: bool) -> dict[str, int | str]:
    """Return the server's settings for a session. The owner has no statement timeout, as migrations may take long."""
    parameters: dict[str, int | str] = {
        **_keepalives(settings, prefix="tcp_"),
        "tcp_user_timeout": settings.database_silence_seconds * 1000,
        "client_connection_check_interval": f"{CHECK_SECONDS}s",
    }
    return parameters if is_owner else {**parameters, **time_limits(settings)}


def time_limits(settings: Settings) -> dict[str, str]:
    longest = settings.database_statement_seconds if _purpose in _BRIEF else settings.database_job_seconds
    return dict.fromkeys(("statement_timeout", "idle_in_transaction_session_timeout"), f"{longest}s")


def cut(connection: AnyConnection) -> None:
    """Make everything that waits for it fail at once. Canceling a task isn't enough: psycopg then asks the server to
    cancel the statement and waits for its answer, which a dead server does not give.
    """
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
