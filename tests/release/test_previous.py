"""An upgrade without a stop: processes of the version before work on the schema of today, alone and beside today's.

Takes about two minutes, so it runs when asked for: RELEASE_TESTS=1, or `make upgrade`. PREVIOUS names another commit.
"""

import json
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg
import pytest
from aiosmtpd.controller import Controller

from free_ports import free_ports
from mailflatrate.settings.postgres import EmbeddedPostgres
from mailflatrate.wire.dns.zone import ZoneServer
from release.linters import ROOT
from release.previous import Version, baseline, extract
from support.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("RELEASE_TESTS"), reason="takes minutes: RELEASE_TESTS=1 runs it"),
]
PEOPLE = 300
PATIENCE_SECONDS = 400.0
"""Longer than it takes until the chunk of a sender that was stopped is taken back."""


class Inbox:
    """A relay that takes everything and keeps it."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self.messages += [(recipient, envelope.content) for recipient in envelope.rcpt_tos]
        return "250 kept"

    def links(self, recipient: str) -> list[str]:
        """Return the URLs in the messages a person got."""
        texts = [
            message_from_bytes(content, policy=policy.default).get_body(("plain",)).get_content()  # type: ignore[union-attr]
            for to, content in self.messages
            if to == recipient
        ]
        return [link for text in texts for link in re.findall(r"https://\S+", text)]


@pytest.fixture(scope="module")
def installation() -> Iterator[dict[str, Any]]:
    """A database that today's `migrate` made, the code of both versions, a relay, and names."""
    commit = baseline()
    folder = Path(tempfile.mkdtemp(prefix="mailflatrate-upgrade-"))
    folder.chmod(0o755)
    inbox = Inbox()
    web_port, relay_port = free_ports(2)
    relay = Controller(inbox, hostname="127.0.0.1", port=relay_port)
    relay.start()
    data = folder / "data"
    data.mkdir()
    server = EmbeddedPostgres(data)
    with ZoneServer({}, elsewhere={"MX": ["10 mx.people.test"]}) as dns, server.owned():
        settings = {
            "DATA_DIR": str(data), "DNS_SERVERS": dns.nameserver, "WEB_PORT": str(web_port), "PUBLIC_PORT": "0",
            "RELAY_HOST": "127.0.0.1", "RELAY_PORT": str(relay_port), "RELAY_TLS": "never", "CHUNK_SIZE": "100",
            "TRUSTED_PROXIES": "127.0.0.1", "PUBLIC_URL": "https://localhost", "CANARY_WAIT_SECONDS": "1",
            "INBOUND_SMTP_PORT": "0",
        }  # fmt: skip
        named = {f"MAILFLATRATE_{name}": value for name, value in settings.items()}
        today = Version(ROOT, named)
        before = Version(extract(commit, folder / "before"), named)
        today.run("-m", "mailflatrate.entrypoints.cli.main", "migrate")
        yield {"today": today, "before": before, "inbox": inbox, "url": server.url, "port": web_port, "folder": folder}
    relay.stop()
    shutil.rmtree(folder, ignore_errors=True)


def post(port: int, path: str, body: str) -> int:
    request = Request(
        f"http://127.0.0.1:{port}{path}",
        body.encode(),
        {"Host": "localhost", "Accept": "application/json", "X-Forwarded-For": "192.0.2.7"},
    )
    with urlopen(request, timeout=30) as answer:
        return int(answer.status)


def wait_for(what: str, condition: Callable[[], object], log: Path) -> None:
    def so_far() -> str:
        lines = log.read_text(errors="replace").splitlines()
        return f"{what}; the log says {[line for line in lines if 'rror' in line or 'Traceback' in line][-12:]}"

    wait_until(condition, so_far, seconds=PATIENCE_SECONDS, pause=0.5)


@pytest.mark.parametrize(
    ("web", "worker", "sender"),
    [
        ("before", "before", "before"),  # after `migrate`, nothing restarted yet
        ("before", "today", "before"),  # then inbound and workers
        ("before", "today", "today"),  # then senders; the pages come last
        ("today", "today", "today"),
    ],
)
def test_nothing_stands_still_at_any_step_of_an_upgrade(
    installation: dict[str, Any], web: str, worker: str, sender: str
) -> None:
    inbox, port = installation["inbox"], installation["port"]
    log = installation["folder"] / f"{web}-{worker}-{sender}.log"
    # Each version begins with a story of its own: names may change between them.
    begun = json.loads(installation[web].run("tests/release/story.py", str(PEOPLE), str(installation["folder"])))
    sent_before = len(inbox.messages)
    with ExitStack() as processes, psycopg.connect(installation["url"], autocommit=True) as owner:

        def ask(statement: str, *values: object) -> Any:
            return (owner.execute(statement, values).fetchone() or (None,))[0]

        for version, command in (
            (web, ["web"]),
            (web, ["inbound"]),
            (worker, ["worker", "--queues", "plan,import,inbound,house"]),
            (sender, ["worker", "--queues", "send", "--name", "sender"]),
        ):
            processes.enter_context(installation[version].process(log, *command))
        wait_for("the pages", lambda: _answers(port), log)
        for body in begun["posts"]:
            assert post(port, f"/f/{begun['form']}/", body) == 200
        state = "SELECT state FROM campaign WHERE id = %s"
        wait_for("the campaign", lambda: ask(state, begun["campaign"]) == "sent", log)
        wait_for("the import", lambda: ask("SELECT state FROM import WHERE id = %s", begun["import"]) == "done", log)
        # The figures of such a file are unusual, so its people wait for a reviewer.
        counted = "SELECT accepted + coalesce((quarantined->>'import_held')::int, 0) FROM import WHERE id = %s"
        assert ask(counted, begun["import"]) == begun["mailable"]
        for address in begun["addresses"]:
            wait_for("confirmation email", lambda to=address: inbox.links(to), log)
            links = [link for link in inbox.links(address) if "/confirm/" in link]
            assert post(port, links[0].removeprefix("https://localhost"), "answer=yes") == 200
            confirmed = "SELECT state FROM subscription JOIN contact c ON c.id = contact_id WHERE c.email = %s"
            assert ask(confirmed, address) == "confirmed"
        results = "SELECT state, count(*) FROM delivery WHERE campaign_id = %s GROUP BY 1"
        assert dict(owner.execute(results, [begun["campaign"]]).fetchall()) == {"sent": PEOPLE}
        failed = "SELECT string_agg(task_name, ', ') FROM procrastinate_jobs WHERE status = 'failed'"
        assert ask(failed) is None, log.read_text(errors="replace")[-4000:]
    received = Counter(to for to, _content in inbox.messages[sent_before:])
    mailed = {to: count for to, count in received.items() if to.startswith(f"dora{begun['account']}x")}
    assert len(mailed) == PEOPLE
    assert set(mailed.values()) == {1}, "nobody twice"


def _answers(port: int) -> bool:
    try:
        with urlopen(
            Request(f"http://127.0.0.1:{port}/readyz/web", headers={"Host": "localhost"}), timeout=5
        ) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
