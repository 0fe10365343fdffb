"""`mailflatrate relays`: the functions of the Relays page in Operations, for scripts and emergencies."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.rules.sending import relays as rules
from mailflatrate.rules.sending.postfix_limits import ServiceLimit, as_script, differences, service_limits
from mailflatrate.rules.sending.relays import RelayPool
from mailflatrate.rules.sending.warm_up import LAST_STEP, quota
from mailflatrate.settings.schema import Settings, load_settings

if TYPE_CHECKING:
    from mailflatrate.apps.delivery.relays.edit import RelayDraft
    from mailflatrate.apps.delivery.relays.tables import Relay

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS = (
    click.option("--port", type=click.IntRange(1, 65535)),
    click.option("--tls", type=click.Choice(["required", "opportunistic", "never"])),
    click.option("--kind", type=click.Choice([kind.value for kind in rules.RelayKind])),
    click.option("--return-path", type=click.Choice([path.value for path in rules.ReturnPath])),
    click.option("--connections", type=int, help="Connections per sender process."),
    click.option("--per-hour", type=int, help="Messages per hour from all hosts. 0: no limit."),
    click.option("--sends-from", multiple=True, metavar="IP", help="IP address that receivers see. Repeatable."),
    click.option("--pool", type=click.Choice([pool.value for pool in rules.RelayPool])),
    click.option("--account", "account_id", type=int, help="Account that the relay is dedicated to. 0: none."),
    click.option("--weight", type=int),
    click.option("--user", "username", help="User name of the login. You are asked for the password. Empty: no login."),
    click.option(
        "--password-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Read the password from this file instead.",
    ),
)


def _with_options(function: F) -> F:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.group()
def relays_command() -> None:
    """List, add, edit, test, drain, enable or disable relays. Changes take effect within seconds."""


@contextmanager
def _desk() -> Iterator[Settings]:
    with database() as settings:
        from mailflatrate.entrypoints.cli.relay_access import relay_scope

        with relay_scope():
            yield settings


def _find(name: str) -> "Relay":
    from mailflatrate.entrypoints.cli.relay_access import find_relay

    return find_relay(name)


@relays_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per relay.")
def list_command(as_json: bool) -> None:
    """Show all relays with their pool, state and health."""
    with _desk():
        from mailflatrate.apps.delivery.relays.overview import relay_rows, stays_on_this_host

        rows, stays = relay_rows(), stays_on_this_host(load_settings())
        for row in rows:
            relay, health, warm = row.relay, row.health, row.warm
            fields = {
                "name": relay.name, "host": relay.host, "port": relay.port, "tls": relay.tls, "kind": relay.kind,
                "pool": relay.pool, "account": relay.account_id, "weight": relay.weight, "state": relay.state,
                "connections": relay.connections, "per_hour": relay.per_hour, "login": bool(relay.credentials_sealed),
                "problem": health.problem, "accepted": health.accepted, "deferred": health.deferred,
                "warm_up": warm and {"step": row.warm_step, "quota": row.warm_quota, "used": warm.used},
            }  # fmt: skip
            if as_json:
                click.echo(json.dumps(fields))
            else:
                pool = f"{relay.pool}:{relay.account_id}" if relay.account_id else relay.pool
                state = f"{relay.state}{f', failing: {health.problem}' if health.problem else ''}"
                if warm:
                    state += f", warm-up step {row.warm_step}: {warm.used} of {row.warm_quota} today"
                click.echo(f"{relay.name}  {relay.host}:{relay.port}  {pool}  weight {relay.weight}  {state}")
    if not rows and not as_json:
        where = "to the test inbox" if stays else "through the relay from the settings"
        click.echo(f"No relays: all messages go {where}.")


@relays_command.command("add")
@click.argument("name")
@click.argument("host")
@_with_options
def add_command(name: str, host: str, **options: Any) -> None:
    """Add the relay NAME at HOST."""
    password = _password(options)
    with _desk():
        from mailflatrate.apps.delivery.relays.edit import RelayDraft, add_relay
        from mailflatrate.base import audit

        draft = _changed(RelayDraft(name, host), options, password)
        relay = add_relay(draft, by=audit.machine("cli.relays"))
        click.echo(f"Added {relay.name} to the pool {relay.pool}.")


@relays_command.command("edit")
@click.argument("name")
@click.option("--rename", metavar="NAME")
@click.option("--host")
@_with_options
def edit_command(name: str, rename: str | None, host: str | None, **options: Any) -> None:
    """Change the relay NAME. Options you leave out stay the same.

    A new host, port or TLS mode needs the login again.
    """
    password = _password(options)
    with _desk():
        from mailflatrate.apps.delivery.relays.edit import RelayDraft, edit_relay
        from mailflatrate.base import audit

        relay = _find(name)
        now = RelayDraft(
            rename or relay.name, host or relay.host, relay.port, relay.tls, relay.kind, relay.return_path,
            relay.connections, relay.per_hour, tuple(relay.sends_from), relay.pool, relay.account_id, relay.weight,
        )  # fmt: skip
        edit_relay(relay.id, _changed(now, options, password), by=audit.machine("cli.relays"))
        click.echo(f"Changed {rename or name}.")


def _move(name: str, state: str, reason: str) -> None:
    with _desk():
        from mailflatrate.apps.delivery.relays.edit import move_relay
        from mailflatrate.apps.delivery.relays.tables import StateChoice
        from mailflatrate.base import audit

        move_relay(_find(name).id, StateChoice(state), by=audit.machine("cli.relays"), reason=reason)
    click.echo(f"{name} is {state}.")


@relays_command.command("drain")
@click.argument("name")
@click.option("--reason", default="")
def drain_command(name: str, reason: str) -> None:
    """Let the relay NAME finish the messages it already has, and give it no new ones."""
    _move(name, "draining", reason)


@relays_command.command("enable")
@click.argument("name")
@click.option("--reason", default="")
def enable_command(name: str, reason: str) -> None:
    """Enable the relay NAME."""
    _move(name, "active", reason)


@relays_command.command("disable")
@click.argument("name")
@click.option("--reason", default="")
def disable_command(name: str, reason: str) -> None:
    """Disable the relay NAME immediately."""
    _move(name, "disabled", reason)


@relays_command.command("remove")
@click.argument("name")
def remove_command(name: str) -> None:
    """Delete the disabled relay NAME and its login."""
    with _desk():
        from mailflatrate.apps.delivery.relays.edit import remove_relay
        from mailflatrate.base import audit

        remove_relay(_find(name).id, by=audit.machine("cli.relays"))
    click.echo(f"Deleted {name}.")


@relays_command.command("warm-up")
@click.argument("name", required=False)
@click.option("--domain", help="Warm up a sender domain instead of a relay.")
@click.option("--step", type=click.IntRange(0, LAST_STEP), default=0, help="Start at this step. 0 is the first day.")
@click.option("--end", is_flag=True, help="End the warm-up. The daily limit is removed.")
def warm_up_command(name: str | None, domain: str | None, step: int, end: bool) -> None:
    """Start or end the warm-up of the relay NAME or of a sender domain.

    A warm-up starts with few messages per day and raises the limit step by step.
    """
    if (name is None) is (domain is None):
        raise click.UsageError("Name a relay, or pass --domain DOMAIN.")
    with _desk():
        from mailflatrate.apps.delivery.relays import warm_up_limits
        from mailflatrate.base import audit

        by = audit.machine("cli.relays")
        for key in [warm_up_limits.relay_key(_find(name).id)] if name else _domain_keys(str(domain)):
            if end:
                warm_up_limits.end(key, by=by)
            else:
                warm_up_limits.start(key, by=by, step=step)
    what = "no longer has a daily limit" if end else f"starts with {quota(step)} messages per day"
    click.echo(f"{name or domain} {what}.")


def _domain_keys(domain: str) -> list[str]:
    from mailflatrate.apps.delivery.relays import warm_up_limits
    from mailflatrate.apps.domains.models import SenderDomain

    keys = [
        warm_up_limits.domain_key(domain_id)
        for domain_id in SenderDomain.objects.filter(name=domain).values_list("id", flat=True)
    ]
    if not keys:
        raise click.ClickException(f"There is no sender domain {domain!r}.")
    return keys


@relays_command.command("test")
@click.argument("name")
def test_command(name: str) -> None:
    """Connect and log in to the relay NAME without sending a message. Exits with 1 if the relay refuses."""
    from mailflatrate.wire.smtp.types import RelayUnavailable

    with _desk() as settings:
        from mailflatrate.apps.delivery.relays.relay_cache import spec_of
        from mailflatrate.apps.delivery.transmit import check_relay

        try:
            config = spec_of(_find(name), settings).config
        except VaultError as error:
            raise click.ClickException(f"This host can't decrypt the login ({error}). Enter it again.") from error
    try:
        seen = check_relay(config)
    except RelayUnavailable as problem:
        click.echo(f"{name}: {problem}", err=True)
        sys.exit(1)
    offers = [
        word for word, has in (("PIPELINING", seen.pipelining), ("DSN", seen.dsn), ("SMTPUTF8", seen.smtputf8)) if has
    ]
    click.echo(
        f"{name} accepts our connection, {'encrypted' if seen.tls else 'NOT encrypted'}. It offers "
        f"{', '.join(offers) or 'no extensions'}."
    )


def _password(options: dict[str, Any]) -> str | None:
    """Return the user's password, from the file or the terminal; never from the command line, which others can see."""
    file = options.pop("password_file")
    if not options["username"]:
        return None
    if file is not None:
        return str(file.read_text().strip("\r\n"))
    return str(click.prompt("Password", hide_input=True))


def _changed(draft: "RelayDraft", options: dict[str, Any], password: str | None) -> "RelayDraft":
    given = {name: value for name, value in options.items() if value is not None and value != ()}
    for name in ("per_hour", "account_id"):
        if given.get(name) == 0:
            given[name] = None
    return replace(draft, **given, password=password)


@relays_command.command("postfix-limits")
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
    changes = _differences(limits, directory)
    for line in changes:
        click.echo(line)
    if changes:
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


_KEY_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@relays_command.group("hook")
def hook_command() -> None:
    """Create, replace or delete the address that a relay's provider posts bounces and complaints to."""


def _change_hook(deed: str, name: str, *, key_file: Path | None = None, at_once: bool = False) -> None:
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
def create_hook_command(name: str, key_file: Path | None) -> None:
    """Create the webhook of the relay NAME and print its address, once."""
    _change_hook("create", name, key_file=key_file)


@hook_command.command("replace")
@click.argument("name")
@click.option("--now", "at_once", is_flag=True, help="End the old address now, not after a day.")
def replace_hook_command(name: str, at_once: bool) -> None:
    """Draw a new address for the relay NAME and print it, once."""
    _change_hook("replace", name, at_once=at_once)


@hook_command.command("key")
@click.argument("name")
@click.argument("key_file", type=_KEY_FILE)
def key_hook_command(name: str, key_file: Path) -> None:
    """Store the key in KEY_FILE as the one that verifies posts for the relay NAME."""
    _change_hook("key", name, key_file=key_file)


@hook_command.command("remove")
@click.argument("name")
def remove_hook_command(name: str) -> None:
    """Delete the webhook of the relay NAME. Its address no longer works."""
    _change_hook("remove", name)
