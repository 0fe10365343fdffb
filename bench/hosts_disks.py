"""Scenarios of `hosts.py` in which a relay falls silent, or the disk of a sender's journal is full.

The disk is a small tmpfs mounted on the data folder of a sender that sends alone. It is filled to the last byte while
messages leave, so that a line is cut off wherever the next page would have begun.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hosts_memory import SENDERS, slow_down, start_sender, stay_silent, stop
from network import SINK_PORT, Sink

if TYPE_CHECKING:
    from hosts import Site
    from network import Postgres

ALONE = "sender3"
DISK = "size=24m,mode=0755"
READ_SECONDS = 5.0
"""Senders have read the table of relays."""
SEEN_SECONDS = 60.0
FILLED_SECONDS = 10.0


def silent_relay(site: Site) -> Postgres:
    """Another customer's own relay never answers at the dot; the campaign of all others ends meanwhile.

    Then every sender gets SIGTERM, and new ones end the other customer's campaign, too, at a relay that answers.
    """
    from django.db import connections

    from estate import build_estate, release
    from hosts import compare, end_all, start_workers

    slow_down(site)
    mode = site.folder / "other-mode"
    mode.write_text("silent")
    host = site.network.host("silent")
    sink = Sink(host, site.folder / "sink-silent-other.txt", mode)
    other = build_estate(site.people)
    _give_relay(other.account_id, host.address)
    time.sleep(READ_SECONDS)
    stuck = dataclasses.replace(
        site, estate=other, sink=sink, campaign_id=release(other), connections=2 * site.connections
    )
    connections.close_all()
    stuck.wait_received(site.connections)
    began = time.monotonic()
    site.wait_end(site.primary)
    site.notes["others_ended_after_seconds"] = round(time.monotonic() - began, 1)
    site.notes["silent_dots"] = sink.count()
    assert sink.count() <= stuck.connections, "a silent relay gets no more contents than it has connections"
    end_all(site)
    mode.write_text("ok")
    start_workers(site)
    stuck.wait_end(site.primary)
    found = compare(stuck, site.primary)
    site.notes["silent_campaign"] = found
    assert not found["problems"], found
    return site.primary


def _give_relay(account_id: int, address: str) -> None:
    from mailflatrate.apps.delivery.relays.edit import RelayDraft, add_relay
    from mailflatrate.base import audit, tenancy
    from mailflatrate.base.tenancy import PlatformReason

    draft = RelayDraft("silent", address, SINK_PORT, tls="never", pool="dedicated", account_id=account_id)
    with tenancy.platform(PlatformReason.RELAYS):
        add_relay(draft, by=audit.machine("bench.silent"))


def full_disk(site: Site) -> Postgres:
    """The journal's disk is full in the middle: the sender begins nothing, everybody can see it, and it goes on."""
    with _small_disk(site):
        filler = _fill(site)
        site.notes["seen_after_seconds"] = _wait_without_room(site, 1)
        _wait_silence(site, filler)
        stay_silent(site)
        filler.unlink()
        site.notes["resumed_after_seconds"] = site.resumed_after(time.monotonic())
        _wait_without_room(site, 0)
        site.wait_end(site.primary)
        _note_damage(site)
        stop(site, ALONE)
    return site.primary


def torn_line(site: Site) -> Postgres:
    """As `full_disk`, and the sender is killed while its journal ends in the middle of a line."""
    with _small_disk(site):
        filler = _fill(site)
        _wait_silence(site, filler)
        site.workers[ALONE].kill()
        site.workers.pop(ALONE).wait(30)
        ends = [path.read_bytes()[-1:] for path in (site.data(ALONE) / "journal").glob("*.journal")]
        site.notes["torn_journals"] = sum(end not in (b"", b"\n") for end in ends)
        filler.unlink()
        start_sender(site, ALONE)
        site.notes["resumed_after_seconds"] = site.resumed_after(time.monotonic())
        site.wait_end(site.primary)
        _note_damage(site)
        stop(site, ALONE)
    return site.primary


@contextmanager
def _small_disk(site: Site) -> Iterator[None]:
    """One sender sends alone, and its data folder is a small disk; it has sent something when the block begins."""
    slow_down(site)
    stop(site, *SENDERS)
    folder = site.data(ALONE)
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(folder)], check=True)
    try:
        start_sender(site, ALONE)
        site.wait_received(max(site.sink.count() + 50, site.people // 4))
        yield
    finally:
        site.network.host(ALONE).end()
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(site: Site) -> Path:
    """Fill the disk to the last byte; the file that does."""
    filler = site.data(ALONE) / "filler"
    _write_all(filler)
    return filler


def _wait_silence(site: Site, filler: Path) -> None:
    """Return when nothing has been sent for a second; what is freed meanwhile is filled again."""
    before, ends = -1, time.monotonic() + FILLED_SECONDS
    while before != (before := site.sink.count()) or time.monotonic() < ends:
        time.sleep(1)
        _write_all(filler)


def _write_all(filler: Path) -> None:
    file = os.open(filler, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        for size in (1 << 20, 4096, 1):
            while _takes(file, bytes(size)):
                pass
    finally:
        os.close(file)


def _takes(file: int, block: bytes) -> bool:
    try:
        return os.write(file, block) > 0
    except OSError:
        return False


def _wait_without_room(site: Site, senders: int) -> float:
    """Return after how many seconds so many senders are known to have no room. Raises TimeoutError."""
    from mailflatrate.apps.delivery.full_disks import WITHOUT_ROOM

    began = time.monotonic()
    with site.primary.connect() as owner:
        while owner.execute(WITHOUT_ROOM).fetchone() != (senders,):
            if time.monotonic() - began > SEEN_SECONDS:
                raise TimeoutError(f"{site.run}: not {senders} senders without room")
            time.sleep(0.2)
    return round(time.monotonic() - began, 1)


def _note_damage(site: Site) -> None:
    site.notes["damaged_lines_reported"] = site.log(ALONE).read_text().count("journal_lines_damaged")


SCENARIOS: dict[str, Any] = {"silent_relay": silent_relay, "full_disk": full_disk, "torn_line": torn_line}
