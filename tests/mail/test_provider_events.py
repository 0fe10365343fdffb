"""Posts of e-mail providers: each published format gives the same facts, and no bytes do harm."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.mail.provider_events import json_values
from mailflatrate.mail.provider_events.reading import PROVIDERS, read_event, read_post
from mailflatrate.mail.provider_events.signatures import is_sns_certificate_url, sns_confirmation_url
from mailflatrate.mail.provider_events.values import PostRefused, ProviderEventKind
from mailflatrate.mail.reading.values import BounceOutcome, ReturnedMessageKind
from support.provider_events import EVENTS, KINDS, TOPIC

TOKEN = "0a1b" * 10
DORA = "dora@people.example"


def posted(provider: str, *kinds: str, token: str = TOKEN) -> bytes:
    """One post with these events; providers that post one at a time take the first."""
    events = [EVENTS[provider](kind, token, DORA) for kind in kinds]
    if provider == "ses":
        return json.dumps({"Type": "Notification", "Message": json.dumps(events[0])}).encode()
    if provider == "mailgun":
        return json.dumps({"signature": {}, "event-data": events[0]}).encode()
    return json.dumps(events[0] if len(events) == 1 else events).encode()


@pytest.mark.parametrize("provider", EVENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_format_gives_the_facts_that_mail_gives(provider: str, kind: str) -> None:
    (event,) = read_post(provider, posted(provider, kind)).events
    assert (event.token, event.recipient) == (TOKEN, DORA)
    assert event.event_id
    stored = json.dumps({"provider": provider, "event": json.loads(event.raw)}).encode()
    inspection = read_event(stored).inspection
    expected = {"complaint": ReturnedMessageKind.COMPLAINT, "unsubscribe": ReturnedMessageKind.UNSUBSCRIBE}
    assert inspection.kind is expected.get(kind, ReturnedMessageKind.BOUNCE)
    if kind in ("hard", "soft"):
        assert inspection.verdict is not None
        outcome = BounceOutcome.RECIPIENT_HARD if kind == "hard" else BounceOutcome.RECIPIENT_SOFT
        assert inspection.verdict.outcome is outcome
        assert inspection.failures[0].address == DORA
    assert inspection.recipients == ((DORA,) if kind != "unsubscribe" else ())


@pytest.mark.parametrize("provider", [name for name in EVENTS if name != "mailjet"])
def test_a_delay_is_no_bounce(provider: str) -> None:
    (event,) = read_post(provider, posted(provider, "delay")).events
    assert event.kind is ProviderEventKind.DELAY


@pytest.mark.parametrize("provider", EVENTS)
def test_opens_are_not_even_returned(provider: str) -> None:
    found = read_post(provider, posted(provider, "open"))
    assert (found.events, found.total) == ((), 1)


@pytest.mark.parametrize("provider", EVENTS)
def test_the_same_event_has_the_same_id(provider: str) -> None:
    raw = posted(provider, "hard")
    first, again = read_post(provider, raw).events[0], read_post(provider, raw).events[0]
    other = read_post(provider, posted(provider, "hard")).events[0]
    assert first.event_id == again.event_id != other.event_id


@pytest.mark.parametrize("provider", ["sendgrid", "brevo", "sparkpost", "mailjet"])
def test_a_batch_is_read_event_by_event(provider: str) -> None:
    found = read_post(provider, posted(provider, "open", "hard", "complaint"))
    assert [event.kind for event in found.events] == [ProviderEventKind.BOUNCE, ProviderEventKind.COMPLAINT]
    assert found.total == 3


def test_what_a_provider_keeps_back_because_of_an_earlier_no_is_no_second_complaint() -> None:
    dropped = {"event": "dropped", "reason": "Spam Reporting Address", "mailflatrate": TOKEN, "email": DORA}
    (event,) = read_post("sendgrid", json.dumps([dropped]).encode()).events
    assert event.kind is ProviderEventKind.UNSUBSCRIBE
    retracted = EVENTS["ses"]("complaint", TOKEN, DORA)
    retracted["complaint"]["complaintFeedbackType"] = "not-spam"
    envelope = {"Type": "Notification", "Message": json.dumps(retracted)}
    assert not read_post("ses", json.dumps(envelope).encode()).events


def test_ses_notifications_without_tags_carry_the_header_itself() -> None:
    event = EVENTS["ses"]("hard", TOKEN, DORA)
    event["notificationType"] = event.pop("eventType")
    event["mail"]["tags"] = {}
    event["mail"]["headers"] = [{"name": "X-SES-MESSAGE-TAGS", "value": f"mailflatrate={TOKEN}"}]
    envelope = {"Type": "Notification", "Message": json.dumps(event)}
    assert read_post("ses", json.dumps(envelope).encode()).events[0].token == TOKEN


HOSTILE: tuple[bytes, ...] = (
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"[1]",
    b'"x"',
    b"{}",
    b"NaN",
    b"[" * 200_000,
    b'{"a":' * 50_000,
    b'{"Type":"Notification","Message":7}',
    b'{"event-data":[]}',
    b'[{"event":{"event":"bounce"}}]',
    b'[{"msys":[1]},{"msys":{"message_event":7}}]',
    b'{"RecordType":["Bounce"]}',
    b'{"Type":"Notification","Message":"' + b"[" * 100_000 + b'"}',
    json.dumps([{"event": "bounce", "reason": "x" * 100_000}]).encode(),
    json.dumps([{"event": "open"}] * (json_values.MAX_EVENTS + 1)).encode(),
)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_posts_are_refused_or_say_nothing(provider: str, number: int) -> None:
    try:
        found = read_post(provider, HOSTILE[number])
    except PostRefused as refused:
        assert refused.problem
    else:
        assert not [event for event in found.events if event.token]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(EVENTS)), st.sampled_from(KINDS), st.data())
def test_any_value_may_stand_anywhere_in_an_event(provider: str, kind: str, data: st.DataObject) -> None:
    event: Any = EVENTS[provider](kind, TOKEN, DORA)
    inner = event
    while True:
        name = data.draw(st.sampled_from(sorted(inner)))
        if not isinstance(inner[name], dict) or data.draw(st.booleans()):
            break
        inner = inner[name]
    inner[name] = data.draw(VALUES)
    wrapped = {"ses": {"Type": "Notification", "Message": json.dumps(event)}, "mailgun": {"event-data": event}}
    try:
        found = read_post(provider, json.dumps(wrapped.get(provider, [event])).encode())
    except PostRefused:
        return
    for one in found.events:
        assert max(len(one.text), len(one.recipient), len(one.event_id)) <= json_values.MAX_TEXT
        read_event(json.dumps({"provider": provider, "event": json.loads(one.raw)}).encode())


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "https://evil-bucket.s3.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem?x=1",
        "https://sns.eu-central-1.amazonaws.com/../evil/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com/",
        "https://SNS.eu-central-1.amazonaws.com\\@evil.example/SimpleNotificationService-0123456789abcdef.pem",
        "file:///etc/passwd",
        "https://[::1]/SimpleNotificationService-0123456789abcdef.pem",
    ],
)
def test_a_signing_certificate_comes_from_sns_alone(url: str) -> None:
    assert not is_sns_certificate_url(url)


def test_the_confirmation_address_is_built_from_the_topic() -> None:
    url = sns_confirmation_url(TOPIC, "2336412f37fb")
    assert url is not None
    assert url.startswith("https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&")
    assert sns_confirmation_url(TOPIC, "x&SubscribeURL=https://evil.example") is None
    assert sns_confirmation_url("arn:aws:sns:evil.example/:123456789012:x", "23") is None
