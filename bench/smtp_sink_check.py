"""How fast the SMTP client alone is: prebuilt 6 kB messages into Postfix's smtp-sink on loopback.

    python bench/smtp_sink_check.py [--letters 20000] [--connections 20] [--rtt-ms 0] [--no-baseline]

Prints one JSON object: messages a second, CPU microseconds a message of this process, and the same job done by
`smtp-source -d`. With --rtt-ms the sink is behind bench/delay_proxy.py.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

from free_ports import free_port, wait_for
from mailflatrate.wire.smtp.pool import SmtpPool
from mailflatrate.wire.smtp.types import OutgoingMessage, RelayConfig, SendOutcome

SMTP_SINK = "/usr/sbin/smtp-sink"
SMTP_SOURCE = "/usr/sbin/smtp-source"
SLICE = 250


def letters(count: int, size_bytes: int) -> Iterator[OutgoingMessage]:
    """`count` letters that share their content, each with its own envelope."""
    line = b"x" * 74 + b"\r\n"
    head = b"From: anna@shop.example\r\nSubject: Hello\r\n\r\n"
    content = head + line * ((size_bytes - len(head)) // len(line))
    for number in range(count):
        yield OutgoingMessage(number, f"b+{number:x}@bounce.shop.example", f"dora{number}@people.example", content)


@dataclass(frozen=True)
class Measured:
    """Seconds of the whole run and of this process, its outcomes, and CPU and rate of each slice of 250 letters."""

    wall_seconds: float
    cpu_seconds: float
    outcomes: dict[str, int]
    slice_cpu_us: list[float]
    slice_rates: list[float]


async def send(port: int, count: int, size_bytes: int, connections: int) -> Measured:
    """Send `count` letters over warm connections."""
    kinds: Counter[str] = Counter()
    marks: list[tuple[float, float]] = []
    noted = 0

    def note(outcome: SendOutcome) -> None:
        nonlocal noted
        kinds[outcome.kind.value] += 1
        noted += 1
        if noted % SLICE == 0:
            marks.append((time.perf_counter(), time.process_time()))

    async with SmtpPool(RelayConfig("127.0.0.1", port), connections, 10_000_000) as pool:
        while pool.open_connections < connections:
            await pool.send_many(letters(connections * 2, size_bytes), lambda _: None)
        wall, cpu = time.perf_counter(), time.process_time()
        await pool.send_many(letters(count, size_bytes), note, lambda _: None)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    pairs = list(itertools.pairwise(marks))
    return Measured(
        wall,
        cpu,
        dict(kinds),
        [(later[1] - earlier[1]) / SLICE * 1e6 for earlier, later in pairs],
        [SLICE / (later[0] - earlier[0]) for earlier, later in pairs],
    )


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(description="SMTP client against smtp-sink")
    parser.add_argument("--letters", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=6000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--rtt-ms", type=float, default=0.0)
    parser.add_argument("--no-baseline", action="store_true")
    options = parser.parse_args()
    port = sink_port = free_port()
    sink = ["-u", "nobody"] if Path("/proc/self").owner() == "root" else []
    server = [SMTP_SINK, *sink, f"127.0.0.1:{sink_port}", "1000"]
    processes = [subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]
    try:
        wait_for(sink_port)
        if options.rtt_ms:
            port = free_port()
            proxy = [sys.executable, str(Path(__file__).with_name("delay_proxy.py")), "--listen", str(port)]
            proxy += ["--target", f"127.0.0.1:{sink_port}", "--rtt-ms", str(options.rtt_ms)]
            processes.append(subprocess.Popen(proxy, stdout=subprocess.DEVNULL))
            wait_for(port)
        measured = uvloop.run(send(port, options.letters, options.size, options.connections))
        wall = measured.wall_seconds
        result: dict[str, object] = {
            "messages_per_second": round(options.letters / wall),
            "cpu_us_per_message": round(measured.cpu_seconds / options.letters * 1e6, 1),
            # The middle slice says more than the mean when others use the machine as well.
            "cpu_us_per_message_median": round(statistics.median(measured.slice_cpu_us), 1),
            "messages_per_second_best_slice": round(max(measured.slice_rates)),
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "outcomes": measured.outcomes,
        }
        if not options.no_baseline:
            begin = time.perf_counter()
            source = [SMTP_SOURCE, "-d", "-s", str(options.connections), "-l", str(options.size)]
            subprocess.run([*source, "-m", str(options.letters), f"127.0.0.1:{port}"], check=True)
            rate = options.letters / (time.perf_counter() - begin)
            result["smtp_source_per_second"] = round(rate)
            result["of_smtp_source"] = round(options.letters / wall / rate, 2)
        print(json.dumps(result))
    finally:
        for process in processes:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
