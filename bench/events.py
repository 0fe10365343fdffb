"""How fast events leave as webhooks, and how soon a waiting program hears of one.

    python bench/events.py [--events 1000000] [--workers 2] [--latencies 200]

Each worker is a process that delivers to one endpoint: signed posts over a few connections that stay open, every
attempt recorded. The receiver is a process of its own that counts and answers 204. The latency is from the commit of an
event until a waiting request has read it, next to nothing else. Prints one JSON object; the exit status is 1 when an
event didn't arrive.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

from estate import workspace
from measure import machine

ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
BLOCK = 20_000


def main() -> None:
    """Write events, deliver them, measure latencies, and print."""
    parser = argparse.ArgumentParser(description="the speed of events out, and the latency of the feed")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--latencies", type=int, default=200)
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    receiver = multiprocessing.Process(target=receive, args=(there,), daemon=True)
    receiver.start()
    port = here.recv()
    with workspace(log_level="ERROR", webhook_networks="127.0.0.0/8") as _:
        endpoints = [endpoint(f"http://127.0.0.1:{port}/{number}") for number in range(options.workers)]
        share = options.events // options.workers
        begin = time.perf_counter()
        for account_id, _endpoint_id in endpoints:
            write_events(account_id, share)
        written = time.perf_counter() - begin
        seconds = deliver_all(endpoints)
        here.send("count")
        arrived = here.recv()
        print(f"{share * options.workers / seconds:.0f} events/s", file=sys.stderr, flush=True)
        latencies = feed_latencies(endpoints[0][0], options.latencies)
    wanted = share * options.workers
    found = {
        "events": wanted,
        "workers": options.workers,
        "written_per_second": round(wanted / written),
        "events_out_per_second": round(wanted / seconds),
        "arrived": arrived,
        "feed_latency_seconds": latencies,
        "machine": machine(),
    }
    print(json.dumps(found, indent=1))
    sys.exit(arrived < wanted)


def receive(link: Connection) -> None:
    """Count posts and answer each; tell the port, and the count when asked."""
    asyncio.run(_Receiver(link).run())


class _Receiver:
    def __init__(self, link: Connection) -> None:
        self._link, self._count = link, 0

    async def run(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._link.send(server.sockets[0].getsockname()[1])
        while await asyncio.to_thread(self._link.recv):
            self._link.send(self._count)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                self._count += 1
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def endpoint(url: str) -> tuple[int, int]:
    """Return a new account with one endpoint."""
    from mailflatrate.apps.accounts.actions.people import create_account
    from mailflatrate.apps.accounts.models import User
    from mailflatrate.apps.events.actions.endpoints import EndpointOrder, create_endpoint
    from mailflatrate.base import tenancy

    account_id = create_account("Bench").id
    user, _made = User.objects.get_or_create(email="bench@lindenhof.example")
    with tenancy.account(account_id):
        return account_id, create_endpoint(EndpointOrder(url), by=user).endpoint.id


def write_events(account_id: int, count: int) -> None:
    """Write so many events: one in ten must be obeyed."""
    from django.db import connection

    from mailflatrate.base import tenancy

    for begin in range(0, count, BLOCK):
        with tenancy.account(account_id), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO outbox_event (account_id, type, payload) SELECT %s,"
                " CASE WHEN n %% 10 = 0 THEN 'contact.unsubscribed' ELSE 'contact.confirmed' END,"
                " jsonb_build_object('contact_id', n, 'list_id', 1) FROM generate_series(%s::int, %s::int) AS n",
                [account_id, begin + 1, min(begin + BLOCK, count)],
            )


def deliver_all(endpoints: list[tuple[int, int]]) -> float:
    """Deliver to each endpoint in a process of its own until nothing is left; return the seconds."""
    context = multiprocessing.get_context("spawn")
    gate, done = context.Barrier(len(endpoints) + 1), context.Barrier(len(endpoints) + 1)
    workers = [context.Process(target=deliver, args=(*each, gate, done)) for each in endpoints]
    for worker in workers:
        worker.start()
    gate.wait()
    begin = time.perf_counter()
    done.wait()
    seconds = time.perf_counter() - begin
    for worker in workers:
        worker.join()
    return seconds


def deliver(account_id: int, endpoint_id: int, gate: Any, done: Any) -> None:
    """Be the job of one endpoint until it has everything."""
    from mailflatrate.entrypoints.boot import boot

    boot()
    from mailflatrate.apps.events import delivering

    gate.wait()
    while delivering.deliver(account_id, endpoint_id):
        continue
    done.wait()


def feed_latencies(account_id: int, count: int) -> dict[str, float]:
    """Return median, p95 and maximum of the time from an event's commit until who waits has read it."""
    from mailflatrate.apps.events import feed

    return asyncio.run(_latencies(account_id, count, feed.horizon().position))


async def _latencies(account_id: int, count: int, position: Any) -> dict[str, float]:
    from mailflatrate.apps.events import feed
    from mailflatrate.base import tenancy
    from mailflatrate.base.outbox.writing import emit
    from mailflatrate.entrypoints.presenters.event_waits import EventWait
    from mailflatrate.entrypoints.web.serving.event_waits import EventWatch
    from mailflatrate.entrypoints.web.serving.thread_pools import RequestPool
    from mailflatrate.rules.events import EventType

    types = [EventType.COMPLAINT_RECEIVED]

    def write(number: int) -> float:
        with tenancy.account(account_id):
            emit(EventType.COMPLAINT_RECEIVED, {"campaign_id": number})
        return time.perf_counter()

    def read(position: feed.FeedPosition) -> feed.FeedPage:
        with tenancy.account(account_id):
            return feed.read_events(position, types, 10)

    watch, found = EventWatch(RequestPool("watch", 1, 4)), []
    for number in range(count):
        waiting = asyncio.ensure_future(watch.until(EventWait(account_id, position, types, 25), 25.0))
        await asyncio.sleep(0.037 * (number % 7))  # at any moment between two looks
        committed = await asyncio.to_thread(write, number)
        await waiting
        page = await asyncio.to_thread(read, position)
        while not page.events:
            page = await asyncio.to_thread(read, position)
        found.append(time.perf_counter() - committed)
        position = page.position
    found.sort()
    return {
        "median": round(found[len(found) // 2], 3),
        "p95": round(found[int(len(found) * 0.95)], 3),
        "max": round(found[-1], 3),
    }


if __name__ == "__main__":
    main()
