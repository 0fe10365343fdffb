"""How long the pages of a large customer take: home, lists, contacts and their search, the search over everything.

    python bench/pages.py [--contacts 1000000] [--repeat 5]

Prints one JSON object: for each page the median and slowest time in milliseconds, and that of the slowest statement.
On a machine that does other work, look at the processor time. The exit status is 1 when a median is above 300 ms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING

from estate import Estate, build_estate, workspace
from measure import machine

if TYPE_CHECKING:
    from django.test import Client

LIMIT_MILLISECONDS = 300
# Name of the page -> its address. Searches: one person, a few, most of all, nobody, too short for trigrams.
PAGES = {
    "home": "/studio/",
    "lists": "/studio/lists/",
    "contacts": "/studio/contacts/",
    "search one address": "/studio/contacts/?q=x777777@people27.example",
    "search part of an address": "/studio/contacts/?q=x77777",
    "search last name": "/studio/contacts/?q=Meyer-123456",
    "search first name": "/studio/contacts/?q=frieda",
    "search domain": "/studio/contacts/?q=people27.example",
    "search nobody": "/studio/contacts/?q=zebrastripe",
    "search two letters nobody has": "/studio/contacts/?q=zq",
    "everywhere: one address": "/studio/search/?q=x777777@people27.example",
    "everywhere: part of an address": "/studio/search/?q=x77777",
    "everywhere: first name": "/studio/search/?q=frieda",
    "everywhere: domain": "/studio/search/?q=people27.example",
    "everywhere: the last thousands by address": "/studio/search/?q=x99",
    "everywhere: nobody": "/studio/search/?q=zebrastripe",
    "everywhere: two letters nobody has": "/studio/search/?q=zq",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="the speed of a large customer's pages")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with workspace(log_level="ERROR", public_url="https://localhost") as _:
        estate = build_estate(options.contacts)
        _work_off()
        pages = measure(estate, options.repeat)
    print(json.dumps({"contacts": options.contacts, "pages": pages, "machine": machine()}, indent=1))
    sys.exit(any(page["median_ms"] > LIMIT_MILLISECONDS for page in pages.values()))


def measure(estate: Estate, repeat: int) -> dict[str, dict[str, float]]:
    """Ask for each page some times, after once to warm up."""
    client = _browser(estate)
    found = {}
    for name, address in PAGES.items():
        _ask(client, address)
        asked = [_ask(client, address) for _ in range(repeat)]
        took = [milliseconds for milliseconds, _, _ in asked]
        found[name] = {
            "median_ms": round(statistics.median(took), 1),
            "slowest_ms": round(max(took), 1),
            "slowest_statement_ms": round(max(statement for _, statement, _ in asked), 1),
            "processor_ms": round(min(processor for _, _, processor in asked), 1),
        }
    return found


def _work_off() -> None:
    """What a worker does within minutes after so many people came."""
    import psycopg

    from mailflatrate.apps.lists import counts, search
    from mailflatrate.settings import load_settings
    from mailflatrate.settings.roles import owner_url

    search.write_texts()
    counts.add_up()
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE contact_text, list_tally")


def _browser(estate: Estate) -> Client:
    from django.test import Client

    from mailflatrate.apps.accounts.queries import owner_of

    client = Client(headers={"host": "localhost"})
    client.force_login(owner_of(estate.account_id))
    return client


def _ask(client: Client, address: str) -> tuple[float, float, float]:
    """Milliseconds of the page, of its slowest statement, and of the processor without the database's."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as statements:
        began, busy = time.perf_counter(), time.process_time()
        answer = client.get(address)
        took, busy = time.perf_counter() - began, time.process_time() - busy
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}")
    slowest = max((float(each["time"]) for each in statements), default=0.0)
    return took * 1000, slowest * 1000, busy * 1000


if __name__ == "__main__":
    main()
