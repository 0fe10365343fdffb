"""Bring a database up to date and read what is in it, as one process: DATABASE_URL names it. Prints one JSON object."""

import json


def main() -> None:
    """Migrate and read."""
    from mailflatrate.entrypoints.boot import boot
    from mailflatrate.entrypoints.cli.setup import bring_up_to_date

    settings = boot()
    bring_up_to_date(settings)
    from django.db import connections

    from mailflatrate.base.tenancy.policies import plan_policies

    print(json.dumps({"differs": plan_policies(connections["owner"]), **audit(), **ledger(), "campaigns": campaigns()}))


def audit() -> dict[str, object]:
    """Check the chain of the audit log."""
    from mailflatrate.base import tenancy
    from mailflatrate.base.audit import chain
    from mailflatrate.base.tenancy import PlatformReason

    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        report = chain.verify()
    return {"audit lines": report.rows, "audit damage": len(report.damages)}


def ledger() -> dict[str, object]:
    """Check the consent ledger and its seals."""
    import psycopg

    from mailflatrate.apps.lists.ledger_verification import FaultKind, verify_ledger
    from mailflatrate.settings.roles import PLATFORM_ROLE, app_url, enter_role
    from mailflatrate.settings.schema import load_settings

    with psycopg.connect(app_url(load_settings())) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        enter_role(connection, PLATFORM_ROLE)
        report = verify_ledger(connection)
    # A worker would have sealed the last events by now.
    faults = [fault for fault in report.faults if fault.kind is not FaultKind.EVENT_OVERDUE]
    return {"consent events": report.events, "ledger faults": len(faults)}


def campaigns() -> list[dict[str, object]]:
    """Read each campaign as its customer's pages do: through row-level security, its report and its results."""
    from mailflatrate.apps.accounts.models import Account
    from mailflatrate.apps.campaigns.models import Campaign
    from mailflatrate.apps.delivery import queries
    from mailflatrate.apps.delivery.models import DeliveryState
    from mailflatrate.apps.delivery.recipients import RecipientFilter, recipients
    from mailflatrate.apps.stats.queries import campaign_counts
    from mailflatrate.base import tenancy
    from mailflatrate.base.tenancy import PlatformReason

    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        ids = list(Account.objects.filter(is_house=False).values_list("id", flat=True))
    found: list[dict[str, object]] = []
    for account_id in ids:
        with tenancy.account(account_id):
            for campaign in Campaign.objects.order_by("id"):
                progress, counts = queries.campaign_progress(campaign.id), campaign_counts(campaign.id)
                results = [row.state for row in recipients(campaign.id, RecipientFilter(), most=10_000)]
                found.append(
                    {
                        "state": campaign.state,
                        "planned": progress.planned,
                        "sent": progress.sent,
                        "listed": results.count(DeliveryState.SENT),
                        "delivered": counts.delivered,
                        "bounced": progress.bounced_hard,
                    }
                )
    return found


if __name__ == "__main__":
    main()
