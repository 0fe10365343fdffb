"""How many events a second the API takes, through the real HTTP stack into committed rows.

    python bench/events_in.py [--people 100000] [--seconds 20] [--web-workers 2] [--connections 4] [--batch 1000]

Programs post batches of events about contacts with three properties and a key each, on connections that are kept open;
a tenth of the batches is posted twice. It counts the rows of `contact_event` and compares them with the responses: each
event that was answered as recorded is there once, and no repetition is. Afterwards a reader takes all of them in the
order of their transactions, and a segment with a property is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections import Counter

from estate import Estate, build_estate, workspace
from free_ports import free_port
from measure import cpu_seconds, family, machine
from send import running
from signup import wait_for_pages

NAMES = ("order.placed", "page.seen", "cart.left")
MOST_A_SECOND = 12_000
"""As many events are prepared for each second: making them takes longer than posting them."""


class Connection:
    """One HTTP/1.1 connection that is kept open."""

    def __init__(self, port: int, secret: str) -> None:
        self._port, self._secret = port, secret
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> tuple[int, dict[str, int]]:
        """Post a batch; status and answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(
            b"POST /api/v1/contacts/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (self._secret.encode(), len(body), body)
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
        answer = await reader.readexactly(length)
        status = int(head[9:12])
        return status, json.loads(answer) if status == 200 else {}


def batches(contact_ids: list[int], size: int, events: int) -> list[bytes]:
    """Bodies of posts, each with keys of its own; a tenth comes again right after the first time."""
    mark, made = f"{time.time_ns():x}", []
    for number in range(events // size + 1):
        items = [
            {
                "contact": {"id": random.choice(contact_ids)},
                "event": random.choice(NAMES),
                "key": f"{mark}-{number}-{each}",
                "properties": {"total": round(random.uniform(1, 500), 2), "shop": "bonn", "first": each % 2 == 0},
            }
            for each in range(size)
        ]
        made.append(json.dumps({"items": items}).encode())
        if number % 10 == 0:
            made.append(made[-1])
    return made


async def press(port: int, secret: str, posts: list[bytes], connections: int, seconds: float) -> dict[str, object]:
    """Post over some connections, as fast as is answered."""
    waiting, begin = iter(posts), time.perf_counter()
    outcomes: Counter[str] = Counter()
    statuses: Counter[int] = Counter()
    milliseconds: list[float] = []

    async def one() -> None:
        connection = Connection(port, secret)
        for body in waiting:
            at = time.perf_counter()
            if at - begin > seconds:
                return
            status, answer = await connection.post(body)
            milliseconds.append(1000 * (time.perf_counter() - at))
            statuses[status] += 1
            outcomes.update({name: answer.get(name, 0) for name in ("recorded", "known", "unknown", "refused")})

    await asyncio.gather(*(one() for _connection in range(connections)))
    cuts = statistics.quantiles(milliseconds, n=20)
    return {
        "seconds": round(time.perf_counter() - begin, 2),
        "statuses": dict(statuses),
        **outcomes,
        "batch_median_ms": round(cuts[9], 1),
        "batch_p95_ms": round(cuts[18], 1),
    }


def key_of(estate: Estate) -> str:
    """A program's key that may record events and nothing else."""
    from mailflatrate.apps.accounts.actions import keys
    from mailflatrate.apps.accounts.models import KeyScope

    made = keys.make_api_key(estate.account_id, "shop", [KeyScope.EVENTS_WRITE], expires_at=None, by=estate.owner)
    return made.secret


def read_all(account_id: int) -> dict[str, object]:
    """Read every event in the order of transactions, as automations do, and count a segment."""
    from mailflatrate.apps.lists.event_feed import EventPosition, events_after
    from mailflatrate.apps.segments.counts import count_people
    from mailflatrate.base import tenancy

    position, seen, begin = EventPosition(), 0, time.perf_counter()
    with tenancy.account(account_id):
        while rows := events_after(position, size=5_000):
            seen, position = seen + len(rows), rows[-1].position
    read_seconds = time.perf_counter() - begin
    where = [{"property": "total", "op": "at_least", "value": 100}]
    begin = time.perf_counter()
    with tenancy.account(account_id):
        counted = count_people(
            [{"field": "event", "op": "did", "event": "order.placed", "times": 2, "days": 30, "where": where}]
        )
    return {
        "read": seen,
        "read_per_second": round(seen / read_seconds),
        "segment_people": counted.people,
        "segment_ms": round(1000 * (time.perf_counter() - begin)),
    }


def measure(estate: Estate, options: argparse.Namespace, port: int, postgres: int, web: int) -> dict[str, object]:
    """Post, then compare what was answered with what is there."""
    from mailflatrate.apps.lists.models import Contact, ContactEvent
    from mailflatrate.base import tenancy

    with tenancy.account(estate.account_id):
        contact_ids = list(Contact.objects.values_list("id", flat=True))
    posts, secret = batches(contact_ids, options.batch, int(options.seconds * MOST_A_SECOND)), key_of(estate)
    warm = batches(contact_ids, options.batch, 2 * options.connections * options.batch)
    first = asyncio.run(press(port, secret, warm, options.connections, 60))
    groups = {"web": family(web), "postgres": family(postgres)}
    before = {group: sum(map(cpu_seconds, each)) for group, each in groups.items()}
    result = asyncio.run(press(port, secret, posts, options.connections, options.seconds))
    after = {group: sum(map(cpu_seconds, family({"web": web, "postgres": postgres}[group]))) for group in groups}
    with tenancy.account(estate.account_id):
        stored = ContactEvent.objects.count() - int(str(first["recorded"]))
    recorded, seconds = int(str(result["recorded"])), float(str(result["seconds"]))
    assert stored == recorded, f"{recorded} were answered as recorded, {stored} are there"
    spent = {group: round(1e6 * (after[group] - before[group]) / max(1, stored)) for group in groups}
    return {"events_in_per_second": round(recorded / seconds), **result, "cpu_us_per_event": spent} | read_all(
        estate.account_id
    )


def main() -> None:
    """Run it; one JSON object on standard output."""
    parser = argparse.ArgumentParser(description="benchmark of events in")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--web-workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--batch", type=int, default=1_000)
    options = parser.parse_args()
    port = free_port()
    settings = {"web_port": str(port), "web_workers": str(options.web_workers), "public_port": "0"}
    from mailflatrate.settings.postgres import EmbeddedPostgres

    with workspace(**settings) as folder:
        estate = build_estate(options.people)
        web = [sys.executable, "-m", "mailflatrate.entrypoints.cli.main", "web"]
        with running(web) as pages:
            wait_for_pages(port)
            result = measure(estate, options, port, EmbeddedPostgres(folder).pid or 0, pages.pid)
    print(json.dumps({"machine": machine(), **result}))


if __name__ == "__main__":
    main()
