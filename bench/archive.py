"""What the archive of deliveries costs: moving a campaign there, reading from 36 months, and getting rid of a month.

    python bench/archive.py [--recipients 1000000]

A campaign is planned and every recipient gets an outcome as a sender writes it, then it moves by the product's own job.
Prints one JSON object: bytes a row (heap and indexes) in each table, microseconds a row of the move with the longest
batch, reads in microseconds, and the seconds of deleting the month's rows and of dropping it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import psycopg

from estate import Estate, build_estate, release, workspace
from measure import cpu_seconds, family, machine

MONTHS = 36
READS = 300
_SENT = """
UPDATE delivery SET state = 'sent', attempts = 1, reply_code = 250, reply_status = '2.0.0',
    reply_text = '250 2.0.0 Ok: queued as 4F1x8j2wSbz' || id, settled_at = now() WHERE chunk_id = %s
"""


def main() -> None:
    """Plan, send, move, read, drop; print."""
    parser = argparse.ArgumentParser(description="the archive of deliveries")
    parser.add_argument("--recipients", type=int, default=1_000_000)
    options = parser.parse_args()
    with workspace(log_level="ERROR") as folder:
        from mailflatrate.settings import load_settings
        from mailflatrate.settings.postgres import EmbeddedPostgres
        from mailflatrate.settings.roles import owner_url

        estate = build_estate(options.recipients)
        campaign_id = release(estate)
        pids = family(EmbeddedPostgres(folder).pid or 0)
        with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
            result: dict[str, Any] = {"recipients": options.recipients}
            owner.execute("VACUUM ANALYZE delivery")
            result["bytes_planned"] = size(owner, "delivery", options.recipients)
            end(owner, campaign_id)
            owner.execute("VACUUM ANALYZE delivery")
            result["bytes_sent"] = size(owner, "delivery", options.recipients)
            before = sum(map(cpu_seconds, pids))
            result["move"] = move(campaign_id, options.recipients)
            pids = sorted({*pids, *family(EmbeddedPostgres(folder).pid or 0)})
            used = sum(map(cpu_seconds, pids)) - before
            result["move"]["postgres_us_a_row"] = round(used / options.recipients * 1e6, 1)
            result["vacuum_after_move_seconds"] = timed(lambda: owner.execute("VACUUM delivery"))
            (name,) = owner.execute("SELECT partition FROM archive_month").fetchone() or ("",)
            owner.execute(f"VACUUM ANALYZE {name}")
            result["bytes_archived"] = size(owner, name, options.recipients)
            result["bytes_last_mailing"] = size(owner, "last_mailing", options.recipients)
            result["reads_us_1_month"] = reads(owner, estate, campaign_id)
            more_months(owner)
            result[f"reads_us_{MONTHS}_months"] = reads(owner, estate, campaign_id)
            result |= get_rid(owner, name)
    print(json.dumps({**result, "machine": machine()}))


def size(owner: psycopg.Connection[Any], table: str, rows: int) -> dict[str, float]:
    """Bytes a row of a table's heap and indexes."""
    row = owner.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [table, table]).fetchone()
    assert row is not None
    return {"heap": round(row[0] / rows, 1), "indexes": round(row[1] / rows, 1)}


def end(owner: psycopg.Connection[Any], campaign_id: int) -> None:
    """Every chunk is sent, in a transaction each, and the campaign has ended 40 days ago."""
    chunks = owner.execute("SELECT id FROM chunk WHERE campaign_id = %s ORDER BY id", [campaign_id]).fetchall()
    for (chunk_id,) in chunks:
        owner.execute(_SENT, [chunk_id])
    owner.execute("UPDATE chunk SET state = 'done' WHERE campaign_id = %s", [campaign_id])
    owner.execute(
        "UPDATE campaign SET state = 'sent', finished_at = now() - interval '40 days' WHERE id = %s", [campaign_id]
    )


def move(campaign_id: int, rows: int) -> dict[str, Any]:
    """Close the campaign and move all of it, as the job does but without its rests."""
    from mailflatrate.apps.delivery.archive import archiving

    archiving.call_owner("SELECT open_archive_month()")
    assert archiving.call_owner("SELECT archive_campaign(%s, 30)", campaign_id)
    batches, moved = [], 0
    while True:
        begin = time.perf_counter()
        done = archiving.call_owner("SELECT archive_deliveries(%s, %s)", campaign_id, archiving.CHUNKS_TOGETHER)
        if done is None:
            break
        batches.append(time.perf_counter() - begin)
        moved += done
    assert moved == rows, f"moved {moved} of {rows}"
    return {
        "rows_per_second": round(rows / sum(batches)),
        "batch_ms": round(statistics.median(batches) * 1000),
        "batch_ms_longest": round(max(batches) * 1000),
    }


def more_months(owner: psycopg.Connection[Any]) -> None:
    """Months around the one there is, empty ones: what costs is how many there are to look into."""
    (high,) = owner.execute("SELECT max(to_id) FROM archive_month").fetchone() or (0,)
    for number in range(MONTHS - 1):
        owner.execute(
            f"CREATE TABLE delivery_archive_more_{number} PARTITION OF delivery_archive"
            f" FOR VALUES FROM ({high + number * 1000}) TO ({high + (number + 1) * 1000})"
        )


def reads(owner: psycopg.Connection[Any], estate: Estate, campaign_id: int) -> dict[str, int]:
    """Each read, planning and Django included, under row-level security."""
    from mailflatrate.apps.delivery.models import DeliveryRecord
    from mailflatrate.apps.delivery.planning.recipients import RecipientFilter, recipients
    from mailflatrate.apps.delivery.queries import deliveries_of_contact
    from mailflatrate.base import tenancy

    ids = [row[0] for row in owner.execute("SELECT id FROM delivery_record ORDER BY id LIMIT %s", [READS]).fetchall()]
    with tenancy.account(estate.account_id):
        contacts = list(DeliveryRecord.objects.filter(id__in=ids).values_list("contact_id", flat=True))
        return {
            "by_id": each(lambda n: DeliveryRecord.objects.filter(id=ids[n]).first()),
            "history_of_a_contact": each(lambda n: deliveries_of_contact(contacts[n] or 0)),
            "page_of_a_report": each(lambda n: recipients(campaign_id, RecipientFilter(), after=ids[n], most=50)),
        }


def each(read: Callable[[int], object]) -> int:
    """Microseconds of one read: of the fastest tenth, so that what else runs on the machine counts little."""
    took = []
    for number in range(READS):
        begin = time.perf_counter()
        read(number)
        took.append(time.perf_counter() - begin)
    return round(statistics.quantiles(took, n=10)[0] * 1e6)


def get_rid(owner: psycopg.Connection[Any], name: str) -> dict[str, float]:
    """Seconds of deleting the rows of the month (twice those of half of them), of the vacuum, and of dropping it."""
    from mailflatrate.apps.delivery.archive import archiving
    from mailflatrate.base import clock

    deleted = timed(lambda: owner.execute(f"DELETE FROM {name} WHERE id % 2 = 0")) * 2
    vacuumed = timed(lambda: owner.execute(f"VACUUM {name}")) * 2
    owner.execute(
        "UPDATE archive_month SET made_at = now() - interval '9 years', ended_at = now() - interval '9 years'"
    )
    dropped = timed(lambda: archiving.call_owner("SELECT drop_archive_month(%s)", clock.now()))
    assert owner.execute("SELECT to_regclass(%s)", [name]).fetchone() == (None,)
    return {"delete_seconds": deleted, "vacuum_after_delete_seconds": vacuumed, "drop_seconds": dropped}


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    begin = time.perf_counter()
    work()
    return round(time.perf_counter() - begin, 3)


if __name__ == "__main__":
    main()
