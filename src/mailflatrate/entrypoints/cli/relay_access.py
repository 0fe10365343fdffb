"""Relays for the command line, once a database is open: their scope, finding one, and changing its event webhook."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from mailflatrate.apps.delivery.relays import hooks
from mailflatrate.apps.delivery.relays.edit import RelayError
from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.apps.delivery.relays.tables import Relay
from mailflatrate.base import audit, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings.schema import load_settings


@contextmanager
def relay_scope() -> Iterator[None]:
    try:
        with tenancy.platform(PlatformReason.RELAYS):
            yield
    except RelayError as error:
        lines = [f"{name}: {text}" if name else text for name, text in error.problems]
        raise click.ClickException("\n".join(lines)) from error


def find_relay(name: str) -> Relay:
    relay = Relay.objects.filter(name=name).first()
    if relay is None:
        raise click.ClickException(f"There is no relay {name!r}. See `mailflatrate relays list`.")
    return relay


def change_hook(deed: str, name: str, *, secret: str = "", at_once: bool = False) -> str:
    by = audit.machine("cli.relays")
    with relay_scope():
        relay_id = find_relay(name).id
        try:
            if deed == "create":
                return hooks.create_hook(relay_id, by=by, secret=secret).url(load_settings().public_url)
            if deed == "replace":
                return hooks.rotate_hook(relay_id, by=by, at_once=at_once).url(load_settings().public_url)
            if deed == "key":
                hooks.set_hook_secret(relay_id, secret, by=by)
                return "Saved."
            hooks.remove_hook(relay_id, by=by)
        except RelayHook.DoesNotExist as error:
            message = f"{name} has no event webhook. Create one: `mailflatrate relays hook create {name}`."
            raise click.ClickException(message) from error
    return "Deleted."
