"""Addresses never to mail, and the outbox of all that a restored backup would lose."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.base.toned_choices import TonedChoices
from mailflatrate.rules.contacts.suppression import SuppressionReason

REASON_LABELS = {
    SuppressionReason.HARD_BOUNCE: _("Mailbox doesn't exist"),
    SuppressionReason.SOFT_BOUNCE: _("Repeated bounces"),
    SuppressionReason.COMPLAINT: _("Complained"),
    SuppressionReason.UNSUBSCRIBE: _("Unsubscribed from everything"),
    SuppressionReason.OBJECTION: _("Objected"),
    SuppressionReason.ERASED: _("Erased"),
    SuppressionReason.MANUAL: _("Added manually"),
}

IN_FORCE = Q(lifted_at__isnull=True)
"""Until it is lifted; in SQL: `rules.sql.in_force`."""


class Suppression(TenantModel):
    """One address, stored as its keyed hash (R-96), that this account, or the whole platform, must not mail."""

    account = models.ForeignKey(  # type: ignore[assignment]  # no account: the platform
        "accounts.Account", null=True, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )  # None: the whole platform
    address_key = models.BinaryField(max_length=32)
    mailbox_key = models.BinaryField(
        max_length=32, null=True, help_text="the last of ids.mailbox_keys, where the address was known"
    )
    reason = models.CharField(max_length=12, choices=REASON_LABELS)
    source = models.CharField(max_length=200, help_text="the source: a delivery, a raw message or a person")
    evidence = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()))
    created_at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True)
    lifted_reason = models.TextField(blank=True, db_default="")

    class Meta:
        db_table = "suppression"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "address_key"],
                condition=IN_FORCE,
                nulls_distinct=False,
                name="suppression_active_once",
            )
        ]
        indexes = [
            models.Index(fields=["address_key"], condition=~IN_FORCE, name="suppression_lifted"),
            models.Index(fields=["mailbox_key"], condition=IN_FORCE, name="suppression_mailbox"),
        ]


class LiftState(TonedChoices):
    ASKED = "asked", "info", _("Waiting for our team")
    GRANTED = "granted", "success", _("Lifted")
    REFUSED = "refused", "", _("Not lifted")


class LiftRequest(TenantModel):
    """A customer's request to lift a suppression that only the operator may lift (R-75), and the operator's answer.
    Decided by the platform role, for good.
    """

    suppression = models.ForeignKey(Suppression, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=7, choices=LiftState.choices, default=LiftState.ASKED)
    reason = models.TextField(help_text="why it should be lifted, in the customer's words")
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True, db_default="", help_text="the operator's reason, shown to the customer")
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lift_request"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "suppression"], condition=Q(state="asked"), name="lift_request_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True, decided_by__isnull=True)
                | Q(state__in=["granted", "refused"], decided_at__isnull=False, decided_by__isnull=False),
                name="lift_request_decided_by_a_person",
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(state="asked"), name="lift_request_waiting")]


class WithdrawalKind(models.TextChoices):
    """The kinds of withdrawal, by a person or the desk, that must survive the loss of this database."""

    SUPPRESSED = "suppressed"
    WITHDRAWN = "withdrawn"
    OBJECTION = "objection"
    TRACKING_WITHDRAWN = "tracking_withdrawn"
    ERASED = "erased"
    MISDIRECTED = "misdirected"
    ACCOUNT_STATUS = "standing"


class Withdrawal(TenantModel):
    """A row for the withdrawals log (ADR 0028), written by triggers and deleted when a worker has logged it. It holds
    the keyed hash of an address, never the address.
    """

    desk_only = True

    account = models.ForeignKey(  # type: ignore[assignment]  # no account: the platform
        "accounts.Account", null=True, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=WithdrawalKind.choices)
    reason = models.CharField(
        max_length=20, db_default="", help_text="a suppression's reason, or the new account status"
    )
    contact_id = models.BigIntegerField(null=True)
    list_id = models.BigIntegerField(null=True)
    address_key = models.BinaryField(max_length=32, null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "withdrawal_outbox"
