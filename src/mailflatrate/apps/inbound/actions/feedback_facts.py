"""Returned feedback, recorded once: a fact for each delivery and kind, however often a message is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.apps.inbound.actions.parsed_message import InboundWork
from mailflatrate.apps.inbound.models import FeedbackKind
from mailflatrate.base import tenancy
from mailflatrate.mail.reading.storable import storable

_RECORD = """
INSERT INTO feedback (account_id, delivery_id, campaign_id, contact_id, kind, status, reason, text, raw_mail_id)
SELECT %s::bigint, * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::bigint[])
ON CONFLICT (account_id, delivery_id, kind) DO NOTHING
RETURNING delivery_id, kind
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing reported about a delivery. `raw_mail_id` None: not by mail."""

    delivery: DeliveryRecord
    kind: FeedbackKind
    raw_mail_id: int | None
    status: str = ""
    reason: str = ""
    text: str = ""

    @classmethod
    def of(cls, work: InboundWork, kind: FeedbackKind) -> "Fact":
        """Return a fact with the status and the text given in the message."""
        inspection = work.inspection
        text = inspection.failures[0].diagnostic if inspection.failures else ""
        return cls(work.delivery, kind, work.mail.id, inspection.status or "", inspection.reason or "", text)


def record_facts(facts: Sequence[Fact]) -> set[tuple[int, FeedbackKind]]:
    """Record new facts; return delivery and kind of each that was new. Runs inside `tenancy.account(...)`."""
    if not facts:
        return set()
    # In the order of their deliveries: two writers of the same facts wait for each other instead of crossing.
    rows = sorted(facts, key=lambda fact: (fact.delivery.id, fact.kind.value))
    values: list[Any] = [
        [fact.delivery.id for fact in rows],
        [fact.delivery.campaign_id for fact in rows],
        [fact.delivery.contact_id for fact in rows],
        [fact.kind.value for fact in rows],
        [storable(fact.status)[:12] for fact in rows],
        [storable(fact.reason)[:60] for fact in rows],
        [storable(fact.text)[:2000] for fact in rows],
        [fact.raw_mail_id for fact in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [tenancy.current_account_id(), *values])
        fresh = {(int(delivery_id), FeedbackKind(kind)) for delivery_id, kind in cursor.fetchall()}
    recorded = {fact.delivery.campaign_id for fact in rows if (fact.delivery.id, fact.kind) in fresh}
    for campaign_id in sorted(campaign_id for campaign_id in recorded if campaign_id is not None):
        figures_changed(campaign_id)
    return fresh


def record_fact(fact: Fact) -> bool:
    """Record one fact like `record_facts`; return False if it was already on record."""
    return bool(record_facts([fact]))
