"""What the account knows about the people of a dry run's files."""

from collections.abc import Sequence

from django.db import connection

from mailflatrate.apps.intake.dry_runs.reviews import KnownAs
from mailflatrate.apps.lists.models import DeclarationState, ListOrigin
from mailflatrate.base import tenancy
from mailflatrate.rules import sql

# Each look-up goes by keys, as in the import itself: the account's suppressions may be many more than the file's rows.
_KNOWN_PEOPLE = f"""
SELECT asked.key, CASE
    WHEN EXISTS (SELECT FROM suppression WHERE account_id = %(account_id)s AND address_key = asked.key
            AND {sql.in_force("suppression")})
        OR EXISTS (SELECT FROM suppression WHERE account_id IS NULL AND address_key = asked.key
            AND {sql.in_force("suppression")}) THEN 'suppressed'
    WHEN sub.state = 'unsubscribed' OR (NOT {sql.is_confirmed("coalesce(sub.state, '')")}
        AND {sql.forbids_subscribing("%(account_id)s", "c.id", "to_timestamp(asked.second)")}) THEN 'left'
    WHEN (sub.state = 'pending' AND %(approved)s)
        OR (sub.state = 'quarantined' AND sub.consent_event_id IS NULL) THEN 'open'
    WHEN sub.state IS NOT NULL THEN 'listed'
END
FROM unnest(%(keys)s::bytea[], %(seconds)s::bigint[]) AS asked(key, second)
LEFT JOIN contact c ON c.account_id = %(account_id)s AND c.address_key = asked.key
LEFT JOIN subscription sub ON sub.account_id = %(account_id)s AND sub.mailing_list_id = %(list_id)s
    AND sub.contact_id = c.id
"""  # noqa: S608  # made of constants


def known_on_list(account_id: int, list_id: int, people: Sequence[tuple[bytes, int]]) -> dict[bytes, KnownAs]:
    """As an import into the list would (R-16). `people`: address key, and second of the consent since 1970."""
    keys, seconds = [key for key, _second in people], [second for _key, second in people]
    with tenancy.account(account_id), connection.cursor() as cursor:
        approved = ListOrigin.objects.filter(mailing_list_id=list_id, state=DeclarationState.APPROVED).exists()
        cursor.execute(
            _KNOWN_PEOPLE,
            {
                "account_id": account_id,
                "list_id": list_id,
                "approved": approved,
                "keys": keys,
                "seconds": seconds,
            },
        )
        return {bytes(key): KnownAs(known_as) for key, known_as in cursor.fetchall() if known_as is not None}
