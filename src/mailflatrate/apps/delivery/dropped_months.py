"""Messages of dropped months: recipient, list and campaign, which their links still need (ADR 0026)."""

from django.db import connection

from mailflatrate.apps.delivery.models import DeliveryRecord, DeliveryState
from mailflatrate.apps.lists.models import Contact
from mailflatrate.base import tenancy

FOLDED_IDS = 50_000
"""How many ids `drop_archive_month()` folds at a time, so the span of a row at most."""

_FIND = """
SELECT campaign_id, mailing_list_id, contact_id,
    (SELECT coalesce(ended_at, made_at) FROM archive_month WHERE from_id <= %(id)s AND to_id > %(id)s)
FROM (
    SELECT campaign_id, mailing_list_id, contact_ids[array_position(offsets, (%(id)s - from_id)::integer)] AS contact_id
    FROM past_recipients
    WHERE account_id = %(account_id)s AND from_id <= %(id)s AND from_id > %(id)s - %(span)s AND to_id >= %(id)s
) AS found WHERE contact_id IS NOT NULL
"""


@tenancy.needs_account
def dropped_delivery(account_id: int, delivery_id: int) -> DeliveryRecord | None:
    """An unsaved row with recipient, list and campaign; None if unknown."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"account_id": account_id, "id": delivery_id, "span": FOLDED_IDS})
        row = cursor.fetchone()
    if row is None:
        return None
    campaign_id, list_id, contact_id, settled_at = row
    contact = Contact.objects.filter(id=contact_id).first()
    return DeliveryRecord(
        id=delivery_id, account_id=account_id, campaign_id=campaign_id, mailing_list_id=list_id, contact=contact,
        state=DeliveryState.SENT, settled_at=settled_at, archived=True,
    )  # fmt: skip
