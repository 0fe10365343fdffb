"""`mailflatrate migrate | create-account | create-user | settings`."""

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.settings.schema import Settings, settings_table


def bring_up_to_date(settings: Settings) -> None:
    """Roles, migrations as the owner, policies on every table, and what ships with us. Safe to repeat."""
    from django.core.management import call_command
    from django.db import connections

    from mailflatrate.apps.accounts.shipped import ensure_shipped
    from mailflatrate.apps.domains.actions import ensure_service_key
    from mailflatrate.apps.lists import role_lock
    from mailflatrate.apps.lists.signing import ensure_signing_key
    from mailflatrate.base.tenancy.policies import apply_policies
    from mailflatrate.settings.roles import create_roles

    create_roles(settings)
    call_command("migrate", database="owner", interactive=False, verbosity=0)
    role_lock.refresh(connections["owner"])
    apply_policies(connections["owner"])
    connections["owner"].close()
    ensure_shipped()
    ensure_signing_key()
    ensure_service_key(settings)


@click.command()
def migrate_command() -> None:
    """Bring the database up to date."""
    with database() as settings:
        bring_up_to_date(settings)
    click.echo("The database is up to date.")


@click.command()
def settings_command() -> None:
    """Print the table of settings (docs/settings.md)."""
    click.echo(settings_table())


@click.command()
@click.argument("name")
@click.option("--country", default="DE", help="Two letters.")
@click.option("--language", default="en", type=click.Choice(["en", "de"]))
def create_account_command(name: str, country: str, language: str) -> None:
    """Create the account NAME. It applies like everybody else and cannot send until a person activated it."""
    with database():
        from mailflatrate.apps.accounts import actions

        account = actions.create_account(name, country=country, language=language)
        click.echo(f"Account {account.id}: {account.name}")


@click.command()
@click.argument("email")
@click.option("--name", required=True)
@click.option("--account", "account_id", type=int, help="Account the person works for, as its owner.")
@click.option("--operator", is_flag=True, help="The person works at the operator's desk.")
@click.password_option()
def create_user_command(email: str, name: str, account_id: int | None, operator: bool, password: str) -> None:
    """Create a person who signs in with EMAIL."""
    with database():
        from mailflatrate.apps.accounts import actions

        user = actions.create_user(email, name=name, password=password, is_staff=operator)
        if account_id:
            actions.add_member(account_id, user)
        click.echo(f"User {user.email}")
