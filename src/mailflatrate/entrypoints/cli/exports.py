"""`mailflatrate export`: the same file as in the browser, written straight to disk."""

import importlib
from pathlib import Path

import click

from mailflatrate.entrypoints.boot import database


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--account", "account_id", type=int, required=True, help="ID of the account.")
@click.option(
    "--what",
    "content",
    type=click.Choice(["contacts", "suppressions", "proof"]),
    required=True,
    help="contacts, suppressions, or proof: portable proof of consent, signed by this installation.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "xlsx", "ndjson"]),
    help="Default: the extension of FILE. Another installation imports ndjson.",
)
@click.option("--list", "list_name", help="Only this list: its name or ID.")
def export_command(file: Path, account_id: int, content: str, file_format: str | None, list_name: str | None) -> None:
    """Write contacts, suppressions or proof of consent of an account to FILE, which must not exist yet.

    The export appears in the account's audit log and on its Exports page like any other. Exits with 1 if it failed, 2
    if it could not start.
    """
    with database():
        # Its models load only once Django is set up.
        writer = importlib.import_module("mailflatrate.entrypoints.cli.export_file")
        writer.write_file(file, account_id, content, file_format, list_name)
