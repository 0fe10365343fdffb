"""`mailflatrate migrate | create-account | create-user | setup-link | domains | settings`."""

import json
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import click
import psycopg

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.entrypoints.boot import database
from mailflatrate.locale.texts import languages
from mailflatrate.settings import fingerprints
from mailflatrate.settings.roles import create_roles, owner_url
from mailflatrate.settings.schema import Settings, load_settings, settings_table
from mailflatrate.settings.secrets import draw_secrets, load_secrets

MIGRATING = 0x6D666D67
"""The key of the advisory lock that one `migrate` at a time holds."""
STATEMENT_SECONDS = 60
"""How long one statement of a migration may take: what holds a table for longer than that stops the installation."""


def bring_up_to_date(
    settings: Settings, forgotten_keys: Collection[str] = (), statement_seconds: int = STATEMENT_SECONDS
) -> None:
    """Apply roles, migrations, functions, triggers, policies and rights, and the shipped data. Safe to repeat, and
    while everything else runs: each statement waits three seconds for a lock at a time, and two hosts take turns.
    Raises ClickException for a database that is newer than this version, or isn't what its record says, before any
    change.
    """
    from django.db import connections

    from mailflatrate.apps.accounts.initial_data import ensure_shipped
    from mailflatrate.apps.consent.signing_keys import ensure_signing_key
    from mailflatrate.apps.delivery.fence import ensure_fence
    from mailflatrate.apps.domains.actions.service import ensure_service_key
    from mailflatrate.apps.lists import role_address_errors
    from mailflatrate.base.tenancy.policies import apply_policies
    from mailflatrate.entrypoints.cli.migration_state import demand_upgradable

    own = fingerprints.fingerprints(load_secrets())
    with _alone(settings) as link:
        fingerprints.demand_renewable(fingerprints.read(link), own, forgotten_keys)
        demand_upgradable()
        create_roles(settings)
        _migrate(statement_seconds)
        role_address_errors.refresh(connections["owner"])
        apply_policies(connections["owner"])
        connections["owner"].close()
        fingerprints.keep(link, own)
        ensure_fence()
        ensure_shipped()
        ensure_signing_key()
        ensure_service_key(settings)


@contextmanager
def _alone(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """Hold the lock of `migrate` for the block, over the owner's connection; wait for another process that has it."""
    with psycopg.connect(owner_url(settings), autocommit=True) as link:
        is_announced = False
        while not link.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATING]).fetchall()[0][0]:
            if not is_announced:
                click.echo(
                    "Another `mailflatrate migrate` is running on this database. Waiting for it to finish.", err=True
                )
            is_announced = True
            time.sleep(1)
        yield link


def _migrate(statement_seconds: int) -> None:
    """One transaction each, retried for locks. Without any, Django's command is skipped: it renders models twice."""
    from django.core.management import call_command, sql
    from django.db import OperationalError, connections

    from mailflatrate.base.tenancy.apply import LOCK_SECONDS, PAUSE_SECONDS, TRIES, is_busy
    from mailflatrate.entrypoints.cli.migration_models import kept_models
    from mailflatrate.entrypoints.cli.migration_state import is_migrated

    with connections["owner"].cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        cursor.execute(f"SET statement_timeout = '{statement_seconds}s'")
    has_new = not is_migrated()
    for tries_left in reversed(range(TRIES)):
        try:
            if has_new:
                with kept_models():
                    call_command("migrate", database="owner", interactive=False, verbosity=0)
            else:
                sql.emit_post_migrate_signal(verbosity=0, interactive=False, db="owner")
            return
        except OperationalError as problem:
            if isinstance(problem.__cause__, psycopg.errors.QueryCanceled):
                raise click.ClickException(
                    f"A migration statement took longer than {statement_seconds} seconds and was canceled. That "
                    "migration was rolled back. Run `mailflatrate migrate --statement-seconds` with a higher "
                    "number when little is being sent."
                ) from problem
            if not is_busy(problem) or not tries_left:
                raise
            click.echo(f"A table is locked; {tries_left} attempts left.", err=True)
            time.sleep(PAUSE_SECONDS)


@click.command()
@click.option(
    "--forget-token-key",
    "forgotten",
    multiple=True,
    metavar="ID",
    help="Give up a token key that is no longer in the key ring. Links sealed with it stop working.",
)
@click.option("--plan", "is_plan", is_flag=True, help="Show what would be done without changing anything.")
@click.option(
    "--statement-seconds",
    type=click.IntRange(min=1),
    default=STATEMENT_SECONDS,
    show_default=True,
    help="Cancel statements that take longer.",
)
def migrate_command(forgotten: tuple[str, ...], is_plan: bool, statement_seconds: int) -> None:
    """Bring the database schema up to date."""
    if is_plan:
        _print_plan(forgotten)
        return
    _draw_secrets_of_a_new_installation(load_settings())
    with database() as settings:
        bring_up_to_date(settings, forgotten, statement_seconds)
    click.echo("The database is up to date.")


def _print_plan(forgotten: Collection[str]) -> None:
    """Print what `migrate` would do. The session is read-only, so that it cannot change anything."""
    with database():
        from django.db import connections

        from mailflatrate.entrypoints.cli.migration_state import demand_upgradable, planned

        with connections["owner"].cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
            fingerprints.demand_renewable(
                fingerprints.read(cursor.connection), fingerprints.fingerprints(load_secrets()), forgotten
            )
        demand_upgradable()
        lines = list(planned())
        connections["owner"].close()
    for line in lines:
        click.echo(line)
    click.echo("Nothing was changed." if lines else "The database is up to date; there is nothing to do.")


def _draw_secrets_of_a_new_installation(settings: Settings) -> None:
    """Draw keys only for a database that was never migrated; for any other, another host already has them."""
    if settings.is_embedded or (settings.secret_key and settings.token_keys):
        return
    with psycopg.connect(owner_url(settings), autocommit=True) as link:
        (is_new,) = link.execute("SELECT to_regclass('kept.pass') IS NULL").fetchone() or (False,)
    if is_new:
        draw_secrets()


@click.command()
def settings_command() -> None:
    """Print the table of settings (docs/settings.md)."""
    click.echo(settings_table())


def _accounts(subject: str) -> ModuleType:
    return import_module(f"mailflatrate.apps.accounts.actions.{subject}")


@click.command()
@click.argument("name")
@click.option("--country", default="DE", help="Two-letter country code.")
@click.option("--language", default="en", type=click.Choice(languages()))
def create_account_command(name: str, country: str, language: str) -> None:
    """Create the account NAME. It applies like any other and can't send until a person activates it."""
    with database():
        account = _accounts("people").create_account(name, country=country, language=language)
        click.echo(f"Account {account.id}: {account.name}")


@click.command()
@click.argument("email")
@click.option("--name", required=True)
@click.option("--account", "account_id", type=int, help="Account to make the user an owner of.")
@click.option("--operator", is_flag=True, help="Make the user an operator with access to Operations.")
@click.password_option()
def create_user_command(email: str, name: str, account_id: int | None, operator: bool, password: str) -> None:
    """Create a user who signs in with EMAIL."""
    with database():
        people = _accounts("people")
        user = people.create_user(email, name=name, password=password, is_staff=operator)
        if account_id:
            people.add_member(account_id, user)
        click.echo(f"User {user.email}")


@click.command()
@click.argument("email")
@click.option("--remove", is_flag=True, help="Delete the user's factors and recovery codes, and sign them out.")
def second_factor_command(email: str, remove: bool) -> None:
    """Print the link with which EMAIL sets up their first second factor.

    They open it in the browser in which they have signed in. First make sure that the request really comes from them.
    """
    with database():
        try:
            click.echo(_accounts("second_factor").help_with_factor(email, remove=remove))
        except AccountError as problem:
            raise click.ClickException(str(problem)) from problem


@click.command()
def setup_link_command() -> None:
    """Print the link that creates the first operator in a browser, as long as there is no operator."""
    with database() as settings:
        from mailflatrate.apps.accounts.queries import has_operator
        from mailflatrate.entrypoints.boot.first_setup import setup_url

        if has_operator():
            raise click.ClickException(
                "There is already an operator. Add more with `mailflatrate create-user --operator`."
            )
        click.echo(setup_url(settings))


@click.group()
def domains_command() -> None:
    """Print what DNS providers need for Domain Connect."""


@domains_command.command("connect-template")
def connect_template_command() -> None:
    """Print the Domain Connect template that DNS providers need to set up our records."""
    from mailflatrate.apps.domains.connect_template import service_template

    click.echo(json.dumps(service_template(load_settings()), indent=2, ensure_ascii=False))


@domains_command.command("connect-key")
def connect_key_command() -> None:
    """Print the DNS records that publish the key of our Domain Connect links."""
    from mailflatrate.apps.domains.connect_template import key_records

    host, values = key_records(load_settings())
    for value in values:
        click.echo(f'{host}. TXT "{value}"')
