"""Mailgun: one event in each post; our token is in `user-variables`. Formats: "Webhooks", "Event structure". A
temporary failure is a delay: Mailgun retries it.
"""

from mailflatrate.mail.provider_events import json_values as values
from mailflatrate.mail.provider_events.json_values import Json
from mailflatrate.mail.provider_events.values import PostRefused, ProviderEvent, ProviderEventKind

_KINDS = {
    "failed": ProviderEventKind.BOUNCE,
    "rejected": ProviderEventKind.BOUNCE,
    "complained": ProviderEventKind.COMPLAINT,
    "unsubscribed": ProviderEventKind.UNSUBSCRIBE,
}
_SAID_NO = ("suppress-complaint", "suppress-unsubscribe")


def split(data: object) -> list[Json]:
    event = values.get(data, "event-data")
    if not isinstance(event, dict):
        raise PostRefused("the post has no event-data")
    return [event]


def read(event: Json) -> ProviderEvent | None:
    name, reason = values.text(event, "event"), values.text(event, "reason")
    kind = _KINDS.get(name)
    if kind is None:
        return None
    if name == "failed":
        if reason in _SAID_NO:
            kind = ProviderEventKind.UNSUBSCRIBE
        elif values.text(event, "severity") == "temporary":
            kind = ProviderEventKind.DELAY
    delivery_status = values.get(event, "delivery-status")
    words = (
        values.text(delivery_status, "message")
        or values.text(delivery_status, "description")
        or values.text(event, "reject", "reason")
    )
    code = values.text(delivery_status, "code", most=3)  # from 600 on it is Mailgun's own
    if len(code) == 3 and code[0] in "45" and not words.startswith(code):
        words = f"{code} {words}"
    return ProviderEvent(
        kind,
        values.token([values.text(event, "user-variables", values.KEY)]),
        values.text(event, "id")
        or values.own_id("mailgun", name, values.text(event, "timestamp"), values.text(event, "recipient")),
        values.text(event, "recipient"),
        values.status(delivery_status, "enhanced-code", otherwise="5.1.1" if reason == "suppress-bounce" else ""),
        words,
        values.as_posted(event),
    )
