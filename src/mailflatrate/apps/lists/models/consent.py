"""The consent ledger. The event holds no personal data; its sibling does, and only erasure may delete that."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Now
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from mailflatrate.base.tenancy import TenantModel
from mailflatrate.rules.contacts.audience_states import ConsentKind
from mailflatrate.rules.proof.record import SALT_OCTETS

CONSENT_LABELS = {
    ConsentKind.REQUESTED: _("Signed up"),
    ConsentKind.CONFIRMATION_SENT: _("Confirmation email sent"),
    ConsentKind.CONFIRMED: _("Confirmed"),
    ConsentKind.IMPORTED: _("Imported with proof"),
    ConsentKind.WITHDRAWN: _("Withdrawn"),
    ConsentKind.OBJECTION: _("Objected"),
    ConsentKind.TRACKING_GRANTED: _("Agreed to individual click tracking"),
    ConsentKind.TRACKING_WITHDRAWN: _("Withdrew consent to individual click tracking"),
    ConsentKind.ERASED: _("Personal data erased"),
    ConsentKind.EXPIRED: _("Personal data erased when its retention period ended"),
}


class ConsentEvent(TenantModel):
    """One event; append-only. `commitment`: salted hash of the personal half (ConsentEvidence). `contact_id` is no
    foreign key: the event outlives the contact. Nor are others, in the database: their rows are never deleted,
    row-level security guards the account, and checks cost an import more than all its writing.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )

    contact_id = models.BigIntegerField()
    mailing_list = models.ForeignKey(
        "lists.MailingList",
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    kind = models.CharField(max_length=18, choices=CONSENT_LABELS)
    occurred_at = models.DateTimeField(help_text="when the person acted; the confirmation time for imported rows")
    recorded_at = models.DateTimeField(db_default=Now())
    source_import = models.ForeignKey(
        "lists.Import",
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    commitment = models.BinaryField(max_length=32)

    class Meta:
        db_table = "consent_event"
        indexes = [
            models.Index(fields=["account", "contact_id"], name="consent_event_contact"),
            models.Index(
                fields=["account", "contact_id"],
                condition=Q(kind__in=["withdrawn", "objection"]),
                name="consent_event_no",
            ),
            # An import writes its events side by side: a summary for each range of pages finds them, and costs nothing.
            BrinIndex(fields=["source_import"], name="consent_event_import", autosummarize=True, pages_per_range=32),
        ]


class ConsentEvidence(TenantModel):
    """The personal half of an event: address, IP addresses, user agent, source, salt (R-29). No foreign key: written
    in one statement with its event, which is never deleted.
    """

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    event = models.OneToOneField(
        ConsentEvent, primary_key=True, on_delete=models.PROTECT, db_constraint=False, related_name="evidence"
    )
    email = models.CharField(max_length=254)
    signup_at = models.DateTimeField(null=True)
    signup_ip = models.GenericIPAddressField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_ip = models.GenericIPAddressField(null=True)
    source = models.TextField(blank=True, db_default="")
    user_agent = models.TextField(blank=True, db_default="")
    details = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()))
    salt = models.BinaryField(max_length=16)

    class Meta:
        db_table = "consent_evidence"
        constraints = [
            # A salt of another length could lend its octets to the text after it, under the same commitment.
            models.CheckConstraint(
                condition=Exact(Func("salt", function="octet_length", output_field=models.IntegerField()), SALT_OCTETS),
                name="consent_evidence_salt_length",
            )
        ]
        indexes = [
            models.Index(
                fields=["event"], condition=Q(details__has_key="test_inbox"), name="consent_evidence_test_inbox"
            )
        ]
