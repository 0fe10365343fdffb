"""The words by which the database refuses role addresses (R-21); `sql/addresses.sql` has the triggers.

The full rule is `rules.addresses`, which also knows compounds and names; the table holds the plain words of tier 1,
matched with a +tag, digits and separators at their ends. It is filled from the same data files after each migration,
and a test compares it with the rule: the database must never refuse what the rule accepts.
"""

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from mailflatrate.rules.addresses.roles import plain_refused_words

TABLE = "role_word"


def differences(connection: BaseDatabaseWrapper) -> tuple[int, int]:
    """Return how many words `refresh` would add and how many it would remove now."""
    words = set(plain_refused_words())
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.role_word') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return len(words), 0
        cursor.execute(f"SELECT word FROM {TABLE}")  # noqa: S608
        present = {str(word) for (word,) in cursor.fetchall()}
    return len(words - present), len(present - words)


def refresh(connection: BaseDatabaseWrapper) -> None:
    """Update the table of words from the data files. `connection` belongs to the database's owner."""
    words = sorted(plain_refused_words())
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE word <> ALL (%s)", [words])  # noqa: S608
        cursor.execute(
            f"INSERT INTO {TABLE} SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
            [words],
        )
        if cursor.rowcount:
            cursor.execute(f"ANALYZE {TABLE}")
