"""How fast an account leaves: contacts and their signed proof of consent as files. `--rows` (1,000,000), `--json`.

The account is filled by an import of that many rows with proof. The clock runs from the start of an export until its
file is stored; peak memory is that of the exporting process, which makes one file after the other and must not grow.
"""

import argparse
import importlib
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from estate import workspace

FILES = (("contacts", "csv"), ("contacts", "ndjson"), ("proof", "ndjson"))


def export_files(account_id: int, answer: Connection) -> None:
    """The exporting process."""
    from mailflatrate.entrypoints.boot import boot

    boot()
    from mailflatrate.apps.consent.signing_keys import ensure_signing_key
    from mailflatrate.apps.segments.actions.exports import start_export
    from mailflatrate.apps.segments.exports.runner import run_export
    from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat
    from mailflatrate.base import tenancy

    ensure_signing_key()
    found: dict[str, Any] = {}
    for content, file_format in FILES:
        began, began_cpu = time.perf_counter(), time.process_time()
        with tenancy.account(account_id):
            job = start_export(ExportContent(content), ExportFormat(file_format), by=None, enqueue=False)
        run_export(account_id, job.id)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
        with tenancy.account(account_id):
            done = Export.objects.get(id=job.id)
        if done.state != "done":
            raise SystemExit(f"{content}: {done.state} {done.problem}")
        found[f"{content}_{file_format}"] = {
            "rows": done.rows_done,
            "file_mb": round(done.file_bytes / 1e6, 1),
            "seconds": round(seconds, 2),
            "rows_per_second": round(done.rows_done / seconds),
            "cpu_us_per_row": round(cpu_seconds / max(done.rows_done, 1) * 1e6, 1),
            "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }
    answer.send(found)


def measure(rows: int) -> dict[str, Any]:
    """One run in a fresh database."""
    filling = importlib.import_module("import")  # a word of the language
    with tempfile.TemporaryDirectory() as folder, workspace():
        from django.db import connections

        from mailflatrate.apps.accounts.actions.people import create_account
        from mailflatrate.apps.intake.actions.imports import start_import
        from mailflatrate.apps.intake.runner import run_import
        from mailflatrate.apps.lists.actions.lists import create_list
        from mailflatrate.base import tenancy

        path = Path(folder) / "people.csv"
        filling.write_file(path, rows)
        account = create_account("Anna")
        with tenancy.account(account.id):
            mailing_list = create_list("News")
        filling.approve(account.id, mailing_list.id)
        with tenancy.account(account.id), path.open("rb") as file:
            job = start_import(mailing_list.id, file, "people.csv", {}, enqueue=False)
        run_import(account.id, job.id)
        connections.close_all()
        receiver, sender = multiprocessing.Pipe(duplex=False)
        child = multiprocessing.get_context("spawn").Process(target=export_files, args=(account.id, sender))
        child.start()
        sender.close()
        result: dict[str, Any] = receiver.recv()
        child.join()
        return {"imported_rows": rows, **result}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="print the JSON object alone, without the table")
    options = parser.parse_args()
    result = measure(options.rows)
    for name, values in ({} if options.json else result).items():
        for key, value in (values if isinstance(values, dict) else {"": values}).items():
            print(f"{name:18} {key:18} {value:>14,}", file=sys.stderr)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
