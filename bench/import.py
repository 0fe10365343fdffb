"""How fast a file of contacts becomes mailable, with its proof in the ledger. `--rows` (1,000,000), `--json`.

    python bench/import.py --rows 200000 --against ../before --rounds 3      # the importers of two checkouts, in turns

The file is generated: evidence in each row, and mixed in refused rows of every kind, duplicates and rows without
proof. The clock runs from the upload of the file until the last row is committed; peak memory is that of the importing
process. PostgreSQL is the embedded one, fresh, with its settings as they ship.
"""

import argparse
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from estate import workspace
from measure import cpu_seconds, family
from turns import in_turns

HEADER = "E-Mail,First name,Last name,Sign-up time,Sign-up IP,Confirmation time,Source,City,Customer number\n"
FIRST = ("Dora", "Erik", "Frida", "Gustav", "Hanna", "Ilse", "Jonas", "Klara", "Lars", "Mira", "Nils", "Olga")
LAST = ("Klein", "Sommer", "Vogt", "Brandt", "Kühn", "Roth", "Ebert", "Lange", "Pohl", "Jahn", "Busch", "Winter")
CITIES = ("Kiel", "Bonn", "Wien", "Graz", "Bern", "Trier", "Celle", "Fulda", "Lübeck", "Münster")
DOMAINS = tuple(f"kunden-post-{number}.de" for number in range(400))


def write_file(path: Path, rows: int) -> Counter[str]:
    """Write the file; how many rows of each kind it holds."""
    chance = random.Random(4711)
    now = datetime.now(UTC).replace(microsecond=0)
    kinds: Counter[str] = Counter()
    with path.open("w", encoding="utf-8") as out:
        out.write(HEADER)
        previous = ""
        for number in range(rows):
            signup = now - timedelta(days=chance.randrange(2, 350), seconds=chance.randrange(86_400))
            first, last = chance.choice(FIRST), chance.choice(LAST)
            email = f"{first.lower()}.{number}@{DOMAINS[number % len(DOMAINS)]}"
            ip = f"198.{chance.randrange(1, 255)}.{chance.randrange(255)}.{chance.randrange(1, 255)}"
            kind = "mailable"
            match number % 50:
                case 11:
                    kind, email = "refused", f"info@{number}.{DOMAINS[0]}"
                case 22:
                    kind, email = "refused", email.replace("@", " at ")
                case 33 if previous:
                    kind, email = "refused", previous
                case 44:
                    kind, ip = "quarantined", ""
            line = (
                f"{email},{first},{last},{signup.isoformat()},{ip},{(signup + timedelta(minutes=7)).isoformat()},"
                f"https://shop.example/newsletter,{chance.choice(CITIES)},K-{number}\n"
            )
            if number % 50 == 5:
                kind, line = "refused", line.replace(",", " ", 1)
            elif kind == "mailable":
                previous = email
            kinds[kind] += 1
            out.write(line)
    return kinds


def import_file(path: str, account_id: int, list_id: int, answer: Connection) -> None:
    """The importing process."""
    from mailflatrate.entrypoints.boot import boot

    boot()
    from mailflatrate.apps.intake.actions import imports
    from mailflatrate.apps.intake.models import Import
    from mailflatrate.apps.intake.reading.file_tables import preview_in_child
    from mailflatrate.apps.intake.runner import run_import
    from mailflatrate.base import tenancy

    preview_in_child(Path(path))  # a web process has started the child that previews files before anyone uploads one
    began, began_cpu = time.perf_counter(), time.process_time()
    with tenancy.account(account_id), Path(path).open("rb") as file:
        job = imports.start_import(list_id, file, "people.csv", {}, enqueue=False)
    run_import(account_id, job.id)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    with tenancy.account(account_id):
        done = Import.objects.get(id=job.id)
    answer.send(
        {
            "state": done.state,
            "accepted": done.accepted,
            "quarantined": sum(done.quarantined.values()),
            "refused": sum(done.refused.values()),
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )


def measure(rows: int) -> dict[str, object]:
    """One run in a fresh database."""
    with tempfile.TemporaryDirectory() as folder, workspace() as data_dir:
        from django.db import connections

        from mailflatrate.apps.accounts.actions.people import create_account
        from mailflatrate.apps.lists import queries
        from mailflatrate.apps.lists.actions import lists
        from mailflatrate.base import tenancy
        from mailflatrate.settings.postgres import EmbeddedPostgres

        path = Path(folder) / "people.csv"
        kinds = write_file(path, rows)
        account = create_account("Anna")
        with tenancy.account(account.id):
            mailing_list = lists.create_list("News")
        approve(account.id, mailing_list.id)
        connections.close_all()
        server = EmbeddedPostgres(data_dir).pid or 0
        server_before = sum(map(cpu_seconds, family(server)))
        receiver, sender = multiprocessing.Pipe(duplex=False)
        spawn = multiprocessing.get_context("spawn")
        child = spawn.Process(target=import_file, args=(str(path), account.id, mailing_list.id, sender))
        child.start()
        sender.close()
        result = receiver.recv()
        child.join()
        server_cpu_seconds = sum(map(cpu_seconds, family(server))) - server_before
        with tenancy.account(account.id):
            mailable = queries.mailable_count()
        connections.close_all()
        counted = {"mailable": result["accepted"], "quarantined": result["quarantined"], "refused": result["refused"]}
        if result["state"] != "done" or counted != dict(kinds) or mailable != kinds["mailable"]:
            raise SystemExit(f"wrong result: {result}, mailable {mailable}, the file holds {dict(kinds)}")
        return {
            "rows": rows,
            "file_mb": round(path.stat().st_size / 1e6, 1),
            "mailable": mailable,
            "quarantined": result["quarantined"],
            "refused": result["refused"],
            "seconds": round(result["seconds"], 2),
            "rows_per_second": round(rows / result["seconds"]),
            "importer_cpu_us_per_row": round(result["cpu_seconds"] / rows * 1e6, 1),
            "postgres_cpu_us_per_row": round(server_cpu_seconds / rows * 1e6, 1),
            "peak_rss_mb": round(result["peak_rss_mb"], 1),
        }


def approve(account_id: int, list_id: int) -> None:
    """The list has an origin that a reviewer approved, so that what is imported becomes mailable at once."""
    from mailflatrate.apps.accounts.actions.people import create_user
    from mailflatrate.apps.intake.actions import origin_decisions, origins
    from mailflatrate.apps.lists.models import EvidenceColumn, OriginKind
    from mailflatrate.base import tenancy

    today = datetime.now(UTC).date()
    declaration = origins.Declaration(
        kind=OriginKind.WEBSITE, form_urls=["https://shop.example/newsletter"], collected_to=None,
        wording="Send me Anna's news, twice a month.", collected_from=today - timedelta(days=900),
        previous_system="Postino", last_mailed_on=today, declared_count=1_000_000, controller="Anna GmbH",
        signatory="Anna", evidence=[EvidenceColumn.SIGNUP_AT], assured=True,
    )  # fmt: skip
    with tenancy.account(account_id):
        origin = origins.declare_origin(list_id, declaration, by=None)
    otto = create_user("otto@service.example", name="Otto", password=None, is_staff=True)
    origin_decisions.decide_origin(origin.id, origin_decisions.OriginDecision.APPROVE, reviewer=otto, reason="Seen.")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="print the JSON object alone, without the table")
    parser.add_argument("--against", type=Path, help="a checkout of another commit, measured in turns with this one")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each with --against")
    options = parser.parse_args()
    if options.against:
        arguments = ["--rows", str(options.rows), "--json"]
        print(json.dumps(in_turns("import.py", arguments, options.against, options.rounds)))
        return
    result = measure(options.rows)
    for name, value in ({} if options.json else result).items():
        shown = f"{value:>14,}" if isinstance(value, int | float) else value
        print(f"{name:26} {shown}", file=sys.stderr)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
