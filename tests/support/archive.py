"""Campaigns that ended long ago, and months that are over, for tests that cannot wait for either."""

from datetime import datetime, timedelta

import psycopg

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.archive import archiving
from mailflatrate.apps.delivery.models import ArchivedCampaign, DeliveryState
from mailflatrate.base import clock
from support.customers import Customer
from support.scope import rows

LONG_AGO = timedelta(days=40)


def end(owner_url: str, campaign: Campaign, *, ago: timedelta = LONG_AGO) -> None:
    with psycopg.connect(owner_url) as owner:
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute("UPDATE chunk SET state = 'done', claimed_at = now() WHERE campaign_id = %s", [campaign.id])
        owner.execute(
            "UPDATE campaign SET state = 'sent', started_at = %(at)s, finished_at = %(at)s WHERE id = %(id)s",
            {"id": campaign.id, "at": clock.now() - ago},
        )


def end_month(owner_url: str, *, made_at: datetime | None = None) -> str:
    """A month is over for everything that was planned until now; the name of its partition."""
    with psycopg.connect(owner_url) as owner:
        # Those that were made today already become months of long ago, so that there is one to be made.
        made = "SELECT partition, dropped_at FROM archive_month WHERE month > '2000-01-01'"
        for name, dropped_at in owner.execute(made).fetchall():
            number = owner.execute("SELECT count(*) FROM archive_month WHERE month < '2000-01-01'").fetchone()
            assert number is not None
            old = f"delivery_archive_old_{number[0]}"
            if dropped_at is None:
                owner.execute(f"ALTER TABLE {name} RENAME TO {old}")
            owner.execute(
                "UPDATE archive_month SET month = '1900-01-01'::date + %s, partition = %s WHERE partition = %s",
                [int(number[0]), old, name],
            )
    name = archiving.call_owner("SELECT open_archive_month()")
    with psycopg.connect(owner_url) as owner:
        if made_at is not None:
            owner.execute("UPDATE archive_month SET made_at = %s WHERE partition = %s", [made_at, name])
    return str(name)


def archived(owner_url: str, anna: Customer, *, bounced: int = 0) -> Campaign:
    """Return a campaign that everyone got, except for some who bounced, and that has since moved to the archive."""
    campaign = anna.sending()
    if bounced:
        anna.settle(campaign, DeliveryState.BOUNCED, bounced, bounce="hard", reply_text="550 5.1.1 unknown")
    anna.settle(campaign, DeliveryState.SENT, campaign.planned_count - bounced, reply_text="250 ok")
    end(owner_url, campaign)
    move(owner_url, campaign)
    return campaign


def move(owner_url: str, campaign: Campaign) -> None:
    end_month(owner_url)
    archiving.archive_finished(run_seconds=20)
    assert rows(campaign, ArchivedCampaign).get(campaign_id=campaign.id).finished_at is not None


def fold_one(owner_url: str, campaign: Campaign) -> None:
    """What is left of one message of a campaign, as if its month had been dropped."""
    with psycopg.connect(owner_url) as owner:
        owner.execute(
            "INSERT INTO past_recipients"
            " (account_id, campaign_id, mailing_list_id, from_id, to_id, offsets, contact_ids)"
            " SELECT account_id, campaign_id, mailing_list_id, id, id, '{0}', ARRAY[contact_id]"
            " FROM delivery_archive WHERE campaign_id = %s LIMIT 1",
            [campaign.id],
        )
