"""One message to one recipient: in `delivery` while the engine may change it, in `delivery_archive` later (ADR 0026).
The columns are the same. Readers outside the engine use `DeliveryRecord`, the view over both.
"""

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices


class DeliveryState(TonedChoices):
    """The state of a delivery. All but PENDING and DEFERRED are final. IN_DOUBT is listed, and resent only by hand."""

    PENDING = "pending", "", _("Waiting")
    DEFERRED = "deferred", "warning", _("Deferred by the recipient's server")
    SENT = "sent", "success", _("Delivered")
    BOUNCED = "bounced", "error", _("Bounced")
    WITHHELD = "withheld", "", _("Skipped")
    CANCELLED = "cancelled", "", _("Canceled")
    IN_DOUBT = "in_doubt", "warning", _("Unknown result")


BASES = ("consent_event", "confirmation_id", "notice", "transactional_id")
"""Exactly one is set (lock two): consent, confirmation, service notice, contract."""
ONE_BASIS = reduce(or_, (Q(**{f"{column}__isnull": column != basis for column in BASES}) for basis in BASES))


class DeliveryColumns(TenantModel):
    """The columns of a delivery, with the permit it is based on (lock two). Foreign keys have no database constraint,
    checked row by row: lock two (`sql/permission.sql`) checks new rows as a set, and neither deliveries nor consent
    events are ever deleted row by row.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    campaign = models.ForeignKey(
        "campaigns.Campaign",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    chunk = models.ForeignKey("delivery.Chunk", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    edition_id = models.BigIntegerField(null=True)
    contact = models.ForeignKey(
        "lists.Contact",
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    mailing_list = models.ForeignKey(
        "lists.MailingList",
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    decision = models.ForeignKey(
        "gate.GateDecision", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    rules_version = models.CharField(max_length=32)
    granted_at = models.DateTimeField()
    consent_event = models.ForeignKey(
        "consent.ConsentEvent",
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    confirmation_id = models.BigIntegerField(null=True)
    notice = models.ForeignKey(
        "accounts.Notice", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    state = models.CharField(max_length=10, choices=DeliveryState.choices, db_default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    reply_code = models.PositiveSmallIntegerField(null=True)
    reply_status = models.CharField(max_length=12, blank=True, db_default="")
    reply_text = models.TextField(blank=True, db_default="")
    bounce = models.CharField(max_length=10, blank=True, db_default="", help_text="hard, soft, sender, content")
    reason = models.CharField(
        max_length=60, blank=True, db_default="", help_text="why it was skipped, bounced or has an unknown result"
    )
    settled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    enrolment_id = models.BigIntegerField(null=True, help_text="the enrolment whose step this is; None: a campaign")
    transactional_id = models.BigIntegerField(null=True, help_text="the transactional message that this is, if any")

    class Meta:
        abstract = True

    @property
    def reply(self) -> str:
        """On one line, as received."""
        return " ".join(part for part in (str(self.reply_code or ""), self.reply_status, self.reply_text) if part)


class Delivery(DeliveryColumns):
    """A message that the engine may still change, or that finished recently. No index covers a column that an outcome
    changes: recording one is a heap-only update.
    """

    notice = models.ForeignKey(
        "accounts.Notice", null=True, on_delete=models.DO_NOTHING, db_index=False, related_name="+"
    )

    class Meta:
        db_table = "delivery"
        indexes = [
            models.Index(fields=["notice"], condition=Q(notice__isnull=False), name="delivery_notice"),
            # A person's confirmation mails, when they are erased; `delivery_once` has the campaigns.
            models.Index(
                fields=["account", "contact"],
                condition=Q(campaign__isnull=True, contact__isnull=False),
                name="delivery_contact",
            ),
        ]
        constraints = [
            # One mail for each request.
            models.UniqueConstraint(
                fields=["account", "confirmation_id"],
                condition=Q(confirmation_id__isnull=False),
                name="delivery_confirmation_once",
            ),
            # One delivery for each transactional message.
            models.UniqueConstraint(
                fields=["account", "transactional_id"],
                condition=Q(transactional_id__isnull=False),
                name="delivery_transactional_once",
            ),
            # A campaign reaches a person once; a step of an automation, once each time they go through it.
            models.UniqueConstraint(
                "account",
                "contact",
                "campaign",
                Coalesce("enrolment_id", Value(0, output_field=models.BigIntegerField())),
                condition=Q(campaign__isnull=False),
                name="delivery_once_each",
            ),
            # Permission by construction: exactly one basis.
            models.CheckConstraint(
                condition=ONE_BASIS,
                name="delivery_rests_on_one_basis",
            ),
        ]


class ArchivedDelivery(DeliveryColumns):
    """A message of a finished campaign, in the partition of its month. Added only by `archive_deliveries()`.
    Partitions are ranges of IDs, so a token's ID names one; no role has rights on them.
    """

    class Meta:
        db_table = "delivery_archive"
        indexes = [
            models.Index(
                fields=["account", "contact", "campaign"], condition=Q(contact__isnull=False), name="archive_contact"
            )
        ]


class DeliveryRecord(DeliveryColumns):
    """A message, wherever it is stored: a read-only view for every reader except the engine. For a campaign, narrow it
    by `archive.lookup.of_campaign`.
    """

    contact = models.ForeignKey(
        "lists.Contact", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    archived = models.BooleanField()

    class Meta:
        managed = False
        db_table = "delivery_record"
