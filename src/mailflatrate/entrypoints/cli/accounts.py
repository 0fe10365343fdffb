"""`mailflatrate accounts list`: customers and their account status."""

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.listing import json_option, show

MOST = 1000
STATUSES = (
    "registered", "submitted", "more_info", "approved", "rejected", "active", "throttled", "paused", "suspended",
    "closed",
)  # fmt: skip


@click.group()
def accounts_command() -> None:
    """List customer accounts."""


@accounts_command.command("list")
@click.option(
    "--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="Show only this status. Repeatable."
)
@json_option
def list_command(statuses: tuple[str, ...], as_json: bool) -> None:
    """Show up to 1,000 accounts, ordered by ID."""
    with database():
        from django.db.models import Count, Q

        from mailflatrate.apps.accounts.models import Account
        from mailflatrate.apps.campaigns.models import Campaign
        from mailflatrate.base import tenancy
        from mailflatrate.base.tenancy import PlatformReason

        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            found = Account.objects.filter(is_house=False).order_by("id")
            if statuses:
                found = found.filter(status__in=statuses)
            accounts = list(found[:MOST])
            running = dict(
                Campaign.objects.filter(
                    Q(state="sending") | Q(state="waiting"), account_id__in=[each.id for each in accounts]
                )
                .values_list("account_id")
                .annotate(n=Count("id"))
            )
        rows = [
            {
                "id": each.id,
                "name": each.name,
                "status": each.status,
                "country": each.country,
                "language": each.language,
                "created": each.created_at,
                "running_campaigns": running.get(each.id, 0),
            }
            for each in accounts
        ]
    show(rows, as_json=as_json, empty="No accounts yet. Create one with `mailflatrate create-account NAME`.")
