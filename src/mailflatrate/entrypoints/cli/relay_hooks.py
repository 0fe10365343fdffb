"""`mailflatrate relays hook`: the event webhooks of relays, as on the relay's page in Operations."""

from pathlib import Path

import click

from mailflatrate.entrypoints.boot import database

_KEY_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def hook_command() -> None:
    """Create, replace or delete the address that a relay's provider posts bounces and complaints to."""


def _carry_out(deed: str, name: str, *, key_file: Path | None = None, at_once: bool = False) -> None:
    """Open a database, do it, and print the result."""
    with database():
        from mailflatrate.entrypoints.cli.relay_access import change_hook

        secret = key_file.read_text() if key_file else ""
        click.echo(change_hook(deed, name, secret=secret, at_once=at_once))


@hook_command.command("create")
@click.argument("name")
@click.option(
    "--key-file",
    type=_KEY_FILE,
    help="File with what posts are checked against: the SNS topic's ARN, or the key of SendGrid or Mailgun.",
)
def create_command(name: str, key_file: Path | None) -> None:
    """Create the webhook of the relay NAME and print its address, once."""
    _carry_out("create", name, key_file=key_file)


@hook_command.command("replace")
@click.argument("name")
@click.option("--now", "at_once", is_flag=True, help="End the old address now, not after a day.")
def replace_command(name: str, at_once: bool) -> None:
    """Draw a new address for the relay NAME and print it, once."""
    _carry_out("replace", name, at_once=at_once)


@hook_command.command("key")
@click.argument("name")
@click.argument("key_file", type=_KEY_FILE)
def key_command(name: str, key_file: Path) -> None:
    """Store the key in KEY_FILE as the one that verifies posts for the relay NAME."""
    _carry_out("key", name, key_file=key_file)


@hook_command.command("remove")
@click.argument("name")
def remove_command(name: str) -> None:
    """Delete the webhook of the relay NAME. Its address no longer works."""
    _carry_out("remove", name)
