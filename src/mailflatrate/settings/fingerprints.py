"""Checks that this host has the installation's keys: with others it would send links that no other host can read. A
fingerprint is an HMAC under the key itself and reveals nothing. Only the owner writes them (`migrate`); services refuse
to start when they do not match.
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

import psycopg

from mailflatrate.settings.schema import SettingsError
from mailflatrate.settings.secrets import Secrets

SECRET_KEY: Final = "secret key"  # noqa: S105  # what a message calls it
TABLE: Final = "CREATE TABLE IF NOT EXISTS kept.fingerprint (key_id text PRIMARY KEY, fingerprint text NOT NULL)"
FUNCTION: Final = """
CREATE OR REPLACE FUNCTION public.key_fingerprints() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(json_object_agg(f.key_id, f.fingerprint), '{}')::text FROM kept.fingerprint f
$$;
"""
_LABEL: Final = b"mailflatrate fingerprint of a key"
_COPY: Final = (
    "Copy MAILFLATRATE_SECRET_KEY and MAILFLATRATE_TOKEN_KEYS, or secrets.json from the data folder, from a "
    "working host"
)


class KeysDiffer(SettingsError):
    """This host does not have the installation's keys; the message says which, and what to do, but contains no key."""


def fingerprints(secrets: Secrets) -> dict[str, str]:
    by_name = {SECRET_KEY: _fingerprint(secrets.secret_key.encode())}
    for entry in secrets.token_keys.split(","):
        key_id, _, key = entry.strip().partition(":")
        by_name[f"token key {key_id}"] = _fingerprint(key.strip().lower().encode())
    return by_name


def _fingerprint(key: bytes) -> str:
    return hmac.new(key, _LABEL, hashlib.sha256).hexdigest()


def read(link: psycopg.Connection[Any]) -> dict[str, str]:
    """Return the installation's fingerprints; none before the first `migrate`. Any role may read them."""
    table_row = (
        psycopg.Cursor(link).execute("SELECT to_regprocedure('public.key_fingerprints()') IS NOT NULL").fetchone()
    )
    if not table_row or not table_row[0]:
        return {}
    row = psycopg.Cursor(link).execute("SELECT public.key_fingerprints()").fetchone()
    return dict(json.loads(row[0])) if row else {}


def compare(installation: Mapping[str, str], own: Mapping[str, str]) -> None:
    """Raise KeysDiffer unless this host has exactly the keys of the installation."""
    if not installation:
        return
    absent = sorted(key for key in installation if key not in own)
    other = sorted(key for key in installation if key in own and installation[key] != own[key])
    new = sorted(key for key in own if key not in installation)
    problems = [
        *(f"the installation's {key} is not on this host" for key in absent),
        *(f"this host's {key} differs from the installation's" for key in other),
    ]
    if problems:
        raise KeysDiffer(f"{'; '.join(problems)}. {_COPY}.")
    if new:
        raise KeysDiffer(f"this host's {', '.join(new)} is new. First run `mailflatrate migrate` with it.")


def demand_renewable(installation: Mapping[str, str], own: Mapping[str, str], forgotten: Collection[str]) -> None:
    """Raise KeysDiffer if `migrate` would lose a key, which would make links in sent messages unreadable. A new one is
    accepted; `forgotten` are IDs of token keys that may be dropped.
    """
    kept = {key: value for key, value in installation.items() if key != SECRET_KEY}
    kept = {key: value for key, value in kept.items() if key.removeprefix("token key ") not in forgotten}
    lost = sorted(key for key, value in kept.items() if own.get(key) != value)
    if lost:
        raise KeysDiffer(
            f"the installation's {', '.join(lost)} is missing here or differs; links sealed with it would stop "
            f"working. {_COPY}, or give it up with `mailflatrate migrate --forget-token-key ID`."
        )


def keep(owner: psycopg.Connection[Any], own: Mapping[str, str]) -> None:
    if read(owner) == dict(own):
        return
    with owner.transaction():
        owner.execute("DELETE FROM kept.fingerprint")
        for key, value in own.items():
            owner.execute("INSERT INTO kept.fingerprint (key_id, fingerprint) VALUES (%s, %s)", [key, value])
