"""How fast the engine sends: a real campaign through real rows into Postfix's smtp-sink, all of it on one host.

    python bench/send.py [--recipients 100000] [--only signed,openssl,unsigned,rtt_5ms]
    python bench/send.py --against ../before/src --rounds 4      # the senders of another commit and ours, in turns

Two sender processes, a multipart message (`message_bytes`, 8.9 kB) with 5 tracked links and 4 merge fields. `signed`
uses what the host has, `openssl` signs with the multi-buffer library turned off. Prints a table (standard error) and
one JSON object: for each run messages_per_second, cpu_us_per_message by process group, messages_per_mark, peak_rss_mb,
grown_mb (how far the peak rose after the first fifth), and of_signing_limit (OpenSSL on all cores) or of_smtp_source
(the same message size), both measured in the same run. Of several rounds the one that took the senders the least
processor time counts, because other work on the machine only adds to it; `before` is the same for `--against`, whose
schema must be ours. Exits 1 if a sender takes more than MEMORY_MB, or if its memory grows with the number of
recipients.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from estate import Estate, add_coupons, build_estate, release, worker_command, workspace
from free_ports import free_port, wait_for
from measure import cpu_seconds, family, machine, peak_rss_mb, signing_limit
from smtp_sink_check import SMTP_SINK, SMTP_SOURCE

SENDERS = 2
SOURCE_LETTERS = 30_000
CONNECTIONS = {"signed": 10, "coupons": 10, "openssl": 10, "unsigned": 10, "rtt_5ms": 5}  # of each sender
UNSIGNED = ("unsigned", "rtt_5ms")
MEMORY_MB = 150.0
GROWTH_MB = 5.0
GROWTH_FROM = 10_000  # recipients: a shorter campaign ends before everything was used once


@contextmanager
def running(command: list[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A child process that ends with the block."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def smtp_sink(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Postfix's sink on a port."""
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with running([SMTP_SINK, *user, f"127.0.0.1:{port}", "1000"]) as sink:
        wait_for(port)
        yield sink


def smtp_source_rate(port: int, message_bytes: int) -> float:
    """Messages a second of `smtp-source -d -s 20` with messages of the same size."""
    begin = time.perf_counter()
    size = ["-l", str(message_bytes), "-m", str(SOURCE_LETTERS)]
    subprocess.run([SMTP_SOURCE, "-d", "-s", "20", *size, f"127.0.0.1:{port}"], check=True)
    return SOURCE_LETTERS / (time.perf_counter() - begin)


def send_once(
    name: str, folder: Path, estate: Estate, port: int, sink_pid: int, source: str | None = None
) -> dict[str, object]:
    """Send one campaign to everyone by the senders in `source`, timed from when it may start until it is sent."""
    from mailflatrate.apps.campaigns.models import Campaign
    from mailflatrate.apps.delivery.actions import campaigns
    from mailflatrate.apps.delivery.queries import campaign_progress
    from mailflatrate.apps.lists.models import Contact
    from mailflatrate.base import tenancy
    from mailflatrate.settings.postgres import EmbeddedPostgres

    with tenancy.account(estate.account_id):
        people = Contact.objects.count()
    campaign_id = release(estate, more=add_coupons(estate, people) if name == "coupons" else "")
    with tenancy.account(estate.account_id):
        campaigns.pause_campaign(campaign_id, "until the senders are up")
    command = worker_command("send", unsigned=name in UNSIGNED)
    settings = {
        "MAILFLATRATE_RELAY_PORT": str(port),
        "MAILFLATRATE_SENDER_CONNECTIONS": str(CONNECTIONS[name]),
        "MAILFLATRATE_BATCH_SIGNING": str(name != "openssl"),
        **({"PYTHONPATH": source} if source else {}),
    }
    marks = count_marks()
    with running(command, **settings) as one, running(command, **settings) as two:
        senders = [one.pid, two.pid]
        while len(list((folder / "journal").glob("*.journal"))) < SENDERS:
            time.sleep(0.05)
        wait_for_idle_senders()
        groups = {"senders": senders, "postgres": family(EmbeddedPostgres(folder).pid or 0), "sink": [sink_pid]}
        before = {group: sum(map(cpu_seconds, pids)) for group, pids in groups.items()}
        begin = time.perf_counter()
        with tenancy.account(estate.account_id):
            campaigns.resume_campaign(campaign_id)
        early_mb = 0.0
        while True:
            time.sleep(0.1)
            with tenancy.account(estate.account_id):
                if not early_mb and a_fifth_is_sent(campaign_id):
                    early_mb = max(map(peak_rss_mb, senders))
                if Campaign.objects.values_list("state", flat=True).get(id=campaign_id) == "sent":
                    break
        seconds = time.perf_counter() - begin
        # Connections that came since belong to the server as well.
        groups["postgres"] = sorted({*groups["postgres"], *family(EmbeddedPostgres(folder).pid or 0)})
        used = {group: sum(map(cpu_seconds, pids)) - before[group] for group, pids in groups.items()}
        peak = max(map(peak_rss_mb, senders))
    with tenancy.account(estate.account_id):
        progress = campaign_progress(campaign_id)
    if progress.sent != progress.planned:
        raise SystemExit(f"{name}: {progress}")
    return {
        "messages_per_second": round(progress.sent / seconds),
        "cpu_us_per_message": {group: round(cpu / progress.sent * 1e6, 1) for group, cpu in used.items()},
        "messages_per_mark": round(progress.sent / max(1, count_marks() - marks), 1),
        "peak_rss_mb": peak,
        "grown_mb": round(peak - early_mb, 1),
        "seconds": round(seconds, 2),
    }


def a_fifth_is_sent(campaign_id: int) -> bool:
    """Return whether a fifth of a campaign's chunks are done."""
    from mailflatrate.apps.delivery.models import Chunk, ChunkState

    chunks = Chunk.objects.filter(campaign_id=campaign_id)
    return chunks.filter(state=ChunkState.DONE).count() * 5 >= chunks.count()


def takes_too_much(result: dict[str, object], recipients: int) -> bool:
    """Return whether a sender took too much memory, or more and more of it."""
    grown = recipients >= GROWTH_FROM and float(str(result["grown_mb"])) > GROWTH_MB
    return grown or float(str(result["peak_rss_mb"])) > MEMORY_MB


def count_marks() -> int:
    """Marks of begun messages (ADR 0002) that the database has committed so far."""
    import psycopg

    from mailflatrate.settings.roles import owner_url
    from mailflatrate.settings.schema import load_settings

    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        row = owner.execute("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'begun'").fetchone()
    return int(row[0]) if row else 0


def wait_for_idle_senders() -> None:
    """Return when the paused campaign's jobs are used up; one that is under way at the release would be lost to it."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    while ProcrastinateJob.objects.filter(queue_name="send", status__in=("todo", "doing")).exists():
        time.sleep(0.05)
    time.sleep(1)


def message_bytes(estate: Estate) -> int:
    """Octets of the signed message to one of the recipients."""
    from mailflatrate.apps.campaigns.models import Edition
    from mailflatrate.apps.delivery.planning.editions import edition_mail
    from mailflatrate.base import clock, tenancy
    from mailflatrate.mail.message.edition import Recipient

    with tenancy.account(estate.account_id):
        edition_id = Edition.objects.latest("id").id
    mail = edition_mail(estate.account_id, edition_id)
    contact = {"first_name": "Dora", "last_name": "Meyer-1", "points": "100", "city": "Bonn"}
    values = {
        "contact": contact,
        "coupon": dict.fromkeys(mail.pools, "AUTUMN-1"),
        "account": {"name": "Anna"},
        "list": {"name": "News"},
        "mailing_id": "4K7Q-92XD-E",
        "subscription": {"date": "3 May 2026", "source": "shop"},
    }
    who = Recipient(1, "dora1x1@people1.example", "Dora Meyer-1", values)
    return mail.composers[estate.list_id].compose(who, clock.now()).size


def measure(name: str, folder: Path, estate: Estate, source: str | None = None) -> dict[str, object]:
    """One of the figures with its ratio."""
    port = free_port()
    with smtp_sink(port) as sink:
        if name == "rtt_5ms":
            far = free_port()
            script = str(Path(__file__).with_name("delay_proxy.py"))
            proxy = [sys.executable, script, "--listen", str(far), "--target", f"127.0.0.1:{port}", "--rtt-ms", "5"]
            with running(proxy):
                wait_for(far)
                result = send_once(name, folder, estate, far, sink.pid, source)
                return {**result, **against_source(result, far, message_bytes(estate))}
        result = send_once(name, folder, estate, port, sink.pid, source)
        if name == "unsigned":
            return {**result, **against_source(result, port, message_bytes(estate))}
    limit = signing_limit()
    ratio = round(float(str(result["messages_per_second"])) / limit, 2)
    measured = {"message_bytes": message_bytes(estate), "signing_limit_per_second": round(limit)}
    return {**result, **measured, "of_signing_limit": ratio}


def against_source(result: dict[str, object], port: int, octets: int) -> dict[str, object]:
    """The ratio to smtp-source over the same way."""
    rate = smtp_source_rate(port, octets)
    ratio = round(float(str(result["messages_per_second"])) / rate, 2)
    return {"smtp_source_per_second": round(rate), "of_smtp_source": ratio}


def senders_us(result: dict[str, object]) -> float:
    """Processor time of the senders a message."""
    used = result["cpu_us_per_message"]
    assert isinstance(used, dict)
    return float(used["senders"])


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description="the engine's speed")
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--only", default=",".join(CONNECTIONS))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--against", help="the src folder of another commit")
    options = parser.parse_args()
    results: dict[str, object] = {"machine": machine(), "recipients": options.recipients}
    settings = {
        "relay_host": "127.0.0.1",
        "relay_tls": "never",
        "canary_size": "100000000",
        "sender_messages_per_connection": "10000",
        "log_level": "ERROR",
    }
    with workspace(**settings) as folder:
        estate = build_estate(options.recipients)
        large = False
        for name in options.only.split(","):
            runs: dict[str, list[dict[str, object]]] = {"before": [], "now": []}
            for _ in range(options.rounds):
                for when, source in (("before", options.against), ("now", None)):
                    if when == "now" or (source and name != "coupons"):
                        result = measure(name, folder, estate, source)
                        runs[when].append(result)
                        words = (f"{key}={value}" for key, value in result.items())
                        print(f"{name:10}{when:7}", *words, file=sys.stderr, flush=True)
            large = large or any(takes_too_much(each, options.recipients) for each in runs["now"])
            best = {when: min(found, key=senders_us) for when, found in runs.items() if found}
            results[name] = {**best["now"], **({"before": best["before"]} if "before" in best else {})}
    print(json.dumps(results))
    if large:
        sys.exit(f"a sender takes more than {MEMORY_MB} MB, or more and more memory")


if __name__ == "__main__":
    main()
