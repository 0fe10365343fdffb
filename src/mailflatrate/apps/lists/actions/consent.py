"""Withdrawals of consent: effective at once, recorded in the ledger, idempotent (R-16, R-42)."""

from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import ConsentKind, Contact, Subscription, SubscriptionState
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.base.tenancy import UnlimitedReason
from mailflatrate.rules.contacts.suppression import SuppressionReason

SAID_BY_PERSON = ("link", "one_click", "mailto", "preferences", "reply", "provider")
_SAME_NO = timedelta(days=1)


@transaction.atomic
def unsubscribe(
    contact_id: int,
    *,
    list_id: int | None,
    by: str,
    source: str,
    ip: str | None = None,
    user_agent: str = "",
) -> int:
    """List None: all, and suppress the address. `by`: channel, 20 characters; `source`: evidence. Raises ListError."""
    contact = Contact.objects.select_for_update().filter(id=contact_id).first()
    if contact is None:
        raise ListError(_("this contact doesn't exist"))
    evidence = ledger.EventEvidence(
        email=contact.email,
        source=source,
        user_agent=user_agent,
        confirmed_ip=ip,
        confirmed_at=clock.now(),
        details={"by": by},
    )
    if list_id is not None:
        return end_subscriptions(contact, list_id, by=by, evidence=evidence)
    with tenancy.unlimited(UnlimitedReason.SUPPRESSION):  # a "no" to everything is one to the lists that aren't seen
        ended = end_subscriptions(contact, None, by=by, evidence=evidence)
        fresh = suppression.suppress(
            bytes(contact.address_key),
            reason=SuppressionReason.UNSUBSCRIBE,
            source=source,
            evidence={"by": by},
            mailbox_key=mailbox_keys(contact.email).mailbox,
        )
        if fresh and not ended:
            ledger.append(contact.id, None, ConsentKind.WITHDRAWN, clock.now(), evidence)
    return ended


def end_subscriptions(contact: Contact, list_id: int | None, *, by: str, evidence: ledger.EventEvidence) -> int:
    """With a ledger event each (None: all lists), also a repeated no, which ends what was agreed in between (ADR
    0087).
    """
    subscriptions = Subscription.objects.select_for_update().filter(contact=contact).order_by("id")
    rows = list(subscriptions if list_id is None else subscriptions.filter(mailing_list_id=list_id))
    now = clock.now()
    ended = [row for row in rows if row.state != SubscriptionState.UNSUBSCRIBED]
    again = [row for row in rows if row not in ended] if by in SAID_BY_PERSON else []
    again = [row for row in again if row.unsubscribed_by != by or (row.unsubscribed_at or now) < now - _SAME_NO]
    for subscription in (*ended, *again):
        whole = replace(evidence, details={**evidence.details, "was": str(subscription.state)})
        ledger.append(contact.id, subscription.mailing_list_id, ConsentKind.WITHDRAWN, now, whole)
    Subscription.objects.filter(id__in=[row.id for row in (*ended, *again)]).update(
        state=SubscriptionState.UNSUBSCRIBED, unsubscribed_at=now, unsubscribed_by=by[:20], quarantine_reason=""
    )
    return len(ended)


@transaction.atomic
def object_to_mail(contact_id: int, *, source: str, ip: str | None = None, user_agent: str = "") -> int:
    """GDPR Art. 21(2), R-37: off every list, suppressed for good, clicks untied. Raises ListError for an unknown
    contact.
    """
    ended = unsubscribe(contact_id, list_id=None, by="objection", source=source, ip=ip, user_agent=user_agent)
    contact = Contact.objects.get(id=contact_id)
    suppression.suppress(
        bytes(contact.address_key),
        reason=SuppressionReason.OBJECTION,
        source=source,
        evidence={"rule": "R-37"},
        mailbox_key=mailbox_keys(contact.email).mailbox,
    )
    now = clock.now()
    evidence = ledger.EventEvidence(
        email=contact.email, source=source, user_agent=user_agent, confirmed_ip=ip, confirmed_at=now
    )
    ledger.append(contact.id, None, ConsentKind.OBJECTION, now, evidence)
    if contact.tracking:
        ledger.append(contact.id, None, ConsentKind.TRACKING_WITHDRAWN, now, evidence)
        Contact.objects.filter(id=contact_id).update(tracking_event_id=None)
    return ended
