"""The database of a crawl: a copy of the prepared cluster in which time and chance are fixed as in `fixed`."""

from datetime import datetime
from typing import Any

import psycopg

from golden.fixed import BEGIN, SLOWNESS

CLOCKS = ("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp")
_PASSES = f"""
    SELECT timestamptz '{BEGIN.isoformat()}' + (pg_catalog.{{name}}() - timestamptz '{{started}}') / {SLOWNESS}
"""
_CLOCK = "CREATE OR REPLACE FUNCTION public.{name}() RETURNS timestamptz LANGUAGE sql STABLE AS $$ {body} $$"
_UUID = """
CREATE SEQUENCE public.chance_number;
GRANT ALL ON SEQUENCE public.chance_number TO PUBLIC;
CREATE OR REPLACE FUNCTION public.gen_random_uuid() RETURNS uuid LANGUAGE sql VOLATILE SECURITY DEFINER AS
    $$ SELECT md5(pg_catalog.nextval('public.chance_number')::text)::uuid $$;
CREATE OR REPLACE FUNCTION public.random() RETURNS float8 LANGUAGE sql VOLATILE AS $$ SELECT 0.5::float8 $$;
"""
_FUNCTIONS = """
SELECT format('ALTER ROUTINE %s SET search_path = public, pg_catalog, pg_temp', p.oid::regprocedure)
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prolang <> 13 AND p.prokind IN ('f', 'p')
    AND EXISTS (SELECT 1 FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%')
"""
_DEFAULTS = r"""
SELECT format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', d.adrelid::regclass, a.attname,
    regexp_replace(regexp_replace(pg_get_expr(d.adbin, d.adrelid), '\m(pg_catalog\.)?(now|clock_timestamp|'
        || 'statement_timestamp|transaction_timestamp|gen_random_uuid)\(\)', 'public.\2()', 'g'),
        '\mCURRENT_TIMESTAMP\M', 'public.now()', 'g'))
FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated = ''
JOIN pg_class c ON c.oid = d.adrelid AND c.relnamespace = 'public'::regnamespace
WHERE pg_get_expr(d.adbin, d.adrelid) ~ '(now|timestamp|uuid)\(\)|CURRENT_TIMESTAMP'
"""
_TIMES = """
SELECT format('UPDATE %I.%I SET %s', n.nspname, c.relname,
    string_agg(format('%1$I = CASE WHEN %1$I > %2$L THEN %2$L ELSE %1$I END', a.attname, '2026-11-01'), ', '))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND c.relkind = 'r' AND NOT c.relispartition
    AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'timestamptz'::regtype AND a.attgenerated = ''
GROUP BY n.nspname, c.relname
"""


def fix(url: str, started: datetime) -> None:
    """Let the database's time begin as ours did; what is in it already happened before. `url` is the owner's."""
    with psycopg.connect(url, autocommit=True) as owner:
        _each(owner, _TIMES, before="SET session_replication_role = replica")
        for name in CLOCKS:
            owner.execute(_CLOCK.format(name=name, body=_PASSES.format(name=name, started=started.isoformat())))
        owner.execute(_UUID)
        _each(owner, _FUNCTIONS)
        _each(owner, _DEFAULTS)
        name = owner.execute("SELECT current_database()").fetchall()[0][0]
        owner.execute(f'ALTER DATABASE "{name}" SET search_path = public, pg_catalog')


def stop(url: str, at: datetime) -> None:
    """Let no more time pass in the database."""
    with psycopg.connect(url, autocommit=True) as owner:
        for name in CLOCKS:
            owner.execute(_CLOCK.format(name=name, body=f"SELECT timestamptz '{at.isoformat()}'"))


def _each(owner: psycopg.Connection[Any], statements: str, *, before: str = "SELECT 1") -> None:
    owner.execute(before)
    for (statement,) in owner.execute(statements).fetchall():
        owner.execute(statement)
    owner.execute("RESET session_replication_role")
