"""`mailflatrate storage`: show where uploads and images are stored, and move them."""

from collections import Counter

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.listing import Row, json_option, operator_details, show
from mailflatrate.settings.schema import StorageKind

_KIND = click.Choice([kind.value for kind in StorageKind])


@click.group()
def storage_command() -> None:
    """Show where uploads and images are stored, and move them."""


@storage_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """Count the files and bytes in each configured place."""
    with database() as settings:
        from mailflatrate.base.storage.backends import configured, open_backend

        rows: list[Row] = []
        for kind in configured(settings):
            sizes = [list_file.octets for list_file in open_backend(settings, kind).list_files()]
            is_active = kind is settings.storage
            rows.append({"place": kind.value, "new_files": is_active, "files": len(sizes), "octets": sum(sizes)})
    show(rows, as_json=as_json, empty="")


@storage_command.command("move")
@click.option("--to", "target_name", type=_KIND, required=True, help="Where to move the files.")
def move_command(target_name: str) -> None:
    """Move all files to one place, each verified by its checksum before the original is deleted.

    First set MAILFLATRATE_STORAGE on every host and restart: new files then go to the new place, and old ones are found
    in either. You can interrupt this and run it again safely.
    """
    with database() as settings:
        from mailflatrate.base.storage.backends import configured, open_backend
        from mailflatrate.base.storage.interface import StorageFailed
        from mailflatrate.base.storage.move import MoveResult, move_files

        kind = StorageKind(target_name)
        if kind not in configured(settings):
            raise click.ClickException(f"{target_name} isn't configured. docs/settings.md lists what it needs.")
        if kind is not settings.storage:
            click.echo(
                f"New files still go to {settings.storage.value}, because MAILFLATRATE_STORAGE names it.", err=True
            )
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
            raise click.ClickException(
                f"{problem}. {done[MoveResult.MOVED]} files were moved. Run the command again to move the rest."
            ) from None
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
