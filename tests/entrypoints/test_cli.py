"""The command line: what it offers, how it fails, and the doctor in a world that is nearly ready."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from click.testing import CliRunner

from copies import Copies
from mailflatrate.entrypoints.cli.demo.environment import prepare
from mailflatrate.entrypoints.cli.doctor.host import is_public_name, is_this_host
from mailflatrate.entrypoints.cli.main import COMMANDS, cli
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import ZoneServer
from support.fake_relay import FakeRelay

SERVICE, HELO, ADDRESS = "post-haus.de", "mail.post-haus.de", "192.0.2.10"
ZONE: dict[str, dict[str, list[str]]] = {
    HELO: {"A": [ADDRESS]},
    "10.2.0.192.in-addr.arpa": {"PTR": [f"{HELO}."]},
    f"mx.{SERVICE}": {"A": [ADDRESS]},
    f"spf.{SERVICE}": {"TXT": [f"v=spf1 ip4:{ADDRESS} -all"]},
    SERVICE: {"MX": [f"10 mx.{SERVICE}."]},
}


def run(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, with no other settings than these."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")}
    environment |= {f"MAILFLATRATE_{name}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", *arguments],
        input=stdin,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_help_lists_every_command_and_each_can_be_loaded() -> None:
    page = CliRunner().invoke(cli, ["--help"]).output
    for name in COMMANDS:
        assert name in page
        loaded = cli.get_command(click.Context(cli), name)
        assert isinstance(loaded, click.Command), name
        assert loaded.help, name


def test_an_unknown_command_is_said_to_be_one() -> None:
    outcome = CliRunner().invoke(cli, ["send-spam"])
    assert outcome.exit_code == 2
    assert "No such command" in outcome.output


@pytest.mark.slow
def test_a_wrong_setting_ends_with_two_and_its_name() -> None:
    done = run("web", RELAY_HSOT="mail.example")
    assert (done.returncode, done.stdout) == (2, "")
    assert "MAILFLATRATE_RELAY_HSOT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("MAILFLATRATE_WEB_PORT", str(port))
        with pytest.raises(click.ClickException, match=rf"Port {port} \(MAILFLATRATE_WEB_PORT\) is already in use"):
            prepare(tmp_path)
        done = run("up", WEB_PORT=str(port), DATA_DIR=str(tmp_path))
        assert (done.returncode, done.stdout) == (2, "")
        assert f"Port {port} (MAILFLATRATE_WEB_PORT) is already in use" in done.stderr


def test_addresses_are_judged_without_django() -> None:
    program = (
        "import sys\nfrom mailflatrate.entrypoints.cli.main import main\n"
        "sys.argv = ['mailflatrate', 'address', 'check']\n"
        "try:\n    main()\nfinally:\n    assert 'django' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input="dora@\n", capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "refuse"


def test_replies_are_judged_line_by_line() -> None:
    said = b"550 5.1.1 User unknown\n\n550 5.7.1 Client host blocked \xff\n"
    done = CliRunner().invoke(cli, ["inspect", "--replies"], input=said)
    assert done.exit_code == 0
    first, second = map(json.loads, done.output.splitlines())
    assert first == {
        "reply": "550 5.1.1 User unknown",
        "hard": True,
        "reason": "userunknown",
        "about": "recipient",
        "witnesses": ["words", "code"],
    }
    assert (second["hard"], second["about"], second["witnesses"]) == (False, "reputation", [])
    assert CliRunner().invoke(cli, ["inspect"]).exit_code == 2
    assert CliRunner().invoke(cli, ["inspect", "--replies", "."]).exit_code == 2


@pytest.mark.parametrize(
    ("name", "public"),
    [("mail.post-haus.de", True), ("localhost", False), ("mail", False), ("192.0.2.1", False), ("::1", False),
     ("mail.mailflatrate.example", False), ("relay.local", False), ("example.com", False), ("", False)],
)  # fmt: skip
def test_names_that_others_can_look_up(name: str, public: bool) -> None:
    assert is_public_name(name) is public


def test_this_host() -> None:
    assert [is_this_host(name) for name in ("127.0.0.2", "::1", "localhost", "192.0.2.1", "mail.de", None)] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


@dataclass(frozen=True)
class Report:
    """What the doctor said."""

    status: int
    lines: list[dict[str, Any]]

    def at(self, level: str) -> dict[str, str]:
        return {f"{line['topic']}: {line['text']}": line["fix"] for line in self.lines if line["level"] == level}

    def topics(self, level: str) -> set[str]:
        return {line["topic"] for line in self.lines if line["level"] == level}


@pytest.fixture
def doctor(database: str, copies: Copies, tmp_path: Path) -> Callable[..., Report]:
    """What the doctor says about the tests' installation with other settings than theirs."""
    assert database
    common = {"MAILFLATRATE_DATA_DIR": str(load_settings().data_dir), "MAILFLATRATE_LOG_LEVEL": "ERROR"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")} | common
    output = tmp_path / "doctor.json"

    def examine(*arguments: str, **settings: str) -> Report:
        output.unlink(missing_ok=True)
        changed = {f"MAILFLATRATE_{name}": value for name, value in settings.items()}
        command = ("doctor", "--json", *arguments)
        status = copies.start(*command, purpose="administration", log=output, environment=kept | changed).wait(300)
        said = json.loads(output.read_text())
        assert said["ready"] is (status == 0)
        return Report(status, said["lines"])

    return examine


@pytest.mark.slow
def test_the_doctor_names_what_a_fresh_installation_lacks(doctor: Callable[..., Report]) -> None:
    with ZoneServer({}) as dns:
        report = doctor(DNS_SERVERS=dns.nameserver, INBOUND_SMTP_PORT="1", INBOUND_LMTP_PORT="1")
    assert report.status == 1
    assert report.topics("missing") >= {"settings", "tls", "workers", "inbound", "dkim", "ptr", "spf", "mx"}
    assert "database" not in report.topics("missing")
    assert any("no relay" in text for text in report.at("missing"))
    assert "spf: spf.mailflatrate.example: there is no SPF record" in report.at("missing")
    assert "localhost A" not in " ".join(report.at("missing").values())
    assert all(report.at("missing").values()), "each says how it is mended"


def nothing_waits_for_long(owner_url: str) -> None:
    """No worker runs here: what earlier tests left for one begins to wait anew, however slow the machine is."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
        owner.execute("DELETE FROM shared_entry")  # other tests forward requests from loopback


@pytest.mark.slow
def test_the_doctor_is_content_with_what_it_asked_for(database: str, doctor: Callable[..., Report]) -> None:
    """Run once, publish the records that it shows, run again."""
    nothing_waits_for_long(database)
    with ZoneServer(ZONE) as dns, FakeRelay().run_in_thread() as relay:
        world = {
            "DNS_SERVERS": dns.nameserver, "RELAY_HOST": "127.0.0.1", "RELAY_PORT": str(relay.port),
            "RELAY_TLS": "never", "SERVICE_DOMAIN": SERVICE, "HELO_NAME": HELO, "PUBLIC_URL": f"https://{HELO}",
            "ALLOWED_HOSTS": HELO, "INBOUND_SMTP_PORT": "1", "INBOUND_LMTP_PORT": "0",
        }  # fmt: skip
        first = doctor("--prepare", **world)
        assert {"dkim", "dmarc"} <= first.topics("missing")
        zone = dict(ZONE)
        for fix in first.at("missing").values():
            if fix.startswith("Publish "):
                _, host, kind, value = fix.split(" ", 3)
                zone[host] = {**zone.get(host, {}), kind: [value]}  # the bounce host has a TXT and an MX
        dns.replace(zone)
        second = doctor("--prepare", **world)
        assert not relay.received, "the doctor sends no letter"
    # What only a running installation with a public certificate has.
    assert second.topics("missing") == {"tls", "workers", "inbound"}
    assert {"relay", "smtputf8", "ptr", "spf", "mx", "dkim", "dmarc", "database", "settings"} <= second.topics("ok")


@pytest.mark.slow
def test_the_doctor_sees_a_ptr_of_another_name_and_an_spf_without_us(doctor: Callable[..., Report]) -> None:
    other = ZONE | {
        "10.2.0.192.in-addr.arpa": {"PTR": ["pool-10.provider.de."]},
        f"spf.{SERVICE}": {"TXT": ["v=spf1 ip4:198.51.100.1 -all"]},
    }
    with ZoneServer(other) as dns:
        report = doctor(DNS_SERVERS=dns.nameserver, SERVICE_DOMAIN=SERVICE, HELO_NAME=HELO)
    text = " ".join(report.at("missing"))
    assert "pool-10.provider.de" in text
    assert f"spf.{SERVICE} doesn't list {ADDRESS}" in text


@pytest.mark.slow
def test_addresses_are_judged_with_what_the_dns_says() -> None:
    """R-18: no such domain, a null MX, an address record alone; offline the same lines pass."""
    zone = {"gut.de": {"MX": ["10 mx.gut.de."]}, "keine.de": {"MX": ["0 ."]}, "nur-a.de": {"A": ["192.0.2.7"]}}
    lines = "anna@gut.de\n\nanna@keine.de\nanna@nur-a.de\nanna@weg.de\ninfo@weg.de\nanna@x.example\n"
    with ZoneServer(zone) as dns:
        online = run("address", "check", stdin=lines, DNS_SERVERS=dns.nameserver)
    judged = [json.loads(line) for line in online.stdout.splitlines()]
    assert [(row["address"], row["verdict"], row["rule"]) for row in judged] == [
        ("anna@gut.de", "accept", None),
        ("anna@keine.de", "refuse", "R-18"),
        ("anna@nur-a.de", "accept", None),
        ("anna@weg.de", "refuse", "R-18"),
        ("info@weg.de", "refuse", "R-21"),
        ("anna@x.example", "refuse", "R-18"),
    ]
    offline = run("address", "check", "--offline", stdin=lines)
    assert [json.loads(line)["verdict"] for line in offline.stdout.splitlines()] == [
        "accept",
        "accept",
        "accept",
        "accept",
        "refuse",
        "refuse",
    ]
