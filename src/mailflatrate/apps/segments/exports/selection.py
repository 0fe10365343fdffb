"""The contacts of an export, in pages by address."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from mailflatrate.apps.segments.builders import conditions_sql
from mailflatrate.apps.segments.models import Export
from mailflatrate.base import tenancy
from mailflatrate.rules import sql
from mailflatrate.rules.contacts.suppression import STRENGTH

PAGE_CONTACTS = 2_000
Built = tuple[str, list[Any]]

STRONGEST = f"""(
    SELECT x.reason, x.created_at FROM suppression x WHERE {sql.suppression_of("c.account_id", "c.address_key")}
    ORDER BY array_position(%s::text[], x.reason::text), x.account_id NULLS LAST LIMIT 1
)"""  # noqa: S608  # made of constants
"""The deciding suppression of the contact `c`; takes the reasons, strongest first."""


def strength() -> list[str]:
    return [reason.value for reason in STRENGTH]


def selected_sql(job: Export) -> Built:
    """Boolean, over the contact table `c`. Raises SegmentError."""
    parts, values = ["TRUE"], list[Any]()
    if job.mailing_list_id is not None:
        parts.append(
            "EXISTS (SELECT 1 FROM subscription o WHERE o.account_id = c.account_id AND o.contact_id = c.id"
            " AND o.mailing_list_id = %s)"
        )
        values.append(job.mailing_list_id)
    if job.conditions is not None:
        condition, more = conditions_sql(job.conditions)
        parts.append(condition)
        values += more
    return " AND ".join(parts), values


def count_selected(job: Export) -> int:
    where, values = selected_sql(job)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM contact c WHERE c.account_id = %s AND {where}",  # noqa: S608
            [tenancy.current_account_id(), *values],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def attribute_keys(job: Export, most: int) -> list[str]:
    where, values = selected_sql(job)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT k FROM contact c CROSS JOIN LATERAL jsonb_object_keys(c.attributes) AS k"  # noqa: S608
            f" WHERE c.account_id = %s AND {where} ORDER BY k LIMIT %s",
            [tenancy.current_account_id(), *values, most],
        )
        return [str(key) for (key,) in cursor.fetchall()]


class ContactPages:
    """By address, each in a transaction of its own, so that no snapshot is held for long."""

    def __init__(self, job: Export, condition: str = "TRUE", values: Sequence[Any] = ()) -> None:
        """`condition`: a further expression over `c` with its `values`."""
        where, own = selected_sql(job)
        self._account_id = job.account_id
        self._where, self._values = f"{where} AND {condition}", [*own, *values]

    def __iter__(self) -> Iterator[list[int]]:
        """The caller opens the account's scope again for each page's rows."""
        email, contact_id = "", 0
        while True:
            with tenancy.account(self._account_id), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT c.id, c.email FROM contact c WHERE c.account_id = %s AND (c.email, c.id) > (%s, %s)"  # noqa: S608
                    f" AND {self._where} ORDER BY c.email, c.id LIMIT %s",
                    [self._account_id, email, contact_id, *self._values, PAGE_CONTACTS],
                )
                rows = cursor.fetchall()
            if not rows:
                return
            yield [row[0] for row in rows]
            contact_id, email = rows[-1]
