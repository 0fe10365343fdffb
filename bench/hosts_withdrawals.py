"""Scenarios of `hosts.py` in which people say no while a database is about to forget it, and disks and journals fail.

Pages run on a host of their own. Unsubscribes are posted there, and each is answered with 200. Nobody of them may be
subscribed in the database that goes on.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hosts import Site
    from network import Postgres

WEB_PORT = 8000
LEAVING = 50
READY_SECONDS = 60.0
READ_SECONDS = 60.0
POST = """
import sys, time, urllib.request
def ask(path, body=None):
    asked = urllib.request.Request("http://127.0.0.1:" + sys.argv[1] + path, body)
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return answer.status
end = time.monotonic() + float(sys.argv[2])
while True:
    try:
        ask("/healthz")
        break
    except OSError:
        if time.monotonic() > end:
            raise
        time.sleep(0.2)
print(sum(ask(path, b"List-Unsubscribe=One-Click") == 200 for path in sys.argv[3:]))
"""


def start_pages(site: Site) -> None:
    """Pages on a host of their own; returns when they answer."""
    site.start("web", "web", host="web")
    post(site, [])


def post(site: Site, paths: list[str]) -> int:
    """Post one-click unsubscribes on the pages' host; return how many were answered with 200."""
    command = [sys.executable, "-c", POST, str(WEB_PORT), str(READY_SECONDS), *paths]
    done = site.network.host("web").run(*command, stdout=subprocess.PIPE, timeout=180)
    return int(done.stdout)


def leave(site: Site, server: Postgres) -> list[int]:
    """Let some people who have the message unsubscribe; return their contacts. Raises AssertionError."""
    from mailflatrate.base.ids import key_ring
    from mailflatrate.mail.identifiers.tokens import TokenPurpose

    with server.connect() as owner:
        question = "SELECT id, contact_id FROM delivery WHERE campaign_id = %s AND state = 'sent' ORDER BY id"
        rows: list[tuple[int, int]] = owner.execute(question, [site.campaign_id]).fetchall()
    chosen = random.Random(7).sample(rows, min(LEAVING, len(rows)))
    account = site.estate.account_id
    tokens = [key_ring().seal(TokenPurpose.UNSUBSCRIBE, account, delivery) for delivery, _ in chosen]
    answered = post(site, [f"/u/{token}" for token in tokens])
    site.notes["unsubscribed"] = answered
    assert answered == len(chosen) > 0, f"{answered} of {len(chosen)} unsubscribes were answered"
    return [contact for _, contact in chosen]


def still_subscribed(site: Site, server: Postgres, contacts: list[int]) -> int:
    """Note how many of the people who left are still subscribed. Raises AssertionError if anybody is."""
    with server.connect() as owner:
        row = owner.execute(
            "SELECT count(*) FROM subscription WHERE contact_id = ANY(%s) AND state <> 'unsubscribed'", [contacts]
        ).fetchone()
    left: int = row[0] if row else -1
    site.notes["no_lost"] = left
    assert left == 0, f"{left} of {len(contacts)} people who unsubscribed are still subscribed"
    return left


def unsubscribes_in_the_gap(site: Site) -> Postgres:
    """People unsubscribe while the replica is behind; the primary dies, the replica is promoted, sending goes on."""
    start_pages(site)
    site.wait_received(site.people // 4)
    time.sleep(1)
    site.replica.host.cut()
    contacts = leave(site, site.primary)
    site.primary.host.die()
    site.replica.host.join()
    time.sleep(2)
    site.replica.promote()
    site.notes["resumed_after_seconds"] = site.resumed_after(time.monotonic())
    still_subscribed(site, site.replica, contacts)
    return site.replica


def unsubscribes_after_the_backup(site: Site) -> Postgres:
    """People unsubscribe after the moment that the database goes back to; a person resumes once every host was read."""
    start_pages(site)
    site.wait_received(site.people // 4)
    site.replica.host.cut()  # from now on it is a backup
    time.sleep(2)
    contacts = leave(site, site.primary)
    site.primary.host.die()
    site.replica.host.join()
    site.replica.promote()
    began = time.monotonic()
    while True:
        site.start("resume", "resume-all", host="house")
        if site.workers.pop("resume").wait(60) == 0:
            break
        if time.monotonic() - began > READ_SECONDS:
            raise TimeoutError(site.log("resume").read_text()[-1000:])
        time.sleep(1)
    site.notes["held_seconds"] = round(time.monotonic() - began, 1)
    still_subscribed(site, site.replica, contacts)
    return site.replica


def lost_pages(site: Site) -> Postgres:
    """As `unsubscribes_in_the_gap`, and the pages' host is lost, too: sending is on hold until a person signs."""
    start_pages(site)
    site.wait_received(site.people // 4)
    time.sleep(1)
    site.replica.host.cut()
    leave(site, site.primary)
    site.network.host("web").die()
    site.workers.pop("web", None)
    site.primary.host.die()
    site.replica.host.join()
    time.sleep(2)
    site.replica.promote()
    time.sleep(10)
    before = site.sink.count()
    time.sleep(5)
    assert site.sink.count() == before, "sending went on although a journal is gone"
    said: list[str] = []
    for more in ([], ["--without", hostname()], ["--without", hostname(), "--signed-by", "Otto"]):
        site.start("resume", "resume-all", *more, host="house")
        said.append(str(site.workers.pop("resume").wait(60)))
    site.notes["resume_all"] = said
    assert said == ["1", "1", "0"], site.log("resume").read_text()[-2000:]
    site.notes["resumed_after_seconds"] = site.resumed_after(time.monotonic())
    return site.replica


def hostname() -> str:
    """The name that hosts of one machine share."""
    import socket

    return socket.gethostname()[:80]


SCENARIOS: dict[str, Any] = {
    "unsubscribes_in_the_gap": unsubscribes_in_the_gap,
    "unsubscribes_after_the_backup": unsubscribes_after_the_backup,
    "lost_pages": lost_pages,
}
PERSON_RESUMES = {"unsubscribes_after_the_backup"}
FENCED = {"unsubscribes_in_the_gap"}
