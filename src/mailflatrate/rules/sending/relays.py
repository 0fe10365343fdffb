"""Which relays a message may leave through. A pool's relays share a reputation; failover and weights apply only inside
it, so that mail of a throttled account never leaves through the addresses of trusted accounts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

NEW_FOR = timedelta(days=30)
"""How long after its activation an account counts as new."""

MOST_CONNECTIONS, MOST_PER_HOUR, MOST_WEIGHT = 200, 10_000_000, 100


class RelayKind(StrEnum):
    POSTFIX = "postfix"
    KUMOMTA = "kumomta"
    SES = "ses"
    SENDGRID = "sendgrid"
    MAILGUN = "mailgun"
    POSTMARK = "postmark"
    BREVO = "brevo"
    SPARKPOST = "sparkpost"
    MAILJET = "mailjet"
    OTHER = "other"


class ReturnPath(StrEnum):
    OWN = "own"
    PROVIDER = "provider"


class RelayState(StrEnum):
    """DRAINING finishes the messages it already has; DISABLED also returns those it has not begun."""

    ACTIVE = "active"
    DRAINING = "draining"
    DISABLED = "disabled"


class RelayPool(StrEnum):
    TRUSTED = "trusted"
    NEW = "new"
    QUARANTINE = "quarantine"
    EXPRESS = "express"
    DEDICATED = "dedicated"


class Stream(StrEnum):
    CAMPAIGN = "campaign"
    EXPRESS = "express"


_WIDER = {
    RelayPool.QUARANTINE: RelayPool.NEW,
    RelayPool.NEW: RelayPool.TRUSTED,
    RelayPool.EXPRESS: RelayPool.TRUSTED,
    RelayPool.DEDICATED: RelayPool.TRUSTED,
}
TAGGED = frozenset(
    {
        RelayKind.SES,
        RelayKind.SENDGRID,
        RelayKind.MAILGUN,
        RelayKind.POSTMARK,
        RelayKind.BREVO,
        RelayKind.SPARKPOST,
        RelayKind.MAILJET,
    }
)
"""Providers whose messages can carry our token in a header of theirs, and that post it back with their events."""

SIGNED = frozenset({RelayKind.SES, RelayKind.SENDGRID, RelayKind.MAILGUN})
"""Providers that prove their posts by a signature; to the others we give a password."""


@dataclass(frozen=True, slots=True)
class SendingAccount:
    """The facts that pool selection depends on. `has_dedicated`: a relay is reserved for this account."""

    is_throttled: bool
    activated_at: datetime | None
    has_dedicated: bool
    is_operator: bool = False


def choose_pool(stream: Stream, account: SendingAccount, set_up: frozenset[RelayPool], now: datetime) -> RelayPool:
    """`set_up` are pools with a relay in any state. The messages of a pool without one go through the next wider one,
    finally TRUSTED. A pool whose relays are all disabled or down is still used: its messages wait.
    """
    pool = _wanted(stream, account, now)
    while pool not in set_up and pool in _WIDER:
        pool = _WIDER[pool]
    return pool


def _wanted(stream: Stream, account: SendingAccount, now: datetime) -> RelayPool:
    if stream is Stream.EXPRESS:
        return RelayPool.EXPRESS
    if account.has_dedicated:
        return RelayPool.DEDICATED
    if account.is_throttled:
        return RelayPool.QUARANTINE
    is_new = account.activated_at is None or now - account.activated_at < NEW_FOR
    return RelayPool.NEW if is_new and not account.is_operator else RelayPool.TRUSTED


def shares(count: int, weights: Sequence[int], dealt: Sequence[int] | None = None) -> list[int]:
    """By weight: each message goes to the relay that is furthest behind its share. `dealt` is what each got before, so
    that small batches even out.
    """
    if not weights or min(weights) < 1:
        raise ValueError("each relay needs a weight of at least 1")
    before = list(dealt) if dealt is not None else [0] * len(weights)
    total = sum(before) + count
    ideal = [total * weight / sum(weights) for weight in weights]
    gaps = [max(0.0, goal - got) for goal, got in zip(ideal, before, strict=True)]
    scale = count / sum(gaps) if sum(gaps) else 0.0
    exact = [gap * scale for gap in gaps]
    given = [int(part) for part in exact]
    rest = sorted(range(len(weights)), key=lambda i: (given[i] - exact[i], i))
    for i in rest[: count - sum(given)]:
        given[i] += 1
    return given


def tag_header(kind: RelayKind, token: str) -> bytes:
    """Return the line that makes a provider include our token in bounces and events, or b"". It isn't signed, as
    providers may take it out, and the token is good for nothing else: Mailgun leaves it in the message.
    """
    line = _TAGS.get(kind)
    return (line % token + "\r\n").encode("ascii") if line else b""


_TAGS: Mapping[RelayKind, str] = {
    # docs.aws.amazon.com/ses/latest/dg/event-publishing-send-email.html: events have them, given a configuration set.
    RelayKind.SES: "X-SES-MESSAGE-TAGS: mailflatrate=%s",
    # www.twilio.com/docs/sendgrid/for-developers/sending-email/unique-arguments: strings, in the event webhook.
    RelayKind.SENDGRID: 'X-SMTPAPI: {"unique_args": {"mailflatrate": "%s"}}',
    # documentation.mailgun.com, sending messages, "Attaching Metadata": JSON, in webhooks as user-variables.
    RelayKind.MAILGUN: 'X-Mailgun-Variables: {"mailflatrate": "%s"}',
    RelayKind.POSTMARK: "X-PM-Metadata-mailflatrate: %s",
    # developers.brevo.com/docs/smtp-integration: name:value, in the webhooks as X-Mailin-custom.
    RelayKind.BREVO: "X-Mailin-custom: mailflatrate:%s",
    # developers.sparkpost.com, SMTP API: metadata of the recipient, in events as rcpt_meta.
    RelayKind.SPARKPOST: 'X-MSYS-API: {"metadata": {"mailflatrate": "%s"}}',
    # dev.mailjet.com, "Send API: tagging messages" by SMTP headers: in events as CustomID.
    RelayKind.MAILJET: "X-MJ-CustomID: %s",
}
