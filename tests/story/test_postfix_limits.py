"""The shaping table holds in a real Postfix: connections to a provider, and messages over each of them."""

import os
import shutil
import smtplib  # noqa: TID251  it plays the engine, which has no limit of its own here
import subprocess
import threading
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from free_ports import free_ports
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.entrypoints.web.tls import certificate
from mailflatrate.rules.sending.postfix_limits import service_limits
from mailflatrate.rules.sending.providers import PROVIDERS
from mailflatrate.rules.sending.relays import RelayPool
from mailflatrate.rules.sending.shaping import SHAPES
from mailflatrate.settings.schema import load_settings
from support.fake_relay import ANY, FakeRelay, Step, delayed
from support.postfix_host import POSTFIX, PostfixHost, postfix_host
from support.waiting import wait_until

with_postfix = pytest.mark.skipif(
    os.geteuid() != 0 or not POSTFIX.exists() or shutil.which("postconf") is None,
    reason="needs root and Postfix: run `make tools` as root",
)
MESSAGES = 120
GOOGLE = next(shape for shape in SHAPES if shape.provider == "google")


@pytest.fixture
def sink() -> Iterator[FakeRelay]:
    with FakeRelay().run_in_thread() as made:
        yield made


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["relays", "postfix-limits", *arguments])
    return done.exit_code, done.output


@with_postfix
@pytest.mark.parametrize(
    ("pool", "relays"), [(RelayPool.TRUSTED, 1), (RelayPool.TRUSTED, 2), (RelayPool.QUARANTINE, 1)]
)
def test_postfix_takes_the_table_and_holds_it(sink: FakeRelay, pool: RelayPool, relays: int) -> None:
    (port,) = free_ports(1)
    with postfix_host(
        lmtp_port=port, certificate=certificate(load_settings()), mailboxes={"here.example": ["anna"]}, routes={}
    ) as host:
        options = ["--pool", pool.value, "--relays", str(relays), "--directory", str(host.folder / "etc")]
        assert run(*options, "--check")[0] == 1
        code, script = run(*options)
        assert code == 0
        for _ in range(2):  # it may run again
            done = subprocess.run(["sh"], input=script, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr
        assert run(*options, "--check") == (0, f"The limits of all {len(SHAPES)} providers match the table.\n")
        _lead_to(host, sink)
        allowed = max(1, GOOGLE.connections * {RelayPool.TRUSTED: 100, RelayPool.QUARANTINE: 10}[pool] // 100 // relays)
        _hand_in(host, sink)
        assert sink.most_sessions == allowed, "the limit is used and not passed"
        sessions = [number for number in sink.per_session if number]
        assert max(sessions) <= GOOGLE.per_connection
        assert max(sessions) > GOOGLE.per_connection * (0.95 if allowed == 1 else 0.2), "connections are used again"
        assert sum(sessions) == MESSAGES


def _lead_to(host: PostfixHost, sink: FakeRelay) -> None:
    """Google is on this host, as far as this Postfix knows; all else is as the script left it."""
    table = host.folder / "etc" / "mailflatrate_transport"
    table.write_text(table.read_text().replace("mfr-google:\n", f"mfr-google:[127.0.0.1]:{sink.port}\n"))
    subprocess.run([POSTFIX, "-c", host.folder / "etc", "reload"], check=True, capture_output=True, timeout=60)


def _hand_in(host: PostfixHost, sink: FakeRelay) -> None:
    sink.on(Step.DATA_END, ANY, delayed(0.03))

    def send(first: int) -> None:
        with smtplib.SMTP("127.0.0.1", host.submission_port, timeout=60) as link:
            for number in range(first, MESSAGES, 4):
                to = f"p{number}@{'gmail.com' if number % 2 else 'googlemail.com'}"
                link.sendmail("b@shop.example", [to], "Subject: x\r\n\r\nx\r\n")

    threads = [threading.Thread(target=send, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: len(sink.received) >= MESSAGES, lambda: f"all messages; Postfix says:\n{host.log[-3000:]}")
    wait_until(lambda: not sink.open_sessions, "the end of all connections")


def test_every_provider_has_a_service_and_every_domain_its_provider() -> None:
    limits = service_limits(RelayPool.NEW, 1)
    assert {limit.shape.provider for limit in limits} == {provider.key for provider in PROVIDERS}
    assert all(limit.connections >= 1 for limit in limits)
    code, script = run("--pool", "new")
    assert code == 0
    for provider in PROVIDERS:
        for domain in provider.domains:
            assert f"\n{domain} mfr-{provider.key.replace('_', '-')}:\n" in script
    with pytest.raises(ValueError, match="at least one"):
        service_limits(RelayPool.NEW, 0)
