"""The default backend: chunks in a table under row-level security, included in each backup and replica."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection

from mailflatrate.base import tenancy
from mailflatrate.base.storage.interface import (
    CHUNK_BYTES,
    ListedFile,
    MeasuredStream,
    NotStored,
    StorageFailed,
    StoredFileInfo,
)
from mailflatrate.base.tenancy import PlatformReason, UnlimitedReason

_FIND = "SELECT id, octets FROM stored_file WHERE account_id = %s AND name = %s"


@contextmanager
def _files_of(account_id: int) -> Iterator[None]:
    """Open the files of an account. A limited member knows the name of a file only from a row that they may see."""
    with tenancy.account(account_id), tenancy.unlimited(UnlimitedReason.STORED_FILE):
        yield


class DatabaseFiles:
    """Files in `stored_file` and `stored_chunk`. A rolled-back transaction leaves nothing of its files."""

    def put(self, account_id: int, name: str, read: Callable[[int], bytes]) -> StoredFileInfo:
        """Store a file in one transaction, a chunk per statement. Two writers of one name take turns."""
        measured = MeasuredStream(read)
        with _files_of(account_id), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"stored {account_id}/{name}"])
            self.delete(account_id, name)
            cursor.execute(
                "INSERT INTO stored_file (account_id, name, octets, created_at)"
                " VALUES (%s, %s, 0, statement_timestamp()) RETURNING id",
                [account_id, name],
            )
            (file_id,) = cursor.fetchone()
            number = 0
            while chunk := measured.read(CHUNK_BYTES):
                self._write_chunk(account_id, file_id, number, chunk)
                number += 1
            cursor.execute("UPDATE stored_file SET octets = %s WHERE id = %s", [measured.octets, file_id])
        return measured.stored(name)

    def _write_chunk(self, account_id: int, file_id: int, number: int, chunk: bytes) -> None:
        # Bound by the server, in binary: Django's own cursor would write the bytes into the statement, twice as long.
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as bound:
            bound.execute(
                "INSERT INTO stored_chunk (account_id, file_id, number, data) VALUES (%s, %s, %s, %b)",
                [account_id, file_id, number, chunk],
            )

    def read_into(self, account_id: int, name: str, write: Callable[[bytes], object]) -> None:
        """Pass on the chunks. A file that is replaced meanwhile has another ID, so two are never mixed."""
        with _files_of(account_id):
            with connection.cursor() as cursor:
                cursor.execute(_FIND, [account_id, name])
                row = cursor.fetchone()
            if row is None:
                raise NotStored(name)
            file_id, octets = row
            number = 0
            while octets > 0:
                chunk = self._chunk(account_id, file_id, number)
                octets -= len(chunk)
                number += 1
                write(chunk)

    def _chunk(self, account_id: int, file_id: int, number: int) -> bytes:
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as bound:
            row = bound.execute(
                "SELECT data FROM stored_chunk WHERE account_id = %s AND file_id = %s AND number = %s",
                [account_id, file_id, number],
                binary=True,
            ).fetchone()
        if row is None:
            raise StorageFailed("the file was deleted or replaced while it was read")
        return bytes(row[0])

    def exists(self, account_id: int, name: str) -> bool:
        with _files_of(account_id), connection.cursor() as cursor:
            cursor.execute(_FIND, [account_id, name])
            return cursor.fetchone() is not None

    def delete(self, account_id: int, name: str) -> None:
        with _files_of(account_id), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM stored_chunk WHERE account_id = %s AND file_id IN"
                " (SELECT id FROM stored_file WHERE account_id = %s AND name = %s)",
                [account_id, account_id, name],
            )
            cursor.execute("DELETE FROM stored_file WHERE account_id = %s AND name = %s", [account_id, name])

    def list_files(self, account_id: int | None = None) -> Iterator[ListedFile]:
        after = 0
        while True:
            with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id, account_id, name, octets, created_at FROM stored_file"
                    " WHERE id > %s AND (%s::bigint IS NULL OR account_id = %s) ORDER BY id LIMIT 1000",
                    [after, account_id, account_id],
                )
                rows = cursor.fetchall()
            for row in rows:
                yield ListedFile(*row[1:])
            if not rows:
                return
            after = rows[-1][0]
