"""Finds who enters by a date, a segment or inactivity. Arrivals are written in the transaction that advances the
watermark: no one is missed or found twice, even after an interruption.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import connection

from mailflatrate.apps.automations.engine.context import VersionRun
from mailflatrate.apps.automations.engine.taking import ZONE
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.segments.builders import conditions_sql, named_sql, whole_account
from mailflatrate.apps.segments.models import Segment
from mailflatrate.base import tenancy
from mailflatrate.rules import sql
from mailflatrate.rules.automations.graph import Entry, EntryKind, ZoneOf
from mailflatrate.rules.automations.waits import days_reached, month_days
from mailflatrate.rules.contacts.local_time import zones

SEGMENT_PAUSE = timedelta(minutes=10)
INACTIVE_PAUSE = timedelta(hours=1)
_CONFIRMED = f"""FROM subscription s JOIN contact c ON c.id = s.contact_id AND c.account_id = s.account_id
    WHERE s.account_id = %(account_id)s AND s.mailing_list_id = %(list_id)s AND {sql.is_confirmed("s.state")}"""
_ARRIVE = "INSERT INTO automation_arrival (account_id, automation_id, contact_id, at)"
_DATES = f"""
{_ARRIVE}
SELECT %(account_id)s, %(automation_id)s, found.id, %(now)s FROM (
    SELECT c.id, c.attributes->>%(field)s AS value, lower(replace(btrim({ZONE}), ' ', '_')) AS zone
    {_CONFIRMED} AND c.attributes->>%(field)s ~ '^([0-9]{{{{4}}}}|-)-[0-9]{{{{2}}}}-[0-9]{{{{2}}}}'
) found
WHERE (CASE WHEN %(personal)s AND found.zone = ANY(%(known)s::text[]) THEN found.zone ELSE '' END,
    right(left(found.value, 10), %(length)s))
    IN (SELECT * FROM unnest(%(zones)s::text[], %(days)s::text[]))
"""  # noqa: S608  # made of constants
_MEMBERS = f"""
WITH present AS MATERIALIZED (SELECT c.id {_CONFIRMED} AND {{members}}),
gone AS (
    DELETE FROM automation_member m WHERE m.account_id = %(account_id)s AND m.automation_id = %(automation_id)s
        AND NOT EXISTS (SELECT 1 FROM present p WHERE p.id = m.contact_id)
    RETURNING m.contact_id
), new AS (
    INSERT INTO automation_member (account_id, automation_id, contact_id)
    SELECT %(account_id)s, %(automation_id)s, id FROM present ON CONFLICT DO NOTHING RETURNING contact_id
)
{_ARRIVE}
SELECT %(account_id)s, %(automation_id)s, contact_id, %(now)s FROM {{which}} WHERE %(arrive)s
"""  # noqa: S608  # made of constants
_INACTIVE = f"""
{_ARRIVE}
SELECT %(account_id)s, %(automation_id)s, c.id, %(now)s {_CONFIRMED}
    AND coalesce(c.last_activity_at, s.confirmed_at) > %(since)s - make_interval(days => %(days)s)
    AND coalesce(c.last_activity_at, s.confirmed_at) <= %(now)s::timestamptz - make_interval(days => %(days)s)
"""  # made of constants


@tenancy.needs_account
def note_arrivals(run: VersionRun) -> None:
    find = _FINDERS.get(run.graph.entry.on)
    if find is None:
        return
    automation = Automation.objects.select_for_update().get(id=run.automation.id)
    since = automation.looked_at or run.now
    if run.now - since < _PAUSES.get(run.graph.entry.on, timedelta(0)):
        return
    find(run, run.graph.entry, _common(run) | {"since": since})
    automation.looked_at = run.now
    automation.save(update_fields=["looked_at"])


@tenancy.needs_account
def remember_members(run: VersionRun) -> None:
    """Record who is already in the segment when an automation that it starts is activated; these people don't enter."""
    if run.graph.entry.segment is not None:
        _members(run, run.graph.entry, _common(run), arrive=False)


def _common(run: VersionRun) -> dict[str, Any]:
    return {
        "account_id": run.automation.account_id,
        "automation_id": run.automation.id,
        "list_id": run.automation.mailing_list_id,
        "now": run.now,
    }


def _dates(run: VersionRun, entry: Entry, values: dict[str, Any]) -> None:
    """The zone '' is the account's own, for people who name none."""
    personal = entry.zone is ZoneOf.PERSON
    looked = {"": zones()[run.home.lower()]} | (zones() if personal else {})
    pairs = [
        (name, day)
        for name, zone in looked.items()
        for reached in days_reached(values["since"], run.now, entry.at, zone)
        for day in _days(entry, reached - timedelta(days=entry.offset_days))
    ]
    if pairs:
        values |= {
            "field": entry.field,
            "personal": personal,
            "known": list(zones()),
            "length": 5 if entry.yearly else 10,
            "zones": [name for name, _day in pairs],
            "days": [day for _name, day in pairs],
        }
        _run(_DATES.format(), values)


def _days(entry: Entry, day: date) -> list[str]:
    return month_days(day) if entry.yearly else [day.isoformat()]


def _members(run: VersionRun, entry: Entry, values: dict[str, Any], *, arrive: bool = True) -> None:
    segment = Segment.objects.filter(id=entry.segment or 0).first()
    if segment is None:
        return
    with whole_account():
        members, named = named_sql(*conditions_sql(segment.conditions, "c"))
        which = "new" if entry.on is EntryKind.SEGMENT_ENTERED else "gone"
        _run(_MEMBERS.format(members=members, which=which), values | named | {"arrive": arrive})


def _inactive(_run_of: VersionRun, entry: Entry, values: dict[str, Any]) -> None:
    _run(_INACTIVE, values | {"days": entry.days})


def _run(statement: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


_FINDERS: Mapping[EntryKind, Callable[[VersionRun, Entry, dict[str, Any]], None]] = {
    EntryKind.DATE: _dates,
    EntryKind.SEGMENT_ENTERED: _members,
    EntryKind.SEGMENT_LEFT: _members,
    EntryKind.INACTIVE: _inactive,
}
_PAUSES: Mapping[EntryKind, timedelta] = {
    EntryKind.SEGMENT_ENTERED: SEGMENT_PAUSE,
    EntryKind.SEGMENT_LEFT: SEGMENT_PAUSE,
    EntryKind.INACTIVE: INACTIVE_PAUSE,
}
