"""`mailflatrate campaigns list | pause | resume | send-unsent`: an operator's emergency actions on a campaign."""

from collections.abc import Callable
from functools import partial

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.listing import Row, json_option, operator_details, show
from mailflatrate.rules.campaign_states import RELEASED, CampaignMover, CampaignState

MOST = 200


@click.group()
def campaigns_command() -> None:
    """List, pause and resume customers' campaigns."""


@campaigns_command.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(tuple(CampaignState)),
    help="Show only this state. Repeatable; by default all running and scheduled campaigns.",
)
@click.option("--account", "account_id", type=int, help="Show only this account's campaigns.")
@json_option
def list_command(states: tuple[str, ...], account_id: int | None, as_json: bool) -> None:
    """Show up to 200 campaigns with their counts, newest first."""
    with database():
        rows = _rows(states or RELEASED, account_id)
    show(rows, as_json=as_json, empty="No campaigns in these states.")


def _rows(states: tuple[str, ...], account_id: int | None) -> list[Row]:
    from django.db.models import Sum

    from mailflatrate.apps.campaigns.models import Campaign
    from mailflatrate.apps.delivery.models import Tally
    from mailflatrate.base import tenancy
    from mailflatrate.base.tenancy import PlatformReason

    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        found = Campaign.objects.filter(state__in=states).select_related("account").order_by("-id")
        if account_id is not None:
            found = found.filter(account_id=account_id)
        campaigns = list(found[:MOST])
        tallies = Tally.objects.filter(
            account_id__in={each.account_id for each in campaigns}, campaign_id__in=[each.id for each in campaigns]
        )
        counts = {
            (campaign_id, state): count
            for campaign_id, state, count in tallies.values_list("campaign_id", "state").annotate(n=Sum("count"))
        }
    return [
        {
            "id": each.id, "mailing": each.mailing_id, "account": each.account_id, "customer": each.account.name,
            "name": each.name, "state": each.state, "planned": each.planned_count,
            "sent": counts.get((each.id, "sent"), 0), "deferred": counts.get((each.id, "deferred"), 0),
            "bounced": counts.get((each.id, "bounced"), 0), "unknown": counts.get((each.id, "in_doubt"), 0),
            "started": each.started_at or each.scheduled_at, "rule": each.hold_rule, "reason": each.state_reason,
        }
        for each in campaigns
    ]  # fmt: skip


@campaigns_command.command("pause")
@click.argument("campaign")
@click.option("--reason", required=True, help="Shown to the customer.")
def pause_command(campaign: str, reason: str) -> None:
    """Pause CAMPAIGN (ID or mailing ID) within a second. The customer can resume it."""
    with database():
        from mailflatrate.apps.delivery.actions import campaigns as campaigns_actions

        mailing_id = _act(
            campaign, "campaign.paused", partial(campaigns_actions.pause_campaign, reason=reason[:500]), reason
        )
    click.echo(f"Paused: {mailing_id}. Messages not yet sent are on hold.")


@campaigns_command.command("resume")
@click.argument("campaign")
@click.option("--reason", default="", help="Recorded in the audit log.")
def resume_command(campaign: str, reason: str) -> None:
    """Resume CAMPAIGN (ID or mailing ID). Campaigns that a rule stopped can only be resumed in Operations."""
    with database():
        from mailflatrate.apps.delivery.actions import campaigns as campaigns_actions

        mailing_id = _act(campaign, "campaign.resumed", campaigns_actions.resume_campaign, reason)
    click.echo(f"Resumed: {mailing_id}.")


@campaigns_command.command("send-unsent")
@click.argument("campaign")
@click.option("--reason", default="", help="Recorded in the audit log.")
def send_unsent_command(campaign: str, reason: str) -> None:
    """Send the finished CAMPAIGN to the recipients who did not get it, as a lost host's journal proved."""
    with database():
        from mailflatrate.apps.delivery.actions import campaigns as campaigns_actions

        mailing_id = _act(campaign, "campaign.sent_to_unsent", campaigns_actions.send_unsent, reason)
    click.echo(f"Sending to the recipients who did not get it: {mailing_id}.")


def _act(named: str, action: str, act: Callable[..., object], reason: str) -> str:
    """Act on a campaign in its account's scope, with a line in the audit log; return its mailing ID."""
    from mailflatrate.apps.campaigns.errors import CampaignError
    from mailflatrate.apps.campaigns.models import Campaign
    from mailflatrate.base import audit, tenancy
    from mailflatrate.base.tenancy import PlatformReason
    from mailflatrate.mail.mailing_id import parse_mailing_id

    mailing_id = None if named.isdecimal() else parse_mailing_id(named)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        rows = Campaign.objects.filter(mailing_id=mailing_id) if mailing_id else Campaign.objects.none()
        if named.isdecimal() and len(named) < 19:
            rows = Campaign.objects.filter(id=int(named))
        found = rows.first()
    if found is None:
        raise click.ClickException(
            f"No campaign has the ID or mailing ID {named!r}. See `mailflatrate campaigns list`."
        )
    try:
        with tenancy.account(found.account_id):
            act(found.id, by=CampaignMover.OPERATOR)
            audit.record(
                action,
                by=audit.machine("cli.campaigns"),
                account_id=found.account_id,
                subject=f"campaign:{found.id}",
                reason=reason,
                details=operator_details(),
            )
    except CampaignError as problem:
        raise click.ClickException(str(problem)) from problem
    return found.mailing_id
