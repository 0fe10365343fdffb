"""Postmark: one record in each post; our token is in `Metadata`. Formats: "Bounce webhook", "Spam complaint webhook",
"Subscription change webhook", "Bounce types".
"""

from mailflatrate.mail.provider_events import json_values as values
from mailflatrate.mail.provider_events.json_values import Json
from mailflatrate.mail.provider_events.values import ProviderEvent, ProviderEventKind

_HARD = ("HardBounce", "BadEmailAddress")
# Types that are missing here say nothing about a delivery: automatic replies, changes of address, challenges.
_BOUNCES = {
    **dict.fromkeys(
        (
            "HardBounce",
            "BadEmailAddress",
            "SoftBounce",
            "DnsError",
            "Blocked",
            "SpamNotification",
            "VirusNotification",
            "DMARCPolicy",
            "Undeliverable",
            "Unknown",
        ),
        ProviderEventKind.BOUNCE,
    ),
    "Transient": ProviderEventKind.DELAY,
    "SpamComplaint": ProviderEventKind.COMPLAINT,
    "Unsubscribe": ProviderEventKind.UNSUBSCRIBE,
    "ManuallyDeactivated": ProviderEventKind.UNSUBSCRIBE,
}
_SUPPRESSIONS = {
    "HardBounce": ProviderEventKind.BOUNCE,
    "SpamComplaint": ProviderEventKind.COMPLAINT,
    "ManualSuppression": ProviderEventKind.UNSUBSCRIBE,
}


def split(data: object) -> list[Json]:
    return values.objects(data)


def read(event: Json) -> ProviderEvent | None:
    record, cause = values.text(event, "RecordType"), values.text(event, "Type")
    if record == "SubscriptionChange":
        cause = values.text(event, "SuppressionReason") if event.get("SuppressSending") is True else ""
        kind = _SUPPRESSIONS.get(cause)
    elif record == "SpamComplaint":
        kind = ProviderEventKind.COMPLAINT
    else:
        kind = _BOUNCES.get(cause) if record == "Bounce" else None
    if kind is None:
        return None
    recipient = values.text(event, "Email") or values.text(event, "Recipient")
    made = values.text(event, "ID") or values.text(event, "ChangedAt")
    return ProviderEvent(
        kind,
        values.token([values.text(event, "Metadata", values.KEY)]),
        values.own_id("postmark", record, values.text(event, "MessageID"), made, recipient),
        recipient,
        "5.1.1" if cause in _HARD else "",
        values.text(event, "Details") or values.text(event, "Description"),
        values.as_posted(event),
    )
