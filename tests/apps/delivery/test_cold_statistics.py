"""What the planner knows of `delivery` after planning, and a claim that is fast whatever it believes."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from estate import Estate, release
from mailflatrate.apps.delivery.send import claims
from mailflatrate.apps.delivery.send.claims import Claim
from mailflatrate.apps.delivery.send.database import Connection, Database
from support.sql import as_application, by_owner

PEOPLE = 400
TABLES = ("delivery", "chunk", "contact", "subscription", "consent_event", "consent_evidence")
WHOLE = re.compile(r"Seq Scan on (delivery|contact|subscription|consent_event|consent_evidence)\b|Hash Join|Merge Join")


@contextmanager
def believing(database: str) -> Iterator[None]:
    """A server that heard of these tables when they held one chunk of a few rows."""
    with psycopg.connect(database, autocommit=True) as owner:
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
            owner.execute(
                "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', %s::text,"
                " 'relpages', 1::int, 'reltuples', 20::real)",
                [table],
            )
            for column in ("chunk_id", "account_id", "contact_id", "id"):
                if owner.execute(
                    "SELECT 1 FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s", [table, column]
                ).fetchone():
                    owner.execute(
                        "SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', %s::text, 'attname',"
                        " %s::text, 'inherited', false, 'null_frac', 0::real, 'avg_width', 8, 'n_distinct', 1::real)",
                        [table, column],
                    )
        try:
            yield
        finally:
            for table in TABLES:
                owner.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")
                owner.execute(f"ANALYZE {table}")


def shape(database: str, estate: Estate, statement: str, *before: str, **values: object) -> str:
    """The plan of a statement under the application role, made for any values."""
    assert database
    with as_application(estate) as link:
        for each in (*before, "SET LOCAL plan_cache_mode = force_generic_plan"):
            link.execute(each)
        rows = psycopg.ClientCursor(link).execute(f"EXPLAIN (COSTS OFF) {statement}", values).fetchall()
        link.rollback()
    return "\n".join(str(row[0]) for row in rows)


def test_planning_tells_the_planner_of_the_rows_it_made(database: str, estate: Estate) -> None:
    with believing(database), psycopg.connect(database, autocommit=True) as owner:
        release(estate)
        question = (
            "SELECT relname, reltuples > 20, (SELECT n_distinct FROM pg_stats s WHERE s.tablename = c.relname"
            " AND s.attname = 'id') FROM pg_class c WHERE oid = 'delivery'::regclass"
        )
        assert owner.execute(question).fetchone() == ("delivery", True, -1)


def test_a_claim_and_a_look_find_rows_by_their_keys_whatever_the_planner_believes(
    database: str, estate: Estate
) -> None:
    campaign_id = release(estate)
    row = by_owner("SELECT id FROM chunk WHERE campaign_id = %s LIMIT 1", [campaign_id])[0]
    assert row is not None
    values: dict[str, object] = {
        "account_id": estate.account_id,
        "chunk_id": row[0],
        "campaign_id": campaign_id,
        "claimed_by": "x",
        "first_id": 0,
    }
    by_keys = [f"SET LOCAL {name} = off" for name in claims.BY_KEYS]
    with believing(database):
        for statement in (claims._CLAIM, claims._CHECK):
            found = shape(database, estate, statement, *by_keys, **values)
            assert not WHOLE.search(found), found
            assert "Index" in found


def test_the_engine_asks_by_keys(estate: Estate) -> None:

    async def shown(link: Connection) -> list[object]:
        rows = [await (await link.execute(f"SHOW {name}")).fetchone() for name in claims.BY_KEYS]
        return [row[0] for row in rows if row]

    async def after_a_claim(link: Connection) -> tuple[Claim | None, list[object]]:
        return await claims.claim(link, estate.account_id, 0, "nobody"), await shown(link)

    async def ask() -> None:
        main, side = Database("test"), Database("test", by_keys=True)
        try:
            assert await side.run(estate.account_id, shown) == ["off"] * 3
            assert await main.run(estate.account_id, after_a_claim) == (None, ["off"] * 3)
            assert await main.run(estate.account_id, shown) == ["on"] * 3, "other statements have all ways"
        finally:
            await main.close()
            await side.close()

    asyncio.run(ask())
