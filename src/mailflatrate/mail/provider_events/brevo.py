"""Brevo: one event in each post, or an array; our token is in `X-Mailin-custom`. Format: "Transactional webhooks"."""

from mailflatrate.mail.provider_events import json_values as values
from mailflatrate.mail.provider_events.json_values import Json
from mailflatrate.mail.provider_events.values import ProviderEvent, ProviderEventKind

_KINDS = {
    **dict.fromkeys(("hard_bounce", "soft_bounce", "blocked", "invalid_email", "error"), ProviderEventKind.BOUNCE),
    "deferred": ProviderEventKind.DELAY,
    "spam": ProviderEventKind.COMPLAINT,
    "complaint": ProviderEventKind.COMPLAINT,
    "unsubscribed": ProviderEventKind.UNSUBSCRIBE,
    "unsubscribe": ProviderEventKind.UNSUBSCRIBE,
}
_IMPLIED = {"hard_bounce": "5.1.1", "invalid_email": "5.1.3"}


def split(data: object) -> list[Json]:
    return values.objects(data)


def read(event: Json) -> ProviderEvent | None:
    name = values.text(event, "event")
    kind = _KINDS.get(name)
    if kind is None:
        return None
    recipient, reason = values.text(event, "email"), values.text(event, "reason")
    at = values.text(event, "ts_epoch") or values.text(event, "ts_event") or values.text(event, "date")
    return ProviderEvent(
        kind,
        values.token([values.text(event, "X-Mailin-custom")]),
        values.own_id("brevo", name, values.text(event, "message-id"), at, recipient),
        recipient,
        _IMPLIED.get(name, ""),
        reason,
        values.as_posted(event),
    )
