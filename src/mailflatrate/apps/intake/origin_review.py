"""A reviewer's view of origins and held imports."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.intake.models import CheckState, Import
from mailflatrate.apps.lists.models import DeclarationState, ListOrigin
from mailflatrate.base import tenancy
from mailflatrate.rules import sql

SAMPLE_ROWS = 20
SHOWN_IMPORTS = 20


@tenancy.needs_platform
def waiting_declarations() -> QuerySet[ListOrigin]:
    """Oldest first."""
    rows = ListOrigin.objects.filter(state=DeclarationState.WAITING).select_related("mailing_list", "declared_by")
    return rows.defer("screenshot").order_by("declared_at", "id")


@tenancy.needs_platform
def held_imports() -> QuerySet[Import]:
    """Under an approved origin; others are decided with their origin."""
    rows = Import.objects.filter(check_state=CheckState.HELD, origin__state=DeclarationState.APPROVED)
    return rows.select_related("mailing_list", "created_by").order_by("finished_at", "id")


@dataclass(frozen=True, slots=True)
class SampleRow:
    email: str
    signup_at: datetime | None
    signup_ip: str | None
    confirmed_at: datetime | None
    confirmed_ip: str | None
    source: str
    user_agent: str
    file_name: str
    line: int | None
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class OriginCase:
    origin: ListOrigin
    account: Account
    versions: list[ListOrigin]
    imports: list[Import]
    people: dict[tuple[str, str], int]
    sample: list[SampleRow]
    left_another: int
    """People of the list, or of its files, who left another list of the account."""
    held: list[Import]


@tenancy.needs_platform
def origin_case(origin_id: int, seed: int) -> OriginCase | None:
    """The same `seed` draws the same sample."""
    origin = ListOrigin.objects.select_related("mailing_list", "declared_by", "decided_by").filter(id=origin_id).first()
    if origin is None:
        return None
    others = ListOrigin.objects.filter(mailing_list=origin.mailing_list).exclude(id=origin.id).defer("screenshot")
    return OriginCase(
        origin=origin,
        account=Account.objects.get(id=origin.account_id),
        versions=list(others.select_related("decided_by").order_by("-version")),
        imports=list(Import.objects.filter(origin=origin).order_by("-id")[:SHOWN_IMPORTS]),
        people=people_by_state(origin.account_id, origin.mailing_list_id),
        left_another=left_another(origin.account_id, [origin.mailing_list_id]),
        held=list(Import.objects.filter(origin=origin, check_state=CheckState.HELD).order_by("id")),
        sample=sample(list(Import.objects.filter(origin=origin).values_list("id", flat=True)), seed),
    )


def people_by_state(account_id: int, list_id: int) -> dict[tuple[str, str], int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT state, quarantine_reason, count(*) FROM subscription
                WHERE account_id = %s AND mailing_list_id = %s GROUP BY 1, 2""",
            [account_id, list_id],
        )
        return {(state, reason): people for state, reason, people in cursor.fetchall()}


# From the noes, which are few.
_LEFT_ANOTHER = f"""
SELECT count(DISTINCT w.contact_id) FROM consent_event w
JOIN subscription s ON s.account_id = w.account_id AND s.contact_id = w.contact_id
    AND s.mailing_list_id = ANY(%(list_ids)s::bigint[]) AND s.mailing_list_id IS DISTINCT FROM w.mailing_list_id
WHERE w.account_id = %(account_id)s AND {sql.stands("w")} AND s.state <> 'unsubscribed'
"""  # noqa: S608  # made of constants


def left_another(account_id: int, list_ids: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_ANOTHER, {"account_id": account_id, "list_ids": list_ids})
        return int(cursor.fetchone()[0])


_SAMPLE = """
SELECT v.email, v.signup_at, host(v.signup_ip), v.confirmed_at, host(v.confirmed_ip), v.source, v.user_agent,
    i.file_name, (v.details->>'line')::bigint, coalesce(s.state, ''), coalesce(s.quarantine_reason, '')
FROM (
    SELECT id, account_id, contact_id, mailing_list_id, source_import_id FROM consent_event
    WHERE source_import_id = ANY(%(import_ids)s::bigint[])
    ORDER BY hashint8extended(id, %(seed)s), id LIMIT %(rows)s
) e
JOIN consent_evidence v ON v.event_id = e.id
JOIN import i ON i.id = e.source_import_id
LEFT JOIN subscription s ON s.account_id = e.account_id AND s.mailing_list_id = e.mailing_list_id
    AND s.contact_id = e.contact_id
ORDER BY v.confirmed_at
"""


@tenancy.needs_platform
def sample(import_ids: list[int], seed: int) -> list[SampleRow]:
    """Random; the same `seed` draws the same people."""
    if not import_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE, {"import_ids": import_ids, "seed": seed, "rows": SAMPLE_ROWS})
        return [SampleRow(*row) for row in cursor.fetchall()]
