"""Restores a backup: keys, database, files, then journals and withdrawals. Nothing is sent."""

import json
import os
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psycopg

from mailflatrate.entrypoints.cli.backup import manifest as of
from mailflatrate.entrypoints.cli.backup.manifest import Manifest
from mailflatrate.entrypoints.cli.backup.tools import find_tool, run_tool
from mailflatrate.settings.fingerprints import fingerprints
from mailflatrate.settings.roles import create_roles, owner_url
from mailflatrate.settings.schema import Settings
from mailflatrate.settings.secrets import Secrets

_TABLES = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'kept', 'trigrams') AND c.relkind IN ('r', 'p')
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'
"""
_EMPTY = "DROP SCHEMA IF EXISTS {} CASCADE"


def place_keys(settings: Settings, folder: Path, manifest: Manifest) -> None:
    """Make sure that this host has the backup's keys before anything reads them. Raises ClickException."""
    path = settings.data_dir / "secrets.json"
    stored = _stored(path)
    if settings.secret_key and settings.token_keys:
        keys = Secrets(settings.secret_key, settings.token_keys)
    elif stored is not None:
        keys = Secrets(settings.secret_key or stored.secret_key, settings.token_keys or stored.token_keys)
    else:
        packed = _stored(folder / of.KEYS)
        if packed is None:
            raise click.ClickException(
                "The backup contains no keys. Set MAILFLATRATE_SECRET_KEY and MAILFLATRATE_TOKEN_KEYS, or copy "
                f"secrets.json to {path}."
            )
        keys = packed
    if fingerprints(keys) != manifest.key_fingerprints:
        raise click.ClickException(
            "This host's keys don't match the backup's. Without the right keys, no link in a message already sent "
            f"works. Unset MAILFLATRATE_SECRET_KEY and MAILFLATRATE_TOKEN_KEYS, move {path} away, or install the "
            "right keys."
        )
    if stored is None and not (settings.secret_key and settings.token_keys):
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"secret_key": keys.secret_key, "token_keys": keys.token_keys}, file)


def _stored(path: Path) -> Secrets | None:
    try:
        values = json.loads(path.read_text())
        return Secrets(str(values["secret_key"]), str(values["token_keys"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as problem:
        raise click.ClickException(f"{path} is damaged") from problem


def check_version(manifest: Manifest) -> None:
    from mailflatrate.entrypoints.cli.migration_state import known_migrations

    available_migrations = {f"{app}/{name}" for app, name in known_migrations()}
    unknown = sorted(set(manifest.origin.migrations) - available_migrations)
    if unknown:
        raise click.ClickException(
            f"The backup was made by a newer version ({manifest.version}): this version doesn't have migration "
            f"{unknown[0]}. Install that version first."
        )


def restore_database(settings: Settings, folder: Path, manifest: Manifest, replace: str | None) -> None:
    """Restore the dump in one transaction, into a database without tables. Raises ClickException."""
    with psycopg.connect(owner_url(settings), autocommit=True) as link:
        version = link.info.server_version
        demand_empty(link, replace)
    if version // 10000 < manifest.origin.server_version // 10000:
        raise click.ClickException(
            f"The backup is from PostgreSQL {manifest.origin.server_version // 10000}, but this server is "
            f"{version // 10000}."
        )
    tool = find_tool("pg_restore", version // 10000)
    create_roles(settings)
    run_tool(
        tool, owner_url(settings), "--single-transaction", "--exit-on-error", "--no-owner", str(folder / of.DATABASE)
    )


def demand_empty(link: psycopg.Connection[Any], replace: str | None) -> None:
    if not _number(link, _TABLES):
        return
    name = link.info.dbname
    if replace != name:
        raise click.ClickException(
            f"The database {name} isn't empty. Restore into an empty one, or add --replace-database {name} to "
            "delete everything in it first."
        )
    if others := _number(link, _OTHERS):
        raise click.ClickException(
            f"The database {name} has {others} other open connections. Stop every process first."
        )
    with link.transaction():
        for schema in ("public", "kept", "trigrams"):
            link.execute(psycopg.sql.SQL(_EMPTY).format(psycopg.sql.Identifier(schema)))
        link.execute("CREATE SCHEMA public")


def _number(link: psycopg.Connection[Any], question: str) -> int:
    return int((link.execute(question.encode()).fetchone() or (0,))[0])


def restore_files(folder: Path) -> int:
    from mailflatrate.base.storage.backends import active
    from mailflatrate.base.storage.interface import NameRefused, checked_name

    if not (folder / of.FILES).exists():
        return 0
    count = 0
    with tarfile.open(folder / of.FILES) as archive:
        for entry in archive:
            account, _, name = entry.name.partition("/")
            content = archive.extractfile(entry) if entry.isfile() else None
            try:
                if content is None or not account.isdecimal():
                    raise NameRefused(entry.name)
                active().put(int(account), checked_name(name), content.read)
            except NameRefused:
                raise click.ClickException(
                    f"files.tar contains {entry.name[:100]!r}, which doesn't belong in a backup"
                ) from None
            count += 1
    return count


@dataclass(frozen=True, slots=True)
class RecoveryResult:
    chunks: int
    drafts: list[str]
    paused: list[str]
    settled: int
    missing: int
    withdrawals: Counter[str]


def recover(
    settings: Settings, folder: Path, manifest: Manifest, *, journals: Sequence[Path], withdrawals: Sequence[Path],
    keep_unsettled: bool, tell: Callable[[str], None],
) -> RecoveryResult:  # fmt: skip
    """Hold all sending, then apply journals and withdrawals."""
    from mailflatrate.apps.delivery import fence
    from mailflatrate.apps.delivery.recovery import withdrawal_logs
    from mailflatrate.apps.delivery.send import recovery
    from mailflatrate.apps.delivery.send.outcomes import retry_policy
    from mailflatrate.apps.privacy.withdrawals import catch_up, log, replay

    made_at = manifest.origin.made_at
    held = fence.hold_restored(made_at, keep_unsettled=keep_unsettled)
    tell("all sending is on hold")
    settled = missing = 0
    with _unpacked_journals(settings, folder) as packed:
        for source in [packed, *journals]:
            totals = recovery.replay_folder(source, retry_policy(settings)).replayed
            settled, missing = settled + totals.changed, missing + totals.missing
    lines = log.read_paths(withdrawals) if withdrawals else log.read_everywhere(settings, made_at)
    drafts, paused = (
        [f"campaign {campaign.id} of account {campaign.account_id}" for campaign in campaigns]
        for campaigns in (held.unscheduled, held.paused)
    )
    done = replay.replay(lines, made_at)
    withdrawal_logs.note_sent_meanwhile(settled)
    catch_up.note_read_here(settings, withdrawals)
    return RecoveryResult(held.chunks, drafts, paused, settled, missing, done)


@contextmanager
def _unpacked_journals(settings: Settings, folder: Path) -> Iterator[Path]:
    """Unpack the backup's journals to a folder for reading; they never become journals of this host."""
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix="restored-journals-") as name:
        target = Path(name)
        if (folder / of.JOURNALS).exists():
            with tarfile.open(folder / of.JOURNALS) as archive:
                for entry in archive:
                    content = archive.extractfile(entry) if entry.isfile() else None
                    if content is None or "/" in entry.name or not entry.name.endswith((".journal", ".kept")):
                        raise click.ClickException(
                            f"journals.tar contains {entry.name[:100]!r}, which doesn't belong in a backup"
                        )
                    with (target / entry.name).open("xb") as file:
                        while chunk := content.read(1024 * 1024):
                            file.write(chunk)
        yield target
