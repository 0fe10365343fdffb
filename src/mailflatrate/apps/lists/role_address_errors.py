"""Words of R-21 that the database refuses (tier 1): never more than `rules.addresses`, which a test compares."""

import hashlib
import unicodedata
from pathlib import Path

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from mailflatrate.rules.addresses import roles
from mailflatrate.rules.addresses.roles import plain_refused_words

TABLE = "role_word"


def differences(connection: BaseDatabaseWrapper) -> tuple[int, int]:
    words = set(plain_refused_words())
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.role_word') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return len(words), 0
        cursor.execute(f"SELECT word FROM {TABLE}")  # noqa: S608
        present = {str(word) for (word,) in cursor.fetchall()}
    return len(words - present), len(present - words)


def refresh(connection: BaseDatabaseWrapper) -> None:
    """As the database's owner. Spelling all words takes most of a second, so a comment on the table says from what it
    was filled.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(f"SELECT obj_description('public.{TABLE}'::regclass)")
        if cursor.fetchone()[0] == _mark(cursor):
            return
        words = sorted(plain_refused_words())
        cursor.execute(f"DELETE FROM {TABLE} WHERE word <> ALL (%s)", [words])  # noqa: S608
        cursor.execute(
            f"INSERT INTO {TABLE} SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
            [words],
        )
        if cursor.rowcount:
            cursor.execute(f"ANALYZE {TABLE}")
        cursor.execute(f"COMMENT ON TABLE {TABLE} IS '{_mark(cursor)}'")


def _mark(cursor: CursorWrapper) -> str:
    sources = Path(roles.__file__).parent
    read = hashlib.sha256(unicodedata.unidata_version.encode())
    for path in sorted(sources.iterdir()):
        if path.is_file():
            read.update(path.name.encode() + path.read_bytes())
    cursor.execute(f"SELECT count(*), sum(hashtextextended(word, 0)) FROM {TABLE}")  # noqa: S608
    count, words = cursor.fetchone()
    return f"mailflatrate {read.hexdigest()} {count} {words}"
