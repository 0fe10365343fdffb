"""Django's cache in a table, so that limits and used codes count once for all processes and hosts. JSON, since pickle
would run code; writing needs a pass, since resetting a limit allows guessing passwords (ADR 0010).
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from functools import cache
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

from mailflatrate.base import clock, tenancy
from mailflatrate.settings.secrets import load_secrets

LONGEST = timedelta(days=7)
PRUNED_AT_ONCE = 20

_GET = "SELECT value FROM shared_entry WHERE key = %(key)s AND expires_at > %(now)s"
_PRUNE = """
DELETE FROM shared_entry WHERE key IN (
    SELECT key FROM shared_entry WHERE expires_at <= %(now)s LIMIT %(most)s FOR UPDATE SKIP LOCKED)
"""
_SET = """
INSERT INTO shared_entry AS s (key, value, expires_at) VALUES (%(key)s, %(value)s::jsonb, %(until)s)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
"""
_ADD = f"{_SET} WHERE s.expires_at <= %(now)s"


@cache
def _hash_key() -> bytes:
    return hashlib.sha256(b"shared cache/" + load_secrets().secret_key.encode()).digest()


class SharedCache(BaseCache):
    """The part of Django's cache that sign-in limits need. `add` is atomic: it returns True to one caller only."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        rows = self._run(_GET, key, version)
        if not rows:
            return default
        return json.loads(rows[0][0]) if isinstance(rows[0][0], str) else rows[0][0]

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._run(_SET, key, version, value=value, timeout=timeout)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        self._prune()
        return bool(self._run(f"{_ADD} RETURNING 1", key, version, value=value, timeout=timeout))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        sql = "UPDATE shared_entry SET expires_at = %(until)s WHERE key = %(key)s AND expires_at > %(now)s RETURNING 1"
        return bool(self._run(sql, key, version, timeout=timeout))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._run("DELETE FROM shared_entry WHERE key = %(key)s RETURNING 1", key, version))

    def clear(self) -> None:
        with tenancy.access(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM shared_entry")

    def _run(
        self, sql: str, key: str, version: int | None, *, value: Any = None, timeout: Any = DEFAULT_TIMEOUT
    ) -> Sequence[tuple[Any, ...]]:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        now = clock.now()
        until = now + (LONGEST if seconds is None else min(timedelta(seconds=seconds), LONGEST))
        hashed = hashlib.blake2b(self.make_key(key, version).encode(), digest_size=32, key=_hash_key()).digest()
        with nullcontext() if sql == _GET else tenancy.access(), connection.cursor() as cursor:
            cursor.execute(sql, {"key": hashed, "value": json.dumps(value), "now": now, "until": until})
            return cursor.fetchall() if cursor.description else ()

    def _prune(self) -> None:
        with tenancy.access(), connection.cursor() as cursor:
            cursor.execute(_PRUNE, {"now": clock.now(), "most": PRUNED_AT_ONCE})
