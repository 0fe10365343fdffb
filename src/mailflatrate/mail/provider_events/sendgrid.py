"""SendGrid: an array of flat objects, our token a field of its own. Format: "Event Webhook Reference"."""

from mailflatrate.mail.provider_events import json_values as values
from mailflatrate.mail.provider_events.json_values import Json
from mailflatrate.mail.provider_events.values import ProviderEvent, ProviderEventKind

_KINDS = {
    "bounce": ProviderEventKind.BOUNCE,
    "blocked": ProviderEventKind.BOUNCE,
    "dropped": ProviderEventKind.BOUNCE,
    "deferred": ProviderEventKind.DELAY,
    "spamreport": ProviderEventKind.COMPLAINT,
    "unsubscribe": ProviderEventKind.UNSUBSCRIBE,
    "group_unsubscribe": ProviderEventKind.UNSUBSCRIBE,
}
# A message that SendGrid drops because of an earlier no was never sent, so it isn't a second complaint.
_SAID_NO = ("unsubscribed address", "spam reporting address")
_DEAD = ("bounced address", "invalid")


def split(data: object) -> list[Json]:
    return values.objects(data)


def read(event: Json) -> ProviderEvent | None:
    name = values.text(event, "event")
    kind = _KINDS.get(name)
    if kind is None:
        return None
    reason = values.text(event, "reason") or values.text(event, "response")
    implied = ""
    if name == "dropped":
        if reason.lower() in _SAID_NO:
            kind = ProviderEventKind.UNSUBSCRIBE
        elif reason.lower() in _DEAD:
            implied = "5.1.1"
    sent = values.text(event, "sg_message_id"), values.text(event, "timestamp"), values.text(event, "email")
    return ProviderEvent(
        kind,
        values.token([values.text(event, values.KEY)]),
        values.text(event, "sg_event_id") or values.own_id("sendgrid", name, *sent),
        values.text(event, "email"),
        values.status(event, "status", otherwise=implied),
        reason,
        values.as_posted(event),
    )
