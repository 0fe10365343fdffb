"""Scoped reads of lists, contacts and imports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Sum

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.lists.models import Contact, ListOrigin, ListTally, MailingList, Subscription, SubscriptionState
from mailflatrate.apps.lists.search import some_matching
from mailflatrate.apps.suppression import queries as suppression
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import address_key
from mailflatrate.rules import sql


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list with its people counted by state."""

    id: int
    name: str
    public_name: str
    language: str
    code: str
    confirmed: int
    pending: int
    quarantined: int
    unsubscribed: int
    created_at: datetime
    archived_at: datetime | None


def list_table(*, archived: bool = False) -> list[ListRow]:
    rows = MailingList.objects.filter(archived_at__isnull=not archived).order_by("name", "id")
    counts: dict[tuple[int, str], int] = {
        (list_id, state): people
        for list_id, state, people in ListTally.objects.values_list("mailing_list_id", "state").annotate(
            total=Sum("people")
        )
    }
    return [
        ListRow(
            id=row.id,
            name=row.name,
            public_name=row.public_name,
            language=row.language,
            code=row.code,
            created_at=row.created_at,
            archived_at=row.archived_at,
            **{state.value: counts.get((row.id, state.value), 0) for state in SubscriptionState},
        )
        for row in rows
    ]


def find_list(name_or_id: str) -> MailingList | None:
    """By id or exact name, unless archived."""
    lists = MailingList.objects.filter(archived_at__isnull=True)
    mailing_list = lists.filter(id=int(name_or_id)).first() if name_or_id.isdecimal() and len(name_or_id) < 19 else None
    return mailing_list or lists.filter(name=name_or_id).order_by("id").first()


def lists_named(text: str) -> QuerySet[MailingList]:
    named = MailingList.objects.filter(Q(name__icontains=text) | Q(public_name__icontains=text))
    return named.order_by(F("archived_at").asc(nulls_first=True), "name", "id")


def contacts_found(text: str, *, limit: int) -> list[Contact]:
    return list(some_matching(Contact.objects.all(), text).order_by("email", "id")[:limit])


@dataclass(frozen=True, slots=True)
class ContactRecord:
    contact: Contact
    subscriptions: list[Subscription]
    events: list[ConsentEvent]
    suppression: Suppression | None


def contact_detail(contact_id: int) -> ContactRecord | None:
    contact = Contact.objects.filter(id=contact_id).first()
    if contact is None:
        return None
    return ContactRecord(
        contact=contact,
        subscriptions=list(
            Subscription.objects.filter(contact=contact).select_related("mailing_list").order_by("mailing_list__name")
        ),
        events=list(
            ConsentEvent.objects.filter(contact_id=contact_id)
            .select_related("evidence")
            .order_by("-recorded_at", "-id")
        ),
        suppression=suppression.strongest(bytes(contact.address_key)),
    )


def lists_of(events: Iterable[ConsentEvent]) -> dict[int | None, MailingList]:
    """The lists that events of the ledger are about, by id. An objection is about none."""
    return {**MailingList.objects.in_bulk({event.mailing_list_id for event in events} - {None})}


UNSUPPRESSED = f"NOT {sql.suppressed('c.account_id', 'c.address_key')}"
"""Over the contact table `c`: neither by the account nor the platform."""


def on_a_list(list_ids: str) -> str:
    """SQL over the contact table `c`: confirmed on a list of the parameter `list_ids`."""
    return f"""EXISTS (SELECT 1 FROM subscription s WHERE s.account_id = c.account_id AND s.contact_id = c.id
        AND {sql.is_confirmed("s.state")} AND s.mailing_list_id = ANY({list_ids}::bigint[]))"""  # noqa: S608


def mailable_count() -> int:
    """Confirmed on a list, not suppressed."""
    return count_people(
        f"""EXISTS (SELECT 1 FROM subscription s WHERE s.account_id = c.account_id AND s.contact_id = c.id
        AND {sql.is_confirmed("s.state")})""",  # noqa: S608  # made of constants
        [],
    )


def count_people(where: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM contact c WHERE c.account_id = %s AND {UNSUPPRESSED} AND {where}",  # noqa: S608
            [tenancy.current_account_id(), *values],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


# Contacts gained and lost since a moment, checked only among those with a change since then. A contact is gained when
# the first subscription was confirmed here, and lost when the last one ended or the address was suppressed.
LIFE = f"""
WITH touched AS (
    SELECT contact_id AS id FROM subscription
    WHERE account_id = %(account_id)s AND confirmed_at IS NOT NULL
      AND (created_at >= %(since)s OR confirmed_at >= %(since)s OR unsubscribed_at >= %(since)s)
    UNION
    SELECT c.id FROM suppression x JOIN contact c ON c.account_id = %(account_id)s AND c.address_key = x.address_key
    WHERE (x.account_id = %(account_id)s OR x.account_id IS NULL) AND {sql.in_force("x")} AND x.created_at >= %(since)s
), life AS (
    SELECT s.contact_id, min(greatest(s.created_at, s.confirmed_at)) AS came,
        least(CASE WHEN bool_or({sql.is_confirmed("s.state")}) THEN NULL ELSE max(s.unsubscribed_at) END,
            (SELECT min(x.created_at) FROM suppression x JOIN contact c ON c.address_key = x.address_key
             WHERE c.id = s.contact_id AND {sql.in_force("x")}
               AND (x.account_id = %(account_id)s OR x.account_id IS NULL))) AS went
    FROM subscription s JOIN touched ON touched.id = s.contact_id
    WHERE s.account_id = %(account_id)s AND s.confirmed_at IS NOT NULL
    GROUP BY s.contact_id
)
"""  # noqa: S608  # made of constants
"""When each contact changed since %(since)s became mailable, and when that ended (NULL: it didn't)."""
_CHANGES = f"""
{LIFE}
SELECT day, sum(people) FROM (
    SELECT (came AT TIME ZONE 'UTC')::date AS day, 1 AS people FROM life WHERE came >= %(since)s
        AND (went IS NULL OR went > came)
    UNION ALL
    SELECT (went AT TIME ZONE 'UTC')::date, -1 FROM life WHERE went >= %(since)s AND went > came
) AS change GROUP BY day
"""  # noqa: S608  # made of constants


def mailable_series(days: int = 30) -> list[tuple[date, int]]:
    """At the end of each of the last days (UTC) and now, oldest first."""
    today = clock.now().date()
    since = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, {"account_id": tenancy.current_account_id(), "since": since})
        changes: dict[date, int] = {day: int(people) for day, people in cursor.fetchall()}
    series = [(today, mailable_count())]
    for back in range(days):
        day, people = series[-1]
        series.append((today - timedelta(days=back + 1), people - changes.get(day, 0)))
    return series[::-1]


def origins(list_id: int) -> list[ListOrigin]:
    """Newest first, without their pictures."""
    rows = ListOrigin.objects.filter(mailing_list_id=list_id).select_related("decided_by", "declared_by")
    return list(rows.defer("screenshot").order_by("-version"))


def attribute_keys(limit: int = 200, sample_rows: int = 5000) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT key FROM (
                SELECT jsonb_object_keys(attributes) AS key FROM (
                    SELECT attributes FROM contact WHERE account_id = %s ORDER BY id DESC LIMIT %s) AS newest
                ) AS keys ORDER BY key LIMIT %s""",
            [tenancy.current_account_id(), sample_rows, limit],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [str(key) for (key,) in rows]


def emails_of(address_keys: Sequence[bytes]) -> dict[bytes, str]:
    rows = Contact.objects.filter(address_key__in=address_keys).values_list("address_key", "email")
    return {bytes(key): email for key, email in rows}


def contact_by_address(address: str) -> int | None:
    """In any spelling (R-20); None if unknown or not an address."""
    key = address_key(address)
    return None if key is None else Contact.objects.filter(address_key=key).values_list("id", flat=True).first()


def contact_by_external_id(external_id: str) -> int | None:
    """The customer's own id; None if unknown."""
    return Contact.objects.filter(external_id=external_id).values_list("id", flat=True).first()
