"""Postfix's log is rotated by the shipped file, and Postfix writes on into a new one."""

import os
import re
import shutil
import smtplib  # noqa: TID251  a stranger who makes Postfix write a line
import subprocess
import time
from pathlib import Path

import pytest

from free_ports import free_ports
from mailflatrate.entrypoints.web.tls import certificate
from mailflatrate.settings.schema import load_settings
from support.postfix_host import POSTFIX, PostfixHost, postfix_host
from support.waiting import wait_until

SHIPPED = Path(__file__).parents[2] / "deploy" / "logrotate" / "mailflatrate-postfix"
LOGROTATE = shutil.which("logrotate", path="/usr/sbin:/usr/bin")


def _visit(host: PostfixHost, name: str) -> None:
    with smtplib.SMTP("127.0.0.1", host.world_port, local_hostname=name, timeout=60) as link:
        link.ehlo()
        link.mail(f"someone@{name}")
        link.rcpt(f"nobody@{name}")  # refused, and a refusal is logged with the name


def _wait_for(path: Path, text: str) -> None:
    wait_until(lambda: path.exists() and text in path.read_text(), f"{text} in {path}", pause=0.1)


@pytest.mark.skipif(
    os.geteuid() != 0 or not POSTFIX.exists() or LOGROTATE is None,
    reason="needs root, Postfix and logrotate: run `make tools` as root",
)
def test_postfix_writes_on_after_its_log_was_rotated(tmp_path: Path) -> None:
    assert LOGROTATE is not None
    (port,) = free_ports(1)
    with postfix_host(
        lmtp_port=port, certificate=certificate(load_settings()), mailboxes={"here.example": ["anna"]}, routes={}
    ) as host:
        written = SHIPPED.read_text().replace("/var/log/postfix/mail.log", str(host.folder / "log"))
        written = written.replace("/usr/sbin/postfix reload", f"{POSTFIX} -c {host.folder / 'etc'} reload")
        rules = tmp_path / "rules"
        rules.write_text(written)
        rules.chmod(0o644)
        for number in (1, 2):
            _visit(host, f"visit{number}.example")
            _wait_for(host.folder / "log", f"visit{number}.example")
            done = subprocess.run(
                [LOGROTATE, "--force", "--state", str(tmp_path / "state"), str(rules)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, "")
            rotated_at = int(time.time())
            # The names of rotated logs hold the second.
            wait_until(lambda at=rotated_at: int(time.time()) > at, "the next second")
        _visit(host, "visit3.example")
        _wait_for(host.folder / "log", "visit3.example")
        assert not re.search(r"visit[12]\.example", (host.folder / "log").read_text())
        older, newer = sorted(host.folder.glob("log-*"))
        assert older.suffix == ".gz", "compressed one rotation later, when nobody has it open"
        assert "visit2.example" in newer.read_text()
