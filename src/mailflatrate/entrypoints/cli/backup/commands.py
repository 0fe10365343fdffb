"""The commands `backup create`, `backup verify` and `restore`."""

import subprocess
from collections import Counter
from pathlib import Path

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.backup import create, restore
from mailflatrate.entrypoints.cli.backup import manifest as of
from mailflatrate.entrypoints.cli.backup.tools import find_tool
from mailflatrate.entrypoints.cli.listing import operator_details
from mailflatrate.settings.schema import load_settings

_FOLDER = click.Path(file_okay=False, path_type=Path)
_PRESENT = click.Path(exists=True, file_okay=False, path_type=Path)
_ANY = click.Path(exists=True, path_type=Path)


def _tell(text: str) -> None:
    click.echo(text, err=True)


@click.group()
def backup_command() -> None:
    """Create and verify backups: database, keys, uploads, images and journals in one folder."""


@backup_command.command("create")
@click.argument("folder", type=_FOLDER)
@click.option("--without-keys", is_flag=True, help="Leave out the secrets because you keep them elsewhere.")
@click.option("--without-files", is_flag=True, help="Leave out files stored in a directory or bucket.")
@click.option("--keep", type=click.IntRange(1), help="Afterward, keep only this many backups in FOLDER.")
def create_command(folder: Path, without_keys: bool, without_files: bool, keep: int | None) -> None:
    """Create a backup in FOLDER, named after the current time, while everything keeps running.

    Needs the owner's URL (DATABASE_URL) and a pg_dump that matches the server's version. The backup gets its final name
    once it is complete. Run this on a sending host, or copy the other hosts' `journal/` folders to the same place.
    """
    with database() as settings:
        from mailflatrate.base import clock

        target = folder / create.default_name(clock.now())
        made = create.make_backup(
            settings, target, with_keys=not without_keys, with_files=not without_files, tell=_tell
        )
        _record("backup.made", {"name": target.name, "octets": sum(part.octets for part in made.parts)})
    if keep is not None:
        create.drop_old(folder, keep, _tell)
    click.echo(str(target))


@backup_command.command("verify")
@click.argument("backup", type=_PRESENT)
def verify_command(backup: Path) -> None:
    """Compare every part of BACKUP with its checksum and read the dump's table of contents.

    Exits with 1 if anything is missing or different. To be sure that a backup works, restore it into a second database.
    """
    manifest = of.read_manifest(backup)
    problems = of.verify_parts(backup, manifest)
    if not problems:
        tool = find_tool("pg_restore", manifest.origin.server_version // 10000)
        read = subprocess.run([str(tool), "--list", str(backup / of.DATABASE)], capture_output=True, check=False)
        if read.returncode:
            problems.append(f"{of.DATABASE} cannot be read: {read.stderr.decode(errors='replace').strip()[-300:]}")
    if problems:
        raise click.ClickException("; ".join(problems))
    octets = sum(part.octets for part in manifest.parts)
    click.echo(f"Complete: {len(manifest.parts)} parts, {octets / 1e6:.1f} MB, made at {_stamp(manifest)}.")
    if manifest.part(of.KEYS) is None:
        click.echo("It contains no keys. You need your own copy of the keys to restore it.")


@click.command()
@click.argument("backup", type=_PRESENT)
@click.option("--withdrawals", multiple=True, type=_ANY, help="The withdrawals log, if it isn't in its usual place.")
@click.option("--journals", multiple=True, type=_PRESENT, help="The `journal` folder of a sending host. Repeatable.")
@click.option(
    "--keep-unsettled",
    is_flag=True,
    help="Every sending host survived with its journals, so messages they don't list can be sent.",
)
@click.option("--replace-database", metavar="NAME", help="First delete everything in the database with this name.")
def restore_command(
    backup: Path,
    withdrawals: tuple[Path, ...],
    journals: tuple[Path, ...],
    keep_unsettled: bool,
    replace_database: str | None,
) -> None:
    """Restore BACKUP into an empty database. Stop all other processes first.

    Sending is held afterward until you run `mailflatrate resume-all`. Unsubscribes, complaints, bounces and erasures
    made after the backup are replayed from the withdrawals log. Recipients without a recorded result get an unknown
    result, unless a journal has it or you pass --keep-unsettled because all journals survived.
    """
    settings = load_settings()
    manifest = of.read_manifest(backup)
    if problems := of.verify_parts(backup, manifest):
        raise click.ClickException("; ".join(problems))
    restore.place_keys(settings, backup, manifest)
    with database() as settings:
        from mailflatrate.entrypoints.cli.setup import bring_up_to_date

        restore.check_version(manifest)
        restore.restore_database(settings, backup, manifest, replace_database)
        _tell(f"database restored to {_stamp(manifest)}")
        bring_up_to_date(settings)
        _tell("database is up to date")
        _tell(f"files restored: {restore.restore_files(backup)}")  # erasure searches the uploaded files
        recovery = restore.recover(
            settings,
            backup,
            manifest,
            journals=journals,
            withdrawals=withdrawals,
            keep_unsettled=keep_unsettled,
            tell=_tell,
        )
        _record("backup.restored", {"name": backup.name, "made_at": manifest.origin.made_at.isoformat(),
                                    "withdrawals": dict(recovery.withdrawals)})  # fmt: skip
    _report(recovery)


def _report(recovery: restore.RecoveryResult) -> None:
    click.echo(
        f"Sent since the backup according to the journals: {recovery.settled}. "
        f"Unknown to this database: {recovery.missing}."
    )
    if recovery.chunks:
        click.echo(f"Chunks whose unsettled recipients now have an unknown result: {recovery.chunks}.")
    click.echo(
        f"Campaigns that may have been sent and need the customer's decision: {len(recovery.drafts)} back to draft, "
        f"{len(recovery.paused)} paused."
    )
    for name in recovery.drafts:
        click.echo(f"Back to draft (may have been sent): {name}")
    for name in recovery.paused:
        click.echo(f"Paused (may have been sent): {name}")
    counts = Counter(recovery.withdrawals)
    refused, strange = counts.pop("refused", 0), counts.pop("unknown_account", 0)
    taken = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()) if count)
    click.echo(f"Withdrawals replayed since the backup: {taken or 'none'}.")
    if not counts:
        click.echo(
            "The withdrawals log has no entries since the backup. If it is stored elsewhere, run `mailflatrate "
            "withdrawals replay --since TIME PATH` before you resume."
        )
    if refused:
        click.echo(f"Lines skipped because they are damaged or from another installation: {refused}.")
    if strange:
        click.echo(f"Lines for accounts created after the backup: {strange}.")
    click.echo(
        "All sending is on hold. Start every host to replay its journals, run `mailflatrate doctor`, then "
        "`mailflatrate resume-all`. It names hosts that have not reported: give up those that are gone for "
        "good with `--without`."
    )


def _stamp(manifest: of.Manifest) -> str:
    return f"{manifest.origin.made_at:%Y-%m-%d %H:%M:%S} UTC"


def _record(action: str, details: dict[str, object]) -> None:
    from mailflatrate.base import audit, tenancy
    from mailflatrate.base.tenancy import PlatformReason

    with tenancy.platform(PlatformReason.SETUP):
        audit.record(action, by=audit.machine("cli.backup"), details={**operator_details(), **details})
