"""Who gets a campaign, and why others on its lists don't: the one statement behind every number of recipients, the
plan, and the sender's last check. The law is in `rules`; only rendering finds an empty merge field.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from django.db import connection

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import audience_of
from mailflatrate.apps.segments.audience import EXCLUDED, NOT_IN_SEGMENT, Audience
from mailflatrate.apps.segments.builders import named_sql, whole_account
from mailflatrate.apps.suppression.facts import AS_FACT, EVERYWHERE_AS_FACT
from mailflatrate.base import clock, tenancy
from mailflatrate.rules import sql
from mailflatrate.rules.checks.recipient_subscribed import BY_STATE
from mailflatrate.rules.checks.recipient_suppressed import BY_CAUSE
from mailflatrate.rules.contacts.countries import ATTRIBUTES, country_of
from mailflatrate.rules.limits import CONSENT_REVIEW_AGE
from mailflatrate.rules.skip_reasons import WithholdReason

MOST_NAME_CHARACTERS = 40
_OLD = f"e.occurred_at < now() - interval '{CONSENT_REVIEW_AGE.days} days'"
# What the archive has on someone: one row per contact instead of a lookup in each month.
_ARCHIVED = "(SELECT a.sent_at FROM last_mailing a WHERE a.contact_id = c.id AND a.account_id = c.account_id)"
_SENT = """FROM delivery b WHERE b.account_id = c.account_id AND b.contact_id = c.id AND b.state = 'sent'
        AND b.campaign_id IS NOT NULL"""
# The last message of the previous system, as the import weighed it and a reviewer accepted it.
_DECLARED = """(SELECT (w.details->'last_contact'->>'at')::timestamptz FROM consent_evidence w
        WHERE w.event_id = e.id AND w.account_id = e.account_id)"""
# Looked up only if the consent alone is old, and for contacts who want fewer campaigns.
LAST_CONTACT = f"""greatest(e.occurred_at, c.last_activity_at, CASE WHEN {_OLD} THEN (
        SELECT greatest(max(b.settled_at), {_ARCHIVED}, {_DECLARED}) {_SENT}) END)"""
"""SQL for the last contact between an account and its contact `c`, whose consent is the event `e`."""
RESTS_UNTIL = f"""greatest(c.paused_until, CASE WHEN c.pause_days IS NOT NULL THEN (
        SELECT greatest(max(b.settled_at), {_ARCHIVED}) + c.pause_days * interval '1 day' {_SENT}) END)"""
"""SQL for the end of the rest that a contact `c` chose; NULL without one."""
_skipped = partial(
    sql.skip_reason, "s", last_contact=LAST_CONTACT, rests_until=RESTS_UNTIL, at="%(judged_at)s::timestamptz"
)
_SKIPPED = _skipped()
# Compared by equality alone, so that PostgreSQL may read the few noes of a slice once instead of once a person.
_SAID_NO = f"""EXISTS (SELECT 1 FROM consent_event n WHERE n.account_id = %(account_id)s
        AND n.contact_id = s.contact_id AND {sql.is_no("n")} {{noes_of_slice}})"""  # noqa: S608  # made of constants
_FACTS = """
    LEFT JOIN consent_event e ON e.id = s.consent_event_id AND e.account_id = s.account_id
        AND e.contact_id = s.contact_id {events_of_slice}
    LEFT JOIN mailing_list l ON l.id = s.mailing_list_id AND l.account_id = s.account_id
"""

_EVERYWHERE = "everywhere "
# The account's own rows by their reason, the platform's with a prefix.
_SUPPRESSED = {reason.value: BY_CAUSE[fact].reason.value for reason, fact in AS_FACT.items()} | {
    _EVERYWHERE + reason.value: BY_CAUSE[fact].reason.value for reason, fact in EVERYWHERE_AS_FACT.items()
}
_UNCONFIRMED = {state.value: skipped.reason.value for state, skipped in BY_STATE.items() if state is not None}
LEFT_OUT = {
    **{reason.value: reason.value for reason in WithholdReason},
    **_SUPPRESSED,
    **_UNCONFIRMED,
    **{reason: reason for reason in (NOT_IN_SEGMENT, *EXCLUDED)},
}
"""What the statement calls a reason -> what is stored: the same words as for recipients whom the sender skips."""
_CHOSEN = frozenset((NOT_IN_SEGMENT, *EXCLUDED))

# One row a person, by the first list of the campaign's order through which they may be mailed; without one, the reason.
_JUDGED = f"""
SELECT DISTINCT ON (contact_id) * FROM (
    SELECT s.contact_id, s.mailing_list_id, s.consent_event_id, s.state, c.email,
        array_position(%(list_ids)s::bigint[], s.mailing_list_id) AS list_rank, {{columns}}
        CASE WHEN NOT ({sql.is_confirmed("s.state")}) THEN s.state
            ELSE coalesce(own.reason, '{_EVERYWHERE}' || everywhere.reason, {{not_meant}}, {_skipped(said_no=_SAID_NO)})
            END AS left_out
    FROM subscription s
    JOIN contact c ON c.id = s.contact_id AND c.account_id = s.account_id {{contacts_of_slice}}
    {sql.suppression_joins("s.account_id", "c.address_key")}
    {_FACTS}
    {{joins}}
    WHERE s.account_id = %(account_id)s AND s.mailing_list_id = ANY(%(list_ids)s::bigint[]) {{subscriptions_of_slice}}
) on_lists
ORDER BY contact_id, left_out IS NOT NULL, NOT ({sql.is_confirmed("state")}), list_rank
"""  # noqa: S608  # made of constants
_IN_SLICE = "AND {0} > %(after)s AND {0} <= %(up_to)s"


def judged_sql(not_meant: str = "NULL", *, columns: str = "", joins: str = "", of_slice: bool = False) -> str:
    """A row for each person on the campaign's lists: the list they get it through, or `left_out`. `not_meant`: why a
    contact `c` isn't in the audience; `columns`, each with a comma after it, and `joins` add to a subscription `s`.
    `of_slice` limits every table to the contacts from `after` to `up_to`, so that each is read by its index.
    """
    only = _IN_SLICE.format if of_slice else lambda _column: ""
    return _JUDGED.format(
        not_meant=not_meant,
        columns=columns,
        joins=joins,
        events_of_slice=only("e.contact_id"),
        noes_of_slice=only("n.contact_id"),
        contacts_of_slice=only("c.id"),
        subscriptions_of_slice=only("s.contact_id"),
    )


def may_get(list_ids: str) -> str:
    """Over the contact `c`: a list in `list_ids` reaches them at `judged_at`. As `judged_sql`, for few people."""
    return f"""EXISTS (SELECT 1 FROM subscription s {_FACTS.format(events_of_slice="")}
        WHERE s.account_id = c.account_id AND s.contact_id = c.id AND s.mailing_list_id = ANY({list_ids}::bigint[])
          AND {sql.is_confirmed("s.state")} AND {_SKIPPED} IS NULL)"""  # noqa: S608  # made of constants


def judged_at(campaign: Campaign) -> datetime:
    now = clock.now()
    return max(campaign.scheduled_at or now, now)


def parameters_of(campaign: Campaign) -> dict[str, Any]:
    return _parameters(campaign.list_ids, judged_at(campaign))


def _parameters(list_ids: Sequence[int], at: datetime) -> dict[str, Any]:
    return {"account_id": tenancy.current_account_id(), "list_ids": list(list_ids), "judged_at": at}


@dataclass(frozen=True, slots=True)
class RecipientCount:
    """`stale`: recipients without contact for 12 months (R-13). `countries`: where recipients are."""

    recipients: int
    excluded: int
    skipped: Mapping[str, int]
    stale: int
    countries: frozenset[str]


NO_ONE = RecipientCount(0, 0, MappingProxyType({}), 0, frozenset())
_COUNT = f"""
SELECT left_out, ending, country, count(*), count(*) FILTER (WHERE last_contact < %(since)s)
FROM ({{judged}}) people, LATERAL (SELECT
    CASE WHEN left_out IS NULL THEN substring(email FROM '[^.]+$') END AS ending,
    CASE WHEN left_out IS NULL THEN left(lower(residence), {MOST_NAME_CHARACTERS}) END AS country) place_of
GROUP BY 1, 2, 3
"""  # noqa: S608  # made of constants
_RESIDENCE = ", ".join([f"nullif(c.attributes->>'{name}', '')" for name in ATTRIBUTES] + ["''"])


_ENTRIES: list[Callable[[int], Audience | None]] = []


def register_entries(find: Callable[[int], Audience | None]) -> None:
    """Register how to find who can enter an automation, a later stage's rows; None: nobody who is on its list now."""
    _ENTRIES[:] = [find]


@tenancy.read_once
def count_recipients(campaign: Campaign) -> RecipientCount:
    """Now or at its scheduled time; for a message of an automation, those who can enter. Raises SegmentError."""
    if campaign.automation_id is None:
        return count_people(audience_of(campaign), judged_at(campaign))
    audience = _ENTRIES[0](campaign.automation_id)
    return count_people(audience, clock.now()) if audience is not None else NO_ONE


def count_people(audience: Audience, at: datetime) -> RecipientCount:
    """Raises SegmentError if the segment's conditions are invalid."""
    with whole_account():
        not_meant, named = named_sql(*audience.reason_sql())
        columns = f"coalesce({_RESIDENCE}) AS residence, {LAST_CONTACT} AS last_contact,"
        statement = _COUNT.format(judged=judged_sql(not_meant, columns=columns))
        parameters = named | _parameters(audience.list_ids, at) | {"since": clock.now() - CONSENT_REVIEW_AGE}
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            rows = cursor.fetchall()
    others: dict[str, int] = {}
    for reason, _ending, _country, people, _stale in rows:
        if reason is not None:
            others[LEFT_OUT[reason]] = others.get(LEFT_OUT[reason], 0) + people
    reachable = [row[1:] for row in rows if row[0] is None]
    countries = {country_of(country, ending or "") for ending, country, *_ in reachable}
    return RecipientCount(
        recipients=sum(row[2] for row in reachable),
        excluded=sum(people for reason, people in others.items() if reason in EXCLUDED),
        skipped=MappingProxyType(
            {reason: people for reason, people in sorted(others.items()) if reason not in _CHOSEN}
        ),
        stale=sum(row[3] for row in reachable),
        countries=frozenset(country for country in countries if country is not None),
    )
