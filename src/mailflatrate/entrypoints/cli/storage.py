"""`mailflatrate storage`: where uploads and pictures are, and moving them."""

from collections import Counter

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.listing import Row, json_option, operator_details, show
from mailflatrate.settings.schema import StorageKind

_KIND = click.Choice([kind.value for kind in StorageKind])


@click.group()
def storage_command() -> None:
    """Show where uploads and pictures are kept, and move them."""


@storage_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """Count the files and bytes in each place that is configured."""
    with database() as settings:
        from mailflatrate.base.storage.backends import configured, open_backend

        rows: list[Row] = []
        for kind in configured(settings):
            sizes = [found.octets for found in open_backend(settings, kind).list_files()]
            is_active = kind is settings.storage
            rows.append({"place": kind.value, "new_files": is_active, "files": len(sizes), "octets": sum(sizes)})
    show(rows, as_json=as_json, empty="")


@storage_command.command("move")
@click.option("--to", "target_name", type=_KIND, required=True, help="Where the files go.")
def move_command(target_name: str) -> None:
    """Move all files to one place, each verified by its checksum before the original is deleted.

    Set MAILFLATRATE_STORAGE on every host and restart first: from then on new files go to the new place and old ones
    are found in either. Safe to interrupt and to run again.
    """
    with database() as settings:
        from mailflatrate.base.storage.backends import configured, open_backend
        from mailflatrate.base.storage.interface import StorageFailed
        from mailflatrate.base.storage.move import MoveResult, move_files

        kind = StorageKind(target_name)
        if kind not in configured(settings):
            raise click.ClickException(f"{target_name} is not configured. docs/settings.md lists what it needs.")
        if kind is not settings.storage:
            click.echo(f"New files still go to {settings.storage.value}: MAILFLATRATE_STORAGE names it.", err=True)
        target, done, octets = open_backend(settings, kind), Counter[MoveResult](), 0
        try:
            for other in configured(settings):
                if other is kind:
                    continue
                for moved in move_files(open_backend(settings, other), target):
                    done[moved.result] += 1
                    octets += moved.octets
                    if done.total() % 500 == 0:
                        click.echo(f"{done.total()} files, {octets / 1e6:.0f} MB", err=True)
        except StorageFailed as problem:
            raise click.ClickException(f"{problem}. {done[MoveResult.MOVED]} files are moved; run it again.") from None
        finally:
            if done:
                _record(target_name, done[MoveResult.MOVED])
    click.echo(f"Moved to {target_name}: {done[MoveResult.MOVED]} files, {octets / 1e6:.1f} MB.")


def _record(target: str, files: int) -> None:
    from mailflatrate.base import audit, tenancy
    from mailflatrate.base.tenancy import PlatformReason

    with tenancy.platform(PlatformReason.SETUP):
        actor = audit.machine("cli.storage")
        audit.record("storage.moved", by=actor, details={**operator_details(), "to": target, "files": files})
