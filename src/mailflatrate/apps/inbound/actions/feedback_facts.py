"""Feedback returned to us, recorded as one fact for each delivery and kind, however often a message is read."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.inbound.interpretation import InboundReading
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind, RawMail
from mailflatrate.base import tenancy
from mailflatrate.mail.reading.storable import storable
from mailflatrate.mail.reading.values import BounceVerdict

_RECORD = """
INSERT INTO feedback (account_id, delivery_id, campaign_id, contact_id, kind, status, reason, text, raw_mail_id)
SELECT %s::bigint, * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::bigint[])
ON CONFLICT (account_id, delivery_id, kind) DO NOTHING
RETURNING delivery_id, kind
"""


def fact_on(
    delivery: DeliveryRecord,
    kind: FeedbackKind,
    mail: RawMail | None,
    verdict: BounceVerdict | None = None,
    text: str = "",
) -> Feedback:
    return Feedback(
        delivery_id=delivery.id, campaign_id=delivery.campaign_id, contact_id=delivery.contact_id, kind=kind,
        status=verdict.status if verdict else "", reason=verdict.reason.value if verdict else "", text=text,
        raw_mail=mail,
    )  # fmt: skip


def fact_of(reading: InboundReading, delivery: DeliveryRecord, kind: FeedbackKind) -> Feedback:
    inspection = reading.inspection
    text = inspection.failures[0].diagnostic if inspection.failures else ""
    return fact_on(delivery, kind, reading.mail, verdict=inspection.verdict, text=text)


@tenancy.needs_account
def record_facts(facts: Sequence[Feedback]) -> set[tuple[int, FeedbackKind]]:
    if not facts:
        return set()
    # In the order of their deliveries: two writers of the same facts wait for each other instead of crossing.
    rows = sorted(facts, key=lambda fact: (fact.delivery_id, fact.kind))
    values: list[Any] = [
        [fact.delivery_id for fact in rows],
        [fact.campaign_id for fact in rows],
        [fact.contact_id for fact in rows],
        [str(fact.kind) for fact in rows],
        [storable(fact.status)[:12] for fact in rows],
        [storable(fact.reason)[:60] for fact in rows],
        [storable(fact.text)[:2000] for fact in rows],
        [fact.raw_mail_id for fact in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [tenancy.current_account_id(), *values])
        fresh = {(int(delivery_id), FeedbackKind(kind)) for delivery_id, kind in cursor.fetchall()}
    recorded = {fact.campaign_id for fact in rows if (fact.delivery_id, fact.kind) in fresh}
    for campaign_id in sorted(campaign_id for campaign_id in recorded if campaign_id is not None):
        figures_changed(campaign_id)
    return fresh
