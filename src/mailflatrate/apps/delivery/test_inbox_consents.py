"""Ends subscriptions confirmed in a trial once mail leaves this host. In the test inbox customers read links meant for
others, so nobody but them agreed; it counts as long as nothing is sent to anyone.
"""

from typing import Final

from django.db import connection

from mailflatrate.apps.delivery.relays.overview import stays_on_this_host
from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules import sql
from mailflatrate.settings.schema import load_settings

ENDED_AT_ONCE: Final = 500
_FOUND: Final = f"""
SELECT e.account_id, e.contact_id, e.mailing_list_id FROM consent_evidence v
JOIN consent_event e ON e.id = v.event_id
JOIN subscription s ON s.account_id = e.account_id AND s.contact_id = e.contact_id
    AND s.mailing_list_id = e.mailing_list_id AND s.consent_event_id = e.id
WHERE v.details ? 'test_inbox' AND {sql.is_confirmed("s.state")}
ORDER BY e.id LIMIT {ENDED_AT_ONCE}
"""  # noqa: S608  # made of constants


def end_test_inbox_consents() -> int:
    """Return how many; a full pass means that there may be more."""
    with tenancy.platform(PlatformReason.HOUSEKEEPING):
        if stays_on_this_host(load_settings()):
            return 0
        with connection.cursor() as cursor:
            cursor.execute(_FOUND)
            rows = cursor.fetchall()
    for account_id, contact_id, list_id in rows:
        with tenancy.account(account_id):
            unsubscribe(contact_id, list_id=list_id, by="test_inbox", source="test inbox")
    return len(rows)
