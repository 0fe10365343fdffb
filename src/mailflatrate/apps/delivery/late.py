"""Bounces that come after the relay had accepted the message."""

from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.mail.reading.values import Outcome

BOUNCES = {
    Outcome.RECIPIENT_HARD: "hard",
    Outcome.RECIPIENT_SOFT: "soft",
    Outcome.SENDER_FAULT: "sender",
    Outcome.CONTENT: "content",
}


def bounced_later(delivery_id: int, *, outcome: Outcome, status: str, text: str, reason: str) -> bool:
    """Turn a delivery that was accepted, or is in doubt, into a bounce; False when it is final otherwise.

    A bounce that comes back for a message in doubt settles the doubt: it had been sent.
    """
    changed = Delivery.objects.filter(id=delivery_id, state__in=[DeliveryState.SENT, DeliveryState.IN_DOUBT]).update(
        state=DeliveryState.BOUNCED, bounce=BOUNCES[outcome], reply_status=status[:12], reply_text=text[:1000],
        reason=reason[:60],
    )  # fmt: skip
    return changed == 1
