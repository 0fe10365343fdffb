"""Posts of e-mail providers, in the formats that they publish; addresses and texts are our own."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from django.test import Client

from mailflatrate.apps.delivery.relays.edit import RelayDraft, add_relay, move_relay
from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.apps.delivery.relays.hooks import create_hook
from mailflatrate.apps.delivery.relays.tables import StateChoice
from mailflatrate.apps.inbound import hook_proof, jobs, provider_posts
from mailflatrate.apps.inbound.models import RawMail
from mailflatrate.base import audit, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.provider_events.signatures import SENDGRID_SIGNATURE, SENDGRID_TIMESTAMP, sns_signed_text
from support.returned_mail import SentCampaign

TOPIC = "arn:aws:sns:eu-central-1:123456789012:mail-events"
CERTIFICATE_URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
MAILGUN_KEY = "0123456789abcdef0123456789abcdef"
Event = dict[str, Any]
WORDS = {"hard": "550 5.1.1 <{0}>: Recipient address rejected: User unknown", "soft": "452 4.2.2 The mailbox is full"}


def _some() -> str:
    return secrets.token_hex(8)


def ses(kind: str, token: str, email: str) -> Event:
    """One event of SES event publishing."""
    mail = {
        "messageId": _some(),
        "destination": [email],
        "tags": {"mailflatrate": [token], "ses:from-domain": ["a.de"]},
    }
    now = datetime.now(UTC).isoformat()
    if kind in ("hard", "soft"):
        who = {"emailAddress": email, "action": "failed", "diagnosticCode": f"smtp; {WORDS[kind].format(email)}"}
        who["status"] = "5.1.1" if kind == "hard" else "4.2.2"
        kinds = {"hard": ("Permanent", "NoEmail"), "soft": ("Transient", "MailboxFull")}[kind]
        bounce = {"bounceType": kinds[0], "bounceSubType": kinds[1], "bouncedRecipients": [who], "feedbackId": _some()}
        return {"eventType": "Bounce", "mail": mail, "bounce": {**bounce, "timestamp": now}}
    if kind == "complaint":
        said = {"complainedRecipients": [{"emailAddress": email}], "complaintFeedbackType": "abuse"}
        return {"eventType": "Complaint", "mail": mail, "complaint": {**said, "feedbackId": _some(), "timestamp": now}}
    if kind == "unsubscribe":
        return {"eventType": "Subscription", "mail": mail, "subscription": {"contactList": "news", "timestamp": now}}
    if kind == "delay":
        said = {"delayType": "MailboxFull", "delayedRecipients": [{"emailAddress": email, "status": "4.2.2"}]}
        return {"eventType": "DeliveryDelay", "mail": mail, "deliveryDelay": {**said, "timestamp": now}}
    return {"eventType": "Open", "mail": mail, "open": {"ipAddress": "192.0.2.3", "timestamp": now}}


def sendgrid(kind: str, token: str, email: str) -> Event:
    """One event of SendGrid's event webhook."""
    event = {"email": email, "timestamp": int(time.time()), "sg_event_id": _some(), "sg_message_id": f"{_some()}.recv"}
    more: Event = {
        "hard": {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": WORDS["hard"].format(email)},
        "soft": {"event": "bounce", "type": "blocked", "status": "4.2.2", "reason": WORDS["soft"]},
        "complaint": {"event": "spamreport"},
        "unsubscribe": {"event": "unsubscribe"},
        "delay": {"event": "deferred", "response": WORDS["soft"], "attempt": "2"},
        "open": {"event": "open", "useragent": "Mail/1", "ip": "192.0.2.3"},
    }[kind]
    return {**event, **more, "mailflatrate": token}


def mailgun(kind: str, token: str, email: str) -> Event:
    """The event-data of one of Mailgun's posts."""
    event = {"id": _some(), "timestamp": time.time(), "recipient": email, "user-variables": {"mailflatrate": token}}
    hard = {"code": 550, "enhanced-code": "5.1.1", "message": f"5.1.1 <{email}>: User unknown", "description": ""}
    soft = {"code": 452, "enhanced-code": "4.2.2", "message": "4.2.2 The mailbox is full"}
    more: Event = {
        "hard": {"event": "failed", "severity": "permanent", "reason": "bounce", "delivery-status": hard},
        "soft": {"event": "failed", "severity": "permanent", "reason": "old", "delivery-status": soft},
        "complaint": {"event": "complained"},
        "unsubscribe": {"event": "unsubscribed", "ip": "192.0.2.3"},
        "delay": {"event": "failed", "severity": "temporary", "reason": "generic", "delivery-status": soft},
        "open": {"event": "opened", "ip": "192.0.2.3"},
    }[kind]
    return {**event, **more}


def postmark(kind: str, token: str, email: str) -> Event:
    event = {"ID": secrets.randbelow(10**9), "MessageID": _some(), "Metadata": {"mailflatrate": token}, "Email": email}
    bounce = {"RecordType": "Bounce", "BouncedAt": datetime.now(UTC).isoformat(), "Inactive": True}
    more: Event = {
        "hard": {**bounce, "Type": "HardBounce", "TypeCode": 1, "Details": f"smtp;{WORDS['hard'].format(email)}"},
        "soft": {**bounce, "Type": "SoftBounce", "TypeCode": 4096, "Details": f"smtp;{WORDS['soft']}"},
        "complaint": {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512},
        "unsubscribe": {
            "RecordType": "SubscriptionChange",
            "SuppressSending": True,
            "Recipient": email,
            "SuppressionReason": "ManualSuppression",
            "ChangedAt": _some(),
        },
        "delay": {**bounce, "Type": "Transient", "TypeCode": 2, "Details": f"smtp;{WORDS['soft']}"},
        "open": {"RecordType": "Open", "FirstOpen": True},
    }[kind]
    return {**event, **more}


def brevo(kind: str, token: str, email: str) -> Event:
    """One event of Brevo."""
    event = {"id": 26224, "email": email, "message-id": f"<{_some()}@relay.example>", "ts_epoch": time.time_ns()}
    more: Event = {
        "hard": {"event": "hard_bounce", "reason": WORDS["hard"].format(email)},
        "soft": {"event": "soft_bounce", "reason": WORDS["soft"]},
        "complaint": {"event": "spam"},
        "unsubscribe": {"event": "unsubscribed"},
        "delay": {"event": "deferred", "reason": WORDS["soft"]},
        "open": {"event": "unique_opened"},
    }[kind]
    return {**event, **more, "X-Mailin-custom": f"mailflatrate:{token}"}


def sparkpost(kind: str, token: str, email: str) -> Event:
    """One event of SparkPost, in its wrapping."""
    event = {"event_id": _some(), "message_id": _some(), "rcpt_to": email, "rcpt_meta": {"mailflatrate": token}}
    more: Event = {
        "hard": {"type": "bounce", "bounce_class": "10", "raw_reason": WORDS["hard"].format(email)},
        "soft": {"type": "bounce", "bounce_class": "22", "raw_reason": WORDS["soft"]},
        "complaint": {"type": "spam_complaint", "fbtype": "abuse", "report_by": "mail.example"},
        "unsubscribe": {"type": "list_unsubscribe"},
        "delay": {"type": "delay", "bounce_class": "22", "raw_reason": WORDS["soft"]},
        "open": {"type": "open", "ip_address": "192.0.2.3"},
    }[kind]
    group = {"unsubscribe": "unsubscribe_event", "open": "track_event"}.get(kind, "message_event")
    return {"msys": {group: {**event, **more, "timestamp": str(int(time.time()))}}}


def mailjet(kind: str, token: str, email: str) -> Event:
    """One event of Mailjet."""
    event = {"email": email, "time": int(time.time()), "MessageID": secrets.randbelow(10**12), "CustomID": token}
    more: Event = {
        "hard": {
            "event": "bounce",
            "hard_bounce": True,
            "blocked": False,
            "error_related_to": "recipient",
            "error": "user unknown",
            "comment": WORDS["hard"].format(email),
        },
        "soft": {"event": "bounce", "hard_bounce": False, "error": "mailbox full", "comment": WORDS["soft"]},
        "complaint": {"event": "spam", "source": "JMRPP"},
        "unsubscribe": {"event": "unsub", "ip": "192.0.2.3"},
        "open": {"event": "open", "ip": "192.0.2.3"},
    }[kind]
    return {**event, **more}


EVENTS: dict[str, Callable[[str, str, str], Event]] = {
    "ses": ses,
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "postmark": postmark,
    "brevo": brevo,
    "sparkpost": sparkpost,
    "mailjet": mailjet,
}
KINDS = ("hard", "soft", "complaint", "unsubscribe")


class Sns:
    """Amazon's side: a key with its certificate, for messages of a topic."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        now = datetime.now(UTC)
        made = x509.CertificateBuilder(name, name, self.key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=3))
        self.certificate = made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def message(self, text: str, **changes: str) -> bytes:
        """A signed message; `changes` are made before it is signed."""
        message = {
            "Type": "Notification",
            "MessageId": _some(),
            "TopicArn": TOPIC,
            "Message": text,
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "SignatureVersion": "2",
            "SigningCertURL": CERTIFICATE_URL,
            **changes,
        }
        digest = hashes.SHA1() if message["SignatureVersion"] == "1" else hashes.SHA256()
        signed = self.key.sign(sns_signed_text(message), padding.PKCS1v15(), digest)
        return json.dumps({**message, "Signature": base64.b64encode(signed).decode()}).encode()


@cache
def amazon() -> Sns:
    """Amazon, for all tests: drawing its key takes long."""
    return Sns()


@dataclass(frozen=True)
class SendGridKey:
    """SendGrid's side: the key that it signs posts with."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def drawn(cls) -> "SendGridKey":
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def shown(self) -> str:
        """The verification key, as its page shows it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(self.private.public_key().public_bytes(serialization.Encoding.DER, form)).decode()

    def headers(self, body: bytes, at: int | None = None) -> dict[str, str]:
        """What comes with a post."""
        timestamp = str(at or int(time.time()))
        signed = self.private.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {SENDGRID_TIMESTAMP: timestamp, SENDGRID_SIGNATURE: base64.b64encode(signed).decode()}


def mailgun_body(event: Event, *, key: str = MAILGUN_KEY, at: int | None = None, token: str = "") -> bytes:
    timestamp, token = str(at or int(time.time())), token or secrets.token_hex(25)
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    signed = {"timestamp": timestamp, "token": token, "signature": signature}
    return json.dumps({"signature": signed, "event-data": event}).encode()


def basic(password: str, user: str = "mailflatrate") -> dict[str, str]:
    """The login of a provider that doesn't sign."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


@dataclass(frozen=True)
class HookedRelay:
    """A relay of a provider with its webhook, and the provider's side of it."""

    provider: str
    relay_id: int
    path: str
    password: str
    sns: Sns
    sendgrid: SendGridKey

    def tag(self, account_id: int, delivery_id: int) -> str:
        """The token that went out with a message through this relay."""
        return key_ring().seal(TokenPurpose.RELAY_EVENT, account_id, delivery_id, self.relay_id)

    def event(self, kind: str, case: SentCampaign, number: int = 0) -> Event:
        """An event about a reader's message."""
        token = self.tag(case.anna.account_id, case.delivery_ids[number])
        return EVENTS[self.provider](kind, token, case.reader(number).email)

    def signed(self, *events: Event, **changes: Any) -> tuple[bytes, dict[str, str]]:
        """The body of a post with its headers; SES and Mailgun post one event at a time."""
        if self.provider == "ses":
            return self.sns.message(json.dumps(events[0]), **changes), {"Content-Type": "text/plain"}
        if self.provider == "mailgun":
            return mailgun_body(events[0], **changes), {}
        body = json.dumps(list(events)).encode()
        if self.provider == "postmark":
            body = json.dumps(events[0]).encode()
        return body, self.sendgrid.headers(body, **changes) if self.provider == "sendgrid" else basic(self.password)

    def post(self, body: bytes, headers: Mapping[str, str], path: str = "") -> int:
        kind = headers.get("Content-Type", "application/json")
        answer = Client().post(path or self.path, body, content_type=kind, headers=dict(headers))
        return answer.status_code

    def report(self, *events: Event) -> int:
        """Post events as the provider does, then have them read by the jobs."""
        status = self.post(*self.signed(*events))
        read_all()
        return status

    @property
    def row(self) -> RelayHook:
        """The webhook as it stands."""
        with tenancy.platform(PlatformReason.RELAYS):
            return RelayHook.objects.get(relay_id=self.relay_id)


def read_all() -> None:
    """Read posts, then the events in them, as the jobs do."""
    provider_posts.read_posts()
    with tenancy.platform(PlatformReason.MAIL_IN):
        waiting = list(RawMail.objects.filter(state="new", via="hook").order_by("id").values_list("id", flat=True))
    if waiting:
        jobs.read_mails(waiting)


@contextmanager
def hooked_relay(provider: str) -> Iterator[HookedRelay]:
    """A relay with a webhook, for the time of a test."""
    sns, sendgrid_key = amazon(), SendGridKey.drawn()
    secret = {"ses": TOPIC, "sendgrid": sendgrid_key.shown, "mailgun": MAILGUN_KEY}.get(provider, "")
    draft = RelayDraft(f"{provider}-{_some()}", "relay.example.net", 587, kind=provider, pool="quarantine")
    by = audit.machine("tests.relays")
    hook_proof._certificates[CERTIFICATE_URL] = sns.certificate
    with tenancy.platform(PlatformReason.RELAYS):
        relay = add_relay(draft, by=by)
        move_relay(relay.id, StateChoice.DISABLED, by=by)
        address = create_hook(relay.id, by=by, secret=secret)
    yield HookedRelay(provider, relay.id, address.path, address.password, sns, sendgrid_key)
    hook_proof._certificates.pop(CERTIFICATE_URL, None)
    with tenancy.platform(PlatformReason.RELAYS):
        relay.delete()
