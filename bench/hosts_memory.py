"""Scenarios of `hosts.py` in which a database has forgotten something that its hosts remember, or never knew a host."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hosts import Site
    from network import Postgres

RESUME_SECONDS = 300.0
SILENT_SECONDS = 20.0
"""Nobody gets anything for so long, although an old primary or a snapshot takes writes."""
SENDERS = ("sender1", "sender2")


def start_sender(site: Site, name: str) -> None:
    """Start a sender on a host of its name."""
    site.start(name, "worker", "--queues", "send", "--name", name)


def stop(site: Site, *names: str) -> None:
    """SIGTERM to some processes, and their end."""
    for name in names:
        site.workers[name].terminate()
    for name in names:
        site.workers.pop(name).wait(60)


def slow_down(site: Site) -> None:
    """Make the relay slow enough that the event comes in the middle, however few the recipients, also where each step
    of a scenario takes three times as long as it should.
    """
    (site.folder / "mode").write_text("300" if site.people < 5_000 else "slow")


def resume(site: Site) -> None:
    """Note how long it takes until somebody gets something, from now on; the relay is quick again."""
    began = time.monotonic()
    (site.folder / "mode").write_text("slow")
    site.notes["resumed_after_seconds"] = site.resumed_after(began)


def stay_silent(site: Site, seconds: float = SILENT_SECONDS) -> None:
    """Nobody gets anything meanwhile. Raises AssertionError."""
    before, ends = site.sink.count(), time.monotonic() + seconds
    while time.monotonic() < ends:
        assert site.sink.count() == before, f"{site.sink.count() - before} more messages were sent"
        time.sleep(0.2)


def person_resumes(site: Site) -> None:
    """An operator replays the withdrawals and runs `resume-all` until it is accepted. Raises TimeoutError."""
    began = time.monotonic()
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds").removesuffix("+00:00")
    refused = 0
    while True:
        site.start("withdrawals", "withdrawals", "replay", "--since", since, host="house")
        site.workers.pop("withdrawals").wait(60)
        site.start("resume", "resume-all", host="house")
        if site.workers.pop("resume").wait(60) == 0:
            break
        refused += 1
        if time.monotonic() - began > RESUME_SECONDS:
            raise TimeoutError(site.log("resume").read_text()[-1000:])
        time.sleep(2)
    site.notes |= {"refused_to_resume": refused, "held_seconds": round(time.monotonic() - began, 1)}


def old_primary_returns(site: Site) -> Postgres:
    """The replica is promoted and the campaign ends; then the old primary boots as it was, and everything restarts."""
    site.wait_received(site.people // 4)
    site.primary.host.die()
    site.replica.promote()
    site.wait_end(site.replica)
    site.primary.host.join()
    site.primary.start()
    stop(site, *SENDERS, "house")
    site.replica.host.cut()  # first only the old primary answers
    for name in SENDERS:
        start_sender(site, name)
    site.start("house", "worker", "--queues", "plan,import,inbound,house")
    stay_silent(site)
    assert "database_refused" in site.log("sender1").read_text(), "nobody refused the old primary"
    site.replica.host.join()
    stay_silent(site)
    return site.replica


def snapshot_put_back(site: Site) -> Postgres:
    """The campaign runs to its end, then a snapshot of the disk from its middle is put back; a person resumes."""
    site.wait_received(site.people // 4)
    kept = site.folder / "snapshot"
    shutil.rmtree(kept, ignore_errors=True)
    site.primary.stop()
    subprocess.run(["cp", "-a", "--reflink=auto", str(site.primary.folder), str(kept)], check=True)
    site.primary.start()
    site.wait_end(site.primary)
    stop(site, *SENDERS)
    site.primary.stop()
    shutil.rmtree(site.primary.folder)
    kept.rename(site.primary.folder)
    site.primary.start()
    for name in SENDERS:
        start_sender(site, name)
    stay_silent(site)
    person_resumes(site)
    return site.primary


def unknown_host(*, is_lost: bool) -> Callable[[Site], Postgres]:
    """A sender host joins while the replica is behind, which is then promoted. The host is lost, too, or comes back
    when sending has resumed.
    """

    def scenario(site: Site) -> Postgres:
        slow_down(site)
        site.wait_received(site.people // 8)
        site.replica.host.cut()
        start_sender(site, "sender3")
        time.sleep(8)
        site.primary.host.die()
        third = site.network.host("sender3")
        if is_lost:
            third.die()
        else:
            third.cut()
        site.replica.host.join()
        time.sleep(2)
        site.replica.promote()
        resume(site)
        third.join()
        return site.replica

    return scenario


def clock_behind(site: Site) -> Postgres:
    """An asynchronous replica is promoted that has forgotten what a sender sent whose clock is ten minutes behind."""
    stop(site, "sender2")
    site.start_late("sender2", "worker", "--queues", "send", "--name", "sender2")
    slow_down(site)
    site.wait_received(site.people // 8)
    site.replica.host.cut()
    time.sleep(5)
    site.primary.host.die()
    site.replica.host.join()
    time.sleep(2)
    site.replica.promote()
    resume(site)
    return site.replica


def crash_then_host_lost(site: Site) -> Postgres:
    """PostgreSQL is killed while a relay is slow, so that the last marks are lost; the sender renews its lease, and
    then its host is lost.
    """
    with site.primary.connect() as owner:
        owner.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        owner.execute("SELECT pg_reload_conf()")
    site.wait_received(site.people // 4)
    (site.folder / "mode").write_text("3000")
    for _ in range(3):
        time.sleep(5)
        site.primary.kill()
        site.primary.start()
    time.sleep(15)  # a lease is renewed every ten seconds
    site.network.host("sender1").die()
    (site.folder / "mode").write_text("slow")
    return site.primary


def promoted_after(seconds: float) -> Callable[[Site], Postgres]:
    """The primary is lost without a gap, and its replica is promoted so much later."""

    def scenario(site: Site) -> Postgres:
        site.wait_received(site.people // 4)
        site.primary.host.die()
        time.sleep(seconds)
        site.replica.promote()
        resume(site)
        return site.replica

    return scenario


SCENARIOS: dict[str, Callable[[Site], Postgres]] = {
    "old_primary_returns": old_primary_returns,
    "snapshot_put_back": snapshot_put_back,
    "unknown_host_lost": unknown_host(is_lost=True),
    "unknown_host_alive": unknown_host(is_lost=False),
    "clock_behind": clock_behind,
    "crash_then_host_lost": crash_then_host_lost,
    "promoted_after_11_minutes": promoted_after(660),
    "promoted_after_an_hour": promoted_after(3600),
}
