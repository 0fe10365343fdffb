"""The catalog's figures in docs/scale.md are those of a migrated database."""

from pathlib import Path

import psycopg

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
OURS = """
WITH ours AS (
    SELECT c.oid, c.relname, EXISTS (
        SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id' AND NOT a.attisdropped
    ) AS is_tenant
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
), unique_keys AS (
    SELECT i.indisprimary AS is_primary, 'account_id' IN (
        SELECT a.attname FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
    ) AS has_account
    FROM pg_index i JOIN ours o ON o.oid = i.indrelid WHERE i.indisunique AND o.is_tenant
), keys AS (
    SELECT t.relname AS target, t.is_tenant, 'account_id' IN (
        SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
    ) AS has_account
    FROM pg_constraint c JOIN ours o ON o.oid = c.conrelid JOIN ours t ON t.oid = c.confrelid
    WHERE c.contype = 'f' AND o.is_tenant
)
SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM ours WHERE is_tenant),
    (SELECT count(*) FROM unique_keys WHERE is_primary AND has_account),
    (SELECT count(*) FROM unique_keys WHERE NOT is_primary AND has_account),
    (SELECT count(*) FROM unique_keys WHERE NOT is_primary AND NOT has_account),
    (SELECT count(*) FROM keys WHERE is_tenant), (SELECT count(*) FROM keys WHERE is_tenant AND has_account),
    (SELECT count(*) FROM keys WHERE target = 'account'),
    (SELECT count(*) FROM keys WHERE NOT is_tenant AND target <> 'account'),
    (SELECT count(*) FROM pg_trigger g JOIN ours o ON o.oid = g.tgrelid WHERE NOT g.tgisinternal)
"""


def test_the_figures_of_the_catalog_are_true(database: str) -> None:
    with psycopg.connect(database) as owner:
        found = owner.execute(OURS).fetchone()
    assert found is not None
    tables, tenant, primary, with_account, without, between, composite, to_account, to_others, triggers = found
    page = PAGE.read_text()
    for row in (
        f"| tables | {tables}, of them {tenant} with `account_id` |",
        f"| primary keys that contain `account_id` | **{primary} of {tenant}** |",
        f"| unique keys with `account_id` | {with_account} |",
        f"| unique keys without it | {without}:",
        f"| foreign keys between tenant tables | {between}, **{composite}** with `account_id` |",
        f"| foreign keys to `account` | {to_account} |",
        f"| foreign keys to other tables | {to_others} |",
        f"| triggers | {triggers} |",
        f"all {tenant} tables with an `account_id`",
    ):
        assert row in page, row
