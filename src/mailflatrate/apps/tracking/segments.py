"""Segment conditions about clicks and answers. Only people who agreed to be recorded can match (R-107)."""

from typing import Any

from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.delivery.archive.lookup import of_campaign_sql
from mailflatrate.apps.segments.builders import Built, account_sql, at_least, register_builder
from mailflatrate.apps.segments.conditions.tree import Condition
from mailflatrate.apps.tracking.poll_results import answer_places
from mailflatrate.rules.conditions import Field, Op


def clicked(condition: Condition, alias: str) -> Built:
    """At least, or fewer than, a number of times; machines' clicks don't count. Only who agreed to be recorded."""
    rows, values = _rows_of_messages("click", condition, alias)
    rows += " AND seg.delivery_id IS NOT NULL AND NOT seg.machine"
    if condition.campaign is not None and condition.link:
        editions, numbers = _numbers_of(condition.campaign, condition.link)
        rows += " AND (seg.edition_id, seg.link_number) IN (SELECT * FROM unnest(%s::bigint[], %s::int[]))"
        values += [editions, numbers]
    enough, values = at_least("got.contact_id", rows, values, alias, condition.times or 1)
    is_tracked = f"{alias}.tracking_event_id IS NOT NULL"
    return f"{is_tracked} AND {enough if condition.op is Op.DID else f'NOT {enough}'}", values


def links_of(campaign_id: int) -> list[str]:
    """Return the URLs that a campaign links to with click counting, in their order without duplicates."""
    urls: dict[str, None] = {}
    for links in Edition.objects.filter(campaign_id=campaign_id).order_by("number").values_list("links", flat=True):
        urls.update(dict.fromkeys(str(link["url"]) for link in links))
    return list(urls)


def _numbers_of(campaign_id: int, url: str) -> tuple[list[int], list[int]]:
    editions: list[int] = []
    numbers: list[int] = []
    for edition_id, links in Edition.objects.filter(campaign_id=campaign_id).values_list("id", "links"):
        for link in links:
            if link["url"] == url:
                editions.append(edition_id)
                numbers.append(link["number"])
    return editions, numbers


def _rows_of_messages(table: str, condition: Condition, alias: str) -> Built:
    """A FROM clause: the rows `seg` of a table and the messages `got` that they came from, as the condition limits."""
    rows = (
        f"FROM {table} seg, delivery_record got WHERE seg.account_id = {account_sql(alias)} "
        "AND got.account_id = seg.account_id AND got.id = seg.delivery_id"
    )
    values: list[Any] = []
    if condition.days is not None:
        rows += " AND seg.at >= now() - make_interval(days => %s)"
        values.append(condition.days)
    if condition.campaign is not None:
        rows += f" AND seg.campaign_id = %s AND got.campaign_id = %s AND {of_campaign_sql(condition.campaign, 'got')}"
        values += [condition.campaign, condition.campaign]
    return rows, values


def answered(condition: Condition, alias: str) -> Built:
    rows, values = _rows_of_messages("poll_answer", condition, alias)
    if condition.campaign is not None and condition.question:
        campaign = Campaign.objects.filter(id=condition.campaign).first()
        places = answer_places(campaign, condition.question, condition.answer) if campaign else []
        rows += (
            " AND (seg.edition_id, seg.poll, seg.answer) IN (SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[]))"
        )
        values += [[place[at] for place in places] for at in range(3)]
    enough, values = at_least("got.contact_id", rows, values, alias, 1)
    is_tracked = f"{alias}.tracking_event_id IS NOT NULL"
    return f"{is_tracked} AND {enough if condition.op is Op.DID else f'NOT {enough}'}", values


register_builder(Field.CLICKED, clicked)
register_builder(Field.ANSWERED, answered)
