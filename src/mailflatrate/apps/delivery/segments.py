"""Segment conditions about earlier campaigns."""

from collections.abc import Iterable
from typing import Any

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.delivery.archive.lookup import ids_since_sql, of_campaign_sql
from mailflatrate.apps.delivery.planning.promised_frequency import promise_reached
from mailflatrate.apps.segments.builders import Built, account_sql, at_least, register_builder
from mailflatrate.apps.segments.conditions.choices import ChoiceSource, register_choices
from mailflatrate.apps.segments.conditions.tree import Condition
from mailflatrate.apps.segments.follow_up import register_promises
from mailflatrate.rules.conditions import Field, Op

MOST_OFFERED = 100


def got_mailing(condition: Condition, alias: str) -> Built:
    """SQL: the contact got it, or still may. After a bounce or skip, another campaign may reach them."""
    kept = of_campaign_sql(condition.numbers[0], "got")
    rows = (
        f"FROM delivery_record got WHERE {kept} AND got.account_id = {account_sql(alias)} AND got.campaign_id = %s "
        "AND got.state IN ('sent', 'pending', 'deferred', 'in_doubt')"
    )
    got, values = at_least("got.contact_id", rows, list(condition.numbers), alias)
    return (got if condition.op is Op.GOT else f"NOT {got}"), values


def received(condition: Condition, alias: str) -> Built:
    rows = (
        f"FROM delivery_record got WHERE got.account_id = {account_sql(alias)} "
        "AND got.campaign_id IS NOT NULL AND got.state = 'sent'"
    )
    values: list[Any] = []
    if condition.days is not None:
        rows += f" AND got.settled_at >= now() - make_interval(days => %s) AND {ids_since_sql(condition.days, 'got')}"
        values.append(condition.days)
    enough, values = at_least("got.contact_id", rows, values, alias, condition.times or 1)
    return (enough if condition.op is Op.AT_LEAST else f"NOT {enough}"), values


def _offered() -> list[tuple[int, str]]:
    out = Campaign.objects.filter(started_at__isnull=False).order_by("-started_at")
    return list(out.values_list("id", "name")[:MOST_OFFERED])


def _named(ids: Iterable[int]) -> dict[int, str]:
    return dict(Campaign.objects.filter(id__in=list(ids), started_at__isnull=False).values_list("id", "name"))


register_promises(promise_reached)
register_builder(Field.CAMPAIGN, got_mailing)
register_builder(Field.RECEIVED, received)
register_choices(Field.CAMPAIGN, ChoiceSource(_offered, _named))
