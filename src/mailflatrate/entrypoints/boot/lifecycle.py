"""Health reports, and ending a process in time even if something hangs. The loop that does the work resets systemd's
watchdog (sd_notify(3)), or in containers touches a file (MAILFLATRATE_LIFE_FILE), only while it is not stuck.
"""

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import structlog

from mailflatrate.settings.schema import load_settings

END_SECONDS = 12.0
"""After a signal, the process ends in order within this time or is ended; with its children within 15 seconds."""
STUCK_STATUS = 75
TOUCH_SECONDS = 20.0
"""How often the life file is touched; a health check may take it for dead after a minute."""

log = structlog.get_logger(__name__)


def notify(state: str) -> None:
    """Tell the service manager `READY=1`, `STOPPING=1` or `WATCHDOG=1`; do nothing if there is none."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify_socket:
        notify_socket.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


def watchdog_seconds() -> float | None:
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 3_000_000 if microseconds.isdigit() and int(microseconds) else None


async def report_life(is_stuck: Callable[[], bool]) -> None:
    """Reset the watchdog from this loop until canceled, as long as the work is not stuck."""
    every = reporting_seconds()
    notify("READY=1")
    while every is not None:
        if is_stuck():
            log.error("stuck", advice="the service manager will restart this process")
        else:
            report()
        await asyncio.sleep(every)


def reporting_seconds() -> float | None:
    watched = watchdog_seconds()
    return watched if load_settings().life_file is None else min(watched or TOUCH_SECONDS, TOUCH_SECONDS)


def report() -> None:
    notify("WATCHDOG=1")
    file = load_settings().life_file
    if file is not None:
        with suppress(OSError):  # a full disk stops nothing; the health check will see the old file
            file.touch()


def report_served_life(host: str, port: int) -> None:
    """Reset the watchdog from a thread, as long as the pages respond at their port."""

    def ask() -> None:
        notify("READY=1")
        every = reporting_seconds()
        while every is not None:
            with suppress(OSError), socket.create_connection((host, port), timeout=every) as link:
                link.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if link.recv(5) == b"HTTP/":
                    report()
            time.sleep(every)

    threading.Thread(target=ask, daemon=True, name="watchdog").start()


def end_within(seconds: float = END_SECONDS) -> None:
    """Call it once, on a signal. The sender's journal shows what was under way, as after a crash."""
    notify("STOPPING=1")
    ending = threading.Timer(seconds, _end)
    ending.daemon = True
    ending.start()


def _end() -> None:
    log.error("process_ends_with_work_hanging")
    with suppress(Exception):
        sys.stderr.flush()
    os._exit(STUCK_STATUS)
