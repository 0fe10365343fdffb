"""Ports for servers that are started a little later: no other process takes one of them in the meantime.

A port that the kernel picks may be picked again, for any outgoing connection or for another run beside this one, before
a server that starts slowly listens on it; where it stops and starts again, a client may even connect to itself. These
ports are below those that the kernel picks from, and each run on this machine gets others.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
import time
from pathlib import Path

FIRST, LAST = 10_240, 32_000
"""Above those that services are known by, and below those that the kernel gives to connections."""
_NEXT = Path(tempfile.gettempdir()) / f"mailflatrate-next-port-{os.getuid()}"


def free_port() -> int:
    """Return a port that nobody listens on, and that nobody else is given soon."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return so many different ones."""
    with _NEXT.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        number = int(file.read() or FIRST)
        found: list[int] = []
        while len(found) < count:
            number = number + 1 if FIRST <= number < LAST else FIRST
            if _is_free(number):
                found.append(number)
        file.truncate(0)
        file.write(str(number))
    return found


def _is_free(port: int) -> bool:
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind(("", port))
    except OSError:
        return False
    return True


def wait_for(port: int, seconds: float = 60) -> None:
    """Return when something listens on `port`. Raises ConnectionError when the time is over."""
    for _ in range(int(seconds / 0.02)):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise ConnectionError(f"nothing listens on port {port}")
