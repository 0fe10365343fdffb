"""`mailflatrate domains list | check`: customers' sender domains and their DNS, and what Domain Connect needs."""

import json
import sys

import click

from mailflatrate.apps.domains.connect_template import key_records, service_template
from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.listing import Row, json_option, show
from mailflatrate.settings.schema import load_settings

MOST = 1000


@click.group()
def domains_command() -> None:
    """List sender domains and check their DNS records."""


@domains_command.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(["pending", "verified", "failing"]))
@click.option("--account", "account_id", type=int, help="Show only this account's domains.")
@json_option
def list_command(states: tuple[str, ...], account_id: int | None, as_json: bool) -> None:
    """Show up to 1,000 sender domains, ordered by name."""
    with database():
        from mailflatrate.apps.domains.models import SenderDomain
        from mailflatrate.base import tenancy
        from mailflatrate.base.tenancy import PlatformReason

        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            found = SenderDomain.objects.select_related("account").order_by("name", "id")
            if states:
                found = found.filter(state__in=states)
            if account_id is not None:
                found = found.filter(account_id=account_id)
            rows = [
                {
                    "domain": each.name,
                    "account": each.account_id,
                    "customer": each.account.name,
                    "state": each.state,
                    "checked": each.checked_at,
                    "verified": each.verified_at,
                    "blocklists": each.listed_on,
                }
                for each in found[:MOST]
            ]
    show(rows, as_json=as_json, empty="No matching sender domains.")


@domains_command.command("check")
@click.argument("name")
@click.option("--account", "account_id", type=int, help="Check only this account's domain if several accounts use it.")
@json_option
def check_command(name: str, account_id: int | None, as_json: bool) -> None:
    """Check the DNS records of the domain NAME now. Exits with 1 if one is wrong."""
    with database():
        rows = _checked(name.strip().rstrip(".").lower(), account_id)
    if not rows:
        raise click.ClickException(f"No account has the sender domain {name!r}. See `mailflatrate domains list`.")
    show(rows, as_json=as_json, empty="")
    sys.exit(0 if all(row["passed"] for row in rows) else 1)


def _checked(name: str, account_id: int | None) -> list[Row]:
    from mailflatrate.apps.domains.actions.domains import check_domain
    from mailflatrate.apps.domains.errors import DomainError
    from mailflatrate.apps.domains.models import SenderDomain
    from mailflatrate.base import tenancy
    from mailflatrate.base.tenancy import PlatformReason
    from mailflatrate.mail.address import AddressError, to_a_label

    try:
        ascii_name = to_a_label(name)
    except AddressError as problem:
        raise click.ClickException(f"{name!r} isn't a domain name.") from problem
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        found = SenderDomain.objects.filter(name=ascii_name).order_by("account_id")
        if account_id is not None:
            found = found.filter(account_id=account_id)
        named = list(found.values_list("account_id", "id"))
    rows: list[Row] = []
    for account, domain_id in named:
        try:
            with tenancy.account(account):
                domain = check_domain(domain_id)
                checks = list(domain.checks.order_by("kind"))
        except DomainError as problem:
            raise click.ClickException(str(problem)) from problem
        rows += [
            {
                "account": account, "state": domain.state, "record": each.kind, "host": each.host,
                "type": each.record_type, "passed": each.passed, "problem": each.problem, "expected": each.expected,
                "found": each.found,
            }
            for each in checks
        ]  # fmt: skip
    return rows


@domains_command.command("connect-template")
def connect_template_command() -> None:
    """Print the Domain Connect template that DNS providers need to set up our records."""
    click.echo(json.dumps(service_template(load_settings()), indent=2, ensure_ascii=False))


@domains_command.command("connect-key")
def connect_key_command() -> None:
    """Print the DNS records that publish the key of our Domain Connect links."""
    host, values = key_records(load_settings())
    for value in values:
        click.echo(f'{host}. TXT "{value}"')
