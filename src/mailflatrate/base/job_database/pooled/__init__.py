"""Django's database backend for pages behind a pooler in transaction mode, such as PgBouncer (ADR 0044)."""
