"""The demonstration's surroundings: free ports, short waits, and a DNS of its own, so that the real code path runs."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from mailflatrate.wire.zone import ZoneServer

PORTS = {
    "MAILFLATRATE_WEB_PORT": 8000,
    "MAILFLATRATE_PUBLIC_PORT": 8443,
    "MAILFLATRATE_INBOUND_SMTP_PORT": 2525,
    "MAILFLATRATE_INBOUND_LMTP_PORT": 2424,
    "MAILFLATRATE_POSTBOX_PORT": 2526,
}
# Waits that take hours in earnest take seconds here.
SHORT = {
    "MAILFLATRATE_CANARY_WAIT_SECONDS": "2",
    "MAILFLATRATE_RETRY_FIRST_SECONDS": "3",
    "MAILFLATRATE_RETRY_GIVE_UP_SECONDS": "12",
    "MAILFLATRATE_RELAY_PAUSE_MAX_SECONDS": "5",
    "MAILFLATRATE_DEMO": "true",
    "MAILFLATRATE_LOG_LEVEL": "WARNING",
}


@dataclass(slots=True)
class Place:
    """Where the demonstration runs."""

    folder: Path
    zone: ZoneServer

    def close(self) -> None:
        """Stop the DNS."""
        self.zone.close()


def _free_port(wanted: int, taken: set[int]) -> int:
    """`wanted` where nobody listens there, otherwise any free port."""
    for candidate in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            port = int(probe.getsockname()[1])
            if port not in taken:
                return port
    raise OSError("no free port")


def prepare(folder: Path) -> Place:
    """Set the environment of this process and its children, and start the DNS. What the caller set himself stays."""
    zone = ZoneServer()
    taken: set[int] = set()
    for name, wanted in PORTS.items():
        if name not in os.environ:
            port = _free_port(wanted, taken)
            taken.add(port)
            os.environ[name] = str(port)
    os.environ["MAILFLATRATE_DATA_DIR"] = str(folder)
    os.environ.setdefault("MAILFLATRATE_PUBLIC_URL", f"https://localhost:{os.environ['MAILFLATRATE_PUBLIC_PORT']}")
    os.environ["MAILFLATRATE_DNS_SERVERS"] = f"127.0.0.1:{zone.port}"
    for name, value in SHORT.items():
        os.environ.setdefault(name, value)
    return Place(folder, zone)
