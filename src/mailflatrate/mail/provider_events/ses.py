"""Amazon SES in the envelope of SNS. Formats: "Examples of event data that Amazon SES publishes to Amazon SNS",
"Notification contents". The token is the tag of X-SES-MESSAGE-TAGS; notifications without tags may carry the header
itself.
"""

from collections.abc import Iterator

from mailflatrate.mail.provider_events import json_values as values
from mailflatrate.mail.provider_events.json_values import Json
from mailflatrate.mail.provider_events.values import PostRefused, ProviderEvent, ProviderEventKind

_HEADER = "x-ses-message-tags"
_KINDS = {
    "Bounce": ProviderEventKind.BOUNCE,
    "Reject": ProviderEventKind.BOUNCE,
    "DeliveryDelay": ProviderEventKind.DELAY,
    "Complaint": ProviderEventKind.COMPLAINT,
    "Subscription": ProviderEventKind.UNSUBSCRIBE,
}
_DEAD = ("NoEmail", "Suppressed", "OnAccountSuppressionList")
_MOST_RECIPIENTS = 50


def split(data: object) -> list[Json]:
    if not isinstance(data, dict):
        raise PostRefused("the post isn't an SNS message")
    if data.get("Type") != "Notification":
        return []
    inner = data.get("Message")
    if not isinstance(inner, str):
        raise PostRefused("the SNS message is empty")
    if inner.startswith("Successfully validated SNS topic"):
        return []
    return values.objects(values.load(inner.encode()))


def read(event: Json) -> ProviderEvent | None:
    name = values.text(event, "eventType") or values.text(event, "notificationType")
    kind = _KINDS.get(name)
    part = values.get(event, name[:1].lower() + name[1:])
    if kind is ProviderEventKind.COMPLAINT:
        if values.text(part, "complaintFeedbackType") == "not-spam":
            return None
        if values.text(part, "complaintSubType") == "OnAccountSuppressionList":  # not sent: they complained before
            kind = ProviderEventKind.UNSUBSCRIBE
    if kind is None:
        return None
    people = {"Bounce": "bouncedRecipients", "Complaint": "complainedRecipients", "DeliveryDelay": "delayedRecipients"}
    person = values.get(part, people.get(name, ""), 0)
    implied = "5.1.1" if values.text(part, "bounceSubType") in _DEAD else ""
    given = values.text(part, "feedbackId")
    return ProviderEvent(
        kind,
        values.token(_tags(event)),
        given or values.own_id("ses", name, values.text(event, "mail", "messageId"), values.text(part, "timestamp")),
        values.text(person, "emailAddress") or values.text(event, "mail", "destination", 0),
        values.status(person, "status", otherwise=implied),
        values.text(person, "diagnosticCode") or values.text(part, "reason"),
        values.as_posted(event),
    )


def _tags(event: Json) -> Iterator[str]:
    yield values.text(event, "mail", "tags", values.KEY, 0)
    headers = values.get(event, "mail", "headers")
    for header in headers if isinstance(headers, list) else ():
        if values.text(header, "name").lower() == _HEADER:
            yield values.text(header, "value")
