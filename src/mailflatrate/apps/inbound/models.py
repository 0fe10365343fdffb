"""Tables of what is returned to us: raw mail, feedback, and the test inbox."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel, needs_platform
from mailflatrate.mail.reading.aggregate import ReportKind


def _address_keys() -> "ArrayField[list[bytes] | None, list[bytes] | None]":
    """Return a field for keyed hashes of all addresses a message names, for erasure; NULL until they're noted."""
    return ArrayField(models.BinaryField(max_length=32), null=True)


def _named_indexes(table: str) -> list[models.Index]:
    return [
        GinIndex(fields=["address_keys"], condition=Q(address_keys__isnull=False), name=f"{table}_named"),
        models.Index(fields=["id"], condition=Q(address_keys__isnull=True), name=f"{table}_unnamed"),
    ]


class RawMailState(models.TextChoices):
    """UNREAD waits for a person; APART: the sorting considers it spam to the desk. Nothing is dropped."""

    NEW = "new", _("New")
    HANDLED = "handled", _("Handled")
    UNREAD = "unread", _("Needs review")
    APART = "apart", _("Likely spam")


class DeskState(models.TextChoices):
    NO = "", _("No")
    WAITING = "waiting", _("Waiting")
    TAKEN = "taken", _("Taken")


class RawMail(TenantModel):
    """An incoming message, stored before its 250. Only the platform sees it, because complainants stay hidden (R-80).
    The account is known once its token was read; `reading` is `InboundReading.as_json` of the latest.
    """

    hidden_without_account = True
    desk_only = True
    platform_writes = True

    account = models.ForeignKey(  # type: ignore[assignment]  # no account: the platform
        "accounts.Account", null=True, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    received_at = models.DateTimeField(db_default=Now())
    via = models.CharField(max_length=8, help_text="smtp, lmtp, imap, page, hook")
    peer = models.CharField(max_length=60, blank=True, db_default="")
    envelope_from = models.CharField(max_length=320, blank=True, db_default="")
    envelope_to = models.CharField(max_length=320)
    raw = models.BinaryField()
    content_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="+", help_text="the row with its content"
    )
    sha256 = models.BinaryField(max_length=32)
    state = models.CharField(max_length=8, choices=RawMailState.choices, db_default=RawMailState.NEW)
    kind = models.CharField(max_length=12, blank=True, db_default="")
    reason = models.TextField(blank=True, db_default="", help_text="why it needs a person, or what it was")
    reading = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()))
    delivery_id = models.BigIntegerField(null=True)
    handled_at = models.DateTimeField(null=True, help_text="when it was first read")
    attempts = models.SmallIntegerField(default=0, db_default=0, help_text="number of attempts to read it")
    desk = models.CharField(max_length=8, choices=DeskState.choices, blank=True, default="", db_default="")
    address_keys = _address_keys()

    class Meta:
        db_table = "raw_mail"
        constraints = [
            models.UniqueConstraint(fields=["sha256"], condition=models.Q(via="imap"), name="raw_mail_imap_once"),
            models.UniqueConstraint(fields=["sha256"], condition=models.Q(via="hook"), name="raw_mail_event_once"),
        ]
        indexes = [
            models.Index(fields=["received_at"], condition=~models.Q(state="handled"), name="raw_mail_open"),
            models.Index(fields=["id"], condition=models.Q(state="new"), name="raw_mail_new"),
            models.Index(fields=["account", "received_at"], name="raw_mail_account"),
            models.Index(fields=["received_at"], condition=~models.Q(raw=b""), name="raw_mail_unwiped"),
            models.Index(fields=["id"], condition=models.Q(desk="waiting"), name="raw_mail_desk"),
            *_named_indexes("raw_mail"),
            models.Index(fields=["delivery_id"], condition=Q(delivery_id__isnull=False), name="raw_mail_delivery"),
        ]

    @needs_platform
    def content(self) -> bytes:
        """Return the original message; it may be in another recipient's row."""
        if self.content_of_id is None:
            return bytes(self.raw)
        return bytes(RawMail.objects.values_list("raw", flat=True).get(id=self.content_of_id))


class PostState(models.TextChoices):
    """The state of a provider's post. One that could not be read is FAILED and kept for a while, with the reason."""

    NEW = "new"
    READ = "read"
    FAILED = "failed"


class ProviderPost(models.Model):
    """A post to a relay's webhook, stored before its 200. Its events become `RawMail` (via "hook"), and the body is
    deleted then: opens, clicks and deliveries are no one's business here. `once` proves a second post to be the
    same.
    """

    relay_id = models.BigIntegerField()
    provider = models.CharField(max_length=10)
    received_at = models.DateTimeField(db_default=Now())
    raw = models.BinaryField()
    once = models.BinaryField(max_length=32, unique=True)
    state = models.CharField(max_length=8, choices=PostState.choices, db_default=PostState.NEW)
    reason = models.CharField(max_length=200, blank=True, db_default="")
    attempts = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "provider_post"
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="new"), name="provider_post_new"),
            models.Index(fields=["received_at"], name="provider_post_received"),
        ]


class FeedbackKind(models.TextChoices):
    """The kinds of feedback about a delivery."""

    HARD_BOUNCE = "hard_bounce", _("Hard bounce")
    SOFT_BOUNCE = "soft_bounce", _("Soft bounce")
    SENDER_FAULT = "sender_fault", _("Refused because of the sender")
    CONTENT = "content", _("Refused because of the content")
    DELAY = "delay", _("Delayed")
    COMPLAINT = "complaint", _("Complaint")
    UNSUBSCRIBE = "unsubscribe", _("Unsubscribed")
    AUTO_REPLY = "auto_reply", _("Automatic reply")
    REPLY = "reply", _("Answer")


class LeaveReason(models.TextChoices):
    """Why a person unsubscribed, as they chose on the page afterward. Customers see how often each was chosen."""

    TOO_MANY = "too_many", _("I get too many emails")
    NOT_RELEVANT = "not_relevant", _("The content isn't relevant to me")
    NOT_NEEDED = "not_needed", _("I no longer need it")
    NOT_ASKED = "not_asked", _("I never asked for these emails")
    OTHER = "other", _("Another reason")


class LeaveUndone(models.TextChoices):
    """How a person who unsubscribed stayed after all, within the minutes in which it can be undone."""

    STAYED = "stayed", _("Undid it")
    PAUSED = "paused", _("Chose a pause instead")
    FEWER = "fewer", _("Chose fewer emails instead")


class Feedback(TenantModel):
    """One fact reported about a delivery, once per delivery and kind: reading a message twice changes nothing."""

    delivery_id = models.BigIntegerField()
    campaign = models.ForeignKey(
        "campaigns.Campaign",
        null=True,
        on_delete=models.DO_NOTHING,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    contact_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=12, choices=FeedbackKind.choices)
    status = models.CharField(max_length=12, blank=True, db_default="")
    reason = models.CharField(max_length=60, blank=True, db_default="")
    text = models.TextField(blank=True, db_default="")
    raw_mail = models.ForeignKey(RawMail, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "feedback"
        constraints = [models.UniqueConstraint(fields=["account", "delivery_id", "kind"], name="feedback_once")]
        indexes = [
            models.Index(fields=["account", "campaign", "kind"], name="feedback_campaign"),
            models.Index(fields=["account", "contact_id"], name="feedback_contact"),
            models.Index(fields=["at"], condition=~models.Q(text=""), name="feedback_unwiped"),
        ]


class DomainReport(TenantModel):
    """One receiver's report on one domain (RFC 7489, RFC 8460), stored once; the platform's if no account sends from
    it. `sources`: [name, messages, passed], largest first. `proved`: it has a valid DKIM signature of the reporter.
    """

    hidden_without_account = True
    platform_writes = True

    account = models.ForeignKey(  # type: ignore[assignment]  # no account: the platform
        "accounts.Account", null=True, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    kind = models.CharField(max_length=5, choices=[(kind.value, kind.value) for kind in ReportKind])
    domain = models.CharField(max_length=253)
    reporter = models.CharField(max_length=120, blank=True)
    report_id = models.CharField(max_length=200)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    messages = models.BigIntegerField()
    passed = models.BigIntegerField()
    sources = models.JSONField(default=list)
    proved = models.BooleanField(default=False)
    raw_mail = models.ForeignKey(RawMail, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "domain_report"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "domain", "kind", "reporter", "report_id"],
                nulls_distinct=False,
                name="domain_report_once",
            )
        ]
        indexes = [models.Index(fields=["account", "domain", "-ends_at"], name="domain_report_recent")]


class InboxMessage(TenantModel):
    """A message received by the test inbox, our own sink. The account is read from the signed Return-Path."""

    hidden_without_account = True

    account = models.ForeignKey(  # type: ignore[assignment]  # no account: the platform
        "accounts.Account", null=True, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    received_at = models.DateTimeField(db_default=Now())
    envelope_from = models.CharField(max_length=320, blank=True, db_default="")
    envelope_to = models.CharField(max_length=320)
    subject = models.TextField(blank=True, db_default="")
    mailing_id = models.CharField(max_length=12, blank=True, db_default="")
    behaviour = models.CharField(max_length=20, blank=True, db_default="", help_text="what the address did on request")
    raw = models.BinaryField()
    address_keys = _address_keys()

    class Meta:
        db_table = "postbox_message"
        indexes = [
            models.Index(fields=["account", "-received_at"], name="postbox_recent"),
            *_named_indexes("postbox_message"),
        ]
