"""What the query planner knows of people who were just imported."""

import io
from collections.abc import Callable

import psycopg

from mailflatrate.apps.intake.actions import imports
from mailflatrate.apps.intake.runner import run_import
from support.contact_files import HEADER
from support.customers import Customer
from support.scope import within

PEOPLE = 1000
TABLES = ("contact", "subscription")


def test_an_import_tells_the_planner_of_the_people_it_brought(
    database: str, anna: Customer, line: Callable[..., str]
) -> None:
    data = "\n".join([HEADER, *(line(f"dora{number}x@kunde-{number % 50}.de") for number in range(PEOPLE))]).encode()
    with psycopg.connect(database, autocommit=True) as owner:
        for table in TABLES:
            owner.execute(
                "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', %s::text,"
                " 'relpages', 0::int, 'reltuples', -1::real)",
                [table],
            )
        job = within(anna, imports.start_import, anna.list_id, io.BytesIO(data), "a.csv", {}, enqueue=False)
        run_import(anna.account_id, job.id)
        question = "SELECT reltuples FROM pg_class WHERE oid = %s::regclass"
        known = [float((owner.execute(question, [table]).fetchone() or [0])[0]) for table in TABLES]
    assert min(known) >= PEOPLE
