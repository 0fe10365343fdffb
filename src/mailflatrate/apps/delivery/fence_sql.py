"""SQL for the fence, for statements of the engine (ADR 0002)."""

IDENTITY = """concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
    (SELECT oid FROM pg_database WHERE datname = current_database()), 'public.sending_fence'::regclass::oid)"""
"""Which database this is: server, timeline, database, and the table as made or restored here."""

OPEN = f"EXISTS (SELECT 1 FROM sending_fence WHERE held_at IS NULL AND identity = {IDENTITY})"  # noqa: S608
HELD = "EXISTS (SELECT 1 FROM sending_fence WHERE held_at IS NOT NULL)"
IS_MEMBER = "SELECT 1 FROM sender_process WHERE name = %s"
POSITION = "SELECT (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint"
"""How far the server's log is on its disk."""
BEGIN_RUN = "SELECT public.server_run()"
IS_KNOWN = f"SELECT identity = {IDENTITY} FROM sending_fence"  # noqa: S608
