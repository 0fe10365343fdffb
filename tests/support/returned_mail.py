"""Anna's campaign was sent, and mail comes back: reports, forwards, bounces and answers about one of its deliveries."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.consent import ledger
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.inbound import intake, jobs
from mailflatrate.apps.inbound.intake import Arrival
from mailflatrate.apps.inbound.models import Feedback, RawMail
from mailflatrate.apps.lists.models import ConsentKind, Contact, Subscription, SubscriptionState
from mailflatrate.apps.suppression.models import Suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import canonical_key
from mailflatrate.mail.identifiers.mailing_id import compact_form
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.settings import load_settings
from support.contact_files import readdress
from support.customers import Customer, sending_customer

STRANGER = "198.51.100.7"
LOOP = "127.0.0.2"
"""The test inbox on this host, which the settings trust as a feedback loop."""


@dataclass(frozen=True)
class SentCampaign:
    """A campaign of Anna's that was delivered to all its readers."""

    anna: Customer
    campaign: Campaign
    delivery_ids: list[int]
    left_at: datetime = field(default_factory=clock.now)

    def token(self, purpose: TokenPurpose, number: int = 0) -> str:
        """As the engine seals it for the reader with this number."""
        return key_ring().seal(purpose, self.anna.account_id, self.delivery_ids[number])

    def reader(self, number: int = 0) -> Contact:
        with tenancy.account(self.anna.account_id):
            contact = Delivery.objects.select_related("contact").get(id=self.delivery_ids[number]).contact
            assert contact is not None
            return contact

    def mail(self, number: int = 0) -> bytes:
        """Return the message in the reader's mailbox, as far as it matters."""
        settings = load_settings()
        link = f"{settings.public_url}/u/{self.token(TokenPurpose.UNSUBSCRIBE, number)}"
        fields = {
            "Return-Path": f"<b+{self.token(TokenPurpose.VERP, number)}@bounce.lindenhof.example>",
            "From": "Lindenhof <news@lindenhof.example>",
            "To": self.reader(number).email,
            "Subject": "Winter bulbs are here",
            "Date": format_datetime(self.left_at),
            "Message-ID": f"<{compact_form(self.campaign.mailing_id)}."
            f"{self.token(TokenPurpose.MESSAGE_ID, number)}@l.de>",
            "List-Unsubscribe": f"<{link}>",
            "X-Mailing-ID": self.campaign.mailing_id,
            "CFBL-Feedback-ID": self.token(TokenPurpose.FEEDBACK, number),
            "Content-Type": "text/plain; charset=utf-8",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{head}\r\nThe first bulbs are here.\r\n\r\nUnsubscribe: {link}\r\n".encode()

    def report(self, number: int = 0, sender: str = "fbl@provider.example", role: str = "fbl") -> bytes:
        return multipart(
            f"From: {sender}\r\nTo: {desk(role)}\r\nSubject: FW: complaint",
            "report; report-type=feedback-report",
            ("text/plain", b"A complaint.\r\n"),
            ("message/feedback-report", b"Feedback-Type: abuse\r\nUser-Agent: P/1\r\nVersion: 1\r\n"),
            ("message/rfc822", self.mail(number)),
        )

    def forward(self, number: int = 0, sender: str | None = None, words: str = "I never asked for this.") -> bytes:
        """The reader sends the whole mail to the desk, as an attachment."""
        author = sender or self.reader(number).email
        return multipart(
            f"From: {author}\r\nTo: abuse@{load_settings().service_domain}\r\nSubject: Fwd: bulbs\r\n"
            f"Message-ID: <{secrets.token_hex(8)}@people.example>",
            "mixed",
            ("text/plain; charset=utf-8", f"{words}\r\n".encode()),
            ("message/rfc822", self.mail(number)),
        )

    def bounce(self, status: str, text: str, number: int = 0) -> bytes:
        fields = (
            f"Reporting-MTA: dns; mx.people.example\r\n\r\nFinal-Recipient: rfc822; {self.reader(number).email}\r\n"
            f"Action: failed\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 {status} {text}\r\n"
        )
        return multipart(
            f"From: MAILER-DAEMON@people.example\r\nTo: {self.bounce_address(number)}\r\nSubject: Undelivered",
            "report; report-type=delivery-status",
            ("text/plain", b"It failed.\r\n"),
            ("message/delivery-status", fields.encode()),
        )

    def bounce_address(self, number: int = 0) -> str:
        """Where bounces and some answers go."""
        return f"b+{self.token(TokenPurpose.VERP, number)}@bounce.lindenhof.example"

    def suppressions(self, number: int = 0) -> list[tuple[str, bool]]:
        """Reason and "everywhere", of the rows in force that Anna's account obeys."""
        key = bytes(self.reader(number).address_key)
        with tenancy.platform(PlatformReason.OPERATOR_DESK):
            rows = Suppression.objects.filter(address_key=key, lifted_at__isnull=True).order_by("id")
            return [(row.reason, row.account_id is None) for row in rows]

    def state(self, number: int = 0) -> str:
        """The reader's state on Anna's list."""
        with tenancy.account(self.anna.account_id):
            return Subscription.objects.get(contact_id=self.reader(number).id).state

    def confirms_again(self, number: int) -> None:
        """The reader signs up for Anna's list once more, and confirms."""
        contact = self.reader(number)
        with tenancy.account(self.anna.account_id):
            evidence = ledger.EventEvidence(email=contact.email, source="test")
            event_id = ledger.append(contact.id, self.anna.list_id, ConsentKind.CONFIRMED, clock.now(), evidence)
            Subscription.objects.filter(contact_id=contact.id, mailing_list_id=self.anna.list_id).update(
                state=SubscriptionState.CONFIRMED, consent_event_id=event_id, unsubscribed_at=None
            )

    def readdress(self, number: int, email: str) -> None:
        readdress(self.reader(number).id, email=email, address_key=key_ring().suppression_key(canonical_key(email)))

    def feedback(self, number: int = 0) -> list[str]:
        """What is on record about the delivery."""
        with tenancy.account(self.anna.account_id):
            rows = Feedback.objects.filter(delivery_id=self.delivery_ids[number]).order_by("kind")
            return list(rows.values_list("kind", flat=True))


def multipart(head: str, kind: str, *parts: tuple[str, bytes]) -> bytes:
    """A message of ready parts."""
    inner = b"".join(b"--x\r\nContent-Type: %b\r\n\r\n%b\r\n" % (media.encode(), body) for media, body in parts)
    return (
        f'{head}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary="x"\r\n\r\n'.encode()
        + inner
        + b"--x--\r\n"
    )


def plain(sender: str, to: str, subject: str, body: str, **fields: str) -> bytes:
    """A person's mail."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\n{more}Content-Type: text/plain; charset=utf-8\r\n"
    return f"{head}\r\n{body}\r\n".encode()


def sent_campaign(people: int = 3, anna: Customer | None = None) -> SentCampaign:
    account = anna or sending_customer(people=people)
    campaign = account.sending()
    with tenancy.account(account.account_id):
        waiting = Delivery.objects.filter(campaign_id=campaign.id).order_by("id").values_list("id", flat=True)
        count = len(waiting)
    return SentCampaign(account, campaign, account.settle(campaign, DeliveryState.SENT, count))


def half_sent() -> SentCampaign:
    """Delivered to all readers except the last, whose message still waits."""
    anna = sending_customer(people=4)
    campaign = anna.sending()
    return SentCampaign(anna, campaign, anna.settle(campaign, DeliveryState.SENT, 3))


def arrive(raw: bytes, to: str, *, peer: str = STRANGER, sender: str = "someone@people.example") -> RawMail:
    """A message comes in and is read by the job."""
    (raw_mail_id,) = intake.store([Arrival("smtp", peer, sender, to, raw)])
    jobs.read_mails([raw_mail_id])
    return stored(raw_mail_id)


def stored(raw_mail_id: int) -> RawMail:
    """The message as it stands now."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return RawMail.objects.get(id=raw_mail_id)


def desk(role: str = "abuse") -> str:
    return f"{role}@{load_settings().service_domain}"
