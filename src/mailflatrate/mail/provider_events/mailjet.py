"""Mailjet: one event in each post, or an array; our token is the `CustomID`. Format: "Event API"."""

from mailflatrate.mail.provider_events import json_values as values
from mailflatrate.mail.provider_events.json_values import Json
from mailflatrate.mail.provider_events.values import ProviderEvent, ProviderEventKind

_KINDS = {
    "bounce": ProviderEventKind.BOUNCE,
    "blocked": ProviderEventKind.BOUNCE,
    "spam": ProviderEventKind.COMPLAINT,
    "unsub": ProviderEventKind.UNSUBSCRIBE,
}
_DEAD = ("user unknown", "invalid domain", "no mail host", "mailbox inactive")


def split(data: object) -> list[Json]:
    return values.objects(data)


def read(event: Json) -> ProviderEvent | None:
    name, error = values.text(event, "event"), values.text(event, "error")
    kind = _KINDS.get(name)
    if kind is None:
        return None
    recipient, comment = values.text(event, "email"), values.text(event, "comment")
    sent = values.text(event, "MessageID"), values.text(event, "time")
    is_dead = event.get("hard_bounce") is True and error in _DEAD
    return ProviderEvent(
        kind,
        values.token([values.text(event, "CustomID")]),
        values.own_id("mailjet", name, *sent, recipient),
        recipient,
        "5.1.1" if is_dead else "",
        comment or error,
        values.as_posted(event),
    )
