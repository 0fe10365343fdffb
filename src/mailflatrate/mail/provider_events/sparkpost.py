"""SparkPost: an array of events, each in `msys` and its class; our token is in `rcpt_meta`. Formats: API reference,
"Events"; support article "Bounce classification codes".
"""

from mailflatrate.mail.provider_events import json_values as values
from mailflatrate.mail.provider_events.json_values import Json
from mailflatrate.mail.provider_events.values import ProviderEvent, ProviderEventKind

_KINDS = {
    "bounce": ProviderEventKind.BOUNCE,
    "out_of_band": ProviderEventKind.BOUNCE,
    "policy_rejection": ProviderEventKind.BOUNCE,
    "delay": ProviderEventKind.DELAY,
    "spam_complaint": ProviderEventKind.COMPLAINT,
    "list_unsubscribe": ProviderEventKind.UNSUBSCRIBE,
    "link_unsubscribe": ProviderEventKind.UNSUBSCRIBE,
}
_INVALID_RECIPIENT, _UNSUBSCRIBE, _AUTO_REPLY = "10", "90", "60"


def split(data: object) -> list[Json]:
    events: list[Json] = []
    for wrapper in values.objects(data):
        wrapped = values.get(wrapper, "msys")
        events += [event for event in wrapped.values() if isinstance(event, dict)] if isinstance(wrapped, dict) else []
    return events


def read(event: Json) -> ProviderEvent | None:
    name, group = values.text(event, "type"), values.text(event, "bounce_class")
    kind = _KINDS.get(name)
    if kind is ProviderEventKind.BOUNCE and group == _UNSUBSCRIBE:
        kind = ProviderEventKind.UNSUBSCRIBE
    if kind is None or group == _AUTO_REPLY:
        return None
    if kind is ProviderEventKind.COMPLAINT and values.text(event, "fbtype") == "not-spam":
        return None
    recipient = values.text(event, "rcpt_to") or values.text(event, "raw_rcpt_to")
    at = values.text(event, "message_id"), values.text(event, "timestamp")
    return ProviderEvent(
        kind,
        values.token([values.text(event, "rcpt_meta", values.KEY)]),
        values.text(event, "event_id") or values.own_id("sparkpost", name, *at, recipient),
        recipient,
        "5.1.1" if group == _INVALID_RECIPIENT else "",
        values.text(event, "raw_reason") or values.text(event, "reason"),
        values.as_posted(event),
    )
