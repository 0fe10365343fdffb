"""A Postfix of its own, on free ports, with the configuration of deploy/postfix; runs beside any other, as root."""

import os
import re
import shutil
import smtplib  # noqa: TID251  it plays a stranger who talks to Postfix
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from free_ports import free_ports
from support.waiting import wait_until

DEPLOY = Path(__file__).parents[2] / "deploy" / "postfix"
POSTFIX = Path("/usr/sbin/postfix")
NOBODY = 65534


def wait_for_greeting(port: int, seconds: float = 60.0, *, greeting: bytes = b"220") -> None:
    """Return once an SMTP or LMTP server (or one that begins with `greeting`) greets on `port`."""

    def greets() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            return link.recv(len(greeting)) == greeting
        return False

    wait_until(greets, f"a greeting on port {port}", seconds=seconds, pause=0.1)


@dataclass(frozen=True, slots=True)
class PostfixHost:
    """A running instance: `submission_port` is for the engine, `world_port` for strangers."""

    folder: Path
    submission_port: int
    world_port: int

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def mailbox(self, name: str) -> list[bytes]:
        """What was delivered to a mailbox on this host."""
        return [path.read_bytes() for path in sorted((self.folder / "mail" / name / "new").glob("*"))]

    def ask(self, recipient: str, sender: str = "stranger@elsewhere.example") -> tuple[int, str]:
        """The reply to one RCPT TO of a stranger at the world's port."""
        with smtplib.SMTP("127.0.0.1", self.world_port, local_hostname="elsewhere.example", timeout=60) as link:
            link.ehlo()
            assert link.has_extn("starttls")
            link.mail(sender)
            code, text = link.rcpt(recipient)
            return code, text.decode()


@dataclass(frozen=True, slots=True)
class Refused:
    """Addresses that are refused at RCPT, as unknown, and after DATA, for the message's content."""

    at_rcpt: str = "nobody@nowhere.example"
    after_data: str = "nobody@nowhere.example"


# What takes days elsewhere takes seconds here: a mail that cannot be delivered is delayed, and then it has failed.
HURRY = {
    "delay_warning_time": "2s", "maximal_queue_lifetime": "14s", "minimal_backoff_time": "3s",
    "maximal_backoff_time": "3s", "queue_run_delay": "3s",
}  # fmt: skip


@contextmanager
def postfix_host(
    *, lmtp_port: int, certificate: tuple[Path, Path], mailboxes: dict[str, list[str]], routes: dict[str, int],
    refused: Refused | None = None,
) -> Iterator[PostfixHost]:  # fmt: skip
    """Run Postfix for the block.

    `mailboxes`: a domain that lives on this host -> its mailboxes; all other addresses there bounce. `routes`: a
    domain -> the port of its mail server on loopback. `refused`: addresses this host itself refuses while the
    engine talks to it.
    """
    folder = Path(tempfile.mkdtemp(prefix="mailflatrate-postfix-"))
    folder.chmod(0o755)
    submission_port, world_port = free_ports(2)
    _configure(folder, submission_port, world_port, lmtp_port, certificate, mailboxes, routes, refused or Refused())
    host = PostfixHost(folder, submission_port, world_port)
    try:
        _postfix(folder, "start")
        wait_for_greeting(submission_port)
        yield host
    finally:
        _postfix(folder, "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _postfix(folder: Path, verb: str, *, check: bool = True) -> None:
    done = subprocess.run(
        [POSTFIX, "-c", folder / "etc", verb], capture_output=True, text=True, timeout=120, check=False
    )
    log = (folder / "log").read_text() if (folder / "log").exists() else ""
    if check and done.returncode:
        raise RuntimeError(f"postfix {verb} failed: {done.stderr}\n{log}")


def _configure(
    folder: Path, submission_port: int, world_port: int, lmtp_port: int, certificate: tuple[Path, Path],
    mailboxes: dict[str, list[str]], routes: dict[str, int], refused: Refused,
) -> None:  # fmt: skip
    """The shipped files, with what differs on this host behind them; Postfix takes the last word."""
    etc = folder / "etc"
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    os.chown(folder / "mail", NOBODY, NOBODY)
    shutil.copy(DEPLOY / "bounce_domains", etc / "bounce_domains")
    (etc / "routes").write_text("".join(f"{name} smtp:[127.0.0.1]:{port}\n" for name, port in routes.items()))
    boxes = [f"{name}@{domain} {name}/\n" for domain, names in mailboxes.items() for name in names]
    (etc / "boxes").write_text("".join(boxes))
    local = {
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "maillog_file": folder / "log",
        "maillog_file_prefixes": folder,
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "relay_transport": f"lmtp:inet:127.0.0.1:{lmtp_port}",
        "transport_maps": f"texthash:{etc}/routes",
        "virtual_mailbox_domains": " ".join(mailboxes),
        "virtual_mailbox_maps": f"texthash:{etc}/boxes",
        "virtual_mailbox_base": folder / "mail",
        "virtual_uid_maps": f"static:{NOBODY}",
        "virtual_gid_maps": f"static:{NOBODY}",
        "smtpd_tls_cert_file": certificate[0],
        "smtpd_tls_key_file": certificate[1],
        # Nothing asks the DNS of the machine; a domain without a route is a mistake of the test and shows at once.
        "default_transport": "error:5.4.4 no route out of this test",
        "header_checks": f"regexp:{etc}/headers",
    }
    (etc / "headers").write_text(f"/^To:.*{re.escape(refused.after_data)}/ REJECT 5.7.1 We do not want this content\n")
    (etc / "access").write_text(f"{refused.at_rcpt} 550 5.1.1 User unknown\n")
    lines = (DEPLOY / "main.cf").read_text().splitlines()
    kept = [line for line in lines if line.partition("=")[0].strip() not in local]
    assert len(lines) - len(kept) == 6, "the test changes other lines of main.cf than it says"
    kept = [line for line in kept if line.partition("=")[0].strip() not in HURRY]
    here = [f"{key} = {value}" for key, value in {**local, **HURRY}.items()]
    (etc / "main.cf").write_text("\n".join([*kept, *here]) + "\n")
    master = (DEPLOY / "master.cf").read_text()
    # Strangers connect from elsewhere; on one host, that means removing this host from their port's own networks.
    for shipped, changed in (
        ("smtp       inet  n       -      n      -      -       smtpd\n",
         f"127.0.0.1:{world_port} inet n - n - - smtpd\n    -o mynetworks=192.0.2.0/24 -o smtpd_peername_lookup=no\n"),
        ("127.0.0.1:10025 inet", f"127.0.0.1:{submission_port} inet"),
        ("-o smtpd_recipient_restrictions=permit_mynetworks,reject\n",
         f"-o smtpd_recipient_restrictions=check_recipient_access,texthash:{etc}/access,permit_mynetworks,reject\n"),
    ):  # fmt: skip
        assert master.count(shipped) == 1
        master = master.replace(shipped, changed)
    (etc / "master.cf").write_text(master + "virtual    unix  -       n      n      -      -       virtual\n")
