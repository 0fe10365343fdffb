"""A provider's post, read into events, and one event as the same inspection that returned mail gives."""

from collections.abc import Callable, Mapping
from types import ModuleType

from mailflatrate.mail.bounce_text.verdict import judge
from mailflatrate.mail.inspect import Inspection
from mailflatrate.mail.provider_events import brevo, mailgun, mailjet, postmark, sendgrid, ses, sparkpost
from mailflatrate.mail.provider_events import json_values as values
from mailflatrate.mail.provider_events.json_values import Json
from mailflatrate.mail.provider_events.values import PostedEvents, PostRefused, ProviderEvent, ProviderEventKind
from mailflatrate.mail.reading.arf import FeedbackReport
from mailflatrate.mail.reading.values import Failure, ReturnedMessageKind
from mailflatrate.mail.untrusted_mail import ForeignMail

PROVIDERS: Mapping[str, ModuleType] = {
    "ses": ses,
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "postmark": postmark,
    "brevo": brevo,
    "sparkpost": sparkpost,
    "mailjet": mailjet,
}
HOW = "hook"
"""`FeedbackReport.how` of a complaint that a provider posted."""


def read_post(provider: str, raw: bytes) -> PostedEvents:
    """Return the events that mean something for a recipient. Raises PostRefused."""
    module = PROVIDERS[provider]
    split: Callable[[object], list[Json]] = module.split
    posted = split(values.load(raw))
    events = [event for payload in posted if (event := _read(module, payload)) is not None]
    return PostedEvents(tuple(events), len(posted))


def _read(module: ModuleType, event: Json) -> ProviderEvent | None:
    read: Callable[[Json], ProviderEvent | None] = module.read
    return read(event)


def read_event(raw: bytes) -> ForeignMail:
    """Return one event, as it was stored, in the form of a returned message. Raises PostRefused."""
    stored = values.load(raw)
    provider = values.text(stored, "provider")
    event = _read(PROVIDERS[provider], values.objects(values.get(stored, "event"))[0])
    if event is None:
        raise PostRefused("the event says nothing about a recipient")
    return ForeignMail(inspect_event(event, provider), (), False, False, ())


def inspect_event(event: ProviderEvent, provider: str) -> Inspection:
    """The reply is judged like any other; the provider's own class decides nothing."""
    if event.kind is ProviderEventKind.COMPLAINT:
        report = FeedbackReport("abuse", provider, (event.recipient,), "", "", "", (), HOW)
        return Inspection(ReturnedMessageKind.COMPLAINT, report=report, writer=provider)
    if event.kind is ProviderEventKind.UNSUBSCRIBE:
        return Inspection(ReturnedMessageKind.UNSUBSCRIBE, writer=provider)
    is_delay = event.kind is ProviderEventKind.DELAY
    verdict = judge(event.text, event.status, delayed=is_delay, final=not is_delay)
    action = "delayed" if is_delay else "failed"
    failure = Failure(event.recipient, action, verdict.status, event.text, "", verdict)
    kind = ReturnedMessageKind.DELAY if is_delay else ReturnedMessageKind.BOUNCE
    return Inspection(kind, (failure,), verdict, writer=provider)
