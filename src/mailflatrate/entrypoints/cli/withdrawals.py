"""`mailflatrate withdrawals`: exports withdrawals from a readable database, and replays them into a restored one."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.listing import operator_details

_TIME = click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])


@click.group()
def withdrawals_command() -> None:
    """Export or replay withdrawals: unsubscribes, complaints, bounces and erasures."""


@withdrawals_command.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--since", type=_TIME, required=True, help="Time of the backup in UTC, for example 2026-11-26T22:10.")
def export_command(file: Path, since: datetime) -> None:
    """Write all withdrawals since the backup to FILE, from a database that can still be read."""
    with database():
        from mailflatrate.apps.privacy.withdrawals.log_writer import withdrawals_since

        count = 0
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            for line in withdrawals_since(since.replace(tzinfo=UTC)):
                out.write(f"{line.write()}\n")
                count += 1
    click.echo(f"{count} withdrawals written to {file}.")


@withdrawals_command.command("replay")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--since", type=_TIME, required=True, help="Time of the backup in UTC, for example 2026-11-26T22:10.")
@click.option("--complete", is_flag=True, help="PATHS have everything: an export of the old database.")
def replay_command(paths: tuple[Path, ...], since: datetime, complete: bool) -> None:
    """Apply every withdrawal in PATHS (files and folders). Without PATHS, apply those of this host's journal and log.

    You can run this again safely. Hosts that run replay their journals themselves; this is for the folder `withdrawals`
    of one that doesn't, or a copy of it. Sending stays on hold until every host's were read.
    """
    with database() as settings:
        from mailflatrate.apps.delivery import fence
        from mailflatrate.apps.delivery.recovery import withdrawal_logs
        from mailflatrate.apps.privacy.withdrawals import catch_up, log, replay
        from mailflatrate.base import audit, tenancy
        from mailflatrate.base.tenancy import PlatformReason

        at = since.replace(tzinfo=UTC)
        fence.check()  # a promoted or restored database is held first, so that the replay counts for this hold
        done: Counter[str] = replay.replay(log.read_paths(paths) if paths else log.read_everywhere(settings, at), at)
        with tenancy.platform(PlatformReason.WITHDRAWALS):
            details = {**operator_details(), "since": at.isoformat(), **done}
            if complete:
                withdrawal_logs.note_all_read()
            catch_up.note_read_here(settings, paths)
            audit.record("withdrawals.replayed", by=audit.machine("cli.withdrawals"), details=details)
    for kind, count in sorted(done.items()):
        click.echo(f"{kind}: {count}")
    if not done:
        click.echo("No withdrawals since then, or the log is stored elsewhere.")
