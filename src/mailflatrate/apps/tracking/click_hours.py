"""Clicks by link and hour: a read model that a replay gives again. Folded after half an hour, when visitor marks,
which last twenty minutes, change nothing about them; reports add later clicks one by one.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from mailflatrate.apps.tracking.models import Click, ClickFold, ClickHour
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason

FOLD_AFTER: Final = timedelta(minutes=30)
"""Younger clicks are not folded, because they may turn out to be a machine's."""
YOUNG: Final = timedelta(hours=4)
"""A younger campaign's clicks are not folded: its timeline in steps of some minutes (`counts.py`) needs each."""
NOTICED: Final = timedelta(hours=1)
NOTICED_HOURLY: Final = timedelta(hours=30)
"""How far back the job looks for campaigns with clicks; what it missed is folded with the campaign's next click."""
_NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)

# `folded` is materialized, because a condition with coalesce() isn't leakproof: behind row-level security the index
# on time would not be used for it, and every click would be read.
COUNTED: Final = """
folded (campaign_id, until) AS MATERIALIZED (
    SELECT c.id, coalesce(f.until, '-infinity') FROM unnest(%(campaign_ids)s::bigint[]) c (id)
    LEFT JOIN click_fold f ON f.account_id = %(account_id)s AND f.campaign_id = c.id
), counted (campaign_id, edition_id, link_number, at, people, machines) AS (
    SELECT h.campaign_id, h.edition_id, h.link_number, h.hour, h.people, h.machines FROM click_hour h
    WHERE h.account_id = %(account_id)s AND h.campaign_id = ANY(%(campaign_ids)s::bigint[])
    UNION ALL
    SELECT k.campaign_id, k.edition_id, k.link_number, k.at, (NOT k.machine)::int, k.machine::int
    FROM folded f CROSS JOIN LATERAL (
        SELECT * FROM click k WHERE k.account_id = %(account_id)s AND k.campaign_id = f.campaign_id
            AND k.at >= f.until OFFSET 0
    ) k
    UNION ALL
    SELECT t.campaign_id, t.edition_id, t.link_number, NULL, t.people, t.machines FROM click_total t
    WHERE t.account_id = %(account_id)s AND t.campaign_id = ANY(%(campaign_ids)s::bigint[])
)
"""
"""CTEs; `counted` has every click of some campaigns once, folded or not, in one snapshot. `at`: its time, the start of
its hour, or NULL where retention left only a number (R-95). Parameters: account_id, campaign_ids.
"""

# Hours are counted from the campaign's start, as the report shows them. A fold ends at one of their sixths.
_EDGE = """
SELECT date_bin(%(width)s::interval, %(moment)s, coalesce(started_at, created_at)) FROM campaign
WHERE account_id = %(account_id)s AND id = %(campaign_id)s AND coalesce(started_at, created_at) <= %(began_by)s
"""
_HOUR: Final = timedelta(hours=1)
_FOLD_STEP: Final = timedelta(minutes=10)
_FOLD = """
INSERT INTO click_hour (account_id, campaign_id, edition_id, link_number, hour, people, machines)
SELECT k.account_id, k.campaign_id, k.edition_id, k.link_number,
    date_bin('1 hour', k.at, coalesce(c.started_at, c.created_at)),
    count(*) FILTER (WHERE NOT k.machine), count(*) FILTER (WHERE k.machine)
FROM click k JOIN campaign c ON c.id = k.campaign_id AND c.account_id = k.account_id
WHERE k.account_id = %(account_id)s AND k.campaign_id = %(campaign_id)s AND k.at >= %(since)s AND k.at < %(until)s
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (account_id, campaign_id, edition_id, link_number, hour) DO UPDATE SET
    people = click_hour.people + excluded.people, machines = click_hour.machines + excluded.machines
"""
_BEGIN = """
INSERT INTO click_fold (account_id, campaign_id, until)
SELECT account_id, id, %s FROM campaign WHERE account_id = %s AND id = %s ON CONFLICT DO NOTHING
"""
# Campaigns that were clicked lately, and those that were never folded, as all from before there was this table.
_NOTICED = """
SELECT DISTINCT account_id, campaign_id FROM click WHERE at >= %(since)s AND at < %(before)s
UNION
(SELECT c.account_id, c.id FROM campaign c WHERE c.started_at < %(grown_up)s AND NOT EXISTS (
    SELECT 1 FROM click_fold f WHERE f.account_id = c.account_id AND f.campaign_id = c.id
) ORDER BY c.id DESC LIMIT 500)
"""


@tenancy.needs_account
@transaction.atomic
def fold_campaign(campaign_id: int) -> None:
    """Fold a campaign's clicks that are old enough; none while the campaign is young. Idempotent."""
    now = clock.now()
    until = _edge(campaign_id, now - FOLD_AFTER, _FOLD_STEP, began_by=now - YOUNG)
    if until is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [_NEVER, tenancy.current_account_id(), campaign_id])
    fold = ClickFold.objects.select_for_update().filter(campaign_id=campaign_id).first()
    if fold is None or until <= fold.until:
        return
    parameters: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "campaign_id": campaign_id,
        "since": fold.until,
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, parameters)
    fold.until = until
    fold.save(update_fields=["until"])


def _edge(campaign_id: int, moment: datetime, width: timedelta, *, began_by: datetime) -> datetime | None:
    """Return when the step of a campaign begins in which a moment lies; None if it began later, or doesn't exist."""
    parameters: dict[str, Any] = {
        "account_id": tenancy.current_account_id(),
        "campaign_id": campaign_id,
        "moment": moment,
        "width": width,
        "began_by": began_by,
    }
    with connection.cursor() as cursor:
        cursor.execute(_EDGE, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


@tenancy.needs_account
@transaction.atomic
def replay_campaign(campaign_id: int) -> None:
    """Count a campaign's hours anew from its clicks; those whose clicks retention has deleted stay as they are."""
    fold = ClickFold.objects.filter(campaign_id=campaign_id).select_for_update().first()
    oldest = Click.objects.filter(campaign_id=campaign_id).order_by("at").values_list("at", flat=True).first()
    begin = None if oldest is None else _edge(campaign_id, oldest, _HOUR, began_by=clock.now())
    if fold is None or begin is None:
        return
    if ClickHour.objects.filter(campaign_id=campaign_id, hour__lt=begin).exists():  # retention has been here
        begin += _HOUR
    if begin >= fold.until:  # what is younger is counted click by click
        return
    ClickHour.objects.filter(campaign_id=campaign_id, hour__gte=begin).delete()
    ClickFold.objects.filter(campaign_id=campaign_id).update(until=begin)
    fold_campaign(campaign_id)


def fold_recent(noticed: timedelta = NOTICED_HOURLY) -> int:
    """Fold the clicks of every account's campaigns that were clicked lately or never folded; return how many."""
    now = clock.now()
    with tenancy.platform(PlatformReason.HOUSEKEEPING), connection.cursor() as cursor:
        before = now - FOLD_AFTER
        cursor.execute(_NOTICED, {"since": before - noticed, "before": before, "grown_up": now - YOUNG})
        campaigns = cursor.fetchall()
    for account_id, campaign_id in campaigns:
        with tenancy.account(account_id):
            fold_campaign(campaign_id)
    return len(campaigns)
