"""An operator's emergency commands: pause-all, resume-all, campaigns, and after a loss restored and journal."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailflatrate.entrypoints.boot import database
from mailflatrate.entrypoints.cli.listing import operator_details
from mailflatrate.rules.campaigns.campaign_states import CampaignMover

if TYPE_CHECKING:
    from mailflatrate.apps.delivery.recovery.withdrawal_logs import WithdrawalGap
_TIME = click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
def pause_all_command() -> None:
    """Stop all sending within a second, for every account. Use `mailflatrate resume-all` to resume."""
    with database():
        from mailflatrate.apps.delivery import fence

        fence.pause_all()
        _record("sending.paused")
    click.echo("All sending is paused.")


@click.command()
@click.option("--without", multiple=True, metavar="HOST", help="A sender that can't replay its journals. Repeatable.")
@click.option(
    "--nothing-lost",
    is_flag=True,
    help="The database was moved or upgraded and lost nothing. Campaigns keep their schedule.",
)
@click.option("--without-withdrawals", is_flag=True, help="Resume although people who unsubscribed may be emailed.")
@click.option("--signed-by", default="", metavar="NAME", help="Who answers for the withdrawals that are given up.")
def resume_all_command(without: tuple[str, ...], nothing_lost: bool, without_withdrawals: bool, signed_by: str) -> None:
    """Resume sending.

    After a promotion or a restored backup every sender first replays its journals. Name one that can't with --without:
    every unsettled recipient of a running campaign then gets an unknown result, because this sender may have sent to
    them. If the database was restored, or lacks messages that journals know, every campaign whose recipients are not
    all planned first goes back to draft or is paused, until a person at the customer decides.

    Every host that takes unsubscribes also replays its journal of withdrawals, and sending waits for each. The journal
    of a host named with --without is given up, --without-withdrawals gives up all: people who unsubscribed, complained
    or were erased there in the lost time are mailed again, which is illegal. How many did is unknown. So a person signs
    for the gap with --signed-by; without it, the command states how long the gap is.
    """
    with database():
        from mailflatrate.apps.delivery import fence
        from mailflatrate.apps.delivery.recovery import withdrawal_logs

        try:
            hold = fence.current_hold()
            gap = withdrawal_logs.current_gap()
            fence.resume_all(
                set(without),
                nothing_lost=nothing_lost,
                without_withdrawals=without_withdrawals,
                signed_by=signed_by.strip(),
            )
        except fence.NotAccounted as problem:
            lines = "\n".join(f"  {name}" for name in problem.names)
            raise click.ClickException(
                f"These senders have not replayed their journals yet:\n{lines}\nStart them. If they are gone for "
                "good, name them: mailflatrate resume-all --without NAME"
            ) from problem
        except fence.WithdrawalsMissing as problem:
            raise click.ClickException(_withdrawals_missing(problem.hosts)) from problem
        except withdrawal_logs.GapUnsigned as problem:
            raise click.ClickException(f"{_gap(problem.gap)}\nSign for it: --signed-by NAME") from problem
        options: dict[str, object] = {"nothing_lost": nothing_lost, "without_withdrawals": without_withdrawals}
        if hold is not None and hold.unread and signed_by:
            options |= {"signed_by": signed_by.strip(), "given_up": hold.unread, "gap_seconds": gap.seconds}
            options["sent_meanwhile"] = gap.messages
        _record("sending.resumed", without=sorted(without), **options)
    click.echo("Sending resumed.")


def _gap(gap: "WithdrawalGap") -> str:
    return (
        f"The database has forgotten {gap.seconds} seconds. In that time {gap.messages} messages were sent that it has "
        "no record of.\nHow many people unsubscribed, complained or were erased in it is unknown. They will be mailed "
        "again."
    )


def _withdrawals_missing(hosts: list[str]) -> str:
    lines = "\n".join(f"  {host}" for host in hosts)
    return (
        f"The withdrawals of these hosts have not been read yet:\n{lines}\nStart any process on them: it reads them "
        "within seconds. Or replay copies of their folders: mailflatrate withdrawals replay --since TIME PATH\nIf a "
        "host is gone for good: mailflatrate resume-all --without HOST --signed-by NAME"
    )


@click.command()
@click.option(
    "--lost-since", type=_TIME, required=True, help="Time of the backup in UTC, for example 2026-11-26T22:10."
)
def restored_command(lost_since: datetime) -> None:
    """Declare that a backup was restored. Run it before any other process starts.

    Every unsettled recipient of a running campaign gets an unknown result. Senders started afterward replay their
    journals, which turns messages they sent into sent ones. Campaigns whose recipients are not all planned are listed:
    they may have been sent, so they go back to draft or are paused. Nothing is sent until `mailflatrate resume-all`.
    """
    with database():
        from mailflatrate.apps.delivery import fence

        hold = fence.hold_restored(lost_since.replace(tzinfo=UTC))
        _record("sending.held_restored", lost_since=lost_since.isoformat())
    click.echo(f"All sending is on hold. Chunks settled with an unknown result: {hold.chunks}.")
    for heading, campaigns in (("Back to draft", hold.unscheduled), ("Paused", hold.paused)):
        click.echo(f"{heading} (may have been sent): {len(campaigns)}")
        for campaign in campaigns:
            click.echo(f"  campaign {campaign.id} of account {campaign.account_id}")
    click.echo("Start every host: each reads its withdrawals. `mailflatrate doctor` lists those that haven't.")


def _record(action: str, **details: object) -> None:
    from mailflatrate.base import audit, tenancy
    from mailflatrate.base.tenancy import PlatformReason

    with tenancy.platform(PlatformReason.FENCE):
        audit.record(action, by=audit.machine("cli.sending"), details={**operator_details(), **details})


@click.group()
def journal_command() -> None:
    """Replay the journals of a lost sender host."""


@journal_command.command("replay")
@click.argument("folder", type=_FOLDER)
@click.option(
    "--complete", is_flag=True, help="The host was only disconnected or shut down cleanly, so no line is missing."
)
def replay_command(folder: Path, complete: bool) -> None:
    """Settle unknown results with the journals in FOLDER, such as the rescued `journal/` of a lost host.

    Without --complete a journal counts only for what it contains: its last lines may have been lost with the host, so a
    message missing from it keeps its unknown result. Nothing is deleted, and you can run this again safely.
    """
    with database() as settings:
        from mailflatrate.apps.delivery.send import recovery
        from mailflatrate.apps.delivery.send.outcomes import retry_policy

        replay = recovery.replay_folder(folder, retry_policy(settings), whole=complete or None)
    click.echo(f"Journals read: {replay.journals}. Lost claims settled: {replay.claims}.")
    if replay.replayed.changed or replay.replayed.missing:
        click.echo(
            f"Messages the database had lost track of: {replay.replayed.changed}. Missing from it entirely: "
            f"{replay.replayed.missing}."
        )


@click.group()
def campaigns_command() -> None:
    """Pause, resume or complete a customer's campaign."""


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
    from mailflatrate.mail.identifiers.mailing_id import parse_mailing_id

    mailing_id = None if named.isdecimal() else parse_mailing_id(named)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        rows = Campaign.objects.filter(mailing_id=mailing_id) if mailing_id else Campaign.objects.none()
        if named.isdecimal() and len(named) < 19:
            rows = Campaign.objects.filter(id=int(named))
        target = rows.first()
    if target is None:
        raise click.ClickException(f"No campaign has the ID or mailing ID {named!r}.")
    try:
        with tenancy.account(target.account_id):
            act(target.id, by=CampaignMover.OPERATOR)
            audit.record(
                action,
                by=audit.machine("cli.campaigns"),
                account_id=target.account_id,
                subject=f"campaign:{target.id}",
                reason=reason,
                details=operator_details(),
            )
    except CampaignError as problem:
        raise click.ClickException(str(problem)) from problem
    return target.mailing_id
