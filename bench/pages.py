"""How long the pages of a large customer take: home, lists, contacts with their filters and orders, searches.

    python bench/pages.py [--contacts 1000000] [--repeat 5] [--only TEXT ...]

Prints one JSON object: for each page the median and slowest time in milliseconds, that of the slowest statement, and
for counts what they said. On a machine that does other work, look at the processor times: of this process and of
PostgreSQL (`database_ms`, in steps of 10). `contact_list_p95_ms` is over all requests of the contact list.
The exit status is 1 when a median is above 300 ms, or the p95 of the contact list, its filters and counts above 500 ms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING

from audience import enrich
from estate import Estate, build_estate, workspace
from measure import cpu_seconds, machine

if TYPE_CHECKING:
    from django.test import Client

    from audience import Audience

LIMIT_MILLISECONDS = 300
LIST_P95_MILLISECONDS = 500
LIST = "contact list: "
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

COLUMNS = "columns=name,subscriptions,tags,added,confirmed,activity,field_points,field_town,field_since,field_size"
# Filters by their name; each is asked for as a page and as a count.
FILTERS = {
    "everyone": "",
    "a list and a status that most have": "list={estate.list_id}&state=confirmed",
    "a list and a status that few have": "list={estate.list_id}&state=pending",
    "a status that few have": "state=quarantined",
    "a second list": "list={made.second_list}",
    "a tag of a tenth": "tag={made.common_tag}",
    "a tag of a thousandth": "tag={made.rare_tag}",
    "without a tag": "where=tag:has_not:{made.common_tag}",
    "a field that a quarter has": "where=attribute.size:equals:M",
    "a number that a tenth reaches": "where=attribute.points:at_least:900",
    "a text that few have": "where=attribute.town:equals:Town+77",
    "a text that nobody has": "where=attribute.town:equals:Nowhere",
    "a date": "where=attribute.since:after:2025-06-01",
    "a segment": "segment={made.segment}",
    "active in a week": "where=activity:within_days:7",
    "confirmed in a month": "where=consent:within_days:35",
    "list, status, tag, two fields": "list={estate.list_id}&state=confirmed&tag={made.common_tag}"
    "&where=attribute.size:equals:M&where=attribute.points:at_least:500",
    "search and tag": "q=x77&tag={made.common_tag}",
}
COMBINED = (
    "a tag of a tenth",
    "a tag of a thousandth",
    "a list and a status that few have",
    "a number that a tenth reaches",
)
ORDERS = ("email", "-email", "added", "-added", "confirmed", "-confirmed")
FIELD_ORDERS = ("field_points", "-field_points", "field_town", "-field_since")


def list_pages(estate: Estate, made: Audience) -> dict[str, str]:
    """Return the pages of the contact list: filters, orders, both, far pages, and counts."""
    filters = {name: query.format(estate=estate, made=made) for name, query in FILTERS.items()}
    pages = {f"page, {name}": f"/studio/contacts/?{query}" for name, query in filters.items()}
    pages |= {f"count, {name}": f"/studio/contacts/count/?{query}" for name, query in filters.items()}
    pages["page, all columns"] = f"/studio/contacts/?{COLUMNS}"
    for order in (*ORDERS, *FIELD_ORDERS):
        pages[f"page, by {order}"] = f"/studio/contacts/?sort={order}&{COLUMNS}"
        pages[f"far page, by {order}"] = f"/studio/contacts/?sort={order}&after={_far(estate, order)}"
    for name in COMBINED:
        for order in ("-added", "-confirmed", "-field_points"):
            pages[f"page, {name}, by {order}"] = f"/studio/contacts/?{filters[name]}&sort={order}"
    return {f"{LIST}{name}": address for name, address in pages.items()}


def _far(estate: Estate, order: str) -> str:
    """Return the cursor of a contact in the middle of the account, wherever it is in this order."""
    from mailflatrate.apps.lists.models import Contact
    from mailflatrate.apps.segments.contact_list.ordering import ContactCursor, order_named
    from mailflatrate.base import tenancy
    from mailflatrate.entrypoints.studio.audience.people.contact_state import written_cursor

    with tenancy.account(estate.account_id):
        people = Contact.objects.order_by("id")
        middle = people[people.count() // 2]
        found = order_named(order)
        value = {"added": middle.created_at, "email": middle.email}.get(found.key)
        if found.key == "confirmed":
            value = max((each.confirmed_at for each in middle.subscriptions.all() if each.confirmed_at), default=None)
        if found.field_type is not None:
            value = middle.attributes.get(found.key.removeprefix("field_"))
            value = value.lower() if isinstance(value, str) else value
        return written_cursor(ContactCursor(value, middle.id))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="the speed of a large customer's pages")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[], help="pages whose name contains one of these texts")
    options = parser.parse_args()
    with workspace(log_level="ERROR", public_url="https://localhost") as _:
        estate = build_estate(options.contacts)
        made = enrich(estate)
        _work_off()
        built = _sort_by_fields(estate)
        addresses = {**PAGES, **list_pages(estate, made)}
        wanted = {
            name: address
            for name, address in addresses.items()
            if not options.only or any(text in name for text in options.only)
        }
        pages, took = measure(estate, wanted, options.repeat)
    of_list = [each for name, times in took.items() if name.startswith(LIST) for each in times]
    p95 = round(statistics.quantiles(of_list, n=20)[-1], 1) if len(of_list) > 1 else 0.0
    found = {
        "contacts": options.contacts,
        "contact_list_p95_ms": p95,
        "first_orders": built,
        "pages": pages,
        "machine": machine(),
    }
    print(json.dumps(found, indent=1))
    slow = any(statistics.median(times) > LIMIT_MILLISECONDS for name, times in took.items() if name in PAGES)
    sys.exit(slow or p95 > LIST_P95_MILLISECONDS)


def measure(
    estate: Estate, pages: dict[str, str], repeat: int
) -> tuple[dict[str, dict[str, float | str]], dict[str, list[float]]]:
    """Ask for each page some times, after once to warm up. Return the figures, and the milliseconds one by one."""
    client = owner_browser(estate)
    found: dict[str, dict[str, float | str]] = {}
    times: dict[str, list[float]] = {}
    for name, address in pages.items():
        said = client.get(address).content.decode() if "/count/" in address else ""
        _ask(client, address)
        asked = [_ask(client, address) for _ in range(repeat)]
        times[name] = [milliseconds for milliseconds, *_ in asked]
        found[name] = {
            "median_ms": round(statistics.median(times[name]), 1),
            "slowest_ms": round(max(times[name]), 1),
            "slowest_statement_ms": round(max(statement for _, statement, _, _ in asked), 1),
            "processor_ms": round(min(processor for _, _, processor, _ in asked), 1),
            "database_ms": round(statistics.mean(database for *_, database in asked), 1),
            **({"said": said.strip()} if said else {}),
        }
    return found, times


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


def _sort_by_fields(estate: Estate) -> dict[str, dict[str, float]]:
    """Sort by each field for the first time, and build its index, as the worker does that the page wakes.

    Returns the milliseconds of that first page and the seconds until the index was built.
    """
    import psycopg

    from mailflatrate.apps.lists.models import ContactField
    from mailflatrate.apps.segments import sort_indexes
    from mailflatrate.base import tenancy
    from mailflatrate.settings import load_settings
    from mailflatrate.settings.roles import owner_url

    client = owner_browser(estate)
    with tenancy.account(estate.account_id):
        ids = dict(ContactField.objects.values_list("key", "id"))
    found = {}
    for key in dict.fromkeys(order.removeprefix("-").removeprefix("field_") for order in FIELD_ORDERS):
        first, *_ = _ask(client, f"/studio/contacts/?sort=field_{key}")
        began = time.perf_counter()
        sort_indexes.build_index(estate.account_id, ids[key])
        found[key] = {"first_page_ms": round(first, 1), "built_seconds": round(time.perf_counter() - began, 1)}
    with psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE sort_key, contact_touch")
    return found


def owner_browser(estate: Estate) -> Client:
    from django.test import Client

    from mailflatrate.apps.accounts.queries import owner_of

    client = Client(headers={"host": "localhost"})
    client.force_login(owner_of(estate.account_id))
    return client


def _ask(client: Client, address: str) -> tuple[float, float, float, float]:
    """Milliseconds of the page, of its slowest statement, of this process's processor, and of the database's."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server,) = cursor.fetchone()
    with CaptureQueriesContext(connection) as statements:
        began, busy, served = time.perf_counter(), time.process_time(), cpu_seconds(server)
        answer = client.get(address)
        took, busy, served = (
            time.perf_counter() - began,
            time.process_time() - busy,
            cpu_seconds(server) - served,
        )
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}")
    slowest = max((float(each["time"]) for each in statements), default=0.0)
    return took * 1000, slowest * 1000, busy * 1000, served * 1000


if __name__ == "__main__":
    main()
