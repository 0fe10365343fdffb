"""The demonstration's environment: free ports, short waits, and its own DNS, so that the real code path runs."""

import base64
import os
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from mailflatrate.entrypoints.cli.serve import demand_free
from mailflatrate.wire.dns.zone import ZoneServer

PASSWORD = "winterzwiebeln"  # noqa: S105  a demonstration shows its passwords
OPERATOR, OWNER, COLLEAGUE, OTHER = (
    "otto@mailflatrate.example",
    "anna@lindenhof.example",
    "ben@lindenhof.example",
    "carla@nordstern.example",
)
PORTS = {
    "MAILFLATRATE_WEB_PORT": 8000,
    "MAILFLATRATE_PUBLIC_PORT": 8443,
    "MAILFLATRATE_INBOUND_SMTP_PORT": 2525,
    "MAILFLATRATE_INBOUND_LMTP_PORT": 2424,
    "MAILFLATRATE_TEST_INBOX_PORT": 2526,
}
# Waits that take hours in production take seconds here, and nobody outside is asked about an invented company.
SHORT = {
    "MAILFLATRATE_CANARY_WAIT_SECONDS": "2",
    "MAILFLATRATE_RETRY_FIRST_SECONDS": "3",
    "MAILFLATRATE_RETRY_GIVE_UP_SECONDS": "12",
    "MAILFLATRATE_RELAY_PAUSE_MAX_SECONDS": "5",
    "MAILFLATRATE_DEMO": "true",
    "MAILFLATRATE_VIES_SERVER": "",
    "MAILFLATRATE_LOG_LEVEL": "WARNING",
}


# What the operator's own domain answers.
SERVICE_ZONE = {
    "spf.mailflatrate.example": {"TXT": ["v=spf1 ip4:127.0.0.1 -all"]},
    "mx.mailflatrate.example": {"A": ["127.0.0.1"]},
}


# All other domains accept mail, which arrives in the test inbox.
ELSEWHERE = {"MX": ["10 mx.mailflatrate.example"]}


@dataclass(slots=True)
class DemoPlace:
    folder: Path
    dns: ZoneServer
    zone: dict[str, dict[str, list[str]]] = field(default_factory=lambda: dict(SERVICE_ZONE))

    def publish(self, host: str, record_type: str, value: str) -> None:
        self.zone.setdefault(host, {})[record_type] = [value]
        self.dns.replace(self.zone)

    def close(self) -> None:
        self.dns.stop()


def _free_port(preferred_port: int, taken: set[int]) -> int:
    for candidate in (preferred_port, 0):
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


def prepare(folder: Path) -> DemoPlace:
    """Values set by the caller are kept. Raises ClickException if another program uses a port that the caller chose."""
    for name in PORTS:
        chosen = os.environ.get(name, "")
        if chosen.isdigit() and int(chosen):  # the settings say what is wrong with others; 0 turns the port off
            demand_free("127.0.0.1", int(chosen), name)
    dns = ZoneServer(SERVICE_ZONE, elsewhere=ELSEWHERE, takes_updates=True)
    dns.start()
    taken: set[int] = set()
    for name, preferred_port in PORTS.items():
        if name not in os.environ:
            port = _free_port(preferred_port, taken)
            taken.add(port)
            os.environ[name] = str(port)
    os.environ["MAILFLATRATE_DATA_DIR"] = str(folder)
    os.environ.setdefault("MAILFLATRATE_PUBLIC_URL", f"https://localhost:{os.environ['MAILFLATRATE_PUBLIC_PORT']}")
    os.environ["MAILFLATRATE_DNS_SERVERS"] = dns.nameserver
    os.environ["MAILFLATRATE_DEMO_SECOND_FACTOR"] = base64.b32encode(secrets.token_bytes(20)).decode()
    for name, value in SHORT.items():
        os.environ.setdefault(name, value)
    return DemoPlace(folder, dns)
