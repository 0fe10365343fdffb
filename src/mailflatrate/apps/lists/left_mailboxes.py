"""The last no of each mailbox, under any spelling: leaving a list suppresses nothing, and each spelling is a contact
of its own. What a spelling confirmed itself stays (ADR 0087).
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from mailflatrate.base import tenancy
from mailflatrate.base.ids import MailboxKeys, mailbox_keys
from mailflatrate.mail.address import folded_domains
from mailflatrate.rules import sql

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_BY_KEY = f"""
SELECT c.address_key, last.no_at FROM contact c CROSS JOIN LATERAL (
    SELECT max(w.occurred_at) AS no_at FROM consent_event w
    WHERE w.account_id = c.account_id AND w.contact_id = c.id AND w.occurred_at > %(since)s AND {sql.stands("w")}
) last WHERE c.account_id = %(account_id)s AND c.address_key = ANY(%(keys)s::bytea[]) AND last.no_at IS NOT NULL
"""  # noqa: S608  # made of constants

# Spellings whose own key isn't that of their mailbox, so that no key leads to them.
_ODD = f"""
SELECT c.email, max(w.occurred_at) FROM consent_event w
JOIN contact c ON c.id = w.contact_id AND c.account_id = w.account_id
WHERE w.account_id = %(account_id)s AND w.occurred_at > %(since)s AND {sql.stands("w")}
    AND (strpos(c.email, '+') > 1 OR split_part(c.email, '@', 2) = ANY(%(domains)s::text[]))
GROUP BY c.email
"""  # noqa: S608  # made of constants


def last_noes(address_keys: Collection[bytes], since: datetime = _EARLIEST) -> dict[bytes, datetime]:
    values: dict[str, Any] = {"account_id": tenancy.current_account_id(), "keys": list(address_keys), "since": since}
    with connection.cursor() as cursor:
        cursor.execute(_BY_KEY, values)
        return {bytes(key): no_at for key, no_at in cursor}


class LeftMailboxes:
    """Noes of odd spellings are read once, when this is made."""

    def __init__(self, since: datetime | None = None) -> None:
        self._since = since or _EARLIEST
        self._odd: dict[bytes, datetime] = {}
        values: dict[str, Any] = {"account_id": tenancy.current_account_id(), "domains": folded_domains()}
        with connection.cursor() as cursor:
            cursor.execute(_ODD, {**values, "since": self._since})
            for email, no_at in cursor:
                key = mailbox_keys(email).mailbox
                self._odd[key] = max(no_at, self._odd.get(key, no_at))

    def last_noes(self, mailboxes: Collection[MailboxKeys]) -> dict[bytes, datetime]:
        """By exact key, of those that said one."""
        noes = last_noes({key for mailbox in mailboxes for key in mailbox}, self._since)
        newest = {}
        for mailbox in mailboxes:
            own = [noes[key] for key in mailbox if key in noes]
            odd = [self._odd[mailbox.mailbox]] if mailbox.mailbox in self._odd else []
            if own or odd:
                newest[mailbox.exact] = max(own + odd)
        return newest
