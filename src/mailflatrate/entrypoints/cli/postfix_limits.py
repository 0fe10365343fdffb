"""`mailflatrate relays postfix-limits`: the shaping table for the Postfix that makes the connections."""

import subprocess
import sys
from pathlib import Path

import click

from mailflatrate.rules.postfix_limits import ServiceLimit, as_script, differences, service_limits
from mailflatrate.rules.relays import RelayPool


@click.command()
@click.option(
    "--pool", type=click.Choice([pool.value for pool in RelayPool]), default=RelayPool.TRUSTED.value, show_default=True
)
@click.option(
    "--relays", type=click.IntRange(1, 1000), default=1, show_default=True, help="Number of relays that share the pool."
)
@click.option("--directory", default="/etc/postfix", show_default=True, help="Postfix's configuration directory.")
@click.option("--check", is_flag=True, help="Compare with the output of `postconf`. Exits with 1 if it differs.")
def postfix_limits_command(pool: str, relays: int, directory: str, check: bool) -> None:
    """Print a script that limits Postfix's connections, and messages per connection, for each mailbox provider.

    Needs no database: `mailflatrate relays postfix-limits --pool new | sudo sh`
    """
    limits = service_limits(RelayPool(pool), relays)
    if not check:
        click.echo(as_script(limits, directory), nl=False)
        return
    found = _differences(limits, directory)
    for line in found:
        click.echo(line)
    if found:
        sys.exit(1)
    click.echo(f"The limits of all {len(limits)} providers match the table.")


def _differences(limits: list[ServiceLimit], directory: str) -> list[str]:
    table = Path(directory) / "mailflatrate_transport"
    try:
        services, parameters = (
            subprocess.run(
                ["postconf", "-c", directory, option], capture_output=True, text=True, timeout=30, check=True
            ).stdout
            for option in ("-M", "-n")
        )
    except FileNotFoundError as error:
        raise click.ClickException("postconf isn't installed on this host.") from error
    except subprocess.CalledProcessError as error:
        raise click.ClickException(f"postconf: {error.stderr.strip()}") from error
    return differences(limits, services, parameters, table.read_text() if table.exists() else "")
